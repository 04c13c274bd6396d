// SPDX-License-Identifier: MIT
// The trunk: positions, layers and, with pre-norm, a final layer norm. A layer is attention and an
// MLP, each a branch that is added to the residual stream. With pre-norm (Radford et al. 2019,
// §2.3) the branches read normed rows; with post-norm (Vaswani et al. 2017, §3.1) each sum is
// normed. The trunk does not know what the vectors of the residual stream mean.
#include "model.h"

#include <math.h>
#include <string.h>

/* Places of dropout: after positions, and in each layer, which has DROP_WEIGHTS + H of them: both
 * branches before they are added, inside the MLP, and the weights of each head. */
enum { DROP_EMBEDDED, DROP_LAYERS };
enum { DROP_ATTENTION, DROP_MLP, DROP_HIDDEN, DROP_WEIGHTS };

/* A pass over the trunk, and the layer where the pass is. */
typedef struct Trunk {
    const AmbitPass *pass;
    const AmbitKernels *kernels;
    const AmbitModel *model;
    AmbitActivations *all;
    size_t width, n_rows, n_scored;
    bool post;            // norm
    AmbitDropout dropout; // threshold 0: none
    const Layer *layer;
    const LayerActivations *own; // of the layer
    AmbitAttention shape;
    AmbitDropout weights; // dropout of attention weights, in `shape`
    uint32_t place;       // the layer's first one of dropout
    bool narrowed;        // after the layer's attention, only the scored rows are computed
    size_t rows;          // after attention: S if narrowed, R otherwise
} Trunk;

static Trunk trunk_of(const AmbitPass *pass, AmbitActivations *activations)
{
    const AmbitTrunkSettings *settings = &pass->settings->trunk;
    const AmbitBatch *batch = pass->batch;
    size_t width = (size_t)settings->n_embd;
    double dropout = batch->dropout ? settings->dropout : 0;
    return (Trunk){.pass = pass,
                   .kernels = pass->kernels,
                   .model = pass->packed->model,
                   .all = activations,
                   .width = width,
                   .n_rows = ambit_batch_rows(batch),
                   .n_scored = ambit_batch_scored(batch),
                   .post = settings->norm == AMBIT_NORM_POST,
                   .dropout = {.key = dropout > 0 ? *batch->dropout : batch->key,
                               .sequence = (uint32_t)batch->first,
                               .threshold = (uint32_t)lround(65536 * dropout)},
                   .shape = {.n_sequences = batch->n_sequences,
                             .offset = batch->offset,
                             .prefix = batch->prefix,
                             .seen = batch->seen,
                             .longest = activations->sizes.longest,
                             .n_heads = (size_t)settings->n_head,
                             .width = width}};
}

static void turn_to_layer(Trunk *t, size_t l)
{
    t->layer = &t->model->layers[l];
    t->own = &t->all->layers[l];
    t->place = (uint32_t)(DROP_LAYERS + l * (DROP_WEIGHTS + t->shape.n_heads));
    t->weights = t->dropout;
    t->weights.place = t->place + DROP_WEIGHTS;
    t->shape.dropout = t->dropout.threshold ? &t->weights : NULL;
    t->narrowed = l + 1 == (size_t)t->pass->settings->trunk.n_layer && t->pass->batch->scored;
    t->rows = t->narrowed ? t->n_scored : t->n_rows;
}

/* Drops elements of x [rows][width]: out = factor·x, which may be x, and slope *= factor unless
 * NULL. Rows are those of the batch or, if `narrowed`, the scored rows. The numbers of a sequence
 * depend on its index, not on the shard. */
static void drop(const Trunk *t, uint32_t place, bool narrowed, AmbitReal *out, AmbitReal *slope,
                 const AmbitReal *x, size_t width)
{
    const AmbitBatch *batch = t->pass->batch;
    AmbitDropout dropout = t->dropout;
    dropout.place = place;
    for (size_t b = 0, first = 0, end; dropout.threshold && b < batch->n_sequences; b++) {
        for (end = first; end < (narrowed ? t->n_scored : t->n_rows); end++)
            if ((narrowed ? batch->scored[end] : end) >= batch->offset[b + 1])
                break;
        t->kernels->dropout(&t->kernels->context, out + first * width,
                            slope ? slope + first * width : NULL, x + first * width,
                            (end - first) * width, &dropout);
        dropout.sequence++;
        first = end;
    }
}

