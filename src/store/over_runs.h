// SPDX-License-Identifier: MIT
// What is computed over joined runs of language models: shared by success and measures.
#ifndef AMBIT_STORE_OVER_RUNS_H
#define AMBIT_STORE_OVER_RUNS_H

#include "ambit/joined.h"

/* The arrays of the result, in their order. Three that belong together are a mean or share and the
 * ends of its interval. */
enum {
    AMBIT_OVER_RUNS, // how many runs a point has
    AMBIT_OVER_FIRST,
    AMBIT_OVER_EVER,
    AMBIT_OVER_END = AMBIT_OVER_EVER + 3,
    AMBIT_OVER_NEVER = AMBIT_OVER_END + 3,
    AMBIT_OVER_MEDIAN,
    AMBIT_OVER_EARLIEST,
    AMBIT_OVER_LATEST,
    AMBIT_OVER_ACCURACY,
    AMBIT_OVER_VALIDATION = AMBIT_OVER_ACCURACY + 3,
    AMBIT_OVER_LOSS_OF_RUN = AMBIT_OVER_VALIDATION + 3,
    AMBIT_OVER_LOSS,
    AMBIT_OVER_N_LEARNED = AMBIT_OVER_LOSS + 3,
    AMBIT_OVER_SUCCESSES, // end of the arrays above
    AMBIT_OVER_MEASURE_OF_RUN = AMBIT_OVER_SUCCESSES,
    AMBIT_OVER_MEASURE,
    AMBIT_OVER_CORRELATION = AMBIT_OVER_MEASURE + 3,
    AMBIT_OVER_CORRELATED = AMBIT_OVER_CORRELATION + 3,
    AMBIT_OVER_LEFT_OUT,
    AMBIT_OVER_COURSE,
    AMBIT_OVER_LEARNED_CORRELATION,
    AMBIT_OVER_LEARNED_CORRELATED = AMBIT_OVER_LEARNED_CORRELATION + 3,
    AMBIT_OVER_CHOSEN // two for each axis of the runs but that of seeds: over all runs, and over
                      // those that learned their task
};

/* A computation under way. A point is a choice of places on all axes of the runs but that of seeds.
 */
typedef struct AmbitOver {
    const AmbitOverInput *input;
    AmbitTargetResult *result;
    const char *generalization, *validation; // targets; validation may be NULL
    size_t n_points, n_seeds, n_columns, n_steps;
    double *scratch; // [n_runs]
} AmbitOver;

/* The index of the run that has a seed at a point. */
size_t ambit_over_run(const AmbitRuns *runs, size_t point, size_t seed);

/* Accuracy by the first metric of predictor `column` of the result; NaN if the run is missing. */
double ambit_over_accuracy(const AmbitOver *over, const char *target, size_t run, size_t column,
                           size_t step);

/* Whether a run learned its task: false also where its accuracy on validation is not known. */
bool ambit_over_learned(const AmbitOver *over, size_t run, size_t column);

/* The result of a target in a run, or NULL. */
const AmbitTargetResult *ambit_over_find(const AmbitOver *over, const char *target, size_t run);

/* The predictor's index in another result; the number of predictors there if it has none such. */
size_t ambit_over_column(const AmbitOver *over, const AmbitTargetResult *result, size_t column);

/* Adds an array over some of: the axes of the runs without that of seeds, or with it; measures;
 * steps; predictors. */
typedef enum AmbitOverShape {
    AMBIT_OVER_POINTS = 1,
    AMBIT_OVER_ALL = 2,
    AMBIT_OVER_MEASURES = 4,
    AMBIT_OVER_STEPS = 8,
    AMBIT_OVER_PREDICTORS = 16
} AmbitOverShape;
AmbitStatus ambit_over_add(const AmbitOver *over, const AmbitMeasure *measure, unsigned shape,
                           AmbitError *error);

/* Writes the mean over the seeds of a point, and its interval, at index `at` of three arrays. */
void ambit_over_mean(const AmbitOver *over, size_t array, size_t at);

/* Adds the measures of the inside: which point each would choose, and how well it goes with
 * accuracy. */
AmbitStatus ambit_over_measures(const AmbitOver *over, AmbitError *error);

#endif
