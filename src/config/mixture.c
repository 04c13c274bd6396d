// SPDX-License-Identifier: MIT
// Reads families and mixtures from YAML: {task, task_kwargs} as Garg et al. write it, lists of
// `tasks`, and families nested in families.
#include "mixture.h"
#include "registry.h"
#include "tables.h"

#include "ambit/memory.h"
#include <string.h>

/* Reads a list of families, the parts of a combination. */
static AmbitStatus read_list(const ConfigReader *reader, ConfigNode *list,
                             const AmbitParameter *parameter, AmbitFamilyList *families)
{
    static const AmbitParameter *const no_tables[] = {NULL};
    static const char *const keys[] = {"name", "kwargs", NULL};
    size_t count = ambit_config_count(list);
    if (!ambit_parameter_in_range(parameter, (double)count)) {
        char allowed[128];
        ambit_parameter_describe(parameter, allowed, sizeof allowed);
        return ambit_config_error(reader->error, list, NULL, "found %zu families, allowed %s",
                                  count, allowed);
    }
    families->items = ambit_alloc(count, sizeof *families->items);
    if (!families->items)
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for families");
    AmbitStatus status = AMBIT_OK;
    for (ConfigNode *entry = list->first; entry && !status; entry = entry->next) {
        status = ambit_config_check_keys(reader, entry, no_tables, keys);
        if (!status)
            status = ambit_config_read_family(reader, entry, "name", "kwargs",
                                              &families->items[families->count]);
        if (!status)
            families->count++;
    }
    return status;
}

/* Reads the lists of families among a family's kwargs; ambit_config_read_kwargs leaves them out. */
static AmbitStatus read_parts(const ConfigReader *reader, const ConfigNode *kwargs,
                              AmbitFamily *family)
{
    AmbitStatus status = AMBIT_OK;
    for (const AmbitParameter *p = family->type->parameters; p->name && !status; p++) {
        ConfigNode *list = p->type == AMBIT_FAMILIES ? ambit_config_find(kwargs, p->name) : NULL;
        if (list && list->kind == CONFIG_SEQUENCE)
            status = read_list(reader, list, p,
                               (AmbitFamilyList *)((char *)family->settings + p->offset));
        else if (list)
            status = ambit_config_refuse_value(reader, list, p);
    }
    return status;
}

AmbitStatus ambit_config_read_family(const ConfigReader *reader, ConfigNode *entry,
                                     const char *name_key, const char *kwargs_key,
                                     AmbitFamily **family)
{
    size_t index;
    ConfigNode *kwargs;
    *family = NULL;
    AmbitStatus status =
        ambit_config_read_registered(reader, entry, name_key, CONFIG_FAMILIES, NULL, &index);
    if (!status)
        status =
            ambit_family_create(family, ambit_family_types()[index], reader->n_dims, reader->error);
    if (!status)
        status = ambit_config_read_kwargs(reader, entry, kwargs_key, (*family)->type->parameters,
                                          (*family)->settings, &kwargs);
    if (!status)
        status = read_parts(reader, kwargs, *family);
    if (!status)
        status = ambit_config_locate(reader, ambit_family_finish(*family, reader->error), kwargs);
    if (status)
        ambit_family_destroy(family);
    return status;
}

/* Adds a family as a class and takes ownership of it, also on failure. */
static AmbitStatus add_class(const ConfigReader *reader, const ConfigNode *entry,
                             AmbitMixture *mixture, AmbitFamily *family, const ConfigClass *class)
{
    const char *label = class->label ? class->label : family->type->name;
    AmbitStatus status = ambit_config_check_plain(reader, entry, "label", label);
    for (size_t c = 0; !status && c < mixture->n_classes; c++)
        if (strcmp(mixture->labels[c], label) == 0)
            status = ambit_config_error(
                reader->error, entry, "label",
                "%s stands for class %zu already; give each class its own label", label, c + 1);
    if (status) {
        ambit_family_destroy(&family);
        return status;
    }
    return ambit_config_locate(
        reader, ambit_mixture_add(mixture, family, label, class->weight, reader->error), entry);
}

/* Reads one entry {name, label, weight, kwargs} of a `tasks` list. */
static AmbitStatus read_class(const ConfigReader *reader, ConfigNode *entry, AmbitMixture *mixture)
{
    static const AmbitParameter *const tables[] = {ambit_config_class_parameters, NULL};
    static const char *const keys[] = {"name", "kwargs", NULL};
    ConfigClass class;
    AmbitFamily *family = NULL;
    ambit_parameters_default(ambit_config_class_parameters, &class);
    AmbitStatus status = ambit_config_check_keys(reader, entry, tables, keys);
    if (!status)
        status = ambit_config_read_table(reader, entry, ambit_config_class_parameters, &class);
    if (!status)
        status = ambit_config_read_family(reader, entry, "name", "kwargs", &family);
    if (!status)
        status = add_class(reader, entry, mixture, family, &class);
    ambit_parameters_free(ambit_config_class_parameters, &class);
    return status;
}

static AmbitStatus read_classes(const ConfigReader *reader, ConfigNode *list, AmbitMixture *mixture)
{
    AmbitStatus status = ambit_config_check_list(reader, list);
    for (ConfigNode *entry = list->first; entry && !status; entry = entry->next)
        status = ambit_config_recover(reader, read_class(reader, entry, mixture));
    return status;
}

static AmbitStatus read_single(const ConfigReader *reader, ConfigNode *mapping,
                               AmbitMixture *mixture)
{
    const ConfigClass class = {NULL, 1};
    AmbitFamily *family;
    AmbitStatus status = ambit_config_read_family(reader, mapping, "task", "task_kwargs", &family);
    return status ? status : add_class(reader, mapping, mixture, family, &class);
}

AmbitStatus ambit_config_read_mixture(const ConfigReader *reader, ConfigNode *mapping,
                                      AmbitMixture **mixture)
{
    ConfigNode *task = ambit_config_find(mapping, "task"),
               *tasks = ambit_config_find(mapping, "tasks");
    if (!task)
        task = ambit_config_find(mapping, "task_kwargs");
    if (task && tasks)
        return ambit_config_error(
            reader->error, tasks, NULL,
            "found next to %s, allowed is one of task (with task_kwargs) and tasks", task->key);
    AmbitStatus status = ambit_mixture_create(mixture, reader->error);
    if (!status)
        status =
            tasks ? read_classes(reader, tasks, *mixture) : read_single(reader, mapping, *mixture);
    double total = 0.0;
    for (size_t c = 0; !status && c < (*mixture)->n_classes; c++)
        total += (*mixture)->weights[c];
    if (!status && !(total > 0.0))
        status = ambit_config_error(reader->error, tasks, NULL,
                                    "found only weights of 0, allowed is at least one above 0");
    if (status)
        ambit_mixture_destroy(mixture);
    return status;
}