/* to.rows = norm of x [rows][E]. */
static const AmbitReal *norm_forward(const Trunk *t, Normed to, const AmbitReal *x, Norm norm,
                                     size_t rows)
{
    t->kernels->layer_norm_forward(&t->kernels->context, to.rows, to.mean, to.rstd, x,
                                   ambit_pass_parameters(t->pass, norm.gain),
                                   ambit_pass_parameters(t->pass, norm.bias), rows, t->width);
    return to.rows;
}

/* Adds the gradient of x to dx, and the gradients of gain and bias to the shared gradient. */
static void norm_backward(const Trunk *t, AmbitReal *dx, Norm norm, const AmbitReal *dout,
                          const AmbitReal *x, Normed from, size_t rows)
{
    AmbitReal *dgain = t->all->small, *dbias = dgain + t->width;
    t->kernels->layer_norm_backward(&t->kernels->context, dx, dgain, dbias, dout, x, from.mean,
                                    from.rstd, ambit_pass_parameters(t->pass, norm.gain), rows,
                                    t->width);
    ambit_gradient_add(t->pass->gradient, t->kernels, norm.gain, dgain);
    ambit_gradient_add(t->pass->gradient, t->kernels, norm.bias, dbias);
}

/* out [S][E]: the scored rows of x [R][E]. */
static void gather(const Trunk *t, AmbitReal *out, const AmbitReal *x)
{
    t->kernels->gather_rows(&t->kernels->context, out, x, t->pass->batch->scored, t->n_scored,
                            t->width);
}

/* The end of a branch: out = residual + factors of dropout · (x · weight + bias). */
static void add_branch(const Trunk *t, AmbitLinear linear, AmbitReal *out, const AmbitReal *x,
                       const AmbitReal *residual, uint32_t place)
{
    bool drops = t->dropout.threshold;
    ambit_pass_linear(t->pass, linear, out, x, t->rows,
                      (AmbitEpilogue){.residual = drops ? NULL : residual});
    if (drops) {
        drop(t, t->place + place, t->narrowed, out, NULL, out, t->width);
        t->kernels->add(&t->kernels->context, out, residual, t->rows * t->width);
    }
}

/* The gradient of what a branch adds, before dropout. */
static const AmbitReal *branch_gradient(const Trunk *t, const AmbitReal *dout, uint32_t place)
{
    if (!t->dropout.threshold)
        return dout;
    drop(t, t->place + place, t->narrowed, t->all->dropped, NULL, dout, t->width);
    return t->all->dropped;
}

/* Writes residual2 = residual1 + the attention branch of x [R][E], which may be residual1. If
 * `narrowed`, only for the scored rows, gathered in `scratch` [S][E]. */
static void attention(const Trunk *t, const AmbitReal *x, AmbitReal *scratch)
{
    const AmbitReal *attended = t->own->attended, *residual = t->own->residual1;
    // residual2 = residual1 + factors · (attention(x·qkv_weight + …)·proj_weight + …)
    ambit_pass_linear(t->pass, t->layer->qkv, t->own->qkv, x, t->n_rows, (AmbitEpilogue){0});
    t->kernels->attention_forward(&t->kernels->context, t->own->attended, t->own->log_sum,
                                  t->own->qkv, &t->shape, t->all->scratch);
    if (t->narrowed) {
        gather(t, scratch, attended);
        gather(t, t->all->normed.rows, residual);
        attended = scratch;
        residual = t->all->normed.rows;
    }
    add_branch(t, t->layer->proj, t->own->residual2, attended, residual, DROP_ATTENTION);
}

/* Overwrites dx by the gradient of x, for all rows; dout is that of residual2. Rows of dout that
 * are not scored become 0. */
