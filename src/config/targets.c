// SPDX-License-Identifier: MIT
// Reads `evaluation.targets`: mixture, prompt distribution, sweep and probes of each.
#include "mixture.h"
#include "registry.h"
#include "sections.h"

#include "ambit/memory.h"
#include <string.h>

static const AmbitParameter target_parameters[] = {{.name = "name",
                                                    .type = AMBIT_TEXT,
                                                    .offset = offsetof(AmbitTarget, name),
                                                    .help = "its group in the results",
                                                    .required = true},
                                                   {.name = NULL}};

/* Reads the prompt distribution of a target; its mixture must have been read. */
static AmbitStatus read_distribution(const ConfigReader *reader, ConfigNode *entry,
                                     AmbitTarget *target)
{
    AmbitPromptDistribution **distribution = &target->distribution;
    size_t index;
    ConfigNode *kwargs;
    AmbitStatus status =
        ambit_config_read_registered(reader, entry, "prompts", CONFIG_PROMPTS, "standard", &index);
    if (!status)
        status = ambit_prompt_distribution_create(
            distribution, ambit_prompt_distribution_types()[index], reader->n_dims, reader->error);
    if (!status)
        status = ambit_config_read_kwargs(reader, entry, "prompt_kwargs",
                                          (*distribution)->type->parameters,
                                          (*distribution)->settings, &kwargs);
    if (!status)
        status = ambit_config_locate(
            reader, ambit_prompt_distribution_finish(*distribution, reader->key, reader->error),
            kwargs);
    if (status)
        return status;
    const AmbitPromptSource source = {.mixture = target->mixture, .distribution = *distribution};
    return ambit_config_locate(
        reader, ambit_prompt_source_check(&source, reader->n_points, reader->error), entry);
}

static AmbitStatus read_target(const ConfigReader *reader, ConfigNode *entry,
                               const AmbitConfig *config, AmbitTarget *target)
{
    static const AmbitParameter *const tables[] = {target_parameters, NULL};
    static const char *const keys[] = {"task",          "task_kwargs", "tasks",  "prompts",
                                       "prompt_kwargs", "sweep",       "probes", NULL};
    AmbitStatus status = ambit_config_check_keys(reader, entry, tables, keys);
    if (!status)
        status = ambit_config_read_table(reader, entry, target_parameters, target);
    if (!status)
        status = ambit_config_check_plain(reader, entry, "name", target->name);
    if (!status)
        status = ambit_config_read_mixture(reader, entry, &target->mixture);
    if (!status)
        status = read_distribution(reader, entry, target);
    if (!status)
        status = ambit_config_read_sweep(reader, entry, target);
    if (!status)
        status = ambit_config_read_probes(reader, entry, false, target);
    if (status)
        return status;
    AmbitEvaluationSettings settings = config->evaluation;
    settings.n_points = (int64_t)reader->n_points;
    return ambit_config_locate(reader, ambit_target_check(target, &settings, reader->error), entry);
}

static AmbitStatus check_unique(const ConfigReader *reader, const ConfigNode *entry,
                                const AmbitConfig *config, const char *name)
{
    for (size_t t = 0; t + 1 < config->n_targets; t++)
        if (strcmp(config->targets[t].name, name) == 0)
            return ambit_config_error(reader->error, entry, "name",
                                      "%s stands for target %zu already; give each its own name",
                                      name, t + 1);
    return AMBIT_OK;
}

/* Creates the default target for one class of the pretraining mixture, with standard prompts. */
static AmbitStatus default_target(const ConfigReader *reader, ConfigNode *evaluation,
                                  const AmbitConfig *config, size_t class, AmbitTarget *target)
{
    const AmbitMixture *mixture = config->mixture;
    AmbitFamily *family = NULL;
    target->name = ambit_strdup(mixture->labels[class]);
    if (!target->name)
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for targets");
    AmbitStatus status = ambit_mixture_create(&target->mixture, reader->error);
    if (!status)
        status = ambit_family_copy(&family, mixture->families[class], reader->error);
    if (!status)
        status = ambit_mixture_add(target->mixture, family, target->name, 1, reader->error);
    ConfigNode *nothing;
    if (!status)
        status =
            ambit_config_node(reader->tree, &nothing, CONFIG_MAPPING, evaluation, reader->error);
    return status ? status : read_distribution(reader, nothing, target);
}

/* Reads the entries of the list. A wrong one is left out, so that others can be looked at. */
static AmbitStatus read_list(const ConfigReader *reader, const ConfigNode *list,
                             AmbitConfig *config)
{
    AmbitStatus status = AMBIT_OK;
    for (ConfigNode *entry = list->first; entry && !status; entry = entry->next) {
        AmbitTarget *target = &config->targets[config->n_targets++];
        status = read_target(reader, entry, config, target);
        if (!status)
            status = check_unique(reader, entry, config, target->name);
        if (status == AMBIT_INVALID) {
            ambit_target_free(target);
            config->n_targets--;
            status = ambit_config_recover(reader, status);
        }
    }
    return status;
}

AmbitStatus ambit_config_read_targets(const ConfigReader *reader, ConfigNode *evaluation,
                                      AmbitConfig *config)
{
    ConfigNode *list = ambit_config_find(evaluation, "targets");
    AmbitStatus status = list ? ambit_config_check_list(reader, list) : AMBIT_OK;
    if (status)
        return status;
    size_t count = list ? ambit_config_count(list) : config->mixture->n_classes;
    config->targets = ambit_alloc(count, sizeof *config->targets);
    if (!config->targets)
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for targets");
    if (list)
        return read_list(reader, list, config);
    for (size_t class = 0; class < count && !status; class ++)
        status = default_target(reader, evaluation, config, class,
                                &config->targets[config->n_targets++]);
    return status;
}
