// SPDX-License-Identifier: MIT
// Asker: workspaces and answers of all predictors for one thread.
#ifndef AMBIT_EVALUATE_ASKER_H
#define AMBIT_EVALUATE_ASKER_H

#include "ambit/predictor.h"

typedef struct AmbitAsker {
    AmbitPredictor *const *predictors; // [n_predictors] borrowed
    size_t n_predictors;
    void **workspaces;   // [n_predictors]
    double *seconds;     // [n_predictors] spent predicting
    double *prediction;  // [C][B][Q] columns of all predictors, in order
    unsigned char *flag; // [C][B][Q]
    double *posterior;   // [K][B][Q] for each predictor with K = n_classes > 0, in order
} AmbitAsker;

/* Sized for batches of at most shape->n_prompts prompts. Free also after a failure. */
AmbitStatus ambit_asker_init(AmbitAsker *asker, AmbitPredictor *const *predictors,
                             size_t n_predictors, const AmbitPromptBatch *shape, AmbitError *error);
void ambit_asker_free(AmbitAsker *asker);

/* Fills prediction and flag of the first n_answering predictors for this batch. */
void ambit_asker_predict(AmbitAsker *asker, size_t n_answering, const AmbitPromptBatch *batch);

/* Fills the posteriors of those predictors, which have just answered this batch. */
void ambit_asker_weigh(AmbitAsker *asker, size_t n_answering, const AmbitPromptBatch *batch);

#endif
