// SPDX-License-Identifier: MIT
// The trunk of GPT-2 (Radford et al. 2019, §2.3): positions, pre-layer-norm blocks, final layer
// norm. It sees a stream of vectors and does not know what they mean.
#include "model.h"

#include <string.h>

size_t ambit_token_reads(const AmbitTokens *tokens)
{
    return tokens->read ? tokens->n_read : tokens->n_tokens;
}

/* out [B·reads][width]: the rows of x [B·T][width] that are read. */
static void gather(AmbitReal *out, const AmbitReal *x, const AmbitTokens *tokens, size_t width)
{
    for (size_t b = 0; b < tokens->n_sequences; b++, x += tokens->n_tokens * width)
        for (size_t i = 0; i < tokens->n_read; i++, out += width)
            memcpy(out, x + tokens->read[i] * width, width * sizeof *out);
}

/* The rows of x [B·reads][width] to their places in x [B·T][width], zeros between them. From the
 * last on: a place is never before the row that goes there. */
static void scatter(AmbitReal *x, const AmbitTokens *tokens, size_t width)
{
    for (size_t b = tokens->n_sequences; b-- > 0;)
        for (size_t t = tokens->n_tokens, i = tokens->n_read; t-- > 0;) {
            AmbitReal *row = x + (b * tokens->n_tokens + t) * width;
            if (i > 0 && tokens->read[i - 1] == t)
                memmove(row, x + (b * tokens->n_read + --i) * width, width * sizeof *row);
            else
                memset(row, 0, width * sizeof *row);
        }
}

size_t ambit_token_position(const AmbitTokens *tokens, size_t t)
{
    return t < tokens->n_trunk ? t : tokens->seen[t - tokens->n_trunk];
}

static AmbitAttention attention_of(const AmbitModel *model, const AmbitTokens *tokens)
{
    return (AmbitAttention){.n_sequences = tokens->n_sequences,
                            .n_tokens = tokens->n_tokens,
                            .n_trunk = tokens->n_trunk,
                            .n_heads = (size_t)model->settings.n_head,
                            .width = (size_t)model->settings.n_embd,
                            .seen = tokens->seen};
}

static void add_positions(const AmbitModel *model, const AmbitReal *block,
                          const AmbitKernels *kernels, const AmbitTokens *tokens, AmbitReal *stream)
{
    size_t width = (size_t)model->settings.n_embd;
    const AmbitReal *table = model->sinusoids ? model->sinusoids : block + model->positions;
    for (size_t b = 0; b < tokens->n_sequences; b++)
        for (size_t t = 0; t < tokens->n_tokens; t++, stream += width)
            kernels->add(stream, table + ambit_token_position(tokens, t) * width, width);
}

/* out [R][n_out] = x [R][n_in] · weight [n_in][n_out] + bias (+ residual, unless NULL). */
static void linear(const AmbitKernels *kernels, AmbitReal *out, const AmbitReal *residual,
                   const AmbitReal *x, const AmbitReal *weight, const AmbitReal *bias, size_t rows,
                   size_t n_in, size_t n_out)
{
    kernels->add_bias(out, residual, bias, rows, n_out);
    kernels->matmul(out, x, weight, rows, n_out, n_in, false, false, true);
}

/* What the backward pass of all blocks shares. */
typedef struct Backward {
    const AmbitReal *p; // parameters
    const AmbitGradient *gradient;
    const AmbitKernels *kernels;
    const AmbitAttention *shape;
    AmbitActivations *all;
} Backward;

/* dx = dout · weightᵀ; to the gradient weight's, xᵀ·dout, and bias's, Σ rows of dout. */
static void linear_backward(const Backward *b, AmbitReal *dx, size_t weight, size_t bias,
                            const AmbitReal *dout, const AmbitReal *x, size_t rows, size_t n_in,
                            size_t n_out)
{
    const AmbitGradient *g = b->gradient;
    b->kernels->matmul(dx, dout, b->p + weight, rows, n_in, n_out, false, true, false);
    b->kernels->sum_rows(b->all->dsmall, dout, rows, n_out);
    if (ambit_gradient_begin(g)) {
        b->kernels->matmul(g->block + weight, x, dout, n_in, n_out, rows, true, false, g->before);
        ambit_gradient_add(g, b->kernels, bias, b->all->dsmall, n_out);
        ambit_gradient_end(g);
    }
}

