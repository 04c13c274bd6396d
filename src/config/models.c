// SPDX-License-Identifier: MIT
// Reads `evaluation.models`, and checks the names in `evaluation.reference`.
#include "registry.h"
#include "sections.h"

#include "ambit/memory.h"
#include <stdio.h>
#include <string.h>

static const AmbitParameter model_parameters[] = {
    {.name = "name",
     .type = AMBIT_TEXT,
     .offset = offsetof(AmbitModelSource, name),
     .help = "its name in the results",
     .required = true},
    {.name = "path",
     .type = AMBIT_TEXT,
     .offset = offsetof(AmbitModelSource, path),
     .help = "a run folder (its newest checkpoint) or a checkpoint",
     .required = true},
    {.name = NULL}};

/* Lists the names on the predictor axis, NULL-ended; names beyond the room are left out. */
static void list_columns(const AmbitConfig *config, const char *names[CONFIG_MOST_NAMES])
{
    size_t count = 0;
    if (config->wants_transformer)
        names[count++] = "transformer";
    for (size_t m = 0; m < config->n_models; m++)
        if (config->models[m].name && count + 1 < CONFIG_MOST_NAMES)
            names[count++] = config->models[m].name;
    for (size_t p = 0; p < config->n_predictors; p++)
        for (size_t c = 0; c < config->predictors[p]->n_columns; c++)
            if (count + 1 < CONFIG_MOST_NAMES)
                names[count++] = config->predictors[p]->columns[c];
    names[count] = NULL;
}

static bool holds(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static AmbitStatus read_model(const ConfigReader *reader, const ConfigNode *entry,
                              AmbitConfig *config)
{
    static const AmbitParameter *const tables[] = {model_parameters, NULL};
    const char *names[CONFIG_MOST_NAMES];
    AmbitModelSource *model = &config->models[config->n_models];
    list_columns(config, names);
    config->n_models++;
    AmbitStatus status = ambit_config_check_keys(reader, entry, tables, NULL);
    if (!status)
        status = ambit_config_read_table(reader, entry, model_parameters, model);
    if (!status)
        status = ambit_config_check_plain(reader, entry, "name", model->name);
    if (!status && holds(names, model->name))
        status = ambit_config_error(
            reader->error, entry, "name",
            "%s stands among the predictors already; give each its own name", model->name);
    return status;
}

static AmbitStatus check_reference(const ConfigReader *reader, const ConfigNode *evaluation,
                                   const AmbitConfig *config)
{
    const char *names[CONFIG_MOST_NAMES];
    const AmbitTexts *references = &config->evaluation.references;
    list_columns(config, names);
    for (size_t i = 1; i < references->count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(references->texts[i], references->texts[j]) == 0)
                return ambit_config_error(reader->error, ambit_config_find(evaluation, "reference"),
                                          NULL, "found %s twice, allowed are different predictors",
                                          references->texts[i]);
    for (size_t i = 0; i < references->count; i++) {
        char found[160];
        snprintf(found, sizeof found, "%.80s is not a predictor of this evaluation",
                 references->texts[i]);
        if (!holds(names, references->texts[i]))
            return ambit_config_unknown_word(reader, ambit_config_find(evaluation, "reference"),
                                             found, references->texts[i], names);
    }
    return AMBIT_OK;
}

AmbitStatus ambit_config_read_models(const ConfigReader *reader, ConfigNode *evaluation,
                                     AmbitConfig *config)
{
    const ConfigNode *list = ambit_config_find(evaluation, "models");
    AmbitStatus status = AMBIT_OK;
    if (list && list->kind != CONFIG_NULL && !(list->kind == CONFIG_SEQUENCE && !list->first)) {
        status = ambit_config_check_list(reader, list);
        if (status)
            return status;
        config->models = ambit_alloc(ambit_config_count(list), sizeof *config->models);
        if (!config->models)
            return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for models");
        for (const ConfigNode *entry = list->first; entry && !status; entry = entry->next)
            status = ambit_config_recover(reader, read_model(reader, entry, config));
    }
    return status ? status : check_reference(reader, evaluation, config);
}

void ambit_config_free_models(AmbitConfig *config)
{
    for (size_t m = 0; m < config->n_models; m++)
        ambit_parameters_free(model_parameters, &config->models[m]);
    ambit_free(config->models);
}
