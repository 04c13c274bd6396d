// SPDX-License-Identifier: MIT
// Class posteriors of the predictors that have one, as arrays of the result.
#ifndef AMBIT_EVALUATE_POSTERIOR_H
#define AMBIT_EVALUATE_POSTERIOR_H

#include "examples.h"

/* Indices of the result's arrays; raw AMBIT_MOST_ARRAYS: no predictor has a posterior. */
typedef struct AmbitPosteriors {
    const AmbitPlan *plan;
    const AmbitTally *tally;
    size_t mean, raw, class_axis;
} AmbitPosteriors;

/* Declares the arrays. Predictors are bound; plan and tally are borrowed. */
AmbitStatus ambit_posteriors_declare(AmbitPosteriors *posteriors, const AmbitPlan *plan,
                                     const AmbitTally *tally, AmbitError *error);

/* Keeps what the first n_answering predictors said of the examples first … first + count − 1. */
void ambit_posteriors_keep(const AmbitPosteriors *posteriors, size_t n_answering,
                           const AmbitOutcome *outcome, size_t first, size_t count);

/* Gathers what the processes of a team keep, p the examples from first[p] to first[p + 1]. */
void ambit_posteriors_gather(const AmbitPosteriors *posteriors, const AmbitTeam *team,
                             const size_t *first);

/* Means over the examples of the present condition. */
void ambit_posteriors_finish(const AmbitPosteriors *posteriors);

#endif
