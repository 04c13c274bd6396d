// SPDX-License-Identifier: MIT
// Examples: what a target asks. A kind of examples is a const record that draws examples and has
// predictors answer them; everything after that handles outcomes per (example, predictor, query).
#ifndef AMBIT_EVALUATE_EXAMPLES_H
#define AMBIT_EVALUATE_EXAMPLES_H

#include "plan.h"

/* Answers of C columns to B examples of Q queries, borrowed until the thread's next examples. */
typedef struct AmbitOutcome {
    const double *prediction;  // [C][B][Q]; scores, if the metric does not compare predictions
    const unsigned char *flag; // [C][B][Q] AMBIT_FLAG_*
    const double *truth;       // [B][Q]; NULL if `prediction` has scores
    const double *posterior;   // [K][B][Q] for each predictor with K = n_classes > 0, in order
} AmbitOutcome;

typedef struct AmbitExamplesType {
    const AmbitCaption *example, *query; // the axes of examples and of queries

    /* Refuses targets that contradict themselves or the settings. */
    AmbitStatus (*check)(const AmbitTarget *target, const AmbitEvaluationSettings *settings,
                         AmbitError *error);
    /* The metric of the target's answers. */
    const AmbitMetric *(*metric)(const AmbitTarget *target);
    /* N of a target under settings. */
    size_t (*n_examples)(const AmbitTarget *target, const AmbitEvaluationSettings *settings);

    /* `examples` is the kind's own; it borrows plan and tally. destroy takes a half-built one. */
    AmbitStatus (*create)(void **examples, const AmbitPlan *plan, AmbitTally *tally,
                          AmbitError *error);
    void (*destroy)(void **examples);

    /* Turns to the examples at a swept value, and binds the predictors to them. */
    AmbitStatus (*open)(void *examples, size_t sweep, AmbitError *error);
    void (*close)(void *examples);

    /* Optional. Writes the coordinates [N] of the example axis; NULL: 0 … N − 1. */
    void (*indices)(const void *examples, double *coordinates);

    /* While open: Q, with the coordinates [Q] of the query axis unless NULL. */
    size_t (*queries)(const void *examples, double *coordinates);
    /* Optional. Returns labels [Q] of the query axis instead, borrowed. */
    char *const *(*query_labels)(const void *examples);

    /* What answers of 0 score under a metric that is normalized; NaN: not known before drawing.
     * NULL: the metric is not normalized. */
    double (*zero_score)(const void *examples);

    /* Adds to the tally's result the arrays that `answer` and `finish` fill by themselves. May give
     * the tally weights. */
    AmbitStatus (*declare)(void *examples, AmbitError *error);

    /* Draws the examples first … first + count − 1, count ≤ AMBIT_CHUNK, and has the first
     * n_answering predictors answer them. Called by several threads; `thread` < n_threads. */
    void (*answer)(void *examples, size_t first, size_t count, size_t thread, size_t n_answering,
                   AmbitOutcome *outcome);

    /* Optional: gathers what `answer` keeps by itself, where process p of a team has answered the
     * examples first[p] … first[p + 1] − 1. NULL: every process answers all examples. */
    void (*gather)(void *examples, const AmbitTeam *team, const size_t *first);

    /* Once all examples of a condition are answered. */
    AmbitStatus (*finish)(void *examples, AmbitError *error);

    /* Time spent in a predictor since open, summed over threads. */
    double (*seconds)(const void *examples, size_t predictor);
} AmbitExamplesType;

/* The kind of a target's examples. */
const AmbitExamplesType *ambit_target_examples(const AmbitTarget *target);

/* Makes the plan of an evaluation, unless target or settings are to be refused. */
AmbitStatus ambit_plan_make(AmbitPlan *plan, const AmbitTarget *target,
                            const AmbitEvaluation *evaluation, AmbitError *error);

/* Examples that a thread takes at a time. */
enum { AMBIT_CHUNK = 8 };

#endif
