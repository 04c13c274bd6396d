// SPDX-License-Identifier: MIT
// Result: what an evaluation of one target measured. Scores and their statistics have fields of
// their own; every other measurement is a named array over named axes, so that it reaches the
// results file, its readers and `ambit show` without code that knows it.
#ifndef AMBIT_RESULT_H
#define AMBIT_RESULT_H

#include "ambit/metric.h"
#include "ambit/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The axes that every target has; they come first among its axes, in the order in which they lead
 * the shape of an array. An array lies over step and sweep without naming them. */
typedef enum AmbitAxis {
    AMBIT_AXIS_STEP,
    AMBIT_AXIS_SWEEP,
    AMBIT_AXIS_PREDICTOR,
    AMBIT_AXIS_EXAMPLE, // what draws the examples names this axis and the next: prompt, k
    AMBIT_AXIS_QUERY,
    AMBIT_N_AXES
} AmbitAxis;

enum { AMBIT_MOST_AXES = AMBIT_N_AXES + 12, AMBIT_MOST_ARRAYS = 32, AMBIT_ARRAY_RANK = 4 };

/* What a dataset of the results file says of itself. */
typedef struct AmbitWords {
    const char *name, *long_name, *units, *description;
} AmbitWords;

/* An axis with its coordinates: exactly one of values and labels is given. Step and sweep of a
 * target that has no such axis: no name, no coordinates, length 1. */
typedef struct AmbitResultAxis {
    AmbitWords words; // owned
    size_t length;
    double *values; // [length] or NULL
    char **labels;  // [length] or NULL
} AmbitResultAxis;

/* How tables show a measurement. */
typedef enum AmbitShown {
    AMBIT_SHOWN_WHOLE,   // in one table
    AMBIT_SHOWN_EACH,    // in one table for each entry of the first axis
    AMBIT_SHOWN_FIRST,   // in one table, for the first entry of the first axis
    AMBIT_SHOWN_NEAREST, // the same, the least number of each column starred
    AMBIT_SHOWN_NOT,     // not by itself
    AMBIT_N_SHOWN
} AmbitShown;

/* What is measured, and how tables show it. */
typedef struct AmbitMeasure {
    AmbitWords words;
    bool raw;               // of single examples: kept compressed, not read back
    bool headline;          // shown also where only errors are asked for
    AmbitShown shown;       // meaningless if raw
    const char *low, *high; // measures of the same shape: ends of its 90 % interval; or both NULL
} AmbitMeasure;

/* A measurement. Undefined entries are NaN. */
typedef struct AmbitResultArray {
    AmbitMeasure measure;          // its texts owned
    size_t rank;                   // without step and sweep
    size_t axes[AMBIT_ARRAY_RANK]; // indices of the result's axes
    size_t count;                  // values at one step and sweep value
    double *values;                // [L][count]
} AmbitResultArray;

/* A lead is a pair of training step and swept value. L = n_steps·n_sweep leads, of which swept
 * values run fastest; C predictor columns; N examples; Q queries. These counts are the lengths of
 * the first axes. */
typedef struct AmbitTargetResult {
    size_t n_steps, n_sweep, n_columns, n_examples, n_queries;
    size_t n_axes;
    AmbitResultAxis axes[AMBIT_MOST_AXES];
    const AmbitMetric *metric;
    char **notes;                       // [C] why a predictor has no answers, or NULL; owned
    double *normalizer;                 // [L] what answers of 0 score, that scores were divided by
    bool normalizer_is_declared;        // else: the mean over these examples
    double *error;                      // [L][C][N][Q] scores under the metric, normalised
    unsigned char *flag;                // [L][C][N][Q] AMBIT_FLAG_*
    double *mean, *median, *low, *high; // [L][C][Q]; low…high: 90 % bootstrap interval of the mean
    double *seconds;                    // [C] time spent predicting, columns of a path share it
    size_t n_arrays;
    AmbitResultArray arrays[AMBIT_MOST_ARRAYS];
} AmbitTargetResult;

size_t ambit_result_n_leads(const AmbitTargetResult *result);

/* Sets one of the first axes, whose length is settled with it; words NULL: the result has no such
 * axis. Copies words, and values or labels (the other is NULL). */
AmbitStatus ambit_result_set_axis(AmbitTargetResult *result, AmbitAxis axis,
                                  const AmbitWords *words, size_t length, const double *values,
                                  char *const *labels, AmbitError *error);

/* Adds an axis, or finds the one of this name; *axis is its index. Copies as above. */
AmbitStatus ambit_result_add_axis(AmbitTargetResult *result, const AmbitWords *words, size_t length,
                                  const double *values, char *const *labels, size_t *axis,
                                  AmbitError *error);

/* The same with the coordinates 0 … length − 1. */
AmbitStatus ambit_result_add_index(AmbitTargetResult *result, const AmbitWords *words,
                                   size_t length, size_t *axis, AmbitError *error);

/* The axis of this name after step and sweep; n_axes if there is none. */
size_t ambit_result_find_axis(const AmbitTargetResult *result, const char *name);

/* Adds an array of zeros over `rank` axes; *index is its place in result->arrays. Copies measure.
 */
AmbitStatus ambit_result_add_array(AmbitTargetResult *result, const AmbitMeasure *measure,
                                   size_t rank, const size_t *axes, size_t *index,
                                   AmbitError *error);

/* The array of this name, or NULL. */
const AmbitResultArray *ambit_result_find(const AmbitTargetResult *result, const char *name);

/* Name of what the target sweeps ("tasks[1].NAME"), or NULL. */
const char *ambit_result_sweep(const AmbitTargetResult *result);

void ambit_target_result_destroy(AmbitTargetResult **result);

#endif
