// SPDX-License-Identifier: MIT
// Writes what a config of a language model has by itself, and compares it.
#include "sections.h"
#include "tables.h"

#include <stdio.h>
#include <string.h>

void ambit_config_write_corpus(FILE *out, const AmbitConfig *config)
{
    const AmbitSentenceSettings *sentences = &config->sentences;
    const AmbitLanguage *language = sentences->language;
    fputs("corpus:\n", out);
    if (language) {
        fprintf(out, "  language: %s\n", language->type->name);
        ambit_config_write_table(out, 2, language->type->parameters, language->settings);
    }
    if (sentences->from_files)
        ambit_config_write_kwargs(out, 2, "files", ambit_corpus_file_parameters, &sentences->files);
    else
        ambit_config_write_table(out, 2, ambit_corpus_parameters, &sentences->drawn);
    ambit_config_write_table(out, 2, ambit_config_corpus_parameters, sentences);
    if (!language)
        ambit_config_write_table(out, 2, ambit_config_vocabulary_parameters, sentences);
}

void ambit_config_write_sentence_training(FILE *out, const AmbitConfig *config)
{
    const AmbitSentenceSettings *sentences = &config->sentences;
    fputs("training:\n", out);
    ambit_config_write_table(out, 2, ambit_training_parameters, &config->training);
    ambit_config_write_table(out, 2, ambit_corpus_training_parameters, &sentences->training);
    ambit_config_write_table(out, 2, ambit_config_seed_parameters, sentences);
    ambit_config_write_table(out, 2, ambit_config_validation_parameters, sentences);
    ambit_config_write_table(out, 2, ambit_config_saving_parameters, &config->run);
    ambit_config_write_kwargs(out, 2, "schedule", ambit_schedule_parameters,
                              &config->training.schedule);
}

void ambit_config_write_sentence_evaluation(FILE *out, const AmbitConfig *config)
{
    ambit_config_write_kwargs(out, 0, "evaluation", ambit_sentence_evaluation_parameters,
                              &config->evaluation);
    fputs("  targets:\n", out);
    for (size_t t = 0; t < config->n_targets; t++) {
        fputs("  - name: ", out);
        ambit_config_write_text(out, config->targets[t].name);
        fprintf(out, "\n    split: %s\n", ambit_split_names[config->targets[t].split]);
        ambit_config_write_probes(out, true, &config->targets[t]);
    }
    ambit_config_write_predictors(out, config);
}

static AmbitStatus compare_languages(const AmbitLanguage *now, const AmbitLanguage *before,
                                     AmbitError *error)
{
    static const AmbitParameter name = {.name = "language", .type = AMBIT_TEXT};
    char *here = now ? (char *)now->type->name : (char *)"";
    char *there = before ? (char *)before->type->name : (char *)"";
    const AmbitParameter table[] = {name, {.name = NULL}};
    AmbitStatus status = ambit_config_compare_table("corpus.", table, &here, &there, error);
    if (status || !now)
        return status;
    return ambit_config_compare_table("corpus.", now->type->parameters, now->settings,
                                      before->settings, error);
}

AmbitStatus ambit_config_compare_sentences(const AmbitConfig *now, const AmbitConfig *before,
                                           AmbitError *error)
{
    const AmbitSentenceSettings *here = &now->sentences, *there = &before->sentences;
    AmbitStatus status = compare_languages(here->language, there->language, error);
    if (!status && !here->from_files && !there->from_files)
        status = ambit_config_compare_table("corpus.", ambit_corpus_parameters, &here->drawn,
                                            &there->drawn, error);
    if (!status)
        status = ambit_config_check_words(now, before, error);
    if (!status && here->digest && there->digest) // files may have moved
        status = ambit_config_compare_table("corpus.", ambit_config_corpus_parameters, here, there,
                                            error);
    if (!status)
        status = ambit_config_compare_table("training.", ambit_corpus_training_parameters,
                                            &here->training, &there->training, error);
    if (!status)
        status = ambit_config_compare_table("training.", ambit_config_seed_parameters, here, there,
                                            error);
    return status;
}
