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

/* What the passes of all blocks share. */
typedef struct Pass {
    const AmbitPackedModel *packed;
    const AmbitKernels *kernels;
    const AmbitReal *p; // parameters
    AmbitAttention shape;
    AmbitActivations *all;
    const AmbitGradient *gradient; // of a backward pass
} Pass;

static Pass pass_of(const AmbitPackedModel *packed, const AmbitTokens *tokens,
                    AmbitActivations *activations, const AmbitGradient *gradient)
{
    return (Pass){
        packed,      &packed->kernels, packed->model->block, attention_of(packed->model, tokens),
        activations, gradient};
}

static void add_positions(const Pass *pass, const AmbitTokens *tokens, AmbitReal *stream)
{
    size_t width = pass->shape.width;
    const AmbitReal *table = ambit_model_positions(pass->packed->model);
    for (size_t b = 0; b < tokens->n_sequences; b++)
        for (size_t t = 0; t < tokens->n_tokens; t++, stream += width)
            pass->kernels->add(&pass->kernels->context, stream,
                               table + ambit_token_position(tokens, t) * width, width);
}

/* The matrix of a linear layer of block l, of forward products or of input gradients. */
static const AmbitMatrix *matrix_of(const Pass *pass, size_t l, size_t which, bool input_gradient)
{
    size_t layers = (size_t)pass->packed->model->settings.n_layer;
    return &pass->packed->matrices[((input_gradient ? layers : 0) + l) * N_LINEARS + which];
}

/* out [R][n_out] = x [R][n_in] · weight [n_in][n_out] + bias, and what else the epilogue says. */
static void linear(const Pass *pass, size_t l, size_t which, AmbitReal *out, const AmbitReal *x,
                   size_t rows, AmbitEpilogue epilogue)
{
    epilogue.bias = pass->p + pass->packed->model->layers[l].linears[which].bias;
    ambit_linear(pass->kernels, out, x, matrix_of(pass, l, which, false), rows, &epilogue);
}

/* dx = dout · weightᵀ, times `factor` unless NULL; to the gradient weight's, xᵀ·dout, and bias's,
 * Σ rows of dout. */
static void linear_backward(const Pass *pass, size_t l, size_t which, AmbitReal *dx,
                            const AmbitReal *factor, const AmbitReal *dout, const AmbitReal *x,
                            size_t rows)
{
    const Linear *linear = &pass->packed->model->layers[l].linears[which];
    const AmbitGradient *g = pass->gradient;
    ambit_linear(pass->kernels, dx, dout, matrix_of(pass, l, which, true), rows,
                 &(AmbitEpilogue){.factor = factor});
    pass->kernels->sum_rows(&pass->kernels->context, pass->all->dsmall, dout, rows, linear->n_out);
    if (ambit_gradient_begin(g)) {
        pass->kernels->matmul(&pass->kernels->context, g->block + linear->weight, x, dout,
                              linear->n_in, linear->n_out, rows, true, false, g->before);
        ambit_gradient_add(g, pass->kernels, linear->bias, pass->all->dsmall, linear->n_out);
        ambit_gradient_end(g);
    }
}

/* The layer norm before attention or the MLP of x: cheaper for backward to make again than to keep.
 */
static const AmbitReal *norm(const Pass *pass, const AmbitReal *x, size_t gain, size_t bias,
                             size_t rows)
{
    const AmbitActivations *all = pass->all;
    pass->kernels->layer_norm_forward(&pass->kernels->context, all->normed, all->normed_mean,
                                      all->normed_rstd, x, pass->p + gain, pass->p + bias, rows,
                                      pass->shape.width);
    return all->normed;
}

/* dx is added to. */
static void norm_backward(const Pass *pass, AmbitReal *dx, size_t gain, size_t bias,
                          const AmbitReal *dout, const AmbitReal *x, const AmbitReal *mean,
                          const AmbitReal *rstd, size_t rows)
{
    size_t width = pass->shape.width;
    AmbitReal *dgain = pass->all->dsmall, *dbias = dgain + width;
    pass->kernels->layer_norm_backward(&pass->kernels->context, dx, dgain, dbias, dout, x, mean,
                                       rstd, pass->p + gain, rows, width);
    if (ambit_gradient_begin(pass->gradient)) {
        ambit_gradient_add(pass->gradient, pass->kernels, gain, dgain, width);
        ambit_gradient_add(pass->gradient, pass->kernels, bias, dbias, width);
        ambit_gradient_end(pass->gradient);
    }
}

/* Reads residual1 of block l, leaves the block's output in `out`: of all tokens, or, with
 * `narrowed`, of those of it that are read. */
static void block_forward(const Pass *pass, size_t l, const AmbitTokens *narrowed, AmbitReal *out)
{
    const Layer *layer = &pass->packed->model->layers[l];
    const LayerActivations *a = &pass->all->layers[l];
    const AmbitReal *attended = a->attended, *residual = a->residual1;
    size_t width = pass->shape.width, rows = pass->shape.n_sequences * pass->shape.n_tokens;
    linear(pass, l, QKV, a->qkv, norm(pass, residual, layer->norm1_gain, layer->norm1_bias, rows),
           rows, (AmbitEpilogue){0});
    pass->kernels->attention_forward(&pass->kernels->context, a->attended, a->log_sum, a->qkv,
                                     &pass->shape, pass->all->scratch);
    if (narrowed) {
        gather(out, attended, narrowed, width);
        gather(pass->all->normed, residual, narrowed, width);
        attended = out;
        residual = pass->all->normed;
        rows = narrowed->n_sequences * narrowed->n_read;
    }
    linear(pass, l, PROJ, a->residual2, attended, rows, (AmbitEpilogue){.residual = residual});
    linear(pass, l, FC, a->hidden,
           norm(pass, a->residual2, layer->norm2_gain, layer->norm2_bias, rows), rows,
           (AmbitEpilogue){.gelu = true, .slope = a->slope});
    linear(pass, l, OUT, out, a->hidden, rows, (AmbitEpilogue){.residual = a->residual2});
}

