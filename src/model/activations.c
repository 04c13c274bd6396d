// SPDX-License-Identifier: MIT
// The memory of a forward and backward pass: one allocation, cut into buffers in a fixed order.
#include "model.h"

#include "ambit/memory.h"

static AmbitAttention attention_shape(const AmbitModelSettings *settings, size_t n_sequences,
                                      size_t n_tokens)
{
    return (AmbitAttention){.n_sequences = n_sequences,
                            .n_tokens = n_tokens,
                            .n_trunk = n_tokens,
                            .n_heads = (size_t)settings->n_head,
                            .width = (size_t)settings->n_embd};
}

/* The next `count` reals; with no memory yet it only counts. */
static AmbitReal *take(AmbitActivations *a, size_t count)
{
    AmbitReal *taken = a->memory ? a->memory + a->used : NULL;
    a->used += (count + 15) / 16 * 16;
    return taken;
}

static LayerActivations take_layer(AmbitActivations *a, size_t rows, size_t width, size_t heads)
{
    bool keep = a->backward;
    return (LayerActivations){.residual1 = take(a, rows * width),
                              .residual2 = take(a, rows * width),
                              .qkv = take(a, rows * 3 * width),
                              .attended = take(a, rows * width),
                              .log_sum = take(a, rows * heads),
                              .slope = keep ? take(a, rows * 4 * width) : NULL,
                              .hidden = take(a, rows * 4 * width)};
}

static void take_all(AmbitActivations *a, const AmbitModelSettings *s, size_t n_sequences,
                     size_t n_tokens)
{
    size_t rows = n_sequences * n_tokens, width = (size_t)s->n_embd;
    AmbitAttention shape = attention_shape(s, n_sequences, n_tokens);
    a->used = 0;
    for (size_t l = 0; l < a->n_layers; l++) {
        LayerActivations layer = take_layer(a, rows, width, (size_t)s->n_head);
        if (a->layers)
            a->layers[l] = layer;
    }
    for (size_t l = a->n_layers; a->layers && l < (size_t)s->n_layer; l++)
        a->layers[l] = a->layers[0];
    a->normed = take(a, rows * width);
    a->normed_mean = take(a, rows);
    a->normed_rstd = take(a, rows);
    a->stream = take(a, rows * width);
    a->norm = take(a, rows * width);
    a->mean = take(a, rows);
    a->rstd = take(a, rows);
    a->scratch = take(a, ambit_attention_scratch(&shape));
    if (a->backward) {
        a->dstream = take(a, rows * width);
        a->dnorm = take(a, rows * width);
        a->dwide = take(a, rows * 4 * width);
        a->dsmall = take(a, 4 * width);
    }
}

static AmbitActivations layout(const AmbitModelSettings *settings, size_t n_sequences,
                               size_t n_tokens, bool backward)
{
    return (AmbitActivations){.n_rows = n_sequences * n_tokens,
                              .n_layers = backward ? (size_t)settings->n_layer : 1,
                              .backward = backward};
}

size_t ambit_activations_bytes(const AmbitModelSettings *settings, size_t n_sequences,
                               size_t n_tokens, bool backward)
{
    AmbitActivations counted = layout(settings, n_sequences, n_tokens, backward);
    take_all(&counted, settings, n_sequences, n_tokens);
    return counted.used * sizeof(AmbitReal);
}

AmbitStatus ambit_activations_create(AmbitActivations **activations, const AmbitModel *model,
                                     size_t n_sequences, size_t n_tokens, bool backward,
                                     AmbitError *error)
{
    const AmbitModelSettings *settings = &model->settings;
    size_t bytes = ambit_activations_bytes(settings, n_sequences, n_tokens, backward);
    AmbitActivations *a = *activations = ambit_alloc(1, sizeof *a);
    if (!a)
        goto fail;
    *a = layout(settings, n_sequences, n_tokens, backward);
    a->memory = ambit_alloc(bytes, 1);
    a->layers = ambit_alloc((size_t)settings->n_layer, sizeof *a->layers);
    if (!a->memory || !a->layers)
        goto fail;
    take_all(a, settings, n_sequences, n_tokens);
    return AMBIT_OK;
fail:
    ambit_activations_destroy(activations);
    return ambit_error_set(error, AMBIT_NO_MEMORY,
                           "no memory for %.1f MiB of activations; fewer prompts at once (more "
                           "lanes) need less",
                           (double)bytes / 1048576);
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
