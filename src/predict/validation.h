// SPDX-License-Identifier: MIT
// Choice among a predictor's columns by validation prompts, for every number of examples.
#ifndef AMBIT_PREDICT_VALIDATION_H
#define AMBIT_PREDICT_VALIDATION_H

#include "ambit/predictor.h"

/* choice [P + 1]: the column with the least mean squared error after k examples, over n_prompts
 * prompts of the context's target drawn for AMBIT_VALIDATION; 0 for k that no query has seen. */
AmbitStatus ambit_validation_choose(const AmbitPredictor *predictor,
                                    const AmbitPredictorContext *context, size_t n_prompts,
                                    size_t *choice, AmbitError *error);

#endif
