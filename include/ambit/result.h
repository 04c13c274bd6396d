// SPDX-License-Identifier: MIT
// Result: what an evaluation of one target measured. Errors and their statistics have fields of
// their own; every other measurement is a named array over named axes, so that it reaches the
// results file, its readers and `ambit show` without code that knows it.
#ifndef AMBIT_RESULT_H
#define AMBIT_RESULT_H

#include "ambit/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The axes of every target, in the order in which they lead an array's shape; declared ones come
 * after them. An array lies over step and sweep where the target has them, without saying so. */
typedef enum AmbitAxis {
    AMBIT_AXIS_STEP,
    AMBIT_AXIS_SWEEP,
    AMBIT_AXIS_PREDICTOR,
    AMBIT_AXIS_PROMPT,
    AMBIT_AXIS_K,
    AMBIT_N_AXES
} AmbitAxis;

enum { AMBIT_MOST_AXES = 12, AMBIT_MOST_ARRAYS = 32, AMBIT_ARRAY_RANK = 4 };

/* What a dataset of the results file says of itself. */
typedef struct AmbitWords {
    const char *name, *long_name, *units, *description;
} AmbitWords;

/* An axis that a measurement declares. */
typedef struct AmbitResultAxis {
    AmbitWords words; // owned
    size_t length;
    double *values; // [length] coordinates, or NULL
    char **labels;  // [length] the same as text, or NULL; exactly one of the two is given
} AmbitResultAxis;

/* A measurement. Undefined entries are NaN. */
typedef struct AmbitResultArray {
    AmbitWords words;              // owned
    bool raw;                      // of single prompts: kept compressed, not read back
    size_t rank;                   // without step and sweep
    size_t axes[AMBIT_ARRAY_RANK]; // AMBIT_AXIS_*, or AMBIT_N_AXES + index of a declared one
    size_t count;                  // values at one step and sweep value
    double *values;                // [L][count]
} AmbitResultArray;

/* L = n_steps·n_sweep leading entries (sweep values run fastest), C predictor columns, N prompts,
 * Q queries. */
typedef struct AmbitTargetResult {
    size_t n_steps; // training steps of the model; 1 without that axis
    int64_t *steps; // [n_steps] or NULL
    size_t n_sweep; // sweep values; 1 without sweep
    size_t n_columns, n_prompts, n_queries;
    char **columns;              // [C] owned
    char **notes;                // [C] why a predictor has no answers, or NULL; owned
    size_t *seen;                // [Q] examples seen, the k axis
    bool binary;                 // errors are misclassifications, a prediction of 0 counts half
    double *normalizer;          // [L] the zero predictor's error, that errors were divided by
    bool normalizer_is_declared; // else: its mean over these prompts
    double *squared_error;       // [L][C][N][Q], normalised
    unsigned char *flag;         // [L][C][N][Q] AMBIT_FLAG_*
    double *mean, *median, *low, *high; // [L][C][Q]; low…high: 90 % bootstrap interval of the mean
    double *seconds;                    // [C] time spent predicting, columns of a path share it
    size_t n_axes;
    AmbitResultAxis axes[AMBIT_MOST_AXES];
    size_t n_arrays;
    AmbitResultArray arrays[AMBIT_MOST_ARRAYS];
} AmbitTargetResult;

size_t ambit_result_n_leads(const AmbitTargetResult *result);

/* Length of an axis that an array names, step and sweep included. */
size_t ambit_result_axis_length(const AmbitTargetResult *result, size_t axis);

/* Declares an axis, or finds the one of this name; *axis is what arrays call it by. Copies words,
 * and values or labels (the other is NULL). */
AmbitStatus ambit_result_add_axis(AmbitTargetResult *result, const AmbitWords *words, size_t length,
                                  const double *values, char *const *labels, size_t *axis,
                                  AmbitError *error);

/* Adds an array of zeros over `rank` axes; *index is its place in result->arrays. */
AmbitStatus ambit_result_add_array(AmbitTargetResult *result, const AmbitWords *words, bool raw,
                                   size_t rank, const size_t *axes, size_t *index,
                                   AmbitError *error);

/* The array of this name, or NULL. */
const AmbitResultArray *ambit_result_find(const AmbitTargetResult *result, const char *name);

void ambit_target_result_destroy(AmbitTargetResult **result);

#endif
