// SPDX-License-Identifier: MIT
// Decides whether a run may continue under a changed configuration. Compares parsed settings table
// by table; a parameter's row says whether it may change. The sections `wandb` and `evaluation` may
// always change.
#include "half.h"
#include "sections.h"
#include "tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const AmbitParameter class_name = {.name = "name", .type = AMBIT_TEXT};
static const AmbitParameter weight = {.name = "weight", .type = AMBIT_REAL};
static const AmbitParameter label = {.name = "label", .type = AMBIT_TEXT};

/* The keys that may change, for messages. */
static void list_changeable(char *list, size_t size)
{
    static const AmbitParameter *const tables[] = {
        ambit_config_top_parameters, ambit_model_parameters, ambit_training_parameters,
        ambit_config_saving_parameters, NULL};
    size_t used = 0;
    for (size_t t = 0; tables[t]; t++)
        for (const AmbitParameter *p = tables[t]; p->name; p++)
            if (p->may_change && used < size)
                used += (size_t)snprintf(list + used, size - used, "%s, ", p->name);
}

/* Returns AMBIT_INVALID if the values differ. `path` is the path of the mapping, with its final
 * dot. */
static AmbitStatus compare_value(const char *path, const AmbitParameter *parameter, const void *now,
                                 const void *before, AmbitError *error)
{
    char *here, *there;
    if (ambit_parameter_equal(parameter, now, before))
        return AMBIT_OK;
    AmbitStatus status = ambit_config_value_text(parameter, now, &here, error);
    if (status)
        return status;
    status = ambit_config_value_text(parameter, before, &there, error);
    if (!status)
        status =
            ambit_error_set(error, AMBIT_INVALID,
                            "%s%s: found %.80s, expected %.80s, with which the run was started",
                            path, parameter->name, here, there);
    free(here);
    free(there);
    return status;
}

static AmbitStatus compare_family(const char *path, const AmbitFamily *now,
                                  const AmbitFamily *before, AmbitError *error);

static AmbitStatus compare_families(const char *path, const char *name, const AmbitFamilyList *now,
                                    const AmbitFamilyList *before, AmbitError *error)
{
    static const AmbitParameter n_families = {.name = "families", .type = AMBIT_INT};
    const int64_t counts[2] = {(int64_t)now->count, (int64_t)before->count};
    AmbitStatus status = compare_value(path, &n_families, &counts[0], &counts[1], error);
    for (size_t i = 0; i < now->count && !status; i++) {
        char part[256];
        snprintf(part, sizeof part, "%.200s%s[%zu].", path, name, i);
        status = compare_family(part, now->items[i], before->items[i], error);
    }
    return status;
}

AmbitStatus ambit_config_compare_table(const char *path, const AmbitParameter *table,
                                       const void *now, const void *before, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    for (const AmbitParameter *p = table; p->name && !status; p++) {
        const void *here = (const char *)now + p->offset, *there = (const char *)before + p->offset;
        if (p->type == AMBIT_FAMILIES)
            status = compare_families(path, p->name, here, there, error);
        else if (!p->may_change)
            status = compare_value(path, p, here, there, error);
    }
    return status;
}

static AmbitStatus compare_family(const char *path, const AmbitFamily *now,
                                  const AmbitFamily *before, AmbitError *error)
{
    char inner[256];
    AmbitStatus status =
        compare_value(path, &class_name, &now->type->name, &before->type->name, error);
    snprintf(inner, sizeof inner, "%.200skwargs.", path);
    return status ? status
                  : ambit_config_compare_table(inner, now->type->parameters, now->settings,
                                               before->settings, error);
}

