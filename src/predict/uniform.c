// SPDX-License-Identifier: MIT
// Chance: all words are equally likely.
#include "ambit/sentence_predictor.h"

#include <math.h>

static const AmbitParameter no_parameters[] = {{0}};

static AmbitStatus bind(AmbitPredictor *predictor, const AmbitCorpus *corpus, AmbitError *error)
{
    (void)error;
    predictor->state = (void *)corpus->language;
    return AMBIT_OK;
}

static void log_probability(const AmbitPredictor *predictor, const AmbitBatch *batch,
                            void *workspace, double *log_p)
{
    (void)workspace;
    size_t n_words = (size_t)ambit_language_size(predictor->state) + 2;
    for (size_t i = 0; i < ambit_batch_scored(batch) * n_words; i++)
        log_p[i] = -log((double)n_words);
}

static const AmbitSentenceAnswers answers = {
    .bind = bind, .log_probability = log_probability, .indifferent = true};

const AmbitPredictorType ambit_predictor_uniform = {
    .name = "uniform",
    .summary = "all words, and so all candidates of a question, are equally likely",
    .source = "chance",
    .parameters = no_parameters,
    .sentences = &answers,
};
