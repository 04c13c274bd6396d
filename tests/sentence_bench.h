// SPDX-License-Identifier: MIT
// Evaluations of sentences by some predictors, for tests.
#ifndef SENTENCE_BENCH_H
#define SENTENCE_BENCH_H

#include "testing.h"

#include "ambit/evaluation.h"
#include "ambit/predictor.h"

enum { N = 60, MOST_PREDICTORS = 8 };

typedef struct Bench {
    AmbitCorpus *corpus;
    AmbitModel *model;
    AmbitPredictor *predictors[MOST_PREDICTORS];
    size_t n_predictors;
    AmbitEvaluationSettings settings;
    AmbitTarget target;
    int64_t steps[3];
    size_t n_steps;
} Bench;

void check(AmbitStatus status, const AmbitError *error);

/* Takes the corpus. names [NULL-ended] of predictors; a transformer must be the first. */
Bench open_bench(AmbitCorpus *corpus, AmbitSplitName split, const char *const *names);
void close_bench(Bench *bench);

AmbitEvaluation evaluation_of(Bench *bench, size_t n_threads);
AmbitTargetResult *evaluate(Bench *bench, size_t n_threads);
const double *mean_of(const AmbitTargetResult *r, const char *name);

extern const char *const some[]; // predictors of several kinds

#endif
