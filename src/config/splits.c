// SPDX-License-Identifier: MIT
// Reads `evaluation.targets` of a language model: splits of its corpus, with probes.
#include "sections.h"

#include "ambit/memory.h"
#include <string.h>

/* One entry of `targets`. */
static const AmbitParameter name_parameter[] = {{.name = "name",
                                                 .type = AMBIT_TEXT,
                                                 .offset = offsetof(AmbitTarget, name),
                                                 .help = "its group in the results",
                                                 .required = true},
                                                {.name = NULL}};
static const AmbitParameter split_parameter[] = {{.name = "split",
                                                  .type = AMBIT_CHOICE,
                                                  .choices = ambit_split_names,
                                                  .help = "split of the corpus",
                                                  .required = true},
                                                 {.name = NULL}};

static AmbitStatus read_entry(const ConfigReader *reader, const ConfigNode *entry,
                              AmbitTarget *target)
{
    static const AmbitParameter *const tables[] = {name_parameter, split_parameter, NULL};
    int split = 0;
    static const char *const keys[] = {"probes", NULL};
    AmbitStatus status = ambit_config_check_keys(reader, entry, tables, keys);
    if (!status)
        status = ambit_config_read_table(reader, entry, name_parameter, target);
    if (!status)
        status = ambit_config_check_plain(reader, entry, "name", target->name);
    if (!status)
        status = ambit_config_read_table(reader, entry, split_parameter, &split);
    target->split = (AmbitSplitName)split;
    return status ? status : ambit_config_read_probes(reader, entry, true, target);
}

static AmbitStatus read_list(const ConfigReader *reader, const ConfigNode *list,
                             AmbitConfig *config)
{
    AmbitStatus status = AMBIT_OK;
    for (const ConfigNode *entry = list->first; entry && !status; entry = entry->next) {
        AmbitTarget *target = &config->targets[config->n_targets++];
        status = read_entry(reader, entry, target);
        for (const AmbitTarget *other = config->targets; other < target && !status; other++)
            if (strcmp(other->name, target->name) == 0)
                status = ambit_config_error(reader->error, entry, "name",
                                            "%s stands in the list already; give each its own name",
                                            target->name);
    }
    return status;
}

AmbitStatus ambit_config_read_splits(const ConfigReader *reader, ConfigNode *evaluation,
                                     AmbitConfig *config)
{
    static const AmbitSplitName usual[] = {AMBIT_SPLIT_VALIDATION, AMBIT_SPLIT_GENERALIZATION};
    const ConfigNode *list = ambit_config_find(evaluation, "targets");
    AmbitStatus status = list ? ambit_config_check_list(reader, list) : AMBIT_OK;
    if (status)
        return status;
    size_t count = list ? ambit_config_count(list) : 2;
    config->targets = ambit_alloc(count, sizeof *config->targets);
    if (!config->targets)
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for targets");
    if (list)
        return read_list(reader, list, config);
    for (size_t i = 0; i < count; i++) {
        AmbitTarget *target = &config->targets[config->n_targets++];
        *target =
            (AmbitTarget){.split = usual[i], .name = ambit_strdup(ambit_split_names[usual[i]])};
        if (!target->name)
            return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for targets");
    }
    return AMBIT_OK;
}
