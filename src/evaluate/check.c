// SPDX-License-Identifier: MIT
// What an evaluation refuses before any work.
#include "check.h"
#include "probe.h"
#include "run.h"

#include <string.h>

size_t ambit_column_find(const AmbitEvaluation *evaluation, const char *name, size_t *n_columns)
{
    size_t found = SIZE_MAX;
    *n_columns = 0;
    for (size_t p = 0; p < evaluation->n_predictors; p++)
        for (size_t c = 0; c < evaluation->predictors[p]->n_columns; c++, ++*n_columns)
            if (strcmp(evaluation->predictors[p]->columns[c], name) == 0)
                found = *n_columns;
    return found < *n_columns ? found : *n_columns;
}

/* Classes of labels ±1 and of real values have errors of different kinds. */
static AmbitStatus check_mixture(const AmbitTarget *target, AmbitError *error)
{
    const AmbitMixture *mixture = target->mixture;
    if (mixture->n_classes == 0 || mixture->families[0]->n_dims != target->distribution->n_dims)
        return ambit_error_set(error, AMBIT_INVALID,
                               "target %s needs a function class with the dims of its prompts; "
                               "give it one of n_dims %zu",
                               target->name, target->distribution->n_dims);
    for (size_t c = 1; c < mixture->n_classes; c++)
        if (mixture->families[c]->binary != mixture->families[0]->binary)
            return ambit_error_set(error, AMBIT_INVALID,
                                   "target %s mixes labels ±1 with real values (%s, %s), whose "
                                   "errors do not average; give each a target",
                                   target->name, mixture->labels[0], mixture->labels[c]);
    return AMBIT_OK;
}

static AmbitStatus check_sweep(const AmbitTarget *target, AmbitError *error)
{
    const char *sweep = target->sweep;
    if (!sweep)
        return AMBIT_OK;
    if (target->sweep_values.count > 0)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_INVALID, "target %s sweeps %s; give it at least one value",
                           target->name, sweep);
}

static AmbitStatus check_reference(const AmbitEvaluation *evaluation, AmbitError *error)
{
    const AmbitTexts *references = &evaluation->settings->references;
    size_t n_columns;
    for (size_t i = 0; i < references->count; i++)
        if (ambit_column_find(evaluation, references->texts[i], &n_columns) == n_columns)
            return ambit_error_parameter(
                error, "reference",
                "reference %s is no predictor of this evaluation; name one of "
                "evaluation.predictors or evaluation.models",
                references->texts[i]);
    return AMBIT_OK;
}

AmbitStatus ambit_target_check(const AmbitTarget *target, const AmbitEvaluationSettings *settings,
                               AmbitError *error)
{
    AmbitStatus status = check_mixture(target, error);
    if (!status)
        status = check_sweep(target, error);
    return status ? status : ambit_probes_check(target, settings, error);
}

AmbitStatus ambit_check_request(const AmbitTarget *target, const AmbitEvaluation *evaluation,
                                AmbitError *error)
{
    if (evaluation->settings->n_points < 1)
        return ambit_error_parameter(error, "n_points",
                                     "n_points is %lld and no model says how many points a prompt "
                                     "has; give n_points",
                                     (long long)evaluation->settings->n_points);
    AmbitStatus status = check_reference(evaluation, error);
    return status ? status : ambit_target_check(target, evaluation->settings, error);
}

/* Lets every predictor see the shape of a prompt. */
static AmbitStatus try_predictors(AmbitRun *run, AmbitError *error)
{
    const AmbitEvaluation *e = run->evaluation;
    AmbitSlot slot = {0};
    AmbitStatus status = ambit_run_open_source(run, error);
    if (!status)
        status = ambit_prompt_source_batch(&run->batch, &run->source, 1,
                                           (size_t)run->settings->n_points, error);
    if (!status)
        status = ambit_slot_init(&slot, e->predictors, e->n_predictors, run->batch, error);
    ambit_slot_free(&slot);
    ambit_prompt_batch_destroy(&run->batch);
    ambit_run_close_source(run);
    return status;
}

AmbitStatus ambit_evaluate_check(const AmbitTarget *target, const AmbitEvaluation *evaluation,
                                 AmbitError *error)
{
    AmbitRun run = {.target = target,
                    .evaluation = evaluation,
                    .settings = evaluation->settings,
                    .key = {evaluation->settings->seed, 0, AMBIT_EVALUATION}};
    size_t n_sweep = target->sweep ? target->sweep_values.count : 1;
    AmbitStatus status = ambit_check_request(target, evaluation, error);
    for (; !status && run.sweep < n_sweep; run.sweep++)
        status = try_predictors(&run, error);
    return status;
}