/* dx is added to. */
static void norm_backward(const Backward *b, AmbitReal *dx, size_t gain, size_t bias,
                          const AmbitReal *dout, const AmbitReal *x, const AmbitReal *mean,
                          const AmbitReal *rstd, size_t rows)
{
    size_t width = b->shape->width;
    AmbitReal *dgain = b->all->dsmall, *dbias = dgain + width;
    b->kernels->layer_norm_backward(dx, dgain, dbias, dout, x, mean, rstd, b->p + gain, rows,
                                    width);
    if (ambit_gradient_begin(b->gradient)) {
        ambit_gradient_add(b->gradient, b->kernels, gain, dgain, width);
        ambit_gradient_add(b->gradient, b->kernels, bias, dbias, width);
        ambit_gradient_end(b->gradient);
    }
}

/* Reads a->residual1, leaves the block's output in `out`: of all tokens, or, with `narrowed`, of
 * those of it that are read. */
static void block_forward(const Layer *layer, const AmbitReal *p, const AmbitKernels *kernels,
                          const AmbitAttention *shape, const AmbitTokens *narrowed,
                          LayerActivations *a, AmbitReal *scratch, AmbitReal *out)
{
    const AmbitReal *attended = a->attended, *residual = a->residual1;
    size_t width = shape->width, rows = shape->n_sequences * shape->n_tokens;
    kernels->layer_norm_forward(a->norm1, a->mean1, a->rstd1, a->residual1, p + layer->norm1_gain,
                                p + layer->norm1_bias, rows, width);
    linear(kernels, a->qkv, NULL, a->norm1, p + layer->qkv_weight, p + layer->qkv_bias, rows, width,
           3 * width);
    kernels->attention_forward(a->attended, a->log_sum, a->qkv, shape, scratch);
    if (narrowed) {
        gather(out, attended, narrowed, width);
        gather(a->residual2, residual, narrowed, width);
        attended = out;
        residual = a->residual2;
        rows = narrowed->n_sequences * narrowed->n_read;
    }
    linear(kernels, a->residual2, residual, attended, p + layer->proj_weight, p + layer->proj_bias,
           rows, width, width);
    kernels->layer_norm_forward(a->norm2, a->mean2, a->rstd2, a->residual2, p + layer->norm2_gain,
                                p + layer->norm2_bias, rows, width);
    linear(kernels, a->hidden, NULL, a->norm2, p + layer->fc_weight, p + layer->fc_bias, rows,
           width, 4 * width);
    kernels->gelu(a->hidden, a->slope, a->hidden, rows * 4 * width);
    linear(kernels, out, a->residual2, a->hidden, p + layer->out_weight, p + layer->out_bias, rows,
           4 * width, width);
}

void ambit_trunk_forward(const AmbitModel *model, const AmbitReal *block,
                         const AmbitKernels *kernels, const AmbitTokens *tokens,
                         AmbitActivations *a)
{
    size_t layers = (size_t)model->settings.n_layer, width = (size_t)model->settings.n_embd;
    AmbitAttention shape = attention_of(model, tokens);
    add_positions(model, block, kernels, tokens, a->layers[0].residual1);
    for (size_t l = 0; l < layers; l++) {
        bool last = l + 1 == layers;
        block_forward(&model->layers[l], block, kernels, &shape,
                      last && tokens->read ? tokens : NULL, &a->layers[l], a->scratch,
                      last ? a->stream : a->layers[l + 1].residual1);
    }
    kernels->layer_norm_forward(a->norm, a->mean, a->rstd, a->stream, block + model->norm_gain,
                                block + model->norm_bias,
                                tokens->n_sequences * ambit_token_reads(tokens), width);
}

