// SPDX-License-Identifier: MIT
// Finds what would be lost if new results replaced the file under their name.
#include "replace.h"
#include "cli.h"

#include "ambit/store.h"

#include <stdio.h>
#include <string.h>

static const AmbitTarget *find_target(const AmbitConfig *config, const char *name)
{
    for (size_t i = 0; i < config->n_targets; i++)
        if (strcmp(config->targets[i].name, name) == 0)
            return &config->targets[i];
    return NULL;
}

static bool holds_column(const AmbitEvaluation *evaluation, const char *name)
{
    for (size_t i = 0; i < evaluation->n_predictors; i++)
        for (size_t c = 0; c < evaluation->predictors[i]->n_columns; c++)
            if (strcmp(evaluation->predictors[i]->columns[c], name) == 0)
                return true;
    return false;
}

static bool holds_text(const AmbitTexts *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->texts[i], text) == 0)
            return true;
    return false;
}

/* A reference of the old differences that this evaluation lacks, or NULL. Up to schema version 2
 * there was one reference, and it was not named. */
static const char *missing_reference(const AmbitEvaluation *evaluation,
                                     const AmbitTargetResult *old)
{
    const AmbitTexts *references = &evaluation->settings->references;
    const AmbitResultArray *difference = ambit_result_find(old, "difference");
    if (!difference)
        return NULL;
    const AmbitResultAxis *axis = difference->rank == 3 ? &old->axes[difference->axes[0]] : NULL;
    if (!axis || !axis->labels)
        return references->count ? NULL : "a predictor";
    for (size_t i = 0; i < axis->length; i++)
        if (!holds_text(references, axis->labels[i]))
            return axis->labels[i];
    return NULL;
}

static bool holds_values(const double *values, size_t count, const double *old, size_t n_old)
{
    for (size_t i = 0; i < n_old; i++) {
        size_t at = 0;
        while (at < count && values[at] != old[i])
            at++;
        if (at == count)
            return false;
    }
    return true;
}

static bool holds_steps(const AmbitEvaluation *evaluation, const AmbitResultAxis *old)
{
    for (size_t i = 0; i < old->length; i++) {
        size_t at = 0;
        while (at < evaluation->n_steps && (double)evaluation->steps[at] != old->values[i])
            at++;
        if (at == evaluation->n_steps)
            return false;
    }
    return true;
}

/* A setting of the old evaluation by which it holds more than this one, or NULL. */
static const char *richer_setting(const AmbitEvaluationSettings *now,
                                  const AmbitEvaluationSettings *old)
{
    const AmbitDoubles *k = &now->probe_k, *old_k = &old->probe_k;
    if (old->n_points > now->n_points)
        return "n_points";
    if (old->bootstrap > now->bootstrap)
        return "bootstrap";
    if (old->n_probed > now->n_probed)
        return "probe_prompts";
    if (old->grid_points > now->grid_points)
        return "grid_points";
    if (!holds_values(k->values, k->count, old_k->values, old_k->count))
        return "probe_k";
    return old->keep_prompts && !now->keep_prompts ? "keep_prompts" : NULL;
}

/* Whether the results are of a run's model, among others. */
static bool has_model(const AmbitResultsSummary *summary)
{
    for (size_t t = 0; t < summary->n_targets; t++)
        for (size_t c = 0; c < summary->results[t]->n_columns; c++)
            if (strcmp(summary->results[t]->axes[AMBIT_AXIS_PREDICTOR].labels[c], "transformer") ==
                0)
                return true;
    return false;
}

/* Compares what holds for all targets: the prompts' seed and the settings. An old config that
 * cannot be loaded any more is not compared. */
