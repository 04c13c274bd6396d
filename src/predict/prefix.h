// SPDX-License-Identifier: MIT
// Fits that grow point by point: what predictors over all prefixes of a prompt share. They see
// to it that query q is answered from the first seen[q] points only.
#ifndef AMBIT_PREDICT_PREFIX_H
#define AMBIT_PREDICT_PREFIX_H

#include "ambit/predictor.h"

/* What a predictor does with a growing set of points. `fit` is its workspace. */
struct AmbitPrefixFit {
    /* Forgets all points. */
    void (*reset)(void *fit);

    /* Takes in one point: x [D] and its label. */
    void (*add)(void *fit, const double *x, double y);

    /* Optional. Called before answers, once after every change of the points. */
    void (*solve)(void *fit);

    /* Returns column c's prediction at x [D]; sets *flag, which is 0, to AMBIT_FLAG_* where due. */
    double (*answer)(const void *fit, size_t column, const double *x, unsigned char *flag);

    /* Optional. Called once per query, in order, after its answers. */
    void (*visit)(void *fit);
};

/* A `predict` for types with `prefix`. It makes one pass over each prompt as long as seen[q] does
 * not decrease; a query that sees fewer points than the one before it starts the prompt anew. */
void ambit_prefix_predict(const AmbitPredictor *predictor, const AmbitPromptBatch *batch,
                          void *workspace, double *prediction, unsigned char *flag);

/* Sets n predictions to NaN, flagged as without an answer. */
void ambit_prefix_no_answers(size_t n, double *prediction, unsigned char *flag);

/* Makes a zeroed workspace: a struct of `header` bytes that ends in n_reals doubles, freed as a
 * whole by ambit_free. */
AmbitStatus ambit_prefix_workspace(const AmbitPredictor *predictor, size_t header, size_t n_reals,
                                   void **workspace, AmbitError *error);

/* The points added so far, of fits that look back at them. */
typedef struct AmbitPoints {
    size_t n_dims, count;
    double *x; // [count][D]
    double *y; // [count]
} AmbitPoints;

/* Takes (D + 1)·n_points doubles of `memory`. Returns the address after them. */
double *ambit_points_init(AmbitPoints *points, size_t n_points, size_t n_dims, double *memory);
void ambit_points_add(AmbitPoints *points, const double *x, double y);

#endif
