// SPDX-License-Identifier: MIT
// One view of all registries: families, prompt distributions, languages, predictors, probes, and
// the sections of a config.
#include "registry.h"
#include "tables.h"

#include "ambit/corpus.h"
#include "ambit/evaluation.h"
#include "ambit/head.h"
#include "ambit/language.h"
#include "ambit/trainer.h"
#include <string.h>

/* Not in the registry of predictors, since it needs a model: `ambit evaluate` creates it. */
static const ConfigEntry transformer = {
    "transformer", "the pretrained model of the run or checkpoint that is evaluated",
    "Garg et al. 2208.01066", NULL, "both"};

static const ConfigEntry settings[] = {
    {"top", "the keys above all sections", NULL, ambit_config_top_parameters, NULL},
    {"grid", "a list of axes that make many runs of one file: ambit help grid", NULL, NULL, NULL},
    {"model", "the transformer", "Radford et al. 2019; Garg et al. 2208.01066",
     ambit_model_parameters, NULL},
    {"model.regression", "the head: what it reads; the key stands under model itself",
     "Garg et al. 2208.01066", ambit_regression_parameters, NULL},
    {"model.prompts", "length of prompts; the key stands under model itself",
     "Garg et al. 2208.01066", ambit_config_context_parameters, NULL},
    {"training", "optimiser, batch and loss; beside it tasks, schedule and curriculum", NULL,
     ambit_training_parameters, NULL},
    {"training.loss", "weights of prompts; the key stands under training itself", NULL,
     ambit_prompt_training_parameters, NULL},
    {"training.tasks", "an entry of it, beside name and kwargs; or task and task_kwargs alone",
     NULL, ambit_config_class_parameters, NULL},
    {"training.limits", "few functions or prompts; the keys stand under training itself",
     "Garg et al. 2208.01066", ambit_config_limit_parameters, NULL},
    {"training.saving", "checkpoints; the keys stand under training itself", NULL,
     ambit_config_saving_parameters, NULL},
    {"training.schedule", "course of the learning rate", NULL, ambit_schedule_parameters, NULL},
    {"training.curriculum", "growing prompts; beside it dims and points", "Garg et al. 2208.01066",
     ambit_curriculum_parameters, NULL},
    {"training.curriculum.dims", "ramp of the active dims; of points likewise",
     "Garg et al. 2208.01066", ambit_ramp_parameters, NULL},
    {"evaluation", "what `ambit evaluate` asks; beside it predictors and targets", NULL,
     ambit_evaluation_parameters, NULL},
    {"model.language", "the head: what it reads; the key stands under model itself, beside head",
     "Murty et al. 2305.18741", ambit_language_parameters, NULL},
    {"model.sentences", "length and words; the keys stand under model itself", NULL,
     ambit_config_words_parameters, NULL},
    {"corpus", "sentences of a language, drawn; beside it language and what that takes",
     "Murty et al. 2305.18741", ambit_corpus_parameters, NULL},
    {"corpus.files", "sentences read from files", "McCoy et al. 2001.03632",
     ambit_corpus_file_parameters, NULL},
    {"training.sentences", "what is scored; the key stands under training itself",
     "Ahuja et al. 2404.16367", ambit_corpus_training_parameters, NULL},
    {"training.seeds", "of language models; the keys stand under training itself", NULL,
     ambit_config_seed_parameters, NULL},
    {"training.validation", "of language models; the keys stand under training itself", NULL,
     ambit_config_validation_parameters, NULL},
    {"evaluation.sentences", "what `ambit evaluate` asks of language models, under evaluation",
     NULL, ambit_sentence_evaluation_parameters, NULL},
    {"wandb", "the log", NULL, ambit_config_logging_parameters, NULL},
    {0}};

const AmbitPredictorType *ambit_config_predictor_type(size_t index)
{
    return index == CONFIG_FILE ? &ambit_predictor_file
                                : ambit_predictor_types()[index - CONFIG_FILE - 1];
}

