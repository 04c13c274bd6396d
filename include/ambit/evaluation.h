// SPDX-License-Identifier: MIT
// Evaluation: targets × predictors on the same examples, which are prompts or sentences. The score
// of every answer is kept, and statistics are derived from them.
#ifndef AMBIT_EVALUATION_H
#define AMBIT_EVALUATION_H

#include "ambit/corpus.h"
#include "ambit/metric.h"
#include "ambit/mixture.h"
#include "ambit/predictor.h"
#include "ambit/probe.h"
#include "ambit/prompt_distribution.h"
#include "ambit/result.h"
#include "ambit/team.h"

/* What an evaluation asks: prompts of a mixture (mostly of one family) under a prompt distribution.
 * A target may sweep one number: "sparsity" of its family, "families[0].sparsity" of a part of that
 * family, "tasks[1].sparsity" of one of several classes, "weight" of the first class (the others
 * share 1 − weight in their old proportions), or "prompts.scale" of the prompt distribution. */
typedef struct AmbitTarget {
    char *name;                            // results group, owned
    AmbitMixture *mixture;                 // owned
    AmbitPromptDistribution *distribution; // owned
    char *sweep;                           // name of the swept number, or NULL; owned
    AmbitDoubles sweep_values;             // [S]
    unsigned probes; // bit i: ambit_probe_types()[i] runs; for targets of sentences,
                     // ambit_inside_types()[i]

    /* A target of sentences has one split of a corpus, and no mixture, distribution or sweep. */
    const AmbitCorpus *corpus; // borrowed; NULL: prompts
    AmbitSplitName split;
} AmbitTarget;

typedef struct AmbitEvaluationSettings {
    int64_t n_examples; // number of prompts, or the most sentences that are taken from a split
    int64_t batch_size; // examples answered between two calls of progress
    int64_t n_points;   // P; 0: as many as the model takes
    int64_t bootstrap;  // number of resamples
    uint64_t seed;
    AmbitTexts references; // names of the columns that differences are measured from; owned
    int64_t every;    // evaluate checkpoints at multiples of this many steps; 0: the newest alone
    int64_t n_probed; // number of prompts that each probe uses, or the most sentences
    int64_t longest_probed; // probes skip sentences of more words than this
    AmbitDoubles probe_k;   // numbers of context points k at which probes query; empty: five values
                            // spread evenly over 0 … P−1
    int64_t grid_points;    // inputs on the line of a slice
    double grid_low, grid_high;      // where the line starts and ends
    bool keep_prompts;               // prompts and predictions become arrays of the result
    const AmbitMixture *pretraining; // borrowed, for predictors that use it; NULL if unknown
    int64_t longest_output;          // a continuation ends after this many words at the latest
    int64_t least_distance; // questions from this distance on also count in metrics far_…
    bool keep_outputs;      // sentences, and what predictors output, become arrays of the result
} AmbitEvaluationSettings;

/* Tables of the settings above: for prompts, and for sentences. */
extern const AmbitParameter ambit_evaluation_parameters[];
extern const AmbitParameter ambit_sentence_evaluation_parameters[];

/* Called after each batch. seconds [n_predictors] is the time that this process's threads have
 * spent in each predictor since the current swept value began. Returning false stops the evaluation
 * with AMBIT_INTERRUPTED. */
typedef bool (*ambit_evaluation_progress_fn)(void *context, size_t done, size_t total,
                                             const double *seconds);

/* Loads the parameters of training step steps[index] into the predictors that change with it. */
typedef AmbitStatus (*ambit_evaluation_step_fn)(void *context, size_t index, AmbitError *error);

