// SPDX-License-Identifier: MIT
// The trunk of GPT-2 (Radford et al. 2019, §2.3): positions, pre-layer-norm layers, final layer
// norm. The trunk does not know what the vectors of the residual stream mean.
#include "model.h"

#include <string.h>

/* What all layers read in one pass. */
typedef struct Trunk {
    const AmbitPass *pass;
    const AmbitKernels *kernels;
    const AmbitModel *model;
    AmbitActivations *all;
    AmbitAttention shape;
    size_t width, rows, n_scored;
} Trunk;

static Trunk trunk_of(const AmbitPass *pass, AmbitActivations *activations)
{
    const AmbitModel *model = pass->packed->model;
    const AmbitBatch *batch = pass->batch;
    size_t width = (size_t)model->settings.trunk.n_embd;
    return (Trunk){.pass = pass,
                   .kernels = pass->kernels,
                   .model = model,
                   .all = activations,
                   .shape = {.n_sequences = batch->n_sequences,
                             .offset = batch->offset,
                             .prefix = batch->prefix,
                             .seen = batch->seen,
                             .longest = activations->sizes.longest,
                             .n_heads = (size_t)model->settings.trunk.n_head,
                             .width = width},
                   .width = width,
                   .rows = ambit_batch_rows(batch),
                   .n_scored = ambit_batch_scored(batch)};
}

/* out [S][E]: the scored rows of x [R][E]. */
static void gather(const Trunk *t, AmbitReal *out, const AmbitReal *x)
{
    t->kernels->gather_rows(&t->kernels->context, out, x, t->pass->batch->scored, t->n_scored,
                            t->width);
}

/* x [S][E] → [R][E], in place: the scored rows move to their indices, all other rows become 0. */
static void scatter(const Trunk *t, AmbitReal *x)
{
    t->kernels->scatter_rows(&t->kernels->context, x, t->pass->batch->scored, t->n_scored, t->rows,
                             t->width);
}

static const AmbitReal *parameters(const Trunk *t, size_t tensor)
{
    return ambit_pass_parameters(t->pass, tensor);
}

/* out [rows][n_out] = x [rows][n_in] · weight + bias, then the rest of the epilogue. */
static void linear(const Trunk *t, Linear layer, AmbitReal *out, const AmbitReal *x, size_t rows,
                   AmbitEpilogue epilogue)
{
    epilogue.bias = parameters(t, layer.bias);
    ambit_pass_linear(t->pass, layer.weight, out, x, rows, &epilogue);
}

/* dx = dout · weightᵀ, times `factor` unless NULL; dweight = xᵀ · dout, dbias = Σ rows of dout. */
static void linear_backward(const Trunk *t, Linear layer, AmbitReal *dx, const AmbitReal *factor,
                            const AmbitReal *dout, const AmbitReal *x, size_t rows)
{
    ambit_pass_linear_input(t->pass, layer.weight, dx, dout, rows, factor);
    ambit_pass_linear_gradient(t->pass, layer.weight, layer.bias, dout, x, rows);
}

/* The layer norm of x [rows][E] before attention or the MLP. Backward computes it again, which is
 * cheaper than keeping it. */
static const AmbitReal *norm(const Trunk *t, const AmbitReal *x, size_t gain, size_t bias,
                             size_t rows)
{
    const AmbitActivations *a = t->all;
    t->kernels->layer_norm_forward(&t->kernels->context, a->normed, a->normed_mean, a->normed_rstd,
                                   x, parameters(t, gain), parameters(t, bias), rows, t->width);
    return a->normed;
}

/* Adds the gradient of x to dx, and the gradients of gain and bias to the shared gradient. */
static void norm_backward(const Trunk *t, AmbitReal *dx, size_t gain, size_t bias,
                          const AmbitReal *dout, const AmbitReal *x, const AmbitReal *mean,
                          const AmbitReal *rstd, size_t rows)
{
    AmbitReal *dgain = t->all->small, *dbias = dgain + t->width;
    t->kernels->layer_norm_backward(&t->kernels->context, dx, dgain, dbias, dout, x, mean, rstd,
                                    parameters(t, gain), rows, t->width);
    ambit_gradient_add(t->pass->gradient, t->kernels, gain, dgain);
    ambit_gradient_add(t->pass->gradient, t->kernels, bias, dbias);
}

/* Reads residual1 of layer l and writes the layer's output to `out`: for all rows or, if
 * `narrowed`, for the scored rows only. */
