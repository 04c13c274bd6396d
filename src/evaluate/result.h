// SPDX-License-Identifier: MIT
// Memory of a target's results.
#ifndef AMBIT_EVALUATE_RESULT_H
#define AMBIT_EVALUATE_RESULT_H

#include "ambit/evaluation.h"

/* A result sized and named for this target and evaluation; numbers are 0. */
AmbitStatus ambit_target_result_create(AmbitTargetResult **result, const AmbitTarget *target,
                                       const AmbitEvaluation *evaluation, AmbitError *error);

void ambit_result_free_arrays(AmbitTargetResult *result);

#endif
