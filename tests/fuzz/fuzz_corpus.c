// SPDX-License-Identifier: MIT
// Reads any bytes as a corpus, with a language or without one: there must be sentences or a located
// message, and sentences that a language accepts must have questions, answers and trees.
#include "fuzz.h"

#include "ambit/corpus.h"
#include "ambit/memory.h"

#include <stdio.h>
#include <string.h>

static AmbitLanguage *make_language(const AmbitLanguageType *type)
{
    AmbitLanguage *language = NULL;
    fuzz_must(ambit_language_create(&language, type, NULL) == AMBIT_OK);
    fuzz_must(ambit_language_finish(language, NULL) == AMBIT_OK);
    return language;
}

/* Calls everything that a language knows of a sentence. */
static void ask(const AmbitLanguage *l, const AmbitSentence *s)
{
    AmbitQuestion *questions = ambit_alloc(s->n_words, sizeof *questions);
    AmbitSpan *spans = ambit_alloc(s->n_words, sizeof *spans);
    int32_t *output = ambit_alloc(s->n_words, sizeof *output);
    fuzz_must(questions && spans && output);
    size_t n = l->type->questions(l, s, questions), n_words;
    for (size_t i = 0; i < n; i++)
        fuzz_must(questions[i].position < s->n_words && questions[i].kind < 2 &&
                  (i == 0 || questions[i].position > questions[i - 1].position));
    fuzz_must(l->type->category(l, s) < l->categories.count);
    for (int rule = 0; l->type->answer && rule < AMBIT_N_RULES; rule++)
        fuzz_must(l->type->answer(l, s, (AmbitRule)rule, output) <= s->n_words);
    if (l->type->tree)
        fuzz_must(l->type->tree(l, s, spans, &n_words) + 1 <= s->n_words);
    ambit_free(questions);
    ambit_free(spans);
    ambit_free(output);
}

static void read_as(const AmbitLanguageType *type, const char *path)
{
    AmbitCorpusFiles files = {.paths = {(char *)path}};
    AmbitCorpus *corpus = NULL;
    AmbitError error = {.message = ""};
    if (ambit_corpus_read(&corpus, type ? make_language(type) : NULL, &files, &error)) {
        fuzz_must(*error.message && !corpus && strncmp(error.message, path, strlen(path)) == 0);
        return;
    }
    for (size_t i = 0; i < corpus->splits[AMBIT_SPLIT_TRAIN].n_sentences; i++) {
        const AmbitSentence s = ambit_split_sentence(&corpus->splits[AMBIT_SPLIT_TRAIN], i);
        ask(corpus->language, &s);
    }
    ambit_corpus_destroy(&corpus);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    size_t n_types = 0;
    while (ambit_language_types()[n_types])
        n_types++;
    const size_t choice = fuzz_choice(bytes, size, n_types + 1);
    read_as(ambit_language_types()[choice], fuzz_file(bytes, size)); // the last is NULL
    return 0;
}

/* A few sentences of every language. */
void fuzz_seeds(const char *folder)
{
    for (size_t i = 0; ambit_language_types()[i]; i++) {
        const AmbitCorpusSettings settings = {.n_sentences = {20, 0, 0}, .seed = 1};
        AmbitCorpus *corpus;
        char path[4096];
        fuzz_must(ambit_corpus_draw(&corpus, make_language(ambit_language_types()[i]), &settings,
                                    NULL) == AMBIT_OK);
        snprintf(path, sizeof path, "%s/%s", folder, ambit_language_types()[i]->name);
        FILE *file = fopen(path, "w");
        fuzz_must(file && ambit_split_write(file, corpus, AMBIT_SPLIT_TRAIN) && fclose(file) == 0);
        ambit_corpus_destroy(&corpus);
    }
}
