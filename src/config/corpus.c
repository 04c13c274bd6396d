// SPDX-License-Identifier: MIT
// Makes the corpus of a config, and fits the model to it.
#include "half.h"
#include "sections.h"
#include "tables.h"

#include "ambit/memory.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A language that the corpus may own. */
static AmbitStatus copy_language(AmbitLanguage **copy, const AmbitLanguage *language,
                                 AmbitError *error)
{
    AmbitStatus status = ambit_language_create(copy, language->type, error);
    for (const AmbitParameter *p = language->type->parameters; p->name && !status; p++)
        status = ambit_parameter_copy(p, (char *)(*copy)->settings + p->offset,
                                      (const char *)language->settings + p->offset, error);
    if (!status)
        status = ambit_language_finish(*copy, error);
    if (status)
        ambit_language_destroy(copy);
    return status;
}

static AmbitStatus make(AmbitConfig *config, AmbitError *error)
{
    AmbitSentenceSettings *sentences = &config->sentences;
    size_t context = (size_t)config->model.trunk.n_context;
    AmbitLanguage *language = NULL;
    AmbitStatus status =
        sentences->language ? copy_language(&language, sentences->language, error) : AMBIT_OK;
    if (status)
        return status;
    AmbitCorpusFiles files = sentences->files;
    files.most_words = context ? context - 1 : AMBIT_MOST_WORDS; // beside the start symbol
    return sentences->from_files
               ? ambit_corpus_read(&sentences->corpus, language, &files, error)
               : ambit_corpus_draw(&sentences->corpus, language, &sentences->drawn, error);
}

/* FNV-1a over all words and inputs of the splits, in order. */
static uint64_t digest_of(const AmbitCorpus *corpus)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    for (size_t s = 0; s < AMBIT_N_SPLITS; s++) {
        const AmbitSplit *split = &corpus->splits[s];
        for (size_t i = 0; i < split->n_sentences; i++) {
            const AmbitSentence sentence = ambit_split_sentence(split, i);
            digest =
                (digest ^ (sentence.n_words << 8 ^ sentence.n_input)) * UINT64_C(0x100000001b3);
            for (size_t w = 0; w < sentence.n_words; w++)
                digest = (digest ^ (uint64_t)sentence.words[w]) * UINT64_C(0x100000001b3);
        }
    }
    return digest;
}

/* Keeps the digest, or compares it with that of the run's config. */
static AmbitStatus check_digest(AmbitSentenceSettings *sentences, AmbitError *error)
{
    char digest[24];
    snprintf(digest, sizeof digest, "%016" PRIx64, digest_of(sentences->corpus));
    if (sentences->digest && *sentences->digest && strcmp(sentences->digest, digest) != 0)
        return ambit_error_set(
            error, AMBIT_INVALID,
            "corpus: its sentences are not those of the run (digest %s, expected %s); %s", digest,
            sentences->digest,
            sentences->from_files
                ? "give the files back that the run was started with"
                : "settings of the corpus were changed since (leave "
                  "corpus.digest out for other sentences), or another version of "
                  "ambit drew them (export them there, and read them from files)");
    ambit_free(sentences->digest);
    sentences->digest = ambit_strdup(digest);
    return sentences->digest
               ? AMBIT_OK
               : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a corpus's digest");
}

/* Keeps the words, or compares them with those of the run's config. */
static AmbitStatus check_words(AmbitSentenceSettings *sentences, AmbitError *error)
{
    char *words;
    AmbitStatus status = ambit_config_words(&words, sentences, error);
    bool is_known = sentences->words && *sentences->words;
    if (!status && is_known)
        status = ambit_config_same_words(words, sentences->words, error);
    ambit_free(sentences->words);
    sentences->words = words;
    return status;
}

/* Sets the number of words, and a context for the longest sentence. */
static AmbitStatus fit_model(AmbitConfig *config, AmbitError *error)
{
    AmbitSentenceSettings *sentences = &config->sentences;
    const AmbitCorpus *corpus = sentences->corpus;
    AmbitTrunkSettings *trunk = &config->model.trunk;
    AmbitHead *head = &config->model.head;
    int64_t n_words = ambit_language_size(corpus->language) + 2;
    int64_t n_context = (int64_t)corpus->longest + 1;
    if (sentences->n_words && sentences->n_words != n_words)
        return ambit_error_set(error, AMBIT_INVALID,
                               "model.n_words: found %" PRId64 ", but the corpus has %" PRId64
                               " words, with start and end; leave n_words out",
                               sentences->n_words, n_words);
    if (trunk->n_context && trunk->n_context < n_context)
        return ambit_error_set(error, AMBIT_INVALID,
                               "model.n_context: found %" PRId64
                               ", but the longest sentence of the corpus needs %" PRId64
                               "; give as many, or leave n_context out",
                               trunk->n_context, n_context);
    sentences->n_words = n_words;
    trunk->n_context = trunk->n_context ? trunk->n_context : n_context;
    *head = ambit_language_head(n_words, ambit_language_settings(head)->tied);
    return ambit_model_check(&config->model, error);
}

AmbitStatus ambit_config_make_corpus(AmbitConfig *config, AmbitError *error)
{
    if (!config->half->write_sections || config->sentences.corpus)
        return AMBIT_OK; // a config without corpus, or made already
    char *resolved = NULL;
    AmbitStatus status = make(config, error);
    if (!status)
        status = check_words(&config->sentences, error);
    if (!status)
        status = check_digest(&config->sentences, error);
    if (!status)
        status = fit_model(config, error);
    if (!status)
        status = ambit_config_write(config, &resolved, error);
    if (status)
        return status;
    free(config->resolved);
    config->resolved = resolved;
    for (size_t t = 0; t < config->n_targets; t++)
        config->targets[t].corpus = config->sentences.corpus;
    return AMBIT_OK;
}

AmbitStatus ambit_config_expect_corpus(AmbitConfig *config, const AmbitConfig *made,
                                       AmbitError *error)
{
    AmbitSentenceSettings *here = &config->sentences;
    const AmbitSentenceSettings *there = &made->sentences;
    AmbitTrunkSettings *trunk = &config->model.trunk;
    if (!config->half->write_sections || config->half != made->half || here->corpus)
        return AMBIT_OK;
    here->n_words = here->n_words ? here->n_words : there->n_words;
    trunk->n_context = trunk->n_context ? trunk->n_context : made->model.trunk.n_context;
    if (!here->digest && there->digest && !(here->digest = ambit_strdup(there->digest)))
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a corpus's digest");
    return AMBIT_OK;
}
