// SPDX-License-Identifier: MIT
// Reads `sweep`: one number of a target and the values it takes. The number belongs to the family,
// to a part of it, to a class, to the prompts, or is the weight of the mixture.
#include "registry.h"
#include "sections.h"

#include "ambit/memory.h"
#include <float.h>
#include <stdio.h>
#include <string.h>

/* All numbers of a target that can be swept. */
typedef struct Numbers {
    const char *names[CONFIG_MOST_NAMES];
    const AmbitParameter *parameters[CONFIG_MOST_NAMES];
    size_t count;
} Numbers;

static const AmbitParameter weight_parameter = {
    .name = "weight", .type = AMBIT_REAL, .minimum = 0, .maximum = 1};

static AmbitStatus add_number(const ConfigReader *reader, const ConfigNode *place, Numbers *numbers,
                              const char *prefix, const AmbitParameter *parameter)
{
    char name[256];
    int length = snprintf(name, sizeof name, "%s%s", prefix, parameter->name);
    if (numbers->count + 1 >= CONFIG_MOST_NAMES || length < 0 || (size_t)length >= sizeof name)
        return AMBIT_OK;
    numbers->parameters[numbers->count] = parameter;
    return ambit_config_text(reader->tree, &numbers->names[numbers->count++], name, (size_t)length,
                             place, reader->error);
}

static AmbitStatus add_table(const ConfigReader *reader, const ConfigNode *place, Numbers *numbers,
                             const char *prefix, const AmbitParameter *table)
{
    AmbitStatus status = AMBIT_OK;
    for (const AmbitParameter *p = table; p && p->name && !status; p++)
        if (p->type == AMBIT_INT || p->type == AMBIT_REAL)
            status = add_number(reader, place, numbers, prefix, p);
    return status;
}

/* Adds the numbers of a family, and those of its parts as "families[0].NAME". */
static AmbitStatus add_family(const ConfigReader *reader, const ConfigNode *place, Numbers *numbers,
                              const char *prefix, const AmbitFamily *family)
{
    AmbitStatus status = add_table(reader, place, numbers, prefix, family->type->parameters);
    for (const AmbitParameter *p = family->type->parameters; p->name && !status; p++) {
        if (p->type != AMBIT_FAMILIES)
            continue;
        const AmbitFamilyList *list =
            (const AmbitFamilyList *)((const char *)family->settings + p->offset);
        for (size_t i = 0; i < list->count && !status; i++) {
            char part[128];
            snprintf(part, sizeof part, "%s%s[%zu].", prefix, p->name, i);
            if (strlen(part) + 1 < sizeof part)
                status = add_family(reader, place, numbers, part, list->items[i]);
        }
    }
    return status;
}

static AmbitStatus list_numbers(const ConfigReader *reader, const ConfigNode *sweep,
                                const AmbitTarget *target, Numbers *numbers)
{
    const AmbitMixture *mixture = target->mixture;
    AmbitStatus status = AMBIT_OK;
    if (mixture->n_classes > 1)
        status = add_number(reader, sweep, numbers, "", &weight_parameter);
    for (size_t c = 0; c < mixture->n_classes && !status; c++) {
        char class[32] = "";
        if (mixture->n_classes > 1)
            snprintf(class, sizeof class, "tasks[%zu].", c);
        status = add_family(reader, sweep, numbers, class, mixture->families[c]);
    }
    return status ? status
                  : add_table(reader, sweep, numbers, "prompts.",
                              target->distribution->type->parameters);
}

/* Finds the parameter that the key of the sweep names. */
static AmbitStatus find_swept(const ConfigReader *reader, const ConfigNode *sweep,
                              const AmbitTarget *target, const AmbitParameter **parameter)
{
    Numbers numbers = {.count = 0};
    if (ambit_config_count(sweep) != 1)
        return ambit_config_error(reader->error, sweep, NULL, "found %zu parameters, allowed 1",
                                  ambit_config_count(sweep));
    AmbitStatus status = list_numbers(reader, sweep, target, &numbers);
    for (size_t i = 0; i < numbers.count && !status; i++)
        if (strcmp(numbers.names[i], sweep->first->key) == 0) {
            *parameter = numbers.parameters[i];
            return AMBIT_OK;
        }
    numbers.names[numbers.count] = NULL;
    return status ? status
                  : ambit_config_unknown_word(reader, sweep->first,
                                              target->mixture->n_classes == 1
                                                  ? "not a number of the family or the prompts"
                                                  : "not a number of the mixture or the prompts",
                                              sweep->first->key, numbers.names);
}

/* Reads one value by the type of its parameter, and tries it on the target. */
static AmbitStatus read_value(const ConfigReader *reader, const ConfigNode *item,
                              const AmbitParameter *parameter, const AmbitTarget *target,
                              double *value)
{
    int64_t integer = 0;
    bool whole = parameter->type == AMBIT_INT;
    AmbitMixture *mixture = NULL;
    AmbitPromptDistribution *distribution = NULL;
    AmbitStatus status =
        ambit_config_read_value(reader, item, parameter, whole ? (void *)&integer : (void *)value);
    if (!status && whole)
        *value = (double)integer;
    if (!status)
        status = ambit_config_locate(
            reader,
            ambit_target_at(target, *value, reader->key, &mixture, &distribution, reader->error),
            item);
    ambit_mixture_destroy(&mixture);
    ambit_prompt_distribution_destroy(&distribution);
    return status;
}

AmbitStatus ambit_config_read_sweep(const ConfigReader *reader, ConfigNode *entry,
                                    AmbitTarget *target)
{
    const AmbitParameter *parameter;
    ConfigNode *sweep = ambit_config_find(entry, "sweep");
    if (!sweep || sweep->kind == CONFIG_NULL)
        return AMBIT_OK;
    AmbitStatus status = ambit_config_section(reader, entry, "sweep", &sweep);
    if (!status)
        status = find_swept(reader, sweep, target, &parameter);
    if (!status)
        status = ambit_config_check_list(reader, sweep->first);
    if (status)
        return status;
    target->sweep = ambit_strdup(sweep->first->key);
    target->sweep_values.values = ambit_alloc(ambit_config_count(sweep->first), sizeof(double));
    if (!target->sweep || !target->sweep_values.values)
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for a sweep");
    for (const ConfigNode *item = sweep->first->first; item && !status; item = item->next)
        status = read_value(reader, item, parameter, target,
                            &target->sweep_values.values[target->sweep_values.count++]);
    return status;
}
