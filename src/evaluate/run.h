// SPDX-License-Identifier: MIT
// Run: one evaluation of a target under way, as the files of this room share it. L, C, N, Q as in
// AmbitTargetResult; a lead is a (step, sweep value) pair.
#ifndef AMBIT_EVALUATE_RUN_H
#define AMBIT_EVALUATE_RUN_H

#include "ambit/evaluation.h"
#include "slot.h"

enum { AMBIT_NO_ARRAY = AMBIT_MOST_ARRAYS, AMBIT_PROMPT_PARTS = 4 };

/* Where in result->arrays the measurements are; AMBIT_NO_ARRAY: not measured. */
typedef struct AmbitMeasures {
    size_t distance, relative, flagged, regret, regret_low, regret_high, posterior, posterior_raw;
    size_t n_classes;   // on the class axis
    size_t other;       // axis: the predictor compared with
    size_t *references; // [n_references] columns that regret is relative to
    size_t *singles;    // [n_singles] columns that know one class of functions alone
    size_t n_references, n_singles;
} AmbitMeasures;

typedef struct AmbitRun {
    const AmbitTarget *target;
    const AmbitEvaluation *evaluation;
    const AmbitEvaluationSettings *settings;
    AmbitKey key; // of prompts and resamples; the same for every target, so that inputs are paired
    size_t n_threads;
    AmbitTargetResult *result;
    AmbitMeasures measures;
    size_t parts[AMBIT_PROMPT_PARTS], answers; // arrays of prompts and predictions, where kept
    size_t step, sweep, lead;                  // at hand
    AmbitMixture *swept_mixture; // at this sweep value, NULL where the target's own stays
    AmbitPromptDistribution *swept_distribution;
    AmbitPromptSource source; // prompts at this sweep value
    AmbitPromptBatch *batch;
    size_t first;              // the batch's first prompt
    size_t n_answering;        // predictors that answer at this step: all, or those that vary
    AmbitSlot *slots;          // [n_threads]
    double *prediction;        // [C][N][Q] of the lead at hand
    double *truth;             // [N][Q]
    AmbitStatus *statuses;     // [C] of the statistics of a lead
    struct AmbitProbe *probes; // [n_probes]
    size_t n_probes;
} AmbitRun;

/* What two answers to a query differ by: the square, or for labels ±1 whether their signs do (half
 * where one is 0). */
double ambit_error_between(bool binary, double a, double b);

/* The doubles of an array at the lead at hand. */
double *ambit_run_values(const AmbitRun *run, size_t array);

/* Sets source, the target's prompts at the sweep value at hand, and binds the predictors to it. */
AmbitStatus ambit_run_open_source(AmbitRun *run, AmbitError *error);
void ambit_run_close_source(AmbitRun *run);

AmbitStatus ambit_run_no_memory(const AmbitRun *run, AmbitError *error);

/* Keeps prompts and predictions, if the settings say so: the arrays, a chunk's prompts from `first`
 * on, and the predictions of the lead at hand. */
AmbitStatus ambit_prompts_declare(AmbitRun *run, AmbitError *error);
void ambit_prompts_keep(const AmbitRun *run, const AmbitPromptBatch *chunk, size_t first);
void ambit_prompts_finish(const AmbitRun *run);

/* Declares what is measured of every target: distances, regret, posteriors, flags. Predictors are
 * bound. */
AmbitStatus ambit_measures_declare(AmbitRun *run, AmbitError *error);
void ambit_measures_free(AmbitRun *run);
/* Keeps the posteriors of a chunk that `slot` just answered, prompts from `first` on. */
void ambit_measures_keep_posterior(const AmbitRun *run, const AmbitSlot *slot,
                                   const AmbitPromptBatch *chunk, size_t first);
/* Derives them at the lead at hand from predictions and errors. */
AmbitStatus ambit_measures_finish(AmbitRun *run, AmbitError *error);

#endif