static ConfigEntry prompt_probe(const AmbitProbeType *type)
{
    return (ConfigEntry){ambit_probe_name(type), ambit_probe_summary(type),
                         ambit_probe_source(type), NULL, "prompts"};
}

static ConfigEntry sentence_probe(const AmbitInsideType *type)
{
    return (ConfigEntry){ambit_inside_name(type), ambit_inside_summary(type),
                         ambit_inside_source(type), NULL, "sentences"};
}

ConfigEntry ambit_config_registry_entry(ConfigRegistry registry, size_t index)
{
    if (registry == CONFIG_FAMILIES) {
        const AmbitFamilyType *type = ambit_family_types()[index];
        return type ? (ConfigEntry){type->name,
                                    type->summary,
                                    type->source,
                                    type->parameters,
                                    NULL,
                                    type->inputs ? type->inputs : "any dims, N(0, I)",
                                    type->prior ? "bayes" : NULL}
                    : (ConfigEntry){0};
    }
    if (registry == CONFIG_PROMPTS) {
        const AmbitPromptDistributionType *type = ambit_prompt_distribution_types()[index];
        return type ? (ConfigEntry){type->name, type->summary, type->source, type->parameters, NULL}
                    : (ConfigEntry){0};
    }
    if (registry == CONFIG_LANGUAGES) {
        const AmbitLanguageType *type = ambit_language_types()[index];
        return type ? (ConfigEntry){type->name, type->summary, type->source, type->parameters}
                    : (ConfigEntry){0};
    }
    if (registry == CONFIG_PROBES) {
        size_t count = 0;
        for (; ambit_probe_types()[count]; count++)
            if (count == index)
                return prompt_probe(ambit_probe_types()[index]);
        const AmbitInsideType *type = ambit_inside_types()[index - count];
        return type ? sentence_probe(type) : (ConfigEntry){0};
    }
    if (registry == CONFIG_SETTINGS)
        return settings[index];
    if (index == CONFIG_TRANSFORMER)
        return transformer;
    const AmbitPredictorType *type = ambit_config_predictor_type(index);
    return type ? (ConfigEntry){type->name, type->summary, type->source, type->parameters,
                                type->predict ? "prompts" : "sentences"}
                : (ConfigEntry){0};
}

void ambit_config_registry_names(ConfigRegistry registry, const char **names)
{
    size_t count = 0;
    ConfigEntry entry;
    while (count + 1 < CONFIG_MOST_NAMES &&
           (entry = ambit_config_registry_entry(registry, count)).name != NULL)
        names[count++] = entry.name;
    names[count] = NULL;
}

AmbitStatus ambit_config_read_registered(const ConfigReader *reader, const ConfigNode *entry,
                                         const char *key, ConfigRegistry registry,
                                         const char *fallback, size_t *index)
{
    const char *names[CONFIG_MOST_NAMES];
    const AmbitParameter choice[] = {{.name = key,
                                      .type = AMBIT_CHOICE,
                                      .choices = names,
                                      .help = "a registered name",
                                      .required = !fallback},
                                     {.name = NULL}};
    int chosen = 0;
    ambit_config_registry_names(registry, names);
    while (fallback && names[chosen] && strcmp(names[chosen], fallback) != 0)
        chosen++;
    size_t n_findings = reader->tree->n_findings;
    AmbitStatus status = ambit_config_read_table(reader, entry, choice, &chosen);
    *index = (size_t)chosen;
    if (status || reader->tree->n_findings == n_findings)
        return status;
    const ConfigNode *node = ambit_config_find(entry, key); // the name that was meant, or none
    const char *meant =
        node && node->kind == CONFIG_SCALAR ? ambit_nearest_name(node->text, names) : NULL;
    for (*index = 0; meant && strcmp(names[*index], meant) != 0;)
        ++*index;
    return meant ? AMBIT_OK : AMBIT_INVALID;
}