static AmbitStatus refuse_settings(const char *output, const char *remedy,
                                   const AmbitResultsSummary *summary, const AmbitConfig *config,
                                   const AmbitEvaluation *evaluation, AmbitError *error)
{
    const AmbitEvaluationSettings *now = evaluation->settings;
    const AmbitOrigin *origin = &summary->origin;
    AmbitConfig *old = NULL;
    AmbitError unread = {0};
    const char *richer = NULL;
    bool other = false;
    if (origin->seed != now->seed)
        return ambit_error_set(
            error, AMBIT_INVALID, "%s: holds other prompts, of evaluation.seed %llu, not %llu; %s",
            output, (unsigned long long)origin->seed, (unsigned long long)now->seed, remedy);
    if (!ambit_config_load_text(&old, origin->config, output, NULL, NULL, 0, &unread)) {
        if (old->evaluation.n_points == 0)
            old->evaluation.n_points = old->n_positions;
        richer = richer_setting(now, &old->evaluation);
        other = has_model(summary) && holds_column(evaluation, "transformer") &&
                ambit_config_may_continue(config, old, &unread) == AMBIT_INVALID;
    }
    ambit_config_destroy(&old);
    if (other)
        return ambit_error_set(error, AMBIT_INVALID,
                               "%s: holds results of another model, whose model, training or seed "
                               "differs; %s",
                               output, remedy);
    return richer ? ambit_error_set(error, AMBIT_INVALID,
                                    "%s: holds more than this evaluation by evaluation.%s; %s",
                                    output, richer, remedy)
                  : AMBIT_OK;
}

/* Describes what an old result has and this evaluation lacks; "" if nothing. */
static void find_loss(const AmbitEvaluation *evaluation, const AmbitTarget *target,
                      const AmbitTargetResult *old, unsigned probes, char *loss, size_t size)
{
    size_t asked = target ? ambit_target_n_examples(target, evaluation->settings) : 0;
    *loss = '\0';
    if (!target)
        snprintf(loss, size, "results, which this evaluation lacks");
    else if (old->n_examples > asked)
        snprintf(loss, size, "%zu %ss, more than the %zu asked for", old->n_examples,
                 ambit_target_example_name(target), asked);
    else if (old->axes[AMBIT_AXIS_STEP].values && !evaluation->steps)
        snprintf(loss, size, "%zu training steps, which this evaluation lacks", old->n_steps);
    else if (old->axes[AMBIT_AXIS_STEP].values &&
             !holds_steps(evaluation, &old->axes[AMBIT_AXIS_STEP]))
        snprintf(loss, size, "training steps, some of which this evaluation lacks");
    else if (old->axes[AMBIT_AXIS_SWEEP].values &&
             !holds_values(target->sweep_values.values,
                           target->sweep ? target->sweep_values.count : 0,
                           old->axes[AMBIT_AXIS_SWEEP].values, old->n_sweep))
        snprintf(loss, size, "swept values, some of which this evaluation lacks");
    else if (probes & ~target->probes)
        snprintf(loss, size, "probes, some of which this evaluation lacks");
    else if (missing_reference(evaluation, old))
        snprintf(loss, size, "differences from %s, which this evaluation lacks",
                 missing_reference(evaluation, old));
    for (size_t c = 0; !*loss && c < old->n_columns; c++)
        if (!holds_column(evaluation, old->axes[AMBIT_AXIS_PREDICTOR].labels[c]))
            snprintf(loss, size, "predictor %s, which this evaluation lacks",
                     old->axes[AMBIT_AXIS_PREDICTOR].labels[c]);
}

AmbitStatus ambit_cli_refuse_loss(const char *output, bool replaces, const char *remedy,
                                  const AmbitConfig *config, const AmbitEvaluation *evaluation,
                                  AmbitError *error)
{
    char loss[256];
    AmbitResultsSummary *old;
    bool there;
    AmbitStatus status = ambit_cli_exists(output, &there, error);
    if (status || !there)
        return status;
    status = ambit_results_read(&old, output, error);
    if (status)
        return status;
    if (!replaces)
        status = refuse_settings(output, remedy, old, config, evaluation, error);
    for (size_t i = 0; !replaces && !status && i < old->n_targets; i++) {
        find_loss(evaluation, find_target(config, old->names[i]), old->results[i], old->probes[i],
                  loss, sizeof loss);
        if (*loss)
            status = ambit_error_set(error, AMBIT_INVALID, "%s: target %s holds %s; %s", output,
                                     old->names[i], loss, remedy);
    }
    ambit_results_summary_destroy(&old);
    return status;
}
