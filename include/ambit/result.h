// SPDX-License-Identifier: MIT
// Result: what an evaluation of one target measured. Scores and statistics of scores have fields.
// Every other measurement is a named array over named axes: writers, readers and `ambit show`
// handle such arrays without knowing what they measure.
#ifndef AMBIT_RESULT_H
#define AMBIT_RESULT_H

#include "ambit/metric.h"
#include "ambit/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The axes that every result has, which come first in AmbitTargetResult.axes. Step and sweep are
 * the leading dimensions of every array that is not fixed; an array does not list them among its
 * own axes. */
typedef enum AmbitAxis {
    AMBIT_AXIS_STEP,
    AMBIT_AXIS_SWEEP,
    AMBIT_AXIS_PREDICTOR,
    AMBIT_AXIS_EXAMPLE, // called `prompt` or `example` in files, as the kind of examples declares
    AMBIT_AXIS_QUERY,   // called `k` or `metric` in files, likewise
    AMBIT_N_AXES
} AmbitAxis;

enum { AMBIT_MOST_AXES = AMBIT_N_AXES + 12, AMBIT_MOST_ARRAYS = 64, AMBIT_ARRAY_RANK = 10 };

/* Name and attributes of a dataset in the results file. */
typedef struct AmbitCaption {
    const char *name, *long_name, *units, *description;
} AmbitCaption;

/* An axis with its coordinates: exactly one of values and labels is given. If a target has no
 * steps, or no sweep, that axis has length 1 and neither name nor coordinates. */
typedef struct AmbitResultAxis {
    AmbitCaption words; // owned
    size_t length;
    double *values; // [length] or NULL
    char **labels;  // [length] or NULL
} AmbitResultAxis;

/* How tables show a measurement. */
typedef enum AmbitShown {
    AMBIT_SHOWN_WHOLE,   // in one table
    AMBIT_SHOWN_EACH,    // in one table for each entry of the first axis
    AMBIT_SHOWN_FIRST,   // in one table, for the first entry of the first axis
    AMBIT_SHOWN_NEAREST, // as FIRST, with a star at the least number of each column
    AMBIT_SHOWN_NOT,     // in no table of its own
    AMBIT_N_SHOWN
} AmbitShown;

/* What is measured, and how tables show it. */
typedef struct AmbitMeasure {
    AmbitCaption words;
    bool raw;         // values of single examples: files hold them compressed, readers skip them
    bool fixed;       // the same at every training step and swept value: does not extend over them
    bool text;        // texts instead of numbers; raw
    bool headline;    // `ambit show` prints it without --more, too
    AmbitShown shown; // meaningless if raw
    const char *low, *high; // names of two measures of the same shape, which hold the ends of the
                            // 90 % interval of this one; or both NULL
} AmbitMeasure;

/* A measurement. Undefined entries are NaN; of texts, NULL. */
typedef struct AmbitResultArray {
    AmbitMeasure measure;          // texts are owned
    size_t rank;                   // number of axes, without step and sweep
    size_t axes[AMBIT_ARRAY_RANK]; // indices of the result's axes
    size_t count;                  // values at one condition
    double *values;                // [L][count], or [count] if fixed; NULL: texts
    char **texts;                  // likewise, owned; NULL: values
} AmbitResultArray;

/* A condition is a pair of training step and swept value; swept values run fastest. L =
 * n_steps·n_sweep conditions; C predictor columns; N examples; Q queries. n_steps to n_queries are
 * the lengths of the first axes. */
/* What answers of 0 score: the mean over examples, each of which counts by its mean over queries,
 * and the standard error of that mean. */
typedef struct AmbitZeroScore {
    double mean, error;
} AmbitZeroScore;

typedef struct AmbitTargetResult {
    size_t n_steps, n_sweep, n_columns, n_examples, n_queries;
    size_t n_axes;
    AmbitResultAxis axes[AMBIT_MOST_AXES];
    const AmbitMetric *metric;
    char **notes;                // [C] why a predictor has no answers, or NULL; owned
    double *normalizer;          // [L] the divisor of scores: the score of an answer of 0, or 1 if
                                 // the metric is not normalized
    bool normalizer_is_declared; // from the metric or the family; else a mean over examples
    AmbitZeroScore *zero;        // [L] divided by the normalizer: 1, if that is right. NULL if the
                                 // metric is not normalized, and in results read from a file
    double *error;               // [L][C][N][Q] scores under the metric, divided by the normalizer;
                                 // in files: metric->names.scores
    unsigned char *flag;         // [L][C][N][Q] AMBIT_FLAG_*
    double *mean, *low, *high;   // [L][C][Q]; low…high: 90 % bootstrap interval of the mean
    double *median;              // [L][C][Q]; NULL: the metric keeps none
    double *seconds;             // [C] time spent predicting; a predictor's columns share it
    size_t n_arrays;
    AmbitResultArray arrays[AMBIT_MOST_ARRAYS];
} AmbitTargetResult;

size_t ambit_result_n_conditions(const AmbitTargetResult *result);

/* Sets one of the first axes, and the field of `result` that counts its entries (n_steps …
 * n_queries). If words is NULL, the result has no such axis. Give either values or labels, and NULL
 * for the other; everything is copied. */
AmbitStatus ambit_result_set_axis(AmbitTargetResult *result, AmbitAxis axis,
                                  const AmbitCaption *words, size_t length, const double *values,
                                  char *const *labels, AmbitError *error);

/* Adds an axis, unless one of this name exists; *axis is its index either way. Copies words, and
 * values or labels. */
AmbitStatus ambit_result_add_axis(AmbitTargetResult *result, const AmbitCaption *words,
                                  size_t length, const double *values, char *const *labels,
                                  size_t *axis, AmbitError *error);

/* As ambit_result_add_axis, with the coordinates 0 … length − 1. */
AmbitStatus ambit_result_add_index(AmbitTargetResult *result, const AmbitCaption *words,
                                   size_t length, size_t *axis, AmbitError *error);

/* Returns the index of the axis of this name, step and sweep excluded; n_axes if there is none. */
size_t ambit_result_find_axis(const AmbitTargetResult *result, const char *name);

/* Adds an array of zeros, or of NULLs if of texts, over `rank` axes; *index is the index in
 * result->arrays. Copies measure.
 */
AmbitStatus ambit_result_add_array(AmbitTargetResult *result, const AmbitMeasure *measure,
                                   size_t rank, const size_t *axes, size_t *index,
                                   AmbitError *error);

/* The values of an array at a condition. */
const double *ambit_result_values(const AmbitResultArray *array, size_t condition);

/* The array of this name, or NULL. */
const AmbitResultArray *ambit_result_find(const AmbitTargetResult *result, const char *name);

/* Name of the number that the target sweeps ("tasks[1].NAME"), or NULL without a sweep. */
const char *ambit_result_sweep(const AmbitTargetResult *result);

/* Brings results of one target, by models of different sizes, to the same axes. Every numeric axis
 * that a probe has added, such as layers, gets the ascending union of the coordinates in all
 * results. Entries that a result lacks become NaN. Elements of results [n] may be NULL. */
AmbitStatus ambit_results_align(AmbitTargetResult *const *results, size_t n, AmbitError *error);

void ambit_target_result_destroy(AmbitTargetResult **result);

#endif
