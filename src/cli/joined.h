// SPDX-License-Identifier: MIT
// Showing joined results.
#ifndef AMBIT_CLI_JOINED_H
#define AMBIT_CLI_JOINED_H

#include "ambit/joined.h"
#include "show.h"

/* Prints tables and plots of every target over the runs. */
AmbitStatus ambit_show_joined(FILE *out, const char *path, const AmbitShowOptions *options,
                              AmbitError *error);

/* Prints how many parameters the models have, by the axes that change it; nothing of older files.
 */
AmbitStatus ambit_show_parameters(FILE *out, const AmbitJoined *joined, AmbitError *error);

/* Prints the paired difference between two points of the grid, "weight=0.1:weight=0.5". Returns
 * AMBIT_INVALID where the runs did not answer the same examples. */
AmbitStatus ambit_show_difference(FILE *out, AmbitJoined *joined, const char *path,
                                  const char *points, AmbitError *error);

/* Prints what is computed over runs of language models; nothing of other files. */
AmbitStatus ambit_show_over(FILE *out, const AmbitJoined *joined, const AmbitShowOptions *options,
                            AmbitError *error);

#endif