/* Which predictors answer, and under which settings. All pointers are borrowed. */
typedef struct AmbitEvaluation {
    AmbitPredictor *const *predictors; // [n_predictors]
    size_t n_predictors;
    const AmbitEvaluationSettings *settings;
    size_t n_threads;
    ambit_evaluation_progress_fn progress; // or NULL
    void *progress_context;
    ambit_answers_fn answers;  // reads predictions made elsewhere; NULL: no predictor needs it
    const int64_t *steps;      // [n_steps] training steps to evaluate at, or NULL
    size_t n_steps, n_varying; // predictors 0 … n_varying−1 change with the step
    ambit_evaluation_step_fn set_step;
    void *step_context;
    const AmbitTeam *team; // processes that share the examples; all get the whole result. NULL: one
} AmbitEvaluation;

/* Number of examples of the target under these settings, and what one is called ("prompt",
 * "sentence"). */
size_t ambit_target_n_examples(const AmbitTarget *target, const AmbitEvaluationSettings *settings);
const char *ambit_target_example_name(const AmbitTarget *target);

/* Refuses a target whose mixture, sweep or probes contradict each other or the settings. */
AmbitStatus ambit_target_check(const AmbitTarget *target, const AmbitEvaluationSettings *settings,
                               AmbitError *error);

/* Returns, before any work, the error that ambit_evaluate_target would return for this request. */
AmbitStatus ambit_evaluate_check(const AmbitTarget *target, const AmbitEvaluation *evaluation,
                                 AmbitError *error);

/* Has every predictor answer the target's examples, and measures the answers. The caller destroys
 * *result, which is NULL on failure. */
AmbitStatus ambit_evaluate_target(AmbitTargetResult **result, const AmbitTarget *target,
                                  const AmbitEvaluation *evaluation, AmbitError *error);
void ambit_target_free(AmbitTarget *target);

/* Criteria that choose the training step to stop at from the results of one target. */
typedef enum AmbitStop {
    AMBIT_STOP_BEST_ACCURACY, // first step at which the first metric is best
    AMBIT_STOP_LEAST_LOSS,    // first step at which the mean loss per token is least
    AMBIT_STOP_END,           // last step
    AMBIT_N_STOPS
} AmbitStop;
extern const char *const ambit_stop_names[AMBIT_N_STOPS + 1]; // NULL-ended

/* Returns the index on the step axis that a criterion chooses for one column; SIZE_MAX if the
 * result has no steps or lacks the values of the criterion. Early stopping chooses the index by one
 * target (validation) and reports another target with the same steps at this index. */
size_t ambit_stop_index(const AmbitTargetResult *result, size_t column, AmbitStop stop);

/* Copies the mixture or the prompt distribution of a target, whichever has the swept number, and
 * sets the number to `value` in the copy, which the caller owns. The other pointer becomes NULL;
 * both do if the target has no sweep. */
AmbitStatus ambit_target_at(const AmbitTarget *target, double value, AmbitKey key,
                            AmbitMixture **mixture, AmbitPromptDistribution **distribution,
                            AmbitError *error);

/* Values of examples, and how often each counts. */
typedef struct AmbitSample {
    const double *values;  // [N][Q]
    const double *weights; // [N][Q]; NULL: every value counts once. With weights, undefined values
                           // (NaN) are left out. Without, one NaN makes the mean NaN, and the
                           // interval and the median are then not meaningful
    size_t n_examples;     // N
    size_t n_queries;      // Q
} AmbitSample;

/* Where statistics go, each [Q]. */
typedef struct AmbitStatistics {
    double *mean, *low, *high;
    double *median; // NULL: not wanted
} AmbitStatistics;

/* Writes statistics over the examples of a sample: the mean, its 90 % bootstrap interval, and the
 * median of the values. The mean of weighted values is Σ weight·value / Σ weight, NaN if Σ weight
 * is 0. The examples of a resample depend only on the key and on their number, so that all
 * predictors and queries share them. */
AmbitStatus ambit_bootstrap_statistics(const AmbitSample *sample, size_t n_resamples, AmbitKey key,
                                       const AmbitStatistics *statistics, AmbitError *error);

#endif
