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
    const char *band; // what low and high span, for a plot; NULL: the first row's 90 % interval
    size_t n_thin;
    double *thin; // [n_thin][n_x] lines that a plot draws behind the rows; NULL: none
    bool starred; // whether the least number of each column gets a star; "zero" never does
} AmbitPanel;

/* Prints a table of some of the panel's columns. Intervals, if there are any, stand under their
 * rows: with stars under the first alone. */
void ambit_show_table(FILE *out, const AmbitPanel *panel);

/* Prints the panel as a small plot of Unicode glyphs, with a legend. */
void ambit_show_plot(FILE *out, const AmbitPanel *panel);

/* Writes a number with three significant digits in at most 8 characters. */
void ambit_show_number(double value, char text[AMBIT_NUMBER_SIZE]);

/* Prints the UTF-8 character that text begins with, or "?" for a control character (C0, DEL, C1),
 * since text from a file must not control the terminal. Returns the number of bytes of the
 * character. */
size_t ambit_show_character(FILE *out, const char *text);

/* Prints UTF-8 text with control characters replaced, cut or padded to `width` columns unless 0. */
void ambit_show_text(FILE *out, const char *text, size_t width);
size_t ambit_show_text_width(const char *text);

/* Prints text, wrapped at spaces, with an end of line. Its lines begin at column `indent`, where
 * the first already stands. */
void ambit_show_wrapped(FILE *out, const char *text, size_t indent);

/* Prints text, wrapped at spaces and indented by 2 columns, with an end of line. */
void ambit_show_paragraph(FILE *out, const char *text);

typedef struct AmbitShowOptions {
    int64_t k;              // examples seen at which a sweep is shown; negative: the most
    bool more;              // print all measurements beyond errors; otherwise only the headlines
    const char *difference; // of joined runs: the two points that are compared; NULL: none
} AmbitShowOptions;

/* The distinct counts of examples seen, ascending; free with ambit_free. NULL: no memory. */
double *ambit_show_distinct(const AmbitTargetResult *result, size_t *count);

/* Prints tables and plots of every target. */
AmbitStatus ambit_show_results(FILE *out, const char *path, const AmbitShowOptions *options,
                               AmbitError *error);

/* Prints tables of a target's measurements beyond errors, and a line with the names of those that
 * it does not print. */
AmbitStatus ambit_show_measures(FILE *out, const AmbitResultsSummary *summary, size_t target,
                                const AmbitShowOptions *options, AmbitError *error);

/* Prints projected trees, each above its gold tree; `trees` as in AmbitResultsSummary, `of` names
 * the model. */
void ambit_show_trees(FILE *out, const AmbitTexts *trees, const char *of);

/* Prints results about sentences: accuracies of every target, and the course over training. */
bool ambit_show_is_sentences(const AmbitTargetResult *result);
AmbitStatus ambit_show_sentences(FILE *out, const AmbitResultsSummary *summary,
                                 const AmbitShowOptions *options, AmbitError *error);

/* Accuracies of one run by the first metric, of its first predictor. */
typedef struct AmbitSentenceEnds {
    double validation;      // at the end
    double stop;            // first step of the best validation accuracy; NaN without steps
    double at_stop, at_end; // of the other split, at that step and at the end
} AmbitSentenceEnds;

/* Returns false if the results do not have a split `validation` and another one. */
bool ambit_show_ends(const AmbitResultsSummary *summary, AmbitSentenceEnds *ends);

AmbitStatus ambit_show_checkpoint(FILE *out, const char *path, AmbitError *error);
/* Prints a run folder: checkpoints, the end of the log, and results if there are any. */
AmbitStatus ambit_show_run(FILE *out, const char *run, const AmbitShowOptions *options,
                           AmbitError *error);

/* Draws the losses of a log over training; nothing if the log is too short. */
void ambit_show_curves(FILE *out, const char *path);

/* Prints several run folders side by side. A folder that cannot be read has its message in the
 * table, and the status is then AMBIT_IO. */
AmbitStatus ambit_show_runs(FILE *out, char *const *runs, size_t n_runs,
                            const AmbitShowOptions *options, AmbitError *error);

/* Prints the lines on the origin of a file that results and checkpoints share. `seed` names what
 * the seed was for. */
void ambit_show_origin(FILE *out, const char *path, const char *seed, const AmbitOrigin *origin);

#endif
