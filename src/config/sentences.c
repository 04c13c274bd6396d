// SPDX-License-Identifier: MIT
// Configs of language models: the section `corpus`, what is scored while training, and seeds.
#include "half.h"
#include "layers.h"
#include "registry.h"
#include "sections.h"
#include "tables.h"

#include "ambit/memory.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_defaults(AmbitConfig *config)
{
    AmbitSentenceSettings *sentences = &config->sentences;
    ambit_parameters_default(ambit_corpus_parameters, &sentences->drawn);
    ambit_parameters_default(ambit_corpus_file_parameters, &sentences->files);
    ambit_parameters_default(ambit_config_corpus_parameters, sentences);
    ambit_parameters_default(ambit_config_vocabulary_parameters, sentences);
    ambit_parameters_default(ambit_corpus_training_parameters, &sentences->training);
    ambit_parameters_default(ambit_config_seed_parameters, sentences);
    ambit_parameters_default(ambit_config_validation_parameters, sentences);
    ambit_parameters_default(ambit_sentence_evaluation_parameters, &config->evaluation);
}

/* Refuses a key of `corpus` that means nothing here. */
static AmbitStatus refuse_key(const ConfigReader *reader, const ConfigNode *corpus, const char *key,
                              const char *why)
{
    return ambit_config_find(corpus, key)
               ? ambit_config_error(reader->error, corpus, key, "%s", why)
               : AMBIT_OK;
}

/* Reads `language` and its settings, and finishes it. */
static AmbitStatus read_language(const ConfigReader *reader, const ConfigNode *corpus,
                                 AmbitSentenceSettings *sentences)
{
    size_t index;
    if (!ambit_config_find(corpus, "language"))
        return ambit_config_error(reader->error, corpus, "language",
                                  "missing; give `language`, whose sentences are drawn (ambit list "
                                  "languages), or `files: {train: PATH, validation: PATH, "
                                  "generalization: PATH}`");
    AmbitStatus status =
        ambit_config_read_registered(reader, corpus, "language", CONFIG_LANGUAGES, NULL, &index);
    if (!status)
        status = ambit_language_create(&sentences->language, ambit_language_types()[index],
                                       reader->error);
    if (!status)
        status = ambit_config_read_table(reader, corpus, sentences->language->type->parameters,
                                         sentences->language->settings);
    return status ? status
                  : ambit_config_locate(
                        reader, ambit_language_finish(sentences->language, reader->error), corpus);
}

/* Makes a path absolute, so that the resolved config serves in any folder: paths start at the
 * folder of the file that has them, those of the command line and of an earlier run in this folder.
 */
static AmbitStatus make_absolute(const ConfigReader *reader, const ConfigNode *node, char **path)
{
    bool of_run = reader->other_file && strcmp(node->file, reader->other_file) == 0;
    const char *slash =
        of_run || ambit_config_is_from_shell(node->file) ? NULL : strrchr(node->file, '/');
    char *folder = ambit_strdup(slash ? node->file : "."), *whole = NULL;
    if (folder && slash)
        folder[slash - node->file + 1] = '\0';
    char *real = folder ? realpath(folder, NULL) : NULL;
    size_t size = real ? strlen(real) + strlen(*path) + 2 : 0;
    if (real)
        whole = ambit_alloc(size, 1);
    if (whole)
        snprintf(whole, size, "%s/%s", strcmp(real, "/") == 0 ? "" : real, *path);
    AmbitStatus status = AMBIT_OK;
    if (folder && !real)
        status = ambit_config_error(reader->error, node, NULL, "%s: %s", folder,
                                    ambit_system_text(errno));
    else if (!whole)
        status = ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for a path");
    free(real);
    ambit_free(folder);
    if (status)
        return status;
    ambit_free(*path);
    *path = whole;
    return AMBIT_OK;
}

/* Refuses sizes of a corpus that is read from files, whose lines say how many sentences there are.
 */
static AmbitStatus read_files(const ConfigReader *reader, ConfigNode *corpus,
                              AmbitSentenceSettings *sentences)
{
    ConfigNode *files;
    AmbitStatus status = AMBIT_OK;
    for (const AmbitParameter *p = ambit_corpus_parameters; p->name && !status; p++)
        status = refuse_key(reader, corpus, p->name,
                            "is for sentences that are drawn, and these are read from files; drop "
                            "one of the two");
    if (!status)
        status = ambit_config_read_kwargs(reader, corpus, "files", ambit_corpus_file_parameters,
                                          &sentences->files, &files);
    for (size_t s = 0; s < AMBIT_N_SPLITS && !status; s++) {
        const ConfigNode *node = ambit_config_find(files, ambit_split_names[s]);
        char **path = &sentences->files.paths[s];
        if (node && *path && **path && **path != '/') // else a stand-in for one that is missing
            status = make_absolute(reader, node, path);
    }
    return status;
}

