// SPDX-License-Identifier: MIT
// Memory of a target's results.
#ifndef AMBIT_EVALUATE_RESULT_H
#define AMBIT_EVALUATE_RESULT_H

#include "examples.h"

/* A result sized and named for the plan and its examples, which are open; numbers are 0. */
AmbitStatus ambit_target_result_create(AmbitTargetResult **result, const AmbitPlan *plan,
                                       const AmbitExamplesType *type, const void *examples,
                                       AmbitError *error);

void ambit_result_free_arrays(AmbitTargetResult *result);

#endif
