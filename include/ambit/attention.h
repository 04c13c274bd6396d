// SPDX-License-Identifier: MIT
// Attention: what the heads of a model look at.
#ifndef AMBIT_ATTENTION_H
#define AMBIT_ATTENTION_H

#include "ambit/model.h"

/* Writes probability [T][T]: what each of the T rows of a sequence without query rows attends to in
 * one head; rows after it get 0. Must follow a forward pass with the same batch and with
 * activations that were made with `backward`, which keep the queries and keys of every layer.
 * Computed in double, and without dropout. */
void ambit_model_attention(const AmbitPackedModel *packed, const AmbitBatch *batch,
                           const AmbitActivations *activations, size_t layer, size_t sequence,
                           size_t head, double *probability);

/* Sets the weights by which a layer's projection reads a head to 0: the head then adds nothing to
 * the residual stream. */
void ambit_model_silence_head(AmbitModel *model, size_t layer, size_t head);

#endif
