// SPDX-License-Identifier: MIT
// Memory of a target's results, for evaluate.c.
#ifndef AMBIT_EVALUATE_RESULT_H
#define AMBIT_EVALUATE_RESULT_H

#include "ambit/evaluation.h"

/* A result sized and named for this target and these predictors; numbers are 0. */
AmbitStatus ambit_target_result_create(AmbitTargetResult **result, const AmbitTarget *target,
                                       AmbitPredictor *const *predictors, size_t n_predictors,
                                       const AmbitEvaluationSettings *settings, AmbitError *error);

#endif
