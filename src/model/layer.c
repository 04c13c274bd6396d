// SPDX-License-Identifier: MIT
// A layer of the trunk: attention and MLP, each a branch that is added to the residual stream. With
// pre-norm (Radford et al. 2019, §2.3) the branches read normed rows; with post-norm (Vaswani et
// al. 2017, §3.1) each sum is normed.
#include "trunk.h"

#include <string.h>

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

/* dx = dout · weightᵀ, times `factor` unless NULL; dweight = xᵀ · dout, dbias = Σ rows of dout. */
static void linear_backward(const Trunk *t, AmbitLinear layer, AmbitReal *dx,
                            const AmbitReal *factor, const AmbitReal *dout, const AmbitReal *x,
                            size_t rows)
{
    ambit_pass_linear_input(t->pass, layer.weight, dx, dout, rows, factor);
    ambit_pass_linear_gradient(t->pass, layer, dout, x, rows);
}

/* A layer norm of x [rows][E]. Backward computes it again, which is cheaper than keeping it. */
static const AmbitReal *normed(const Trunk *t, const AmbitReal *x, Norm norm, size_t rows)
{
    const AmbitActivations *a = t->all;
    t->kernels->layer_norm_forward(&t->kernels->context, a->normed, a->normed_mean, a->normed_rstd,
                                   x, ambit_pass_parameters(t->pass, norm.gain),
                                   ambit_pass_parameters(t->pass, norm.bias), rows, t->width);
    return a->normed;
}

void ambit_norm_backward(const Trunk *t, AmbitReal *dx, Norm norm, const AmbitReal *dout,
                         const AmbitReal *x, const AmbitReal *mean, const AmbitReal *rstd,
                         size_t rows)
{
    AmbitReal *dgain = t->all->small, *dbias = dgain + t->width;
    t->kernels->layer_norm_backward(&t->kernels->context, dx, dgain, dbias, dout, x, mean, rstd,
                                    ambit_pass_parameters(t->pass, norm.gain), rows, t->width);
    ambit_gradient_add(t->pass->gradient, t->kernels, norm.gain, dgain);
    ambit_gradient_add(t->pass->gradient, t->kernels, norm.bias, dbias);
}

/* The gradient of the norm that `normed` computed last. */
static void normed_backward(const Trunk *t, AmbitReal *dx, Norm norm, const AmbitReal *dout,
                            const AmbitReal *x, size_t rows)
{
    ambit_norm_backward(t, dx, norm, dout, x, t->all->normed_mean, t->all->normed_rstd, rows);
}

static uint32_t place_of(const Trunk *t, size_t l, uint32_t place)
{
    return (uint32_t)(AMBIT_DROP_LAYERS + l * (AMBIT_DROP_WEIGHTS + t->shape.n_heads) + place);
}

/* The end of a branch: out = residual + factors of dropout · (x · weight + bias). */
static void add_branch(const Trunk *t, AmbitLinear layer, AmbitReal *out, const AmbitReal *x,
                       const AmbitReal *residual, uint32_t place, bool narrowed)
{
    size_t rows = narrowed ? t->n_scored : t->rows;
    if (!t->dropout.threshold) {
        ambit_pass_linear(t->pass, layer, out, x, rows, (AmbitEpilogue){.residual = residual});
        return;
    }
    ambit_pass_linear(t->pass, layer, out, x, rows, (AmbitEpilogue){0});
    ambit_trunk_drop(t, place, narrowed, out, NULL, out, t->width);
    t->kernels->add(&t->kernels->context, out, residual, rows * t->width);
}

/* The gradient of what a branch adds, before dropout. */
static const AmbitReal *branch_gradient(const Trunk *t, const AmbitReal *dout, uint32_t place,
                                        bool narrowed)
{
    if (!t->dropout.threshold)
        return dout;
    ambit_trunk_drop(t, place, narrowed, t->all->dropped, NULL, dout, t->width);
    return t->all->dropped;
}

