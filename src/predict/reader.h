// SPDX-License-Identifier: MIT
// Reader: has a predictor of sentences read whole sentences, and continue their inputs greedily.
#ifndef AMBIT_PREDICT_READER_H
#define AMBIT_PREDICT_READER_H

#include "ambit/sentence_predictor.h"

typedef struct AmbitReader AmbitReader;

/* How much a reader takes at once. */
typedef struct AmbitReaderSizes {
    size_t n_sentences;    // B
    size_t longest;        // most words of a sentence, and of an input with its continuation
    size_t longest_output; // words after which a continuation is given up
} AmbitReaderSizes;

/* The output that a predictor gives to an input. */
typedef struct AmbitContinuation {
    const int32_t *words; // [n_words]
    size_t n_words;
    bool ended; // false: given up before the end symbol
} AmbitContinuation;

/* Borrows the language. */
AmbitStatus ambit_reader_create(AmbitReader **reader, const AmbitLanguage *language,
                                const AmbitReaderSizes *sizes, AmbitError *error);
void ambit_reader_destroy(AmbitReader **reader);

/* The batches that a predictor's workspace must take. */
AmbitBatchSizes ambit_reader_batch_sizes(const AmbitReaderSizes *sizes);

/* Reads sentences [count], count ≤ B, in one pass. */
void ambit_reader_read(AmbitReader *reader, const AmbitPredictor *predictor, void *workspace,
                       const AmbitSentence *sentences, size_t count);
/* log p [V] of what stands at `position` of a sentence that was just read, position n_words being
 * that of the end symbol. Valid until the reader reads again. */
const double *ambit_reader_log_p(const AmbitReader *reader, size_t sentence, size_t position);

/* Whether to give up the continuation of a sentence that was read, after words [n_words], n_words >
 * 0; called after every word. */
typedef bool (*ambit_give_up_fn)(const void *context, size_t sentence, const int32_t *words,
                                 size_t n_words);

/* Continues the inputs of the sentences that were just read: the most likely word, word after word,
 * until the end symbol or, without it, the longest output, or until `give_up` (unless NULL). Full
 * passes over a guess, first the sentence's own output, then what the last pass held likely, until
 * the guess reproduces itself: the words are those that reading each beginning anew gives. */
void ambit_reader_continue(AmbitReader *reader, const AmbitPredictor *predictor, void *workspace,
                           ambit_give_up_fn give_up, const void *context);
AmbitContinuation ambit_reader_continuation(const AmbitReader *reader, size_t sentence);

/* Passes that the last continuation took after the sentences were read. */
size_t ambit_reader_n_passes(const AmbitReader *reader);

#endif