static void attention_backward(const Trunk *t, AmbitReal *dx, AmbitReal *dout, const AmbitReal *x)
{
    const AmbitKernels *kernels = t->kernels;
    const AmbitReal *attended = t->own->attended;
    AmbitReal *dwide = t->all->dwide;
    // residual2 = residual1 + factors · (attention(x·qkv_weight + …)·proj_weight + …)
    if (t->narrowed) {
        gather(t, dwide, attended);
        attended = dwide;
    }
    ambit_pass_linear_backward(t->pass, t->layer->proj, dx, NULL,
                               branch_gradient(t, dout, DROP_ATTENTION), attended, t->rows);
    if (t->narrowed) { // in place: the scored rows move to their indices
        const size_t *scored = t->pass->batch->scored;
        kernels->scatter_rows(&kernels->context, dx, scored, t->n_scored, t->n_rows, t->width);
        kernels->scatter_rows(&kernels->context, dout, scored, t->n_scored, t->n_rows, t->width);
    }
    kernels->attention_backward(&kernels->context, dwide, dx, t->own->attended, t->own->qkv,
                                t->own->log_sum, &t->shape, t->all->scratch);
    ambit_pass_linear_backward(t->pass, t->layer->qkv, dx, NULL, dwide, x, t->n_rows);
}

/* out = residual + the MLP branch of x [rows][E]. */
static void mlp(const Trunk *t, AmbitReal *out, const AmbitReal *x, const AmbitReal *residual)
{
    const AmbitTrunkSettings *settings = &t->pass->settings->trunk;
    bool relu = settings->activation == AMBIT_ACTIVATION_RELU;
    // out = residual + factors · (factors · activation(x·fc + …)·out_weight + …)
    ambit_pass_linear(
        t->pass, t->layer->fc, t->own->hidden, x, t->rows,
        (AmbitEpilogue){.activation = relu ? AMBIT_RELU : AMBIT_GELU, .slope = t->own->slope});
    drop(t, t->place + DROP_HIDDEN, t->narrowed, t->own->hidden, t->own->slope, t->own->hidden,
         (size_t)settings->n_inner);
    add_branch(t, t->layer->out, out, t->own->hidden, residual, DROP_MLP);
}

/* Overwrites dx by the gradient of x. */
static void mlp_backward(const Trunk *t, AmbitReal *dx, const AmbitReal *dout, const AmbitReal *x)
{
    // out = residual + factors · (factors · activation(x·fc + …)·out_weight + …)
    ambit_pass_linear_backward(t->pass, t->layer->out, t->all->dwide, t->own->slope,
                               branch_gradient(t, dout, DROP_MLP), t->own->hidden, t->rows);
    ambit_pass_linear_backward(t->pass, t->layer->fc, dx, NULL, t->all->dwide, x, t->rows);
}

/* Reads residual1 and writes the layer's output to `out`. */
static void layer_forward(const Trunk *t, AmbitReal *out)
{
    const Layer *layer = t->layer;
    const LayerActivations *own = t->own;
    const Normed normed = t->all->normed;
    if (!t->post) {
        // out = residual2 + mlp(norm2(residual2)), residual2 = x + attention(norm1(x))
        attention(t, norm_forward(t, normed, own->residual1, layer->norm1, t->n_rows), out);
        mlp(t, out, norm_forward(t, normed, own->residual2, layer->norm2, t->rows), own->residual2);
        return;
    }
    // out = norm2(y + mlp(y)), y = norm1(x + attention(x))
    attention(t, own->residual1, own->residual3);
    const AmbitReal *y = norm_forward(t, normed, own->residual2, layer->norm1, t->rows);
    mlp(t, own->residual3, y, y);
    norm_forward(t, (Normed){out, own->mean, own->rstd}, own->residual3, layer->norm2, t->rows);
}

/* On entry dstream is the gradient of the layer's output, on return that of the layer's input.
 * Norms before branches are computed again, which is cheaper than keeping them. */
