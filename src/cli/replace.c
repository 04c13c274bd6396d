// SPDX-License-Identifier: MIT
// Finds what would be lost if new results replaced the file under their name.
#include "replace.h"

#include "ambit/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* Describes what an old result has and this evaluation lacks; "" if nothing. */
static void find_loss(const AmbitEvaluation *evaluation, const AmbitTarget *target,
                      const AmbitTargetResult *old, unsigned probes, char *loss, size_t size)
{
    long long asked = (long long)evaluation->settings->n_prompts;
    *loss = '\0';
    if (!target)
        snprintf(loss, size, "results, which this evaluation lacks");
    else if (old->n_examples > (size_t)asked)
        snprintf(loss, size, "%zu prompts, more than the %lld asked for", old->n_examples, asked);
    else if (old->axes[AMBIT_AXIS_STEP].values && !evaluation->steps)
        snprintf(loss, size, "%zu training steps, which this evaluation lacks", old->n_steps);
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

AmbitStatus ambit_cli_refuse_loss(const char *output, const AmbitConfig *config,
                                  const AmbitEvaluation *evaluation, AmbitError *error)
{
    char loss[256];
    AmbitResultsSummary *old;
    if (access(output, F_OK) != 0)
        return errno == ENOENT
                   ? AMBIT_OK
                   : ambit_error_set(error, AMBIT_IO, "%s: %s", output, ambit_system_text(errno));
    AmbitStatus status = ambit_results_read(&old, output, error);
    if (status)
        return status;
    for (size_t i = 0; !status && i < old->n_targets; i++) {
        find_loss(evaluation, find_target(config, old->names[i]), old->results[i], old->probes[i],
                  loss, sizeof loss);
        if (*loss)
            status = ambit_error_set(error, AMBIT_INVALID,
                                     "%s: target %s holds %s; write elsewhere with -o", output,
                                     old->names[i], loss);
    }
    ambit_results_summary_destroy(&old);
    return status;
}