static AmbitStatus read_corpus(const ConfigReader *reader, ConfigNode *root, AmbitConfig *config)
{
    static const char *const keys[] = {"language", "files", NULL};
    AmbitSentenceSettings *sentences = &config->sentences;
    ConfigNode *corpus;
    AmbitStatus status = ambit_config_section(reader, root, "corpus", &corpus);
    if (status)
        return status;
    sentences->from_files = ambit_config_find(corpus, "files") != NULL;
    if (ambit_config_find(corpus, "language") || !sentences->from_files)
        status = read_language(reader, corpus, sentences);
    const AmbitLanguage *language = sentences->language;
    const AmbitParameter *const tables[] = {
        ambit_corpus_parameters, ambit_config_corpus_parameters, ambit_config_vocabulary_parameters,
        language ? language->type->parameters : ambit_corpus_parameters, NULL};
    if (!status)
        status = ambit_config_check_keys(reader, corpus, tables, keys);
    if (!status)
        status = ambit_config_read_table(reader, corpus, ambit_config_corpus_parameters, sentences);
    if (!status)
        status =
            ambit_config_read_table(reader, corpus, ambit_config_vocabulary_parameters, sentences);
    if (!status)
        status = sentences->from_files
                     ? read_files(reader, corpus, sentences)
                     : ambit_config_read_table(reader, corpus, ambit_corpus_parameters,
                                               &sentences->drawn);
    return status;
}

/* Until the corpus of files is read, nobody knows the number of its words. */
static AmbitStatus finish_model(ConfigReader *reader, const ConfigNode *model, AmbitConfig *config)
{
    const AmbitSentenceSettings *sentences = &config->sentences;
    const AmbitLanguage *language = sentences->language;
    int64_t n_words = sentences->n_words;
    if (language && n_words && n_words != ambit_language_size(language) + 2)
        return ambit_config_error(reader->error, model, "n_words",
                                  "found %" PRId64 ", but %s has %d words, with start and end; "
                                  "leave n_words out",
                                  n_words, language->type->name, ambit_language_size(language) + 2);
    if (language)
        n_words = ambit_language_size(language) + 2;
    AmbitHead *head = &config->model.head;
    *head = ambit_language_head(n_words ? n_words : 2, ambit_language_settings(head)->tied);
    return AMBIT_OK;
}

static uint64_t seed_or(int64_t own, const AmbitConfig *config)
{
    return (uint64_t)(own < 0 ? config->run.seed : own);
}

static AmbitStatus read_training(const ConfigReader *reader, ConfigNode *training,
                                 AmbitConfig *config)
{
    AmbitSentenceSettings *sentences = &config->sentences;
    AmbitStatus status = ambit_config_read_table(reader, training, ambit_corpus_training_parameters,
                                                 &sentences->training);
    if (!status)
        status = ambit_config_read_table(reader, training, ambit_config_seed_parameters, sentences);
    if (!status)
        status = ambit_config_read_table(reader, training, ambit_config_validation_parameters,
                                         sentences);
    config->training.seed = seed_or(sentences->initialization_seed, config);
    return status;
}

static AmbitStatus read_evaluation(ConfigReader *reader, ConfigNode *evaluation,
                                   AmbitConfig *config)
{
    AmbitStatus status =
        ambit_config_recover(reader, ambit_config_read_splits(reader, evaluation, config));
    if (!status)
        status = ambit_config_read_predictors(reader, evaluation, config);
    return status ? status : ambit_config_read_models(reader, evaluation, config);
}

static void release(AmbitConfig *config)
{
    AmbitSentenceSettings *sentences = &config->sentences;
    ambit_language_destroy(&sentences->language);
    ambit_corpus_destroy(&sentences->corpus);
    ambit_parameters_free(ambit_corpus_file_parameters, &sentences->files);
    ambit_parameters_free(ambit_config_corpus_parameters, sentences);
    ambit_parameters_free(ambit_config_vocabulary_parameters, sentences);
}

static const AmbitParameter *const top_tables[] = {ambit_config_top_parameters, NULL};
static const char *const top_keys[] = {"model", "corpus", "training", "wandb", "evaluation", NULL};
static const AmbitParameter *const model_tables[] = {
    ambit_config_words_parameters, ambit_language_parameters, ambit_model_parameters, NULL};
static const char *const model_keys[] = {"head", NULL};
static const AmbitParameter *const training_tables[] = {
    ambit_training_parameters,          ambit_corpus_training_parameters,
    ambit_config_saving_parameters,     ambit_config_seed_parameters,
    ambit_config_validation_parameters, NULL};
static const char *const training_keys[] = {"schedule", NULL};
static const AmbitParameter *const evaluation_tables[] = {ambit_sentence_evaluation_parameters,
                                                          NULL};
static const char *const evaluation_keys[] = {"targets", "predictors", "models", NULL};

const ConfigHalf ambit_config_sentences = {.head = &ambit_head_language,
                                           .top = {top_tables, top_keys},
                                           .model = {model_tables, model_keys},
                                           .training = {training_tables, training_keys},
                                           .evaluation = {evaluation_tables, evaluation_keys},
                                           .context = ambit_config_words_parameters,
                                           .set_defaults = set_defaults,
                                           .read_sections = read_corpus,
                                           .finish_model = finish_model,
                                           .read_training = read_training,
                                           .read_evaluation = read_evaluation,
                                           .write_sections = ambit_config_write_corpus,
                                           .write_training = ambit_config_write_sentence_training,
                                           .write_evaluation =
                                               ambit_config_write_sentence_evaluation,
                                           .compare = ambit_config_compare_sentences,
                                           .release = release};