static void layer_backward(const Trunk *t)
{
    const Layer *layer = t->layer;
    const LayerActivations *own = t->own;
    const Normed normed = t->all->normed;
    AmbitReal *dstream = t->all->dstream, *dsum = t->all->dnorm;
    size_t size = t->rows * t->width;
    const AmbitReal *x;
    if (!t->post) {
        // out = residual2 + mlp(norm2(residual2))
        x = norm_forward(t, normed, own->residual2, layer->norm2, t->rows);
        mlp_backward(t, dsum, dstream, x);
        norm_backward(t, dstream, layer->norm2, dsum, own->residual2, normed, t->rows);
        // residual2 = x + attention(norm1(x))
        x = norm_forward(t, normed, own->residual1, layer->norm1, t->n_rows);
        attention_backward(t, dsum, dstream, x);
        norm_backward(t, dstream, layer->norm1, dsum, own->residual1, normed, t->n_rows);
        return;
    }
    // out = norm2(y + mlp(y))
    memset(dsum, 0, size * sizeof *dsum);
    norm_backward(t, dsum, layer->norm2, dstream, own->residual3,
                  (Normed){NULL, own->mean, own->rstd}, t->rows);
    x = norm_forward(t, normed, own->residual2, layer->norm1, t->rows);
    mlp_backward(t, dstream, dsum, x);
    t->kernels->add(&t->kernels->context, dstream, dsum, size);
    // y = norm1(x + attention(x))
    memset(dsum, 0, size * sizeof *dsum);
    norm_backward(t, dsum, layer->norm1, dstream, own->residual2, normed, t->rows);
    attention_backward(t, dstream, dsum, own->residual1);
    t->kernels->add(&t->kernels->context, dstream, dsum, t->n_rows * t->width);
}

void ambit_trunk_forward(const AmbitPass *pass, AmbitActivations *a)
{
    Trunk t = trunk_of(pass, a);
    size_t layers = (size_t)pass->settings->trunk.n_layer;
    AmbitReal *embedded = a->layers[0].residual1;
    // stream = factors · (embedded row + position)
    t.kernels->add_rows(&t.kernels->context, embedded, t.model->position_table,
                        pass->batch->position, t.n_rows, t.width);
    drop(&t, DROP_EMBEDDED, false, embedded, NULL, embedded, t.width);
    for (size_t l = 0; l < layers; l++) {
        AmbitReal *result = t.post ? a->result.rows : a->stream;
        turn_to_layer(&t, l);
        layer_forward(&t, l + 1 < layers ? a->layers[l + 1].residual1 : result);
    }
    // result = norm(stream), with pre-norm
    if (!t.post)
        norm_forward(&t, a->result, a->stream, t.model->norm, t.n_scored);
}

void ambit_trunk_backward(const AmbitPass *pass, AmbitActivations *a)
{
    Trunk t = trunk_of(pass, a);
    size_t size = t.n_scored * t.width * sizeof *a->dstream;
    // result = norm(stream), with pre-norm
    if (t.post)
        memcpy(a->dstream, a->dnorm, size);
    else {
        memset(a->dstream, 0, size);
        norm_backward(&t, a->dstream, t.model->norm, a->dnorm, a->stream, a->result, t.n_scored);
    }
    for (size_t l = (size_t)pass->settings->trunk.n_layer; l-- > 0;) {
        turn_to_layer(&t, l);
        layer_backward(&t);
    }
    // stream = factors · (embedded row + position)
    drop(&t, DROP_EMBEDDED, false, a->dstream, NULL, a->dstream, t.width);
    if (t.model->sinusoids)
        return;
    bool accumulate;
    const size_t positions = t.model->positions;
    AmbitReal *dtable = ambit_gradient_begin(pass->gradient, positions, &accumulate);
    if (!dtable)
        return;
    if (!accumulate)
        memset(dtable, 0, t.model->tensors[positions].count * sizeof *dtable);
    t.kernels->accumulate_rows(&t.kernels->context, dtable, a->dstream, pass->batch->position,
                               t.n_rows, t.width);
    ambit_gradient_end(pass->gradient, positions);
}
