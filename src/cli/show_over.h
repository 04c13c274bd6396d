// SPDX-License-Identifier: MIT
// Showing what is computed over runs of language models: what tables of success and of measures
// share.
#ifndef AMBIT_CLI_SHOW_OVER_H
#define AMBIT_CLI_SHOW_OVER_H

#include "joined.h"

enum { AMBIT_OVER_LABEL = 11 }; // columns of the label of a point of the grid

typedef struct AmbitOverView {
    FILE *out;
    const AmbitRuns *runs;
    const AmbitOverRuns *over;
    size_t column; // a predictor
    const char *metric;
} AmbitOverView;

/* Entry `at` over points or measures of an array over them and predictors; NaN without array. */
double ambit_over_value(const AmbitOverView *view, const char *name, size_t at);

/* How many points: places on all axes but that of seeds. */
size_t ambit_over_n_points(const AmbitRuns *runs);

/* "2", the place on the only axis beside seeds, or "n_layer=2 weight=0.5". */
void ambit_over_label(const AmbitOverView *view, size_t point, char *text, size_t size);
void ambit_over_place(const AmbitResultAxis *axis, size_t place, char *text, size_t size);

/* The name of the only axis beside seeds, or "runs". */
const char *ambit_over_corner(const AmbitRuns *runs);

/* Prints text padded to `width` columns; a label that is longer on a line of its own. */
void ambit_over_show_label(FILE *out, const char *text, size_t width);
void ambit_over_show_cell(FILE *out, const char *text, size_t width);

/* Prints measures at the end over all runs, or over those that learned their task if these are
 * others; over training. */
void ambit_over_show_measures(const AmbitOverView *view, bool learned);
AmbitStatus ambit_over_show_courses(const AmbitOverView *view, AmbitError *error);

#endif
