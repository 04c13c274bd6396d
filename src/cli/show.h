// SPDX-License-Identifier: MIT
// The parts of `ambit show`: everything goes to the given stream, within 80 columns.
#ifndef AMBIT_CLI_SHOW_H
#define AMBIT_CLI_SHOW_H

#include "ambit/store.h"
#include <stdio.h>

enum { AMBIT_SHOW_WIDTH = 80, AMBIT_NUMBER_SIZE = 16 };

/* Errors of predictors (rows) over one axis: examples seen, or the values of a sweep. */
typedef struct AmbitPanel {
    const char *x_name;
    size_t n_rows, n_x;
    char *const *labels;       // [n_rows] borrowed
    double *x;                 // [n_x]
    double *mean, *low, *high; // [n_rows][n_x]; low and high NULL: no intervals
    bool starred;              // the least number of each column but that of "zero"
} AmbitPanel;

/* A table of some of the panel's columns. Where there are intervals: those of the starred numbers
 * under the table, or else each under its row. */
void ambit_show_table(FILE *out, const AmbitPanel *panel);

/* The panel as a small plot of Unicode glyphs, with legend. */
void ambit_show_plot(FILE *out, const AmbitPanel *panel);

/* Three significant digits in at most 8 characters. */
void ambit_show_number(double value, char text[AMBIT_NUMBER_SIZE]);

/* Prints the UTF-8 character that text begins with, "?" for a control character (C0, DEL, C1): what
 * a file says must not steer the terminal. Returns its bytes. */
size_t ambit_show_character(FILE *out, const char *text);

/* UTF-8 text with control characters replaced; cut or padded to `width` columns unless 0. */
void ambit_show_text(FILE *out, const char *text, size_t width);
size_t ambit_show_text_width(const char *text);

/* A paragraph, wrapped at spaces and indented by 2 columns, ending its line. */
void ambit_show_paragraph(FILE *out, const char *text);

typedef struct AmbitShowOptions {
    int64_t k; // examples seen at which a sweep is shown; negative: the most
    bool more; // all measurements beyond errors, not the headlines alone
} AmbitShowOptions;

/* Tables and plots of every target. */
AmbitStatus ambit_show_results(FILE *out, const char *path, const AmbitShowOptions *options,
                               AmbitError *error);

/* Tables of a target's measurements beyond errors; of those that are not asked for, a line that
 * names them. */
AmbitStatus ambit_show_measures(FILE *out, const AmbitResultsSummary *summary, size_t target,
                                const AmbitShowOptions *options, AmbitError *error);
AmbitStatus ambit_show_checkpoint(FILE *out, const char *path, AmbitError *error);
/* Checkpoints, the end of the log, and results if there are any. */
AmbitStatus ambit_show_run(FILE *out, const char *run, const AmbitShowOptions *options,
                           AmbitError *error);

/* Several run folders side by side. */
AmbitStatus ambit_show_runs(FILE *out, char *const *runs, size_t n_runs, AmbitError *error);

/* The lines on where a file comes from that results and checkpoints share; `seed` says what it
 * seeds. */
void ambit_show_origin(FILE *out, const char *path, const char *seed, const AmbitOrigin *origin);

#endif
