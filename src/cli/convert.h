// SPDX-License-Identifier: MIT
// Tables of results files, as `ambit convert` writes them.
#ifndef AMBIT_CLI_CONVERT_H
#define AMBIT_CLI_CONVERT_H

#include "ambit/joined.h"
#include "ambit/store.h"
#include "cli.h"

#include <stdio.h>

/* A table that is being written. */
typedef struct AmbitConvertTable {
    FILE *out;
    size_t n_files;
    const char *const *paths;        // [n_files] of the results files
    AmbitResultsSummary **summaries; // [n_files]
    size_t file;                     // the one that rows are written of
    AmbitResultsSummary *summary;    // of this file
    AmbitJoined *joined;             // the runs that the summaries are of; NULL: files
    size_t *runs;                    // [n_files] of joined: the run of each summary
    const char **axes; // [n_axes] with --more: names of the measurements' axes, borrowed
    size_t n_axes;
} AmbitConvertTable;

/* Writes the head of the table and its rows, as the options ask. Refuses files of prompts beside
 * files of sentences. */
AmbitStatus ambit_convert_rows(AmbitConvertTable *table, const AmbitOptions *options,
                               AmbitError *error);

#endif
