// SPDX-License-Identifier: MIT
// Plan: the target, the predictors and the settings of an evaluation. A plan never changes. Tally:
// what accumulates while predictors answer. A condition is a pair of training step and swept value;
// C, N, Q as in AmbitTargetResult.
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

/* Swept values; 1 without a sweep. */
size_t ambit_plan_n_sweep(const AmbitPlan *plan);

/* Place on the predictor axis of the column `name`; n_columns if there is none. */
size_t ambit_plan_find_column(const AmbitPlan *plan, const char *name, size_t *n_columns);

AmbitStatus ambit_plan_no_memory(const AmbitPlan *plan, AmbitError *error);

typedef struct AmbitTally {
    AmbitTargetResult *result;     // all conditions
    size_t step, sweep, condition; // the present ones
    double *prediction;            // [C][N][Q] of the present condition, or scores (examples.h)
    double *truth;                 // [N][Q] of the present condition; 0 where scores are kept
    const double *weight;          // [N][Q] how often a score counts; NULL: every score once
    AmbitStatus *statuses;         // [C] of work that threads share by column
} AmbitTally;

/* The values of an array at the present condition. */
double *ambit_tally_values(const AmbitTally *tally, size_t array);

/* AMBIT_NO_MEMORY if a column's status is not AMBIT_OK: memory is all that this work can lack. */
AmbitStatus ambit_tally_status(const AmbitTally *tally, const AmbitPlan *plan, AmbitError *error);

#endif
