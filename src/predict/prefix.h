// SPDX-License-Identifier: MIT
// Prediction by fits that grow example by example: what predictors over all prefixes of a prompt
// share. Sees to it that a query is answered from its first seen[q] examples and no others.
#ifndef AMBIT_PREDICT_PREFIX_H
#define AMBIT_PREDICT_PREFIX_H

#include "ambit/predictor.h"

/* `fit` is the predictor's workspace. */
typedef struct AmbitPrefixFit {
    void (*reset)(void *fit); // to no examples
    void (*add)(void *fit, const double *x, double y);
    void (*solve)(void *fit); // before answers, for the examples added so far
    /* Column c's prediction at x [D]; sets *flag, which is 0, to AMBIT_FLAG_* where due. */
    double (*answer)(const void *fit, size_t column, const double *x, unsigned char *flag);
    void (*visit)(void *fit); // optional; once per query, in order, after its answers
} AmbitPrefixFit;

/* prediction, flag [C][B][Q]. One pass over each prompt if seen[q] does not decrease; a query that
 * sees fewer examples than the one before it starts the prompt anew. */
void ambit_prefix_predict(const AmbitPrefixFit *type, void *fit, const AmbitPromptBatch *batch,
                          size_t n_columns, double *prediction, unsigned char *flag);

/* Sets n predictions to NaN, flagged as without an answer. */
void ambit_predictor_no_answers(size_t n, double *prediction, unsigned char *flag);

/* A zeroed workspace: a struct of `header` bytes that ends in n_reals doubles. Freed as a whole. */
AmbitStatus ambit_prefix_workspace(const AmbitPredictor *predictor, size_t header, size_t n_reals,
                                   void **workspace, AmbitError *error);

/* The examples added so far, for fits that look back at them. */
typedef struct AmbitExamples {
    size_t n_dims, count;
    double *x; // [count][D]
    double *y; // [count]
} AmbitExamples;

/* Takes (D + 1)·n_points doubles of `memory`; returns what follows them. */
double *ambit_examples_init(AmbitExamples *examples, size_t n_points, size_t n_dims,
                            double *memory);
void ambit_examples_add(AmbitExamples *examples, const double *x, double y);

#endif