/* dstream: gradient of the block's output on entry, of its input on return; narrowed: as forward
 * had it. */
static void block_backward(const Backward *b, const Layer *layer, const AmbitTokens *narrowed,
                           const LayerActivations *a)
{
    const AmbitKernels *kernels = b->kernels;
    const AmbitReal *attended = a->attended;
    size_t width = b->shape->width, all_rows = b->shape->n_sequences * b->shape->n_tokens;
    size_t rows = narrowed ? narrowed->n_sequences * narrowed->n_read : all_rows;
    AmbitReal *dstream = b->all->dstream, *dnorm = b->all->dnorm, *dwide = b->all->dwide;
    // out = residual2 + gelu(norm2·fc + …)·out_weight + …
    linear_backward(b, dwide, layer->out_weight, layer->out_bias, dstream, a->hidden, rows,
                    4 * width, width);
    kernels->multiply(dwide, a->slope, rows * 4 * width);
    linear_backward(b, dnorm, layer->fc_weight, layer->fc_bias, dwide, a->norm2, rows, width,
                    4 * width);
    norm_backward(b, dstream, layer->norm2_gain, layer->norm2_bias, dnorm, a->residual2, a->mean2,
                  a->rstd2, rows);
    // residual2 = residual1 + attention(norm1·qkv_weight + …)·proj_weight + …
    if (narrowed) {
        gather(dwide, attended, narrowed, width);
        attended = dwide;
    }
    linear_backward(b, dnorm, layer->proj_weight, layer->proj_bias, dstream, attended, rows, width,
                    width);
    if (narrowed) {
        scatter(dnorm, narrowed, width);
        scatter(dstream, narrowed, width);
    }
    kernels->attention_backward(dwide, dnorm, a->attended, a->qkv, a->log_sum, b->shape,
                                b->all->scratch);
    linear_backward(b, dnorm, layer->qkv_weight, layer->qkv_bias, dwide, a->norm1, all_rows, width,
                    3 * width);
    norm_backward(b, dstream, layer->norm1_gain, layer->norm1_bias, dnorm, a->residual1, a->mean1,
                  a->rstd1, all_rows);
}

/* The position table's gradient: sums of dstream over sequences, in order. */
static void positions_backward(const AmbitModel *model, const AmbitKernels *kernels,
                               const AmbitTokens *tokens, const AmbitReal *dstream,
                               const AmbitGradient *gradient)
{
    if (model->sinusoids || !ambit_gradient_begin(gradient))
        return;
    size_t width = (size_t)model->settings.n_embd;
    AmbitReal *dtable = gradient->block + model->positions;
    if (!gradient->before)
        memset(dtable, 0, 2 * (size_t)model->settings.n_positions * width * sizeof *dtable);
    for (size_t b = 0; b < tokens->n_sequences; b++)
        for (size_t t = 0; t < tokens->n_tokens; t++, dstream += width)
            kernels->add(dtable + ambit_token_position(tokens, t) * width, dstream, width);
    ambit_gradient_end(gradient);
}

void ambit_trunk_backward(const AmbitModel *model, const AmbitReal *block,
                          const AmbitKernels *kernels, const AmbitTokens *tokens,
                          AmbitActivations *a, const AmbitGradient *gradient)
{
    size_t width = (size_t)model->settings.n_embd, layers = (size_t)model->settings.n_layer;
    size_t rows = tokens->n_sequences * ambit_token_reads(tokens);
    AmbitAttention shape = attention_of(model, tokens);
    Backward b = {block, gradient, kernels, &shape, a};
    memset(a->dstream, 0, rows * width * sizeof *a->dstream);
    norm_backward(&b, a->dstream, model->norm_gain, model->norm_bias, a->dnorm, a->stream, a->mean,
                  a->rstd, rows);
    for (size_t l = layers; l-- > 0;)
        block_backward(&b, &model->layers[l], l + 1 == layers && tokens->read ? tokens : NULL,
                       &a->layers[l]);
    positions_backward(model, kernels, tokens, a->dstream, gradient);
}
