// SPDX-License-Identifier: MIT
// Corpora for tests of languages, and sentences as text.
#include "testing.h"

#include "language_fixtures.h"
#include <stdio.h>
#include <string.h>

AmbitLanguage *make_language(const char *name, void (*set)(void *settings))
{
    AmbitLanguage *language;
    AmbitError error = {.message = ""};
    const AmbitLanguageType *type = ambit_language_type_find(name);
    assert_non_null(type);
    assert_int_equal(ambit_language_create(&language, type, &error), AMBIT_OK);
    if (set)
        set(language->settings);
    if (ambit_language_finish(language, &error))
        fail_msg("%s", error.message);
    return language;
}

AmbitCorpus *make_corpus(const char *name, int64_t train, int64_t validation,
                         int64_t generalization, int64_t seed)
{
    const AmbitCorpusSettings settings = {.n_sentences = {train, validation, generalization},
                                          .seed = seed};
    AmbitCorpus *corpus;
    AmbitError error = {.message = ""};
    if (ambit_corpus_draw(&corpus, make_language(name, NULL), &settings, &error))
        fail_msg("%s", error.message);
    return corpus;
}

char *sentence_text(const AmbitLanguage *language, const AmbitSentence *sentence, char *text,
                    size_t size)
{
    size_t used = 0;
    *text = '\0';
    for (size_t i = 0; i < sentence->n_words && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s",
                                 i == 0                   ? ""
                                 : i == sentence->n_input ? "\t"
                                                          : " ",
                                 language->words.texts[sentence->words[i]]);
    return text;
}

AmbitSentence sentence_of(const AmbitLanguage *language, const char *text, int32_t *words)
{
    AmbitSentence sentence = {words, 0, 0};
    while (*text) {
        size_t length = strcspn(text, " \t");
        words[sentence.n_words] = ambit_language_find(language, text, length);
        if (words[sentence.n_words++] < 0)
            fail_msg("%s: unknown word", text);
        text += length;
        if (*text == '\t')
            sentence.n_input = sentence.n_words;
        if (*text)
            text++;
    }
    return sentence;
}

double chi_square(const double *counts, const double *shares, size_t n)
{
    double total = 0, statistic = 0;
    for (size_t i = 0; i < n; i++)
        total += counts[i];
    for (size_t i = 0; i < n; i++)
        if (shares[i] > 0)
            statistic += (counts[i] - total * shares[i]) * (counts[i] - total * shares[i]) /
                         (total * shares[i]);
        else if (counts[i] > 0)
            return INFINITY;
    return statistic;
}
