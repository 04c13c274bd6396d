// SPDX-License-Identifier: MIT
// The choice among columns of a predictor, by their errors on validation prompts.
#ifndef AMBIT_PREDICT_VALIDATION_H
#define AMBIT_PREDICT_VALIDATION_H

#include "ambit/predictor.h"

/* Sets choice [P + 1]: for each number of points, k, the column of least mean squared error over
 * n_prompts prompts of the target, drawn for AMBIT_VALIDATION; 0 where no query has seen k. */
AmbitStatus ambit_validation_choose(const AmbitPredictor *predictor,
                                    const AmbitPredictorContext *context, size_t n_prompts,
                                    size_t *choice, AmbitError *error);

#endif
