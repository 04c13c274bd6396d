// SPDX-License-Identifier: MIT
// Refusals of an evaluation that cost nothing.
#ifndef AMBIT_EVALUATE_CHECK_H
#define AMBIT_EVALUATE_CHECK_H

#include "ambit/evaluation.h"

/* ambit_evaluate_check without the trial of the predictors. */
AmbitStatus ambit_check_request(const AmbitTarget *target, const AmbitEvaluation *evaluation,
                                AmbitError *error);

#endif
