// SPDX-License-Identifier: MIT
// Attention: what the heads of a model look at.
#ifndef AMBIT_ATTENTION_H
#define AMBIT_ATTENTION_H

#include "ambit/model.h"

/* Writes the attention weights of one head, probability [T][T], for a sequence of T rows that has
 * no query rows. Element [t][s] is the weight of row s in row t; it is 0 for s > t. Must follow a
 * forward pass with the same batch and with activations that were made with `backward`, which keep
 * the queries and keys of every layer. Computed in double, and without dropout. */
void ambit_model_attention(const AmbitPackedModel *packed, const AmbitBatch *batch,
                           const AmbitActivations *activations, size_t layer, size_t sequence,
                           size_t head, double *probability);

/* Removes a head: the rows of the layer's output projection that multiply the head's output become
 * 0, so that the head adds nothing to the residual stream. */
void ambit_model_silence_head(AmbitModel *model, size_t layer, size_t head);

#endif
