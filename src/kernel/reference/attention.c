// SPDX-License-Identifier: MIT
// Reference causal attention (Vaswani et al. 2017, eq. 1), one query token at a time, with branch
// tokens that see a prefix of the trunk and themselves.
#include "reference.h"

#include <tgmath.h>

/* Trunk tokens that token t sees, itself excluded. */
static size_t seen_before(const AmbitAttention *shape, size_t t)
{
    return t < shape->n_trunk ? t : shape->seen[t - shape->n_trunk];
}

static AmbitReal dot(const AmbitReal *a, const AmbitReal *b, size_t n)
{
    AmbitReal sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add_scaled(AmbitReal *out, AmbitReal scale, const AmbitReal *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] += scale * x[i];
}

/* The token that is entry i of token t's visible list: the prefix, then t itself. */
static size_t visible(size_t i, size_t before, size_t t)
{
    return i < before ? i : t;
}

/* One head of one sequence: qkv and out point at the head's columns. */
static void forward_head(AmbitReal *out, AmbitReal *log_sum, const AmbitReal *qkv,
                         const AmbitAttention *shape, AmbitReal *score)
{
    size_t width = shape->width, size = width / shape->n_heads;
    AmbitReal scale = 1 / sqrt((AmbitReal)size);
    for (size_t t = 0; t < shape->n_tokens; t++) {
        const AmbitReal *query = qkv + t * 3 * width;
        size_t before = seen_before(shape, t);
        AmbitReal largest = -INFINITY, sum = 0;
        for (size_t i = 0; i <= before; i++) {
            const AmbitReal *key = qkv + visible(i, before, t) * 3 * width + width;
            score[i] = scale * dot(query, key, size);
            largest = score[i] > largest ? score[i] : largest;
        }
        for (size_t i = 0; i <= before; i++)
            sum += score[i] = exp(score[i] - largest);
        for (size_t j = 0; j < size; j++)
            out[t * width + j] = 0;
        for (size_t i = 0; i <= before; i++) {
            const AmbitReal *value = qkv + visible(i, before, t) * 3 * width + 2 * width;
            add_scaled(out + t * width, score[i] / sum, value, size);
        }
        log_sum[t] = largest + log(sum);
    }
}

void ambit_reference_attention_forward(const AmbitKernelContext *context, AmbitReal *out,
                                       AmbitReal *log_sum, const AmbitReal *qkv,
                                       const AmbitAttention *shape, AmbitReal *scratch)
{
    (void)context;
    size_t tokens = shape->n_tokens, width = shape->width, size = width / shape->n_heads;
    for (size_t b = 0; b < shape->n_sequences; b++)
        for (size_t h = 0; h < shape->n_heads; h++)
            forward_head(out + b * tokens * width + h * size,
                         log_sum + (b * shape->n_heads + h) * tokens,
                         qkv + b * tokens * 3 * width + h * size, shape, scratch);
}

/* With P = softmax weights and dP = dout·V: dS = P·(dP − dout·out); dqkv of the head starts at 0.
 */
static void backward_head(AmbitReal *dqkv, const AmbitReal *dout, const AmbitReal *out,
                          const AmbitReal *qkv, const AmbitReal *log_sum,
                          const AmbitAttention *shape)
{
    size_t width = shape->width, size = width / shape->n_heads;
    AmbitReal scale = 1 / sqrt((AmbitReal)size);
    for (size_t t = 0; t < shape->n_tokens; t++) {
        const AmbitReal *query = qkv + t * 3 * width, *dout_t = dout + t * width;
        AmbitReal inner = dot(dout_t, out + t * width, size);
        size_t before = seen_before(shape, t);
        for (size_t i = 0; i <= before; i++) {
            size_t at = visible(i, before, t) * 3 * width;
            const AmbitReal *key = qkv + at + width, *value = qkv + at + 2 * width;
            AmbitReal p = exp(scale * dot(query, key, size) - log_sum[t]);
            AmbitReal ds = scale * p * (dot(dout_t, value, size) - inner);
            add_scaled(dqkv + t * 3 * width, ds, key, size);
            add_scaled(dqkv + at + width, ds, query, size);
            add_scaled(dqkv + at + 2 * width, p, dout_t, size);
        }
    }
}

void ambit_reference_attention_backward(const AmbitKernelContext *context, AmbitReal *dqkv,
                                        const AmbitReal *dout, const AmbitReal *out,
                                        const AmbitReal *qkv, const AmbitReal *log_sum,
                                        const AmbitAttention *shape, AmbitReal *scratch)
{
    (void)context;
    (void)scratch;
    size_t tokens = shape->n_tokens, width = shape->width, size = width / shape->n_heads;
    for (size_t i = 0; i < shape->n_sequences * tokens * 3 * width; i++)
        dqkv[i] = 0;
    for (size_t b = 0; b < shape->n_sequences; b++)
        for (size_t h = 0; h < shape->n_heads; h++)
            backward_head(dqkv + b * tokens * 3 * width + h * size,
                          dout + b * tokens * width + h * size, out + b * tokens * width + h * size,
                          qkv + b * tokens * 3 * width + h * size,
                          log_sum + (b * shape->n_heads + h) * tokens, shape);
}
