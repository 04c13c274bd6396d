// SPDX-License-Identifier: MIT
// What the transformer's answers to prompts and to sentences share.
#ifndef AMBIT_PREDICT_TRANSFORMER_H
#define AMBIT_PREDICT_TRANSFORMER_H

#include "ambit/sentence_predictor.h"

/* The state of a transformer as a predictor. */
typedef struct AmbitTransformer {
    const AmbitModel *model; // borrowed
    AmbitPackedModel *packed;
} AmbitTransformer;

/* What it says of sentences, under a language head. */
extern const AmbitSentenceAnswers ambit_transformer_sentences;

#endif
