// SPDX-License-Identifier: MIT
// The transformer as a predictor of sentences: one forward pass over the rows of a batch, without
// dropout.
#include "ambit/head.h"
#include "ambit/memory.h"
#include "transformer.h"

static AmbitStatus bind(AmbitPredictor *predictor, const AmbitCorpus *corpus, AmbitError *error)
{
    const AmbitTransformer *transformer = predictor->state;
    const AmbitModelSettings *settings = ambit_model_settings(transformer->model);
    size_t n_words = (size_t)ambit_language_size(corpus->language) + 2;
    size_t context = (size_t)settings->trunk.n_context;
    if (settings->head.type != &ambit_head_language)
        return ambit_error_set(
            error, AMBIT_INVALID,
            "%s: the model answers prompts, not sentences; evaluate a model with "
            "a language head",
            predictor->label);
    if (ambit_model_n_outputs(settings) != n_words)
        return ambit_error_set(
            error, AMBIT_INVALID,
            "%s: the model knows %zu words, the corpus has %zu (with the end and "
            "the start symbol); evaluate on the corpus that it was trained on",
            predictor->label, ambit_model_n_outputs(settings), n_words);
    if (corpus->longest + 1 > context)
        return ambit_error_set(
            error, AMBIT_INVALID,
            "%s: a sentence has %zu words, the model has room for %zu; train one "
            "with a longer model.n_context",
            predictor->label, corpus->longest, context - 1);
    return AMBIT_OK;
}

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitBatchSizes *sizes,
                                    void **memory, AmbitError *error)
{
    AmbitTransformerWork *work;
    AmbitStatus status = ambit_transformer_work_create(&work, predictor->state, sizes, error);
    *memory = work;
    return status;
}

static void log_probability(const AmbitPredictor *predictor, const AmbitBatch *batch, void *memory,
                            double *log_p)
{
    const AmbitTransformer *transformer = predictor->state;
    AmbitTransformerWork *workspace = memory;
    size_t n_words = ambit_model_n_outputs(ambit_model_settings(transformer->model));
    ambit_model_forward(transformer->packed, batch, workspace->activations, workspace->output);
    for (size_t i = 0; i < ambit_batch_scored(batch); i++)
        ambit_log_softmax(log_p + i * n_words, workspace->output + i * n_words, n_words);
}

const AmbitSentenceAnswers ambit_transformer_sentences = {.bind = bind,
                                                          .workspace_create = workspace_create,
                                                          .workspace_destroy =
                                                              ambit_transformer_work_destroy,
                                                          .log_probability = log_probability};
