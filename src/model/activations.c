// SPDX-License-Identifier: MIT
// The memory of a forward and backward pass: one allocation, cut into buffers in a fixed order.
#include "model.h"

#include "ambit/memory.h"

/* Returns the next `count` reals of the memory. Before there is memory it only counts them. */
static AmbitReal *take(AmbitActivations *a, size_t count)
{
    AmbitReal *taken = a->memory ? a->memory + a->used : NULL;
    a->used += (count + 15) / 16 * 16;
    return taken;
}

static LayerActivations take_layer(AmbitActivations *a, const AmbitTrunkSettings *trunk)
{
    size_t rows = a->sizes.n_rows, width = (size_t)trunk->n_embd,
           inner = ambit_model_inner_width(trunk);
    bool post = trunk->norm == AMBIT_NORM_POST;
    return (LayerActivations){.residual1 = take(a, rows * width),
                              .residual2 = take(a, rows * width),
                              .qkv = take(a, rows * 3 * width),
                              .attended = take(a, rows * width),
                              .log_sum = take(a, rows * (size_t)trunk->n_head),
                              .slope = a->backward ? take(a, rows * inner) : NULL,
                              .hidden = take(a, rows * inner),
                              .residual3 = post ? take(a, rows * width) : NULL,
                              .mean = post ? take(a, rows) : NULL,
                              .rstd = post ? take(a, rows) : NULL};
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Columns of the widest matrix product of a layer. */
static size_t widest_layer(const AmbitTrunkSettings *trunk)
{
    return larger(ambit_model_inner_width(trunk), 3 * (size_t)trunk->n_embd);
}

static void take_all(AmbitActivations *a, const AmbitModelSettings *settings)
{
    const AmbitTrunkSettings *trunk = &settings->trunk;
    const AmbitHeadType *head = settings->head.type;
    size_t rows = a->sizes.n_rows, width = (size_t)trunk->n_embd, layers = (size_t)trunk->n_layer;
    const AmbitDropout some = {.threshold = 1};
    LayerActivations layer = {0};
    AmbitAttention shape = {.longest = a->sizes.longest,
                            .n_heads = (size_t)trunk->n_head,
                            .width = width,
                            .dropout = trunk->dropout > 0 ? &some : NULL};
    a->used = 0;
    for (size_t l = 0; l < layers; l++) {
        if (l == 0 || a->backward) // otherwise all layers share one
            layer = take_layer(a, trunk);
        if (a->layers)
            a->layers[l] = layer;
    }
    a->normed.rows = take(a, rows * width);
    a->normed.mean = take(a, rows);
    a->normed.rstd = take(a, rows);
    a->stream = take(a, rows * width);
    a->result.rows = take(a, rows * width);
    a->result.mean = take(a, rows);
    a->result.rstd = take(a, rows);
    a->scratch = take(a, ambit_attention_scratch(&shape));
    if (head->workspace)
        a->workspace = take(a, head->workspace(settings, &a->sizes, a->backward));
    if (a->backward) {
        a->dstream = take(a, rows * width);
        a->dnorm = take(a, rows * width);
        a->dropped = trunk->dropout > 0 ? take(a, rows * width) : NULL;
        a->dwide = take(a, rows * widest_layer(trunk));
        a->small = take(a, larger(widest_layer(trunk), ambit_model_n_outputs(settings)));
    }
}

size_t ambit_activations_bytes(const AmbitModelSettings *settings, const AmbitBatchSizes *sizes,
                               bool backward)
{
    AmbitActivations counted = {.sizes = *sizes, .backward = backward};
    take_all(&counted, settings);
    return counted.used * sizeof(AmbitReal);
}

AmbitStatus ambit_activations_create(AmbitActivations **activations, const AmbitModel *model,
                                     const AmbitBatchSizes *sizes, bool backward, AmbitError *error)
{
    const AmbitModelSettings *settings = &model->settings;
    size_t bytes = ambit_activations_bytes(settings, sizes, backward);
    AmbitActivations *a = *activations = ambit_alloc(1, sizeof *a);
    if (!a)
        goto fail;
    *a = (AmbitActivations){.sizes = *sizes, .backward = backward};
    a->memory = ambit_alloc(bytes, 1);
    a->layers = ambit_alloc((size_t)settings->trunk.n_layer, sizeof *a->layers);
    if (!a->memory || !a->layers)
        goto fail;
    take_all(a, settings);
    return AMBIT_OK;
fail:
    ambit_activations_destroy(activations);
    char amount[AMBIT_BYTES_TEXT];
    return ambit_error_set(error, AMBIT_NO_MEMORY,
                           "no memory for %s of activations; smaller shards (more of them) need "
                           "less",
                           ambit_bytes_text((double)bytes, amount));
}

void ambit_activations_destroy(AmbitActivations **activations)
{
    if (!*activations)
        return;
    ambit_free((*activations)->memory);
    ambit_free((*activations)->layers);
    ambit_free(*activations);
    *activations = NULL;
}