/* The attention of layer l, with dropout of its weights. `dropout` holds it. */
static AmbitAttention shape_of(const Trunk *t, size_t l, AmbitDropout *dropout)
{
    AmbitAttention shape = t->shape;
    *dropout = t->dropout;
    dropout->place = place_of(t, l, AMBIT_DROP_WEIGHTS);
    shape.dropout = dropout->threshold ? dropout : NULL;
    return shape;
}

static bool is_post(const Trunk *t)
{
    return t->model->settings.trunk.norm == AMBIT_NORM_POST;
}

/* Writes residual2 = residual1 + the attention branch of x [R][E], which may be residual1. If
 * `narrowed`, only for the scored rows, gathered in `scratch` [S][E]. */
static void attention(const Trunk *t, size_t l, bool narrowed, const AmbitReal *x,
                      AmbitReal *scratch)
{
    const Layer *layer = &t->model->layers[l];
    const LayerActivations *a = &t->all->layers[l];
    const AmbitReal *attended = a->attended, *residual = a->residual1;
    AmbitDropout dropout;
    const AmbitAttention shape = shape_of(t, l, &dropout);
    // residual2 = residual1 + attention(x·qkv_weight + …)·proj_weight + …
    ambit_pass_linear(t->pass, layer->qkv, a->qkv, x, t->rows, (AmbitEpilogue){0});
    t->kernels->attention_forward(&t->kernels->context, a->attended, a->log_sum, a->qkv, &shape,
                                  t->all->scratch);
    if (narrowed) {
        gather(t, scratch, attended);
        gather(t, t->all->normed, residual);
        attended = scratch;
        residual = t->all->normed;
    }
    add_branch(t, layer->proj, a->residual2, attended, residual,
               place_of(t, l, AMBIT_DROP_ATTENTION), narrowed);
}

/* Overwrites dx by the gradient of x, for all rows; dout is that of residual2. Rows of dout that
 * are not scored become 0. */
static void attention_backward(const Trunk *t, size_t l, bool narrowed, AmbitReal *dx,
                               AmbitReal *dout, const AmbitReal *x)
{
    const Layer *layer = &t->model->layers[l];
    const LayerActivations *a = &t->all->layers[l];
    const AmbitReal *attended = a->attended;
    AmbitReal *dwide = t->all->dwide;
    AmbitDropout dropout;
    const AmbitAttention shape = shape_of(t, l, &dropout);
    // residual2 = residual1 + attention(x·qkv_weight + …)·proj_weight + …
    if (narrowed) {
        gather(t, dwide, attended);
        attended = dwide;
    }
    linear_backward(t, layer->proj, dx, NULL,
                    branch_gradient(t, dout, place_of(t, l, AMBIT_DROP_ATTENTION), narrowed),
                    attended, narrowed ? t->n_scored : t->rows);
    if (narrowed) {
        scatter(t, dx);
        scatter(t, dout);
    }
    t->kernels->attention_backward(&t->kernels->context, dwide, dx, a->attended, a->qkv, a->log_sum,
                                   &shape, t->all->scratch);
    linear_backward(t, layer->qkv, dx, NULL, dwide, x, t->rows);
}

/* out = residual + the MLP branch of x [rows][E]. */
static void mlp(const Trunk *t, size_t l, bool narrowed, AmbitReal *out, const AmbitReal *x,
                const AmbitReal *residual)
{
    size_t rows = narrowed ? t->n_scored : t->rows;
    const Layer *layer = &t->model->layers[l];
    const LayerActivations *a = &t->all->layers[l];
    bool relu = t->model->settings.trunk.activation == AMBIT_ACTIVATION_RELU;
    // out = residual + factors · (factors · activation(x·fc + …)·out_weight + …)
    ambit_pass_linear(
        t->pass, layer->fc, a->hidden, x, rows,
        (AmbitEpilogue){.activation = relu ? AMBIT_RELU : AMBIT_GELU, .slope = a->slope});
    ambit_trunk_drop(t, place_of(t, l, AMBIT_DROP_HIDDEN), narrowed, a->hidden, a->slope, a->hidden,
                     ambit_model_inner_width(&t->model->settings.trunk));
    add_branch(t, layer->out, out, a->hidden, residual, place_of(t, l, AMBIT_DROP_MLP), narrowed);
}

