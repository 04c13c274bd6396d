// SPDX-License-Identifier: MIT
// The words that a language model knows, as its config records them: ids alone do not tell one
// vocabulary from another of the same size.
#include "half.h"
#include "sections.h"
#include "tables.h"

#include "ambit/memory.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_BYTES = 1 << 17 }; // of the words that a config lists; of more it has the digest

/* Returns the words of a language in the order of their ids, with blanks between, or a digest of
 * them; NULL if there is no memory. Free with ambit_free. */
static char *words_of(const AmbitLanguage *language)
{
    const AmbitTexts *words = &language->words;
    uint64_t digest = UINT64_C(0xcbf29ce484222325); // FNV-1a
    size_t size = 64, used = 0;
    for (size_t i = 0; i < words->count; i++) {
        size += strlen(words->texts[i]) + 1;
        for (const char *c = words->texts[i]; *c; c++)
            digest = (digest ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
        digest = (digest ^ ' ') * UINT64_C(0x100000001b3);
    }
    bool lists = size <= MOST_BYTES;
    char *text = ambit_alloc(lists ? size : 64, 1);
    if (text && !lists)
        snprintf(text, 64, "%zu words with digest %016" PRIx64, words->count, digest);
    for (size_t i = 0; text && lists && i < words->count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "", words->texts[i]);
    return text;
}

AmbitStatus ambit_config_words(char **words, const AmbitSentenceSettings *sentences,
                               AmbitError *error)
{
    const AmbitLanguage *language =
        sentences->corpus ? sentences->corpus->language : sentences->language;
    bool is_known = language || (sentences->words && *sentences->words);
    *words = NULL;
    if (!is_known)
        return AMBIT_OK;
    *words = language ? words_of(language) : ambit_strdup(sentences->words);
    return *words ? AMBIT_OK
                  : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the words of a corpus");
}

AmbitStatus ambit_config_same_words(const char *here, const char *there, AmbitError *error)
{
    size_t index = 1;
    if (!here || !there || strcmp(here, there) == 0)
        return AMBIT_OK;
    while (*here && *there) {
        size_t n = strcspn(here, " "), m = strcspn(there, " ");
        if (n != m || memcmp(here, there, n) != 0)
            break;
        here += n + (here[n] == ' ');
        there += m + (there[m] == ' ');
        index++;
    }
    return ambit_error_set(error, AMBIT_INVALID,
                           "corpus: its words are not those that the model was trained on: word "
                           "%zu in the order of bytes is '%.*s', expected '%.*s'; give sentences "
                           "that have exactly the words of the model's corpus",
                           index, (int)strcspn(here, " "), here, (int)strcspn(there, " "), there);
}

AmbitStatus ambit_config_check_words(const AmbitConfig *config, const AmbitConfig *model,
                                     AmbitError *error)
{
    char *here = NULL, *there = NULL;
    AmbitStatus status = ambit_config_words(&here, &config->sentences, error);
    if (!status)
        status = ambit_config_words(&there, &model->sentences, error);
    if (!status)
        status = ambit_config_same_words(here, there, error);
    ambit_free(here);
    ambit_free(there);
    return status;
}

/* Whether settings of the corpus differ, except paths. */
static bool draws_differently(const AmbitSentenceSettings *now, const AmbitSentenceSettings *own)
{
    AmbitError unheard;
    const AmbitLanguage *here = now->language, *there = own->language;
    if (now->from_files != own->from_files || !here != !there ||
        (here && here->type != there->type))
        return true;
    if (here && ambit_config_compare_table("", here->type->parameters, here->settings,
                                           there->settings, &unheard))
        return true;
    return !now->from_files && ambit_config_compare_table("", ambit_corpus_parameters, &now->drawn,
                                                          &own->drawn, &unheard);
}

AmbitStatus ambit_config_keep_words(AmbitConfig *config, const AmbitConfig *own, AmbitError *error)
{
    AmbitSentenceSettings *now = &config->sentences;
    if (!config->half->write_sections || !own->half->write_sections)
        return AMBIT_OK;
    if (now->digest && *now->digest && draws_differently(now, &own->sentences))
        return ambit_error_set(error, AMBIT_INVALID,
                               "corpus: overrides make other sentences than those of the run; for "
                               "other sentences of the same words replace the whole corpus, as in "
                               "--corpus:='{language: NAME, seed: 7}'");
    ambit_free(now->words);
    now->words = NULL;
    return ambit_config_words(&now->words, &own->sentences, error);
}
