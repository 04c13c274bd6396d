// SPDX-License-Identifier: MIT
// Splits that grow by sentences, and lifetime of corpora.
#ifndef AMBIT_TASKS_CORPUS_SPLIT_H
#define AMBIT_TASKS_CORPUS_SPLIT_H

#include "ambit/corpus.h"

/* A split with room for more. */
typedef struct AmbitSplitBuilder {
    AmbitSplit *split;
    size_t sentence_room, word_room;
} AmbitSplitBuilder;

/* Appends a copy of a sentence. */
AmbitStatus ambit_split_add(AmbitSplitBuilder *builder, const AmbitSentence *sentence,
                            int class_label, AmbitError *error);

/* Makes a corpus without sentences; takes ownership of the language, also on failure. */
AmbitStatus ambit_corpus_create(AmbitCorpus **corpus, AmbitLanguage *language, AmbitError *error);

/* Sets what follows from the splits. */
AmbitStatus ambit_corpus_complete(AmbitCorpus *corpus, AmbitError *error);

#endif
