// SPDX-License-Identifier: MIT
// Predictors of sentences: how a predictor gives probabilities to the words of a corpus.
#ifndef AMBIT_SENTENCE_PREDICTOR_H
#define AMBIT_SENTENCE_PREDICTOR_H

#include "ambit/batch.h"
#include "ambit/corpus.h"
#include "ambit/predictor.h"

/* A predictor of sentences either gives probabilities to words or follows a rule of the language.
 * Such a predictor has one column. V = W + 2 is the number of words, with end and start symbol. */
struct AmbitSentenceAnswers {
    /* Optional. Prepares for the sentences of a corpus, which stays valid until the next bind.
     * Refuses sentences that it cannot read. */
    AmbitStatus (*bind)(AmbitPredictor *predictor, const AmbitCorpus *corpus, AmbitError *error);

    /* Optional, both or neither. Make and free the memory that one thread needs for batches of at
     * most these sizes. */
    AmbitStatus (*workspace_create)(const AmbitPredictor *predictor, const AmbitBatchSizes *sizes,
                                    void **workspace, AmbitError *error);
    void (*workspace_destroy)(void *workspace);

    /* Writes log_p [S][V]: at each scored row, the log-probabilities of the next word given this
     * row and the rows before it in its sentence. The batch has ids and no query rows. NULL: the
     * predictor follows `rule`. */
    void (*log_probability)(const AmbitPredictor *predictor, const AmbitBatch *batch,
                            void *workspace, double *log_p);
    AmbitRule rule;
    bool indifferent; // gives all words the same probability; evaluations skip continuations
};

/* Returns the most likely of V words; the lowest id if several are equally likely. */
int32_t ambit_most_likely(const double *log_p, size_t n_words);

#endif
