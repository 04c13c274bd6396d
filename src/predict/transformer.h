// SPDX-License-Identifier: MIT
// What the transformer's answers to prompts and to sentences share: its state and its workspace.
#ifndef AMBIT_PREDICT_TRANSFORMER_H
#define AMBIT_PREDICT_TRANSFORMER_H

#include "ambit/prompt_batch.h"
#include "ambit/sentence_predictor.h"

/* The state of a transformer as a predictor. */
typedef struct AmbitTransformer {
    const AmbitModel *model; // borrowed
    AmbitPackedModel *packed;
} AmbitTransformer;

/* What one thread needs for a forward pass. */
typedef struct AmbitTransformerWork {
    AmbitActivations *activations;
    AmbitReal *output;     // [S] rows of the head's outputs
    AmbitPromptRows *rows; // of prompts; NULL: of sentences
} AmbitTransformerWork;

AmbitStatus ambit_transformer_work_create(AmbitTransformerWork **work,
                                          const AmbitTransformer *transformer,
                                          const AmbitBatchSizes *sizes, AmbitError *error);
void ambit_transformer_work_destroy(void *work);

/* What it says of sentences, under a language head. */
extern const AmbitSentenceAnswers ambit_transformer_sentences;

#endif