/* Overwrites dx by the gradient of x. */
static void mlp_backward(const Trunk *t, size_t l, bool narrowed, AmbitReal *dx,
                         const AmbitReal *dout, const AmbitReal *x)
{
    size_t rows = narrowed ? t->n_scored : t->rows;
    const Layer *layer = &t->model->layers[l];
    const LayerActivations *a = &t->all->layers[l];
    // out = residual + factors · (factors · activation(x·fc + …)·out_weight + …)
    linear_backward(t, layer->out, t->all->dwide, a->slope,
                    branch_gradient(t, dout, place_of(t, l, AMBIT_DROP_MLP), narrowed), a->hidden,
                    rows);
    linear_backward(t, layer->fc, dx, NULL, t->all->dwide, x, rows);
}

void ambit_layer_forward(const Trunk *t, size_t l, bool narrowed, AmbitReal *out)
{
    const Layer *layer = &t->model->layers[l];
    const LayerActivations *a = &t->all->layers[l];
    size_t rows = narrowed ? t->n_scored : t->rows;
    if (!is_post(t)) {
        // out = residual2 + mlp(norm2(residual2)), residual2 = x + attention(norm1(x))
        attention(t, l, narrowed, normed(t, a->residual1, layer->norm1, t->rows), out);
        mlp(t, l, narrowed, out, normed(t, a->residual2, layer->norm2, rows), a->residual2);
        return;
    }
    // out = norm2(y + mlp(y)), y = norm1(x + attention(x))
    attention(t, l, narrowed, a->residual1, a->residual3);
    const AmbitReal *y = normed(t, a->residual2, layer->norm1, rows);
    mlp(t, l, narrowed, a->residual3, y, y);
    t->kernels->layer_norm_forward(&t->kernels->context, out, a->mean, a->rstd, a->residual3,
                                   ambit_pass_parameters(t->pass, layer->norm2.gain),
                                   ambit_pass_parameters(t->pass, layer->norm2.bias), rows,
                                   t->width);
}

static void pre_backward(const Trunk *t, size_t l, bool narrowed, size_t rows)
{
    const Layer *layer = &t->model->layers[l];
    const LayerActivations *a = &t->all->layers[l];
    AmbitReal *dstream = t->all->dstream, *dnorm = t->all->dnorm;
    // out = residual2 + mlp(norm2(residual2))
    mlp_backward(t, l, narrowed, dnorm, dstream, normed(t, a->residual2, layer->norm2, rows));
    normed_backward(t, dstream, layer->norm2, dnorm, a->residual2, rows);
    // residual2 = x + attention(norm1(x))
    attention_backward(t, l, narrowed, dnorm, dstream,
                       normed(t, a->residual1, layer->norm1, t->rows));
    normed_backward(t, dstream, layer->norm1, dnorm, a->residual1, t->rows);
}

static void post_backward(const Trunk *t, size_t l, bool narrowed, size_t rows)
{
    const Layer *layer = &t->model->layers[l];
    const LayerActivations *a = &t->all->layers[l];
    AmbitReal *dstream = t->all->dstream, *dsum = t->all->dnorm;
    size_t size = rows * t->width * sizeof *dsum;
    // out = norm2(y + mlp(y))
    memset(dsum, 0, size);
    ambit_norm_backward(t, dsum, layer->norm2, dstream, a->residual3, a->mean, a->rstd, rows);
    mlp_backward(t, l, narrowed, dstream, dsum, normed(t, a->residual2, layer->norm1, rows));
    t->kernels->add(&t->kernels->context, dstream, dsum, rows * t->width);
    // y = norm1(x + attention(x))
    memset(dsum, 0, size);
    normed_backward(t, dsum, layer->norm1, dstream, a->residual2, rows);
    attention_backward(t, l, narrowed, dstream, dsum, a->residual1);
    t->kernels->add(&t->kernels->context, dstream, dsum, t->rows * t->width);
}

void ambit_layer_backward(const Trunk *t, size_t l, bool narrowed)
{
    size_t rows = narrowed ? t->n_scored : t->rows;
    if (is_post(t))
        post_backward(t, l, narrowed, rows);
    else
        pre_backward(t, l, narrowed, rows);
}
