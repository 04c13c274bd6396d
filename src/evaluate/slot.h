// SPDX-License-Identifier: MIT
// Slot: what one thread of an evaluation needs to let every predictor answer a few prompts.
#ifndef AMBIT_EVALUATE_SLOT_H
#define AMBIT_EVALUATE_SLOT_H

#include "ambit/predictor.h"

typedef struct AmbitSlot {
    AmbitPredictor *const *predictors; // [n_predictors] borrowed
    size_t n_predictors;
    void **workspace;    // [n_predictors]
    double *seconds;     // [n_predictors] spent predicting
    double *prediction;  // [columns][B][Q] all predictors' columns, one after the other
    unsigned char *flag; // the same
    double *posterior;   // [most classes][B][Q] room for one predictor's
} AmbitSlot;

/* Sized for batches of at most shape->n_prompts prompts. Free also after a failure. */
AmbitStatus ambit_slot_init(AmbitSlot *slot, AmbitPredictor *const *predictors, size_t n_predictors,
                            const AmbitPromptBatch *shape, AmbitError *error);
void ambit_slot_free(AmbitSlot *slot);

/* Fills prediction and flag of the first n_answering predictors for this batch. */
void ambit_slot_predict(AmbitSlot *slot, size_t n_answering, const AmbitPromptBatch *batch);

#endif