static void layer_forward(const Trunk *t, size_t l, bool narrowed, AmbitReal *out)
{
    const Layer *layer = &t->model->layers[l];
    const LayerActivations *a = &t->all->layers[l];
    const AmbitReal *attended = a->attended, *residual = a->residual1;
    size_t rows = t->rows;
    linear(t, layer->qkv, a->qkv, norm(t, residual, layer->norm1_gain, layer->norm1_bias, rows),
           rows, (AmbitEpilogue){0});
    t->kernels->attention_forward(&t->kernels->context, a->attended, a->log_sum, a->qkv, &t->shape,
                                  t->all->scratch);
    if (narrowed) {
        gather(t, out, attended);
        gather(t, t->all->normed, residual);
        attended = out;
        residual = t->all->normed;
        rows = t->n_scored;
    }
    linear(t, layer->proj, a->residual2, attended, rows, (AmbitEpilogue){.residual = residual});
    linear(t, layer->fc, a->hidden,
           norm(t, a->residual2, layer->norm2_gain, layer->norm2_bias, rows), rows,
           (AmbitEpilogue){.gelu = true, .slope = a->slope});
    linear(t, layer->out, out, a->hidden, rows, (AmbitEpilogue){.residual = a->residual2});
}

void ambit_trunk_forward(const AmbitPass *pass, AmbitActivations *a)
{
    const Trunk t = trunk_of(pass, a);
    size_t layers = (size_t)t.model->settings.trunk.n_layer;
    // stream = embedded row + position
    t.kernels->add_rows(&t.kernels->context, a->layers[0].residual1, ambit_model_positions(t.model),
                        pass->batch->position, t.rows, t.width);
    for (size_t l = 0; l < layers; l++) {
        bool last = l + 1 == layers;
        layer_forward(&t, l, last && pass->batch->scored,
                      last ? a->stream : a->layers[l + 1].residual1);
    }
    t.kernels->layer_norm_forward(&t.kernels->context, a->norm, a->mean, a->rstd, a->stream,
                                  parameters(&t, t.model->norm_gain),
                                  parameters(&t, t.model->norm_bias), t.n_scored, t.width);
}

/* On entry dstream is the gradient of the layer's output, on return that of the layer's input.
 * `narrowed` as in layer_forward. */
static void layer_backward(const Trunk *t, size_t l, bool narrowed)
{
    const Layer *layer = &t->model->layers[l];
    const LayerActivations *a = &t->all->layers[l];
    const AmbitReal *attended = a->attended;
    size_t rows = narrowed ? t->n_scored : t->rows;
    AmbitReal *dstream = t->all->dstream, *dnorm = t->all->dnorm, *dwide = t->all->dwide;
    // out = residual2 + gelu(norm2·fc + …)·out_weight + …
    linear_backward(t, layer->out, dwide, a->slope, dstream, a->hidden, rows);
    linear_backward(t, layer->fc, dnorm, NULL, dwide,
                    norm(t, a->residual2, layer->norm2_gain, layer->norm2_bias, rows), rows);
    norm_backward(t, dstream, layer->norm2_gain, layer->norm2_bias, dnorm, a->residual2,
                  t->all->normed_mean, t->all->normed_rstd, rows);
    // residual2 = residual1 + attention(norm1·qkv_weight + …)·proj_weight + …
    if (narrowed) {
        gather(t, dwide, attended);
        attended = dwide;
    }
    linear_backward(t, layer->proj, dnorm, NULL, dstream, attended, rows);
    if (narrowed) {
        scatter(t, dnorm);
        scatter(t, dstream);
    }
    t->kernels->attention_backward(&t->kernels->context, dwide, dnorm, a->attended, a->qkv,
                                   a->log_sum, &t->shape, t->all->scratch);
    linear_backward(t, layer->qkv, dnorm, NULL, dwide,
                    norm(t, a->residual1, layer->norm1_gain, layer->norm1_bias, t->rows), t->rows);
    norm_backward(t, dstream, layer->norm1_gain, layer->norm1_bias, dnorm, a->residual1,
                  t->all->normed_mean, t->all->normed_rstd, t->rows);
}

/* The position table's gradient: sums of dstream, row by row. */
static void positions_backward(const Trunk *t)
{
    bool accumulate;
    if (t->model->sinusoids)
        return;
    const AmbitGradient *gradient = t->pass->gradient;
    AmbitReal *dtable = ambit_gradient_begin(gradient, t->model->positions, &accumulate);
    if (!dtable)
        return;
    if (!accumulate)
        memset(dtable, 0, t->model->tensors[t->model->positions].count * sizeof *dtable);
    t->kernels->accumulate_rows(&t->kernels->context, dtable, t->all->dstream,
                                t->pass->batch->position, t->rows, t->width);
    ambit_gradient_end(gradient, t->model->positions);
}

void ambit_trunk_backward(const AmbitPass *pass, AmbitActivations *a)
{
    const Trunk t = trunk_of(pass, a);
    size_t layers = (size_t)t.model->settings.trunk.n_layer;
    memset(a->dstream, 0, t.n_scored * t.width * sizeof *a->dstream);
    norm_backward(&t, a->dstream, t.model->norm_gain, t.model->norm_bias, a->dnorm, a->stream,
                  a->mean, a->rstd, t.n_scored);
    for (size_t l = layers; l-- > 0;)
        layer_backward(&t, l, l + 1 == layers && pass->batch->scored);
    positions_backward(&t);
}
