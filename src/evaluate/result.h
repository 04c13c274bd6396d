// SPDX-License-Identifier: MIT
// Memory of a target's results.
#ifndef AMBIT_EVALUATE_RESULT_H
#define AMBIT_EVALUATE_RESULT_H

#include "examples.h"

/* A result sized and named for the plan and its examples, which are open; numbers are 0. */
AmbitStatus ambit_target_result_create(AmbitTargetResult **result, const AmbitPlan *plan,
                                       const AmbitExamplesType *type, const void *examples,
                                       AmbitError *error);

/* Adds or finds predictor_2, the axis of predictors that distances are measured to. */
AmbitStatus ambit_result_other_axis(AmbitTargetResult *result, size_t *axis, AmbitError *error);

#endif
