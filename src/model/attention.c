// SPDX-License-Identifier: MIT
// Single heads: what they attend to, from the queries and keys that a forward pass kept, and models
// without one of them.
#include "ambit/attention.h"
#include "model.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void ambit_model_attention(const AmbitPackedModel *packed, const AmbitBatch *batch,
                           const AmbitActivations *activations, size_t layer, size_t sequence,
                           size_t head, double *probability)
{
    const AmbitTrunkSettings *trunk = &packed->model->settings.trunk;
    size_t width = (size_t)trunk->n_embd, size = width / (size_t)trunk->n_head;
    size_t first = batch->offset[sequence], rows = batch->offset[sequence + 1] - first;
    const AmbitReal *qkv = activations->layers[layer].qkv + first * 3 * width + head * size;
    assert(activations->backward && batch->prefix[sequence] == rows);
    for (size_t t = 0; t < rows; t++) {
        double *row = probability + t * rows, largest = -INFINITY, sum = 0;
        for (size_t s = 0; s <= t; s++) {
            const AmbitReal *query = qkv + t * 3 * width, *key = qkv + s * 3 * width + width;
            row[s] = 0;
            for (size_t i = 0; i < size; i++)
                row[s] += (double)query[i] * (double)key[i] / sqrt((double)size);
            largest = row[s] > largest ? row[s] : largest;
        }
        for (size_t s = 0; s <= t; s++)
            sum += row[s] = exp(row[s] - largest);
        for (size_t s = 0; s < rows; s++)
            row[s] = s <= t ? row[s] / sum : 0;
    }
}

void ambit_model_silence_head(AmbitModel *model, size_t layer, size_t head)
{
    const AmbitTensor *weight = &model->tensors[model->layers[layer].proj.weight];
    size_t width = weight->shape[1], rows = weight->shape[0] / (size_t)model->settings.trunk.n_head;
    // attended [R][E] · weight [E][E]: the rows of the head's columns
    memset(model->block + weight->offset + head * rows * width, 0,
           rows * width * sizeof *model->block);
}
