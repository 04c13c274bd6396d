// SPDX-License-Identifier: MIT
// Splits that grow by sentences, and lifetime of corpora.
#include "corpus_split.h"

#include "ambit/memory.h"
#include "fingerprints.h"
#include <string.h>

const char *const ambit_split_names[AMBIT_N_SPLITS + 1] = {"train", "validation", "generalization",
                                                           NULL};

/* Replaces an array by one with more room. */
static bool enlarge(void *array, size_t count, size_t room, size_t size)
{
    void *old = *(void **)array, *larger = ambit_alloc(room, size);
    if (!larger)
        return false;
    if (count)
        memcpy(larger, old, count * size);
    ambit_free(old);
    memcpy(array, &larger, sizeof larger);
    return true;
}

static bool reserve(AmbitSplitBuilder *builder, size_t n_words)
{
    AmbitSplit *split = builder->split;
    size_t n = split->n_sentences, used = n ? split->offset[n] : 0;
    if (n + 1 >= builder->sentence_room) {
        size_t room = builder->sentence_room ? 2 * builder->sentence_room : 1024;
        if (!enlarge(&split->offset, n ? n + 1 : 0, room, sizeof *split->offset) ||
            !enlarge(&split->n_input, n, room, sizeof *split->n_input) ||
            !enlarge(&split->class_label, n, room, sizeof *split->class_label))
            return false;
        builder->sentence_room = room;
    }
    if (used + n_words > builder->word_room) {
        size_t room = 2 * (used + n_words) + 1024;
        if (!enlarge(&split->words, used, room, sizeof *split->words))
            return false;
        builder->word_room = room;
    }
    return true;
}

AmbitStatus ambit_split_add(AmbitSplitBuilder *builder, const AmbitSentence *sentence,
                            int class_label, AmbitError *error)
{
    AmbitSplit *split = builder->split;
    size_t n = split->n_sentences;
    if (!reserve(builder, sentence->n_words))
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu sentences", n + 1);
    memcpy(split->words + split->offset[n], sentence->words,
           sentence->n_words * sizeof *split->words);
    split->offset[n + 1] = split->offset[n] + sentence->n_words;
    split->n_input[n] = (uint32_t)sentence->n_input;
    split->class_label[n] = class_label;
    split->n_sentences++;
    if (sentence->n_words > split->longest)
        split->longest = sentence->n_words;
    return AMBIT_OK;
}

AmbitStatus ambit_corpus_create(AmbitCorpus **corpus, AmbitLanguage *language, AmbitError *error)
{
    *corpus = ambit_alloc(1, sizeof **corpus);
    if (!*corpus) {
        ambit_language_destroy(&language);
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a corpus");
    }
    (*corpus)->language = language;
    return AMBIT_OK;
}

/* Counts the sentences that training has, too. */
static AmbitStatus count_repeated(AmbitCorpus *corpus, AmbitError *error)
{
    AmbitFingerprints train = {0};
    AmbitStatus status = AMBIT_OK;
    for (size_t s = 0; s < AMBIT_N_SPLITS; s++) {
        const AmbitSplit *split = &corpus->splits[s];
        for (size_t i = 0; i < split->n_sentences && !status; i++) {
            const int32_t *words = split->words + split->offset[i];
            size_t n_words = split->offset[i + 1] - split->offset[i];
            bool is_new;
            if (s == AMBIT_SPLIT_TRAIN)
                status = ambit_fingerprints_add(&train, words, n_words, &is_new, error);
            else
                is_new = !ambit_fingerprints_hold(&train, words, n_words);
            corpus->n_repeated[s] += !status && !is_new;
        }
    }
    ambit_fingerprints_free(&train);
    return status;
}

AmbitStatus ambit_corpus_complete(AmbitCorpus *corpus, AmbitError *error)
{
    for (size_t s = 0; s < AMBIT_N_SPLITS; s++)
        if (corpus->splits[s].longest > corpus->longest)
            corpus->longest = corpus->splits[s].longest;
    while (corpus->language->type->classes[corpus->n_classes])
        corpus->n_classes++;
    return count_repeated(corpus, error);
}

void ambit_corpus_destroy(AmbitCorpus **corpus)
{
    AmbitCorpus *c = *corpus;
    if (!c)
        return;
    for (size_t s = 0; s < AMBIT_N_SPLITS; s++) {
        ambit_free(c->splits[s].offset);
        ambit_free(c->splits[s].words);
        ambit_free(c->splits[s].n_input);
        ambit_free(c->splits[s].class_label);
    }
    ambit_language_destroy(&c->language);
    ambit_free(c);
    *corpus = NULL;
}
