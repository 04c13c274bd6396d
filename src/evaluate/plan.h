// SPDX-License-Identifier: MIT
// Plan: the target, the predictors and the settings of an evaluation. A plan never changes.
#ifndef AMBIT_EVALUATE_PLAN_H
#define AMBIT_EVALUATE_PLAN_H

#include "ambit/evaluation.h"

typedef struct AmbitPlan {
    const AmbitTarget *target;
    const AmbitEvaluation *evaluation;
    const AmbitEvaluationSettings *settings; // of the evaluation
    const AmbitMetric *metric;               // of the target
    AmbitKey key; // of examples and resamples; the same for every target, so that inputs are paired
    size_t n_threads;
} AmbitPlan;

/* The metric is the target's. */
AmbitPlan ambit_plan(const AmbitTarget *target, const AmbitEvaluation *evaluation,
                     const AmbitMetric *metric);

/* Swept values; 1 without a sweep. */
size_t ambit_plan_n_sweep(const AmbitPlan *plan);

/* Place on the predictor axis of the column `name`; n_columns if there is none. */
size_t ambit_plan_find_column(const AmbitPlan *plan, const char *name, size_t *n_columns);

AmbitStatus ambit_plan_no_memory(const AmbitPlan *plan, AmbitError *error);

#endif
