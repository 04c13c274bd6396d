// SPDX-License-Identifier: MIT
// Reads `evaluation.predictors`: names, or mappings {name, label, kwargs}.
#include "registry.h"
#include "sections.h"

#include "ambit/memory.h"
#include <stdio.h>
#include <string.h>

static const char *const prompt_names[] = {"transformer", "least_squares", "lasso", "zero", NULL};
static const char *const sentence_names[] = {"transformer", "linear_rule", "hierarchical_rule",
                                             "uniform", NULL};

static const char *const file_names[] = {"transformer", "n_gram", "uniform", NULL}; // no rules

static const char *const *default_names(const AmbitConfig *config)
{
    if (config->mixture)
        return prompt_names;
    return config->sentences.language ? sentence_names : file_names;
}

/* Whether predictors of the type answer what the config's targets ask. */
static bool answers(const AmbitPredictorType *type, const AmbitConfig *config)
{
    return config->mixture ? type->predict != NULL : type->sentences != NULL;
}

/* Refuses a predictor of the other half, and names those of this one. */
static AmbitStatus refuse_type(const ConfigReader *reader, const ConfigNode *entry,
                               const AmbitPredictorType *type)
{
    const char *names[CONFIG_MOST_NAMES];
    char finding[128];
    size_t count = 0;
    names[count++] = "transformer";
    for (const AmbitPredictorType *const *other = ambit_predictor_types(); *other; other++)
        if (answers(*other, reader->config) && count + 1 < CONFIG_MOST_NAMES)
            names[count++] = (*other)->name;
    names[count] = NULL;
    snprintf(finding, sizeof finding, "%s answers no %s", type->name,
             reader->config->mixture ? "prompts" : "sentences");
    return ambit_config_unknown_word(reader, entry, finding, "", names);
}

/* Turns an entry that is only a name into {name: …}. */
static AmbitStatus spell_out(const ConfigReader *reader, ConfigNode *entry)
{
    ConfigNode *name;
    if (entry->kind != CONFIG_SCALAR)
        return AMBIT_OK;
    AmbitStatus status =
        ambit_config_node(reader->tree, &name, CONFIG_SCALAR, entry, reader->error);
    if (status)
        return status;
    name->text = entry->text;
    name->quoted = entry->quoted;
    entry->kind = CONFIG_MAPPING;
    ambit_config_append(entry, "name", name);
    return AMBIT_OK;
}

/* Refuses a name that is already on the predictor axis of the results. */
static AmbitStatus check_columns(const ConfigReader *reader, const ConfigNode *entry,
                                 const AmbitConfig *config, const char *column)
{
    bool taken = config->wants_transformer && strcmp(column, "transformer") == 0;
    for (size_t i = 0; i < config->n_predictors && !taken; i++)
        for (size_t c = 0; c < config->predictors[i]->n_columns && !taken; c++)
            taken = strcmp(config->predictors[i]->columns[c], column) == 0;
    if (!taken)
        return AMBIT_OK;
    return ambit_config_error(reader->error, entry, NULL,
                              "%s stands in the list already; give each predictor its own label",
                              column);
}

static AmbitStatus read_label(const ConfigReader *reader, const ConfigNode *entry,
                              AmbitPredictor *predictor)
{
    static const AmbitParameter label_parameter[] = {
        {.name = "label", .type = AMBIT_TEXT, .help = "its name in results"}, {.name = NULL}};
    if (!ambit_config_find(entry, "label"))
        return AMBIT_OK;
    AmbitStatus status = ambit_config_read_table(reader, entry, label_parameter, &predictor->label);
    return status ? status
                  : ambit_config_check_plain(reader, entry, "label",
                                             predictor->label ? predictor->label : "");
}

static AmbitStatus make_predictor(const ConfigReader *reader, ConfigNode *entry,
                                  const AmbitPredictorType *type, AmbitPredictor **predictor)
{
    ConfigNode *kwargs;
    AmbitStatus status = ambit_predictor_create(predictor, type, reader->error);
    if (!status)
        status = read_label(reader, entry, *predictor);
    if (!status)
        status = ambit_config_read_kwargs(reader, entry, "kwargs", type->parameters,
                                          (*predictor)->settings, &kwargs);
    if (!status)
        status =
            ambit_config_locate(reader, ambit_predictor_finish(*predictor, reader->error), kwargs);
    if (status)
        ambit_predictor_destroy(predictor);
    return status;
}

static AmbitStatus read_predictor(const ConfigReader *reader, ConfigNode *entry,
                                  AmbitConfig *config)
{
    static const AmbitParameter *const no_tables[] = {NULL};
    static const char *const keys[] = {"name", "label", "kwargs", NULL};
    static const char *const only_name[] = {"name", NULL};
    size_t index;
    AmbitStatus status = spell_out(reader, entry);
    if (!status)
        status = ambit_config_check_keys(reader, entry, no_tables, keys);
    if (!status)
        status =
            ambit_config_read_registered(reader, entry, "name", CONFIG_PREDICTORS, NULL, &index);
    if (status)
        return status;
    if (index == CONFIG_TRANSFORMER) { // the transformer, which the caller makes from a checkpoint
        status = ambit_config_check_keys(reader, entry, no_tables, only_name);
        if (!status)
            status = check_columns(reader, entry, config, "transformer");
        config->wants_transformer = true;
        return status;
    }
    AmbitPredictor *predictor = NULL;
    const AmbitPredictorType *type = ambit_config_predictor_type(index);
    if (!answers(type, config))
        return refuse_type(reader, entry, type);
    status = make_predictor(reader, entry, type, &predictor);
    for (size_t c = 0; !status && c < predictor->n_columns; c++)
        status = check_columns(reader, entry, config, predictor->columns[c]);
    if (status)
        ambit_predictor_destroy(&predictor);
    else
        config->predictors[config->n_predictors++] = predictor;
    return status;
}

/* Builds the nodes of the default list of predictors. */
static AmbitStatus default_list(const ConfigReader *reader, ConfigNode *evaluation,
                                ConfigNode **list)
{
    AmbitStatus status =
        ambit_config_node(reader->tree, list, CONFIG_SEQUENCE, evaluation, reader->error);
    if (!status)
        ambit_config_append(evaluation, "predictors", *list);
    const char *const *names = default_names(reader->config);
    for (size_t i = 0; names[i] && !status; i++) {
        ConfigNode *name;
        if (i > 0 && !ambit_predictor_type_find(names[i]))
            continue;
        status = ambit_config_node(reader->tree, &name, CONFIG_SCALAR, evaluation, reader->error);
        if (status)
            break;
        name->text = names[i];
        ambit_config_append(*list, NULL, name);
    }
    return status;
}

AmbitStatus ambit_config_read_predictors(const ConfigReader *reader, ConfigNode *evaluation,
                                         AmbitConfig *config)
{
    ConfigNode *list = ambit_config_find(evaluation, "predictors");
    AmbitStatus status =
        list ? ambit_config_check_list(reader, list) : default_list(reader, evaluation, &list);
    if (status)
        return status;
    config->predictors = ambit_alloc(ambit_config_count(list), sizeof(AmbitPredictor *));
    if (!config->predictors)
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for predictors");
    for (ConfigNode *entry = list->first; entry && !status; entry = entry->next)
        status = ambit_config_recover(reader, read_predictor(reader, entry, config));
    return status;
}
