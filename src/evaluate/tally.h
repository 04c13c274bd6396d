// SPDX-License-Identifier: MIT
// Tally: what accumulates while predictors answer. A condition is a pair of training step and swept
// value; C, N, Q as in AmbitTargetResult.
#ifndef AMBIT_EVALUATE_TALLY_H
#define AMBIT_EVALUATE_TALLY_H

#include "plan.h"

typedef struct AmbitTally {
    AmbitTargetResult *result;     // all conditions
    size_t step, sweep, condition; // the present ones
    double *prediction;            // [C][N][Q] of the present condition, or scores (examples.h)
    double *truth;                 // [N][Q] of the present condition; 0 where scores are kept
    const double *weight;          // [N][Q] how often a score counts; NULL: every score once
    AmbitStatus *statuses;         // [C] of work that threads share by column
} AmbitTally;

/* Memory for answers to the examples of tally->result. Free also after a failure. */
AmbitStatus ambit_tally_open(AmbitTally *tally, const AmbitPlan *plan, AmbitError *error);
void ambit_tally_free(AmbitTally *tally);

/* The values of an array at the present condition. */
double *ambit_tally_values(const AmbitTally *tally, size_t array);

/* Adds or finds predictor_2, the axis of predictors that distances are measured to. */
AmbitStatus ambit_tally_other_axis(const AmbitTally *tally, size_t *axis, AmbitError *error);

/* AMBIT_NO_MEMORY if a column's status is not AMBIT_OK: memory is all that this work can lack. */
AmbitStatus ambit_tally_status(const AmbitTally *tally, const AmbitPlan *plan, AmbitError *error);

#endif
