// SPDX-License-Identifier: MIT
// Targets of an evaluation from YAML: what is asked, under which prompts, swept over what.
#include "read.h"

#include "ambit/memory.h"
#include <string.h>

static const AmbitParameter target_parameters[] = {{.name = "name",
                                                    .type = AMBIT_TEXT,
                                                    .offset = offsetof(AmbitTarget, name),
                                                    .help = "its group in the results",
                                                    .required = true},
                                                   {.name = NULL}};

/* The prompts of a target whose mixture has been read. */
static AmbitStatus read_distribution(const ConfigReader *reader, ConfigNode *entry,
                                     AmbitTarget *target)
{
    AmbitPromptDistribution **distribution = &target->distribution;
    size_t index;
    ConfigNode *kwargs;
    AmbitStatus status =
        config_read_registered(reader, entry, "prompts", CONFIG_PROMPTS, "standard", &index);
    if (!status)
        status = ambit_prompt_distribution_create(
            distribution, ambit_prompt_distribution_types()[index], reader->n_dims, reader->error);
    if (!status)
        status =
            config_read_kwargs(reader, entry, "prompt_kwargs", (*distribution)->type->parameters,
                               (*distribution)->settings, &kwargs);
    if (!status)
        status = config_locate(
            reader, ambit_prompt_distribution_finish(*distribution, reader->key, reader->error),
            kwargs);
    if (status)
        return status;
    const AmbitPromptSource source = {target->mixture, *distribution, 0};
    return config_locate(
        reader, ambit_prompt_source_check(&source, reader->n_points, reader->error), entry);
}

/* The numeric parameter of the target's family that is to be swept. */
static AmbitStatus find_swept(const ConfigReader *reader, const ConfigNode *sweep,
                              const AmbitTarget *target, const AmbitParameter **parameter)
{
    if (target->mixture->n_classes != 1)
        return config_error(reader->error, sweep, NULL,
                            "found %zu classes, allowed 1 when a parameter is swept",
                            target->mixture->n_classes);
    if (config_count(sweep) != 1)
        return config_error(reader->error, sweep, NULL, "found %zu parameters, allowed 1",
                            config_count(sweep));
    const AmbitFamilyType *type = target->mixture->families[0]->type;
    const char *names[CONFIG_MOST_NAMES];
    size_t count = 0;
    for (const AmbitParameter *p = type->parameters; p->name; p++) {
        bool number = p->type == AMBIT_INT || p->type == AMBIT_REAL;
        if (number && strcmp(p->name, sweep->first->key) == 0) {
            *parameter = p;
            return AMBIT_OK;
        }
        if (number && count + 1 < CONFIG_MOST_NAMES)
            names[count++] = p->name;
    }
    names[count] = NULL;
    return config_unknown_word(reader, sweep->first, "not a number of the family",
                               sweep->first->key, names);
}

/* One value, as the type of the parameter has it, tried on the family. */
static AmbitStatus read_swept_value(const ConfigReader *reader, const ConfigNode *item,
                                    const AmbitParameter *parameter, const AmbitFamily *family,
                                    double *value)
{
    int64_t integer = 0;
    bool whole = parameter->type == AMBIT_INT;
    AmbitFamily *trial = NULL;
    AmbitStatus status =
        config_read_value(reader, item, parameter, whole ? (void *)&integer : (void *)value);
    if (!status && whole)
        *value = (double)integer;
    if (!status)
        status = config_locate(
            reader, ambit_family_with(&trial, family, parameter->name, *value, reader->error),
            item);
    ambit_family_destroy(&trial);
    return status;
}

static AmbitStatus read_sweep(const ConfigReader *reader, ConfigNode *entry, AmbitTarget *target)
{
    const AmbitParameter *parameter;
    ConfigNode *sweep = config_find(entry, "sweep");
    if (!sweep || sweep->kind == CONFIG_NULL)
        return AMBIT_OK;
    AmbitStatus status = config_section(reader, entry, "sweep", &sweep);
    if (!status)
        status = find_swept(reader, sweep, target, &parameter);
    if (!status)
        status = config_check_list(reader, sweep->first);
    if (status)
        return status;
    target->sweep = ambit_strdup(parameter->name);
    target->sweep_values.values = ambit_alloc(config_count(sweep->first), sizeof(double));
    if (!target->sweep || !target->sweep_values.values)
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for a sweep");
    for (const ConfigNode *item = sweep->first->first; item && !status; item = item->next)
        status = read_swept_value(reader, item, parameter, target->mixture->families[0],
                                  &target->sweep_values.values[target->sweep_values.count++]);
    return status;
}

static AmbitStatus read_target(const ConfigReader *reader, ConfigNode *entry, AmbitTarget *target)
{
    static const AmbitParameter *const tables[] = {target_parameters, NULL};
    static const char *const keys[] = {"task",          "task_kwargs", "tasks", "prompts",
                                       "prompt_kwargs", "sweep",       NULL};
    AmbitStatus status = config_check_keys(reader, entry, tables, keys);
    if (!status)
        status = config_read_table(reader, entry, target_parameters, target);
    if (!status)
        status = config_check_plain(reader, entry, "name", target->name);
    if (!status)
        status = config_read_mixture(reader, entry, &target->mixture);
    if (!status)
        status = read_distribution(reader, entry, target);
    return status ? status : read_sweep(reader, entry, target);
}

static AmbitStatus check_unique(const ConfigReader *reader, const ConfigNode *entry,
                                const AmbitConfig *config, const char *name)
{
    for (size_t t = 0; t + 1 < config->n_targets; t++)
        if (strcmp(config->targets[t].name, name) == 0)
            return config_error(reader->error, entry, "name",
                                "%s stands for target %zu already; give each its own name", name,
                                t + 1);
    return AMBIT_OK;
}

/* One target per class of the pretraining mixture, under standard prompts. */
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
        status = ambit_family_with(&family, mixture->families[class], NULL, 0, reader->error);
    if (!status)
        status = ambit_mixture_add(target->mixture, family, target->name, 1, reader->error);
    ConfigNode *nothing;
    if (!status)
        status = config_node(reader->tree, &nothing, CONFIG_MAPPING, evaluation->file,
                             evaluation->line, reader->error);
    return status ? status : read_distribution(reader, nothing, target);
}

AmbitStatus config_read_targets(const ConfigReader *reader, ConfigNode *evaluation,
                                AmbitConfig *config)
{
    ConfigNode *list = config_find(evaluation, "targets");
    AmbitStatus status = list ? config_check_list(reader, list) : AMBIT_OK;
    if (status)
        return status;
    size_t count = list ? config_count(list) : config->mixture->n_classes;
    config->targets = ambit_alloc(count, sizeof *config->targets);
    if (!config->targets)
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for targets");
    ConfigNode *entry = list ? list->first : NULL;
    while (!status && config->n_targets < count) {
        size_t index = config->n_targets++;
        AmbitTarget *target = &config->targets[index];
        if (!entry) {
            status = default_target(reader, evaluation, config, index, target);
            continue;
        }
        status = read_target(reader, entry, target);
        if (!status)
            status = check_unique(reader, entry, config, target->name);
        entry = entry->next;
    }
    return status;
}
