// SPDX-License-Identifier: MIT
// The language of a corpus that is read from files alone: nothing is known of it but its words.
#include "ambit/corpus.h"

#include "words.h"

static const AmbitParameter parameters[] = {{0}};
static const char *const classes[] = {"all", NULL};
static const char *const kinds[] = {NULL};

static AmbitStatus init(AmbitLanguage *language, AmbitError *error)
{
    return ambit_language_set_texts(&language->categories, classes, 1, error);
}

static AmbitStatus check(const AmbitLanguage *language, const AmbitSentence *sentence, size_t *word,
                         AmbitError *error)
{
    (void)language, (void)sentence, (void)word, (void)error;
    return AMBIT_OK;
}

static int class_label(const AmbitLanguage *language, const AmbitSentence *sentence)
{
    (void)language, (void)sentence;
    return 0;
}

static size_t category(const AmbitLanguage *language, const AmbitSentence *sentence)
{
    (void)language, (void)sentence;
    return 0;
}

static size_t questions(const AmbitLanguage *language, const AmbitSentence *sentence,
                        AmbitQuestion *asked)
{
    (void)language, (void)sentence, (void)asked;
    return 0;
}

const AmbitLanguageType ambit_language_files = {
    .name = "files",
    .summary = "any sentences; whole outputs are scored",
    .parameters = parameters,
    .classes = classes,
    .kinds = kinds,
    .init = init,
    .check = check,
    .class_label = class_label,
    .category = category,
    .questions = questions,
};