static AmbitStatus compare_mixture(const AmbitMixture *now, const AmbitMixture *before,
                                   AmbitError *error)
{
    static const AmbitParameter n_tasks = {.name = "tasks", .type = AMBIT_INT};
    const int64_t counts[2] = {(int64_t)now->n_classes, (int64_t)before->n_classes};
    AmbitStatus status = AMBIT_OK;
    for (size_t c = 0; c < now->n_classes && c < before->n_classes && !status; c++) {
        char path[64];
        snprintf(path, sizeof path, "training.tasks[%zu].", c);
        status = compare_family(path, now->families[c], before->families[c], error);
        if (!status)
            status = compare_value(path, &label, &now->labels[c], &before->labels[c], error);
        if (!status)
            status = compare_value(path, &weight, &now->weights[c], &before->weights[c], error);
    }
    return status ? status : compare_value("training.", &n_tasks, &counts[0], &counts[1], error);
}

AmbitStatus ambit_config_compare_prompts(const AmbitConfig *now, const AmbitConfig *before,
                                         AmbitError *error)
{
    AmbitStatus status = compare_mixture(now->mixture, before->mixture, error);
    if (!status)
        status = ambit_config_compare_table("training.", ambit_config_limit_parameters, now, before,
                                            error);
    if (!status)
        status = ambit_config_compare_table("training.", ambit_prompt_training_parameters,
                                            &now->prompts, &before->prompts, error);
    if (!status)
        status = ambit_config_compare_table("training.curriculum.", ambit_curriculum_parameters,
                                            &now->prompts, &before->prompts, error);
    if (!status)
        status = ambit_config_compare_table("training.curriculum.dims.", ambit_ramp_parameters,
                                            &now->prompts.dims, &before->prompts.dims, error);
    if (!status)
        status = ambit_config_compare_table("training.curriculum.points.", ambit_ramp_parameters,
                                            &now->prompts.points, &before->prompts.points, error);
    return status;
}

AmbitStatus ambit_config_compare_models(const AmbitConfig *now, const AmbitConfig *before,
                                        AmbitError *error)
{
    const ConfigHalf *half = now->half;
    if (now->model.head.type != before->model.head.type)
        return ambit_error_set(error, AMBIT_INVALID,
                               "model.head: found %s, expected %s, with which the run was started",
                               half->head->name, before->model.head.type->name);
    AmbitStatus status = ambit_config_compare_table("model.", ambit_model_parameters, &now->model,
                                                    &before->model, error);
    if (!status)
        status = ambit_config_compare_table("model.", half->context, now, before, error);
    if (!status)
        status =
            ambit_config_compare_table("model.", half->head->parameters, &now->model.head.settings,
                                       &before->model.head.settings, error);
    return status;
}

AmbitStatus ambit_config_compare_runs(const AmbitConfig *now, const AmbitConfig *before,
                                      AmbitError *error)
{
    const AmbitTrainingSettings *here = &now->training, *there = &before->training;
    const ConfigHalf *half = now->half;
    AmbitStatus status = ambit_config_compare_models(now, before, error);
    if (!status)
        status = ambit_config_compare_table("", ambit_config_top_parameters, &now->run,
                                            &before->run, error);
    if (!status)
        status = half->compare(now, before, error);
    if (!status)
        status =
            ambit_config_compare_table("training.", ambit_training_parameters, here, there, error);
    if (!status)
        status = ambit_config_compare_table("training.", ambit_config_saving_parameters, &now->run,
                                            &before->run, error);
    if (!status)
        status = ambit_config_compare_table("training.schedule.", ambit_schedule_parameters,
                                            &here->schedule, &there->schedule, error);
    return status;
}

AmbitStatus ambit_config_may_continue(const AmbitConfig *now, const AmbitConfig *before,
                                      AmbitError *error)
{
    char changeable[256] = "";
    AmbitError finding = {0};
    AmbitStatus status = ambit_config_compare_runs(now, before, &finding);
    if (status != AMBIT_INVALID)
        return status ? ambit_error_set(error, status, "%s", finding.message) : AMBIT_OK;
    list_changeable(changeable, sizeof changeable);
    return ambit_error_set(error, AMBIT_INVALID,
                           "%s. A resumed run may change %swandb and evaluation; for anything else "
                           "start a new run with -o",
                           finding.message, changeable);
}
