// SPDX-License-Identifier: MIT
// Lifetime and vocabulary of languages.
#include "ambit/language.h"

#include "ambit/memory.h"
#include "languages/words.h"
#include <stdlib.h>
#include <string.h>

const char *const ambit_rule_names[AMBIT_N_RULES + 1] = {"linear_rule", "hierarchical_rule",
                                                         "first_noun", "last_auxiliary", NULL};

AmbitStatus ambit_language_create(AmbitLanguage **language, const AmbitLanguageType *type,
                                  AmbitError *error)
{
    AmbitLanguage *l = *language = ambit_alloc(1, sizeof *l);
    if (l) {
        l->type = type;
        l->settings = ambit_alloc(1, type->settings_size);
    }
    if (!l || !l->settings) {
        ambit_language_destroy(language);
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for language %s", type->name);
    }
    ambit_parameters_default(type->parameters, l->settings);
    return AMBIT_OK;
}

AmbitStatus ambit_language_finish(AmbitLanguage *language, AmbitError *error)
{
    return language->type->init(language, error);
}

static void free_texts(AmbitTexts *texts)
{
    for (size_t i = 0; texts->texts && i < texts->count; i++)
        ambit_free(texts->texts[i]);
    ambit_free(texts->texts);
    *texts = (AmbitTexts){0};
}

void ambit_language_destroy(AmbitLanguage **language)
{
    AmbitLanguage *l = *language;
    if (!l)
        return;
    if (l->settings)
        ambit_parameters_free(l->type->parameters, l->settings);
    free_texts(&l->words);
    free_texts(&l->categories);
    ambit_free(l->settings);
    ambit_free(l->state);
    ambit_free(l->tags);
    ambit_free(l);
    *language = NULL;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

AmbitStatus ambit_language_set_texts(AmbitTexts *texts, const char *const *from, size_t count,
                                     AmbitError *error)
{
    texts->texts = ambit_alloc(count, sizeof *texts->texts);
    for (size_t i = 0; texts->texts && i < count; i++, texts->count++)
        if (!(texts->texts[i] = ambit_strdup(from[i])))
            break;
    return texts->count == count
               ? AMBIT_OK
               : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the words of a language");
}

AmbitStatus ambit_language_set_words(AmbitLanguage *language, const char *const *words,
                                     size_t count, AmbitError *error)
{
    AmbitTexts *texts = &language->words;
    AmbitStatus status = ambit_language_set_texts(texts, words, count, error);
    size_t kept = 0;
    if (status)
        return status;
    qsort(texts->texts, count, sizeof *texts->texts, by_bytes);
    for (size_t i = 0; i < count; i++) {
        if (kept && strcmp(texts->texts[kept - 1], texts->texts[i]) == 0)
            ambit_free(texts->texts[i]);
        else
            texts->texts[kept++] = texts->texts[i];
    }
    texts->count = kept;
    return AMBIT_OK;
}

/* Compares a word that no zero byte ends with one that has such an end. */
static int compare(const char *word, size_t length, const char *text)
{
    int order = strncmp(word, text, length);
    return order ? order : -(text[length] != '\0');
}

int32_t ambit_language_find(const AmbitLanguage *language, const char *word, size_t length)
{
    size_t low = 0, high = language->words.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(word, length, language->words.texts[middle]);
        if (order == 0)
            return (int32_t)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

bool ambit_words_add(AmbitWords *sentence, int32_t word)
{
    if (sentence->n_words == sentence->room) {
        size_t room = sentence->room ? 2 * sentence->room : 64;
        int32_t *words = ambit_alloc(room, sizeof *words);
        if (!words)
            return false;
        if (sentence->n_words)
            memcpy(words, sentence->words, sentence->n_words * sizeof *words);
        ambit_free(sentence->words);
        sentence->words = words;
        sentence->room = room;
    }
    sentence->words[sentence->n_words++] = word;
    return true;
}
