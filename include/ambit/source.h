// SPDX-License-Identifier: MIT
// Source: what a trainer draws batches from. A source is pure: what it draws depends on the key and
// the index of a sequence alone, so any sequence can be drawn on any thread and drawn again.
#ifndef AMBIT_SOURCE_H
#define AMBIT_SOURCE_H

#include "ambit/batch.h"
#include "ambit/status.h"

typedef struct AmbitSourceType {
    const char *name;
    const char *const *columns; // NULL-ended names of the numbers that column_values writes,
                                // at most AMBIT_MOST_COLUMNS

    /* Returns the sizes of the largest batch of n_sequences at any step. */
    AmbitBatchSizes (*sizes)(const void *state, size_t n_sequences);
    /* Returns how many rows `draw` will score in a whole step of n_sequences: more than 0. */
    size_t (*n_scored)(const void *state, int64_t step, size_t n_sequences);
    /* Returns the mean number of rows of a sequence at a step, for estimates of cost. */
    double (*mean_rows)(const void *state, int64_t step);
    /* Writes the numbers of a step that the log shows, one per column. */
    void (*column_values)(const void *state, int64_t step, double *values);

    /* Make and free the memory that one thread needs to draw up to n_sequences at once;
     * workspace_destroy accepts NULL. workspace_bytes returns the size of that memory. */
    AmbitStatus (*workspace_create)(const void *state, size_t n_sequences, void **workspace,
                                    AmbitError *error);
    void (*workspace_destroy)(void *workspace);
    size_t (*workspace_bytes)(const void *state, size_t n_sequences);

    /* Draws sequences first … first + n_sequences − 1 of the key's step. The batch is a view of the
     * workspace, valid until the next draw. Allocates nothing. */
    void (*draw)(const void *state, AmbitKey key, size_t first, size_t n_sequences, void *workspace,
                 AmbitBatch *batch);
} AmbitSourceType;

typedef struct AmbitSource {
    const AmbitSourceType *type;
    const void *state; // borrowed
    size_t n_classes;  // C; class labels are 0 … C − 1
} AmbitSource;

enum { AMBIT_MOST_COLUMNS = 8 };

#endif