void ambit_trunk_forward(const AmbitPackedModel *packed, const AmbitTokens *tokens,
                         AmbitActivations *a)
{
    const AmbitModel *model = packed->model;
    const Pass pass = pass_of(packed, tokens, a, NULL);
    size_t layers = (size_t)model->settings.n_layer;
    add_positions(&pass, tokens, a->layers[0].residual1);
    for (size_t l = 0; l < layers; l++) {
        bool last = l + 1 == layers;
        block_forward(&pass, l, last && tokens->read ? tokens : NULL,
                      last ? a->stream : a->layers[l + 1].residual1);
    }
    pass.kernels->layer_norm_forward(&pass.kernels->context, a->norm, a->mean, a->rstd, a->stream,
                                     pass.p + model->norm_gain, pass.p + model->norm_bias,
                                     tokens->n_sequences * ambit_token_reads(tokens),
                                     pass.shape.width);
}

/* dstream: gradient of the block's output on entry, of its input on return; narrowed: as forward
 * had it. */
static void block_backward(const Pass *pass, size_t l, const AmbitTokens *narrowed)
{
    const Layer *layer = &pass->packed->model->layers[l];
    const LayerActivations *a = &pass->all->layers[l];
    const AmbitReal *attended = a->attended;
    size_t width = pass->shape.width, all_rows = pass->shape.n_sequences * pass->shape.n_tokens;
    size_t rows = narrowed ? narrowed->n_sequences * narrowed->n_read : all_rows;
    AmbitReal *dstream = pass->all->dstream, *dnorm = pass->all->dnorm, *dwide = pass->all->dwide;
    // out = residual2 + gelu(norm2·fc + …)·out_weight + …
    linear_backward(pass, l, OUT, dwide, a->slope, dstream, a->hidden, rows);
    linear_backward(pass, l, FC, dnorm, NULL, dwide,
                    norm(pass, a->residual2, layer->norm2_gain, layer->norm2_bias, rows), rows);
    norm_backward(pass, dstream, layer->norm2_gain, layer->norm2_bias, dnorm, a->residual2,
                  pass->all->normed_mean, pass->all->normed_rstd, rows);
    // residual2 = residual1 + attention(norm1·qkv_weight + …)·proj_weight + …
    if (narrowed) {
        gather(dwide, attended, narrowed, width);
        attended = dwide;
    }
    linear_backward(pass, l, PROJ, dnorm, NULL, dstream, attended, rows);
    if (narrowed) {
        scatter(dnorm, narrowed, width);
        scatter(dstream, narrowed, width);
    }
    pass->kernels->attention_backward(&pass->kernels->context, dwide, dnorm, a->attended, a->qkv,
                                      a->log_sum, &pass->shape, pass->all->scratch);
    linear_backward(pass, l, QKV, dnorm, NULL, dwide,
                    norm(pass, a->residual1, layer->norm1_gain, layer->norm1_bias, all_rows),
                    all_rows);
    norm_backward(pass, dstream, layer->norm1_gain, layer->norm1_bias, dnorm, a->residual1,
                  pass->all->normed_mean, pass->all->normed_rstd, all_rows);
}

/* The position table's gradient: sums of dstream over sequences, in order. */
static void positions_backward(const Pass *pass, const AmbitTokens *tokens)
{
    const AmbitModel *model = pass->packed->model;
    const AmbitGradient *gradient = pass->gradient;
    if (model->sinusoids || !ambit_gradient_begin(gradient))
        return;
    size_t width = pass->shape.width;
    const AmbitReal *dstream = pass->all->dstream;
    AmbitReal *dtable = gradient->block + model->positions;
    if (!gradient->before)
        memset(dtable, 0, 2 * (size_t)model->settings.n_positions * width * sizeof *dtable);
    for (size_t b = 0; b < tokens->n_sequences; b++)
        for (size_t t = 0; t < tokens->n_tokens; t++, dstream += width)
            pass->kernels->add(&pass->kernels->context,
                               dtable + ambit_token_position(tokens, t) * width, dstream, width);
    ambit_gradient_end(gradient);
}

void ambit_trunk_backward(const AmbitPackedModel *packed, const AmbitTokens *tokens,
                          AmbitActivations *a, const AmbitGradient *gradient)
{
    const AmbitModel *model = packed->model;
    const Pass pass = pass_of(packed, tokens, a, gradient);
    size_t layers = (size_t)model->settings.n_layer;
    size_t rows = tokens->n_sequences * ambit_token_reads(tokens);
    memset(a->dstream, 0, rows * pass.shape.width * sizeof *a->dstream);
    norm_backward(&pass, a->dstream, model->norm_gain, model->norm_bias, a->dnorm, a->stream,
                  a->mean, a->rstd, rows);
    for (size_t l = layers; l-- > 0;)
        block_backward(&pass, l, l + 1 == layers && tokens->read ? tokens : NULL);
    positions_backward(&pass, tokens);
}
