// SPDX-License-Identifier: MIT
// What follows from the scores of all predictors on the same examples: distances between
// predictors, paired differences from references, and flags.
#ifndef AMBIT_EVALUATE_MEASURE_H
#define AMBIT_EVALUATE_MEASURE_H

#include "plan.h"

/* Indices of the result's arrays; AMBIT_MOST_ARRAYS: not measured. */
typedef struct AmbitMeasures {
    const AmbitPlan *plan;
    const AmbitTally *tally;
    size_t distance, relative, flagged, difference, low, high;
    size_t *references; // [n_references] columns that differences are from
    size_t *singles;    // [n_singles] columns that know one class of functions alone
    size_t n_references, n_singles;
} AmbitMeasures;

/* Declares the arrays. Predictors are bound; plan and tally are borrowed. Free also after a
 * failure. */
AmbitStatus ambit_measures_declare(AmbitMeasures *measures, const AmbitPlan *plan,
                                   const AmbitTally *tally, AmbitError *error);
void ambit_measures_free(AmbitMeasures *measures);

/* Fills them at the present condition, from predictions and errors. */
AmbitStatus ambit_measures_finish(AmbitMeasures *measures, AmbitError *error);

#endif
