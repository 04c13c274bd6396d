// SPDX-License-Identifier: MIT
// Evaluation: targets × predictors on the same prompts. Raw squared errors are kept, statistics are
// derived from them.
#ifndef AMBIT_EVALUATION_H
#define AMBIT_EVALUATION_H

#include "ambit/mixture.h"
#include "ambit/predictor.h"
#include "ambit/prompt_distribution.h"

/* What is asked: prompts of a mixture (mostly one family) under a prompt distribution, perhaps
 * swept over one numeric parameter of its family. */
typedef struct AmbitTarget {
    char *name;                            // results group, owned
    AmbitMixture *mixture;                 // owned
    AmbitPromptDistribution *distribution; // owned
    char *sweep;                           // parameter swept, or NULL; owned
    AmbitReals sweep_values;               // [S]
} AmbitTarget;

typedef struct AmbitEvaluationSettings {
    int64_t n_prompts;
    int64_t batch_size; // prompts in memory at once
    int64_t n_points;   // P; 0: the model's most
    int64_t bootstrap;  // resamples
    uint64_t seed;
    const AmbitMixture *pretraining; // borrowed, for predictors that use it; NULL if unknown
} AmbitEvaluationSettings;

extern const AmbitParameter ambit_evaluation_parameters[];

/* S sweep values (1 without sweep), C predictor columns, N prompts, Q queries. */
typedef struct AmbitTargetResult {
    size_t n_sweep, n_columns, n_prompts, n_queries;
    char **columns;                     // [C] owned
    size_t *seen;                       // [Q] examples seen, the k axis
    double *normalizer;                 // [S] E f² that errors were divided by
    bool normalizer_is_declared;        // else: mean of y² over these prompts
    double *squared_error;              // [S][C][N][Q], normalised
    unsigned char *flag;                // [S][C][N][Q] AMBIT_FLAG_*
    double *mean, *median, *low, *high; // [S][C][Q]; low…high: 90 % bootstrap interval of the mean
    double *seconds;                    // [C] time spent predicting, columns of a path share it
} AmbitTargetResult;

/* Called between chunks of prompts; false stops the evaluation with AMBIT_INTERRUPTED. */
typedef bool (*ambit_evaluation_progress_fn)(void *context, size_t done, size_t total);

AmbitStatus ambit_evaluate_target(AmbitTargetResult **result, const AmbitTarget *target,
                                  AmbitPredictor *const *predictors, size_t n_predictors,
                                  const AmbitEvaluationSettings *settings, size_t n_threads,
                                  ambit_evaluation_progress_fn progress, void *context,
                                  AmbitError *error);
void ambit_target_result_destroy(AmbitTargetResult **result);
void ambit_target_free(AmbitTarget *target);

/* mean, median and the 90 % bootstrap interval of the mean over n values with stride; resample
 * indices depend on key only, so that every predictor and k is resampled alike. */
AmbitStatus ambit_bootstrap_statistics(const double *values, size_t n_prompts, size_t n_queries,
                                       size_t n_resamples, AmbitKey key, double *mean,
                                       double *median, double *low, double *high,
                                       AmbitError *error);

#endif
