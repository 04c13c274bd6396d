// SPDX-License-Identifier: MIT
// Reference causal attention (Vaswani et al. 2017, eq. 1), one row at a time.
#include "reference.h"

#include <tgmath.h>

/* One head of one sequence. Functions get pointers to the first row of the sequence, at the columns
 * of the head. */
typedef struct Head {
    size_t rows, prefix;
    const size_t *seen;      // [rows]
    size_t width, size;      // E, head size
    const AmbitReal *factor; // [rows][padded rows] of the weight of key s in row t; NULL: none
} Head;

static Head head_of(const AmbitAttention *shape, size_t b)
{
    size_t first = shape->offset[b];
    return (Head){.rows = shape->offset[b + 1] - first,
                  .prefix = shape->prefix[b],
                  .seen = shape->seen ? shape->seen + first : NULL,
                  .width = shape->width,
                  .size = shape->width / shape->n_heads};
}

static size_t padded(size_t rows)
{
    return (rows + AMBIT_VECTOR_PADDING - 1) / AMBIT_VECTOR_PADDING * AMBIT_VECTOR_PADDING;
}

/* Number of rows of the prefix that row t sees, without row t. */
static size_t seen_before(const Head *head, size_t t)
{
    return t < head->prefix ? t : head->seen[t];
}

/* Computes the factors that dropout gives to the weights of a head. */
static const AmbitReal *dropout_factors(const AmbitAttention *shape, size_t b, size_t h,
                                        size_t rows, AmbitReal *factor)
{
    if (!shape->dropout)
        return NULL;
    AmbitDropout dropout = *shape->dropout;
    dropout.sequence += (uint32_t)b;
    dropout.place += (uint32_t)h;
    ambit_reference_dropout(NULL, factor, NULL, NULL, rows * padded(rows), &dropout);
    return factor;
}

/* The factor of a softmax weight. */
static AmbitReal factor_of(const Head *head, size_t key, size_t t)
{
    return head->factor ? head->factor[key * padded(head->rows) + t] : 1;
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

/* Row i of those that row t sees: first rows of the prefix, last row t. */
static size_t visible(size_t i, size_t before, size_t t)
{
    return i < before ? i : t;
}

static void forward_head(AmbitReal *out, AmbitReal *log_sum, const AmbitReal *qkv, const Head *head,
                         AmbitReal *score)
{
    size_t width = head->width, size = head->size;
    AmbitReal scale = 1 / sqrt((AmbitReal)size);
    for (size_t t = 0; t < head->rows; t++) {
        const AmbitReal *query = qkv + t * 3 * width;
        size_t before = seen_before(head, t);
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
            size_t key = visible(i, before, t);
            const AmbitReal *value = qkv + key * 3 * width + 2 * width;
            add_scaled(out + t * width, factor_of(head, key, t) * (score[i] / sum), value, size);
        }
        log_sum[t] = largest + log(sum);
    }
}

void ambit_reference_attention_forward(const AmbitKernelContext *context, AmbitReal *out,
                                       AmbitReal *log_sum, const AmbitReal *qkv,
                                       const AmbitAttention *shape, AmbitReal *scratch)
{
    (void)context;
    for (size_t b = 0; b < shape->n_sequences; b++)
        for (size_t h = 0; h < shape->n_heads; h++) {
            Head head = head_of(shape, b);
            size_t first = shape->offset[b];
            head.factor = dropout_factors(shape, b, h, head.rows, scratch + padded(head.rows));
            forward_head(out + first * head.width + h * head.size,
                         log_sum + first * shape->n_heads + h * head.rows,
                         qkv + first * 3 * head.width + h * head.size, &head, scratch);
        }
}

/* With P = softmax weights, m = factors of dropout and dP = m·(dout·V): dS = P·(dP − dout·out), dV
 * = Σ (m·P)·dout. The caller has set dqkv to 0. */
static void backward_head(AmbitReal *dqkv, const AmbitReal *dout, const AmbitReal *out,
                          const AmbitReal *qkv, const AmbitReal *log_sum, const Head *head)
{
    size_t width = head->width, size = head->size;
    AmbitReal scale = 1 / sqrt((AmbitReal)size);
    for (size_t t = 0; t < head->rows; t++) {
        const AmbitReal *query = qkv + t * 3 * width, *dout_t = dout + t * width;
        AmbitReal inner = dot(dout_t, out + t * width, size);
        size_t before = seen_before(head, t);
        for (size_t i = 0; i <= before; i++) {
            size_t seen = visible(i, before, t), at = seen * 3 * width;
            AmbitReal factor = factor_of(head, seen, t);
            const AmbitReal *key = qkv + at + width, *value = qkv + at + 2 * width;
            AmbitReal p = exp(scale * dot(query, key, size) - log_sum[t]);
            AmbitReal ds = scale * p * (factor * dot(dout_t, value, size) - inner);
            add_scaled(dqkv + t * 3 * width, ds, key, size);
            add_scaled(dqkv + at + width, ds, query, size);
            add_scaled(dqkv + at + 2 * width, factor * p, dout_t, size);
        }
    }
}

void ambit_reference_attention_backward(const AmbitKernelContext *context, AmbitReal *dqkv,
                                        const AmbitReal *dout, const AmbitReal *out,
                                        const AmbitReal *qkv, const AmbitReal *log_sum,
                                        const AmbitAttention *shape, AmbitReal *scratch)
{
    (void)context;
    for (size_t i = 0; i < shape->offset[shape->n_sequences] * 3 * shape->width; i++)
        dqkv[i] = 0;
    for (size_t b = 0; b < shape->n_sequences; b++)
        for (size_t h = 0; h < shape->n_heads; h++) {
            Head head = head_of(shape, b);
            size_t first = shape->offset[b], at = first * head.width + h * head.size;
            size_t at3 = first * 3 * head.width + h * head.size;
            head.factor = dropout_factors(shape, b, h, head.rows, scratch);
            backward_head(dqkv + at3, dout + at, out + at, qkv + at3,
                          log_sum + first * shape->n_heads + h * head.rows, &head);
        }
}
