// SPDX-License-Identifier: MIT
// The trunk: positions, layers and, with pre-norm, a final layer norm. The trunk does not know what
// the vectors of the residual stream mean.
#include "trunk.h"

#include <math.h>
#include <string.h>

static Trunk trunk_of(const AmbitPass *pass, AmbitActivations *activations)
{
    const AmbitModel *model = pass->packed->model;
    const AmbitBatch *batch = pass->batch;
    size_t width = (size_t)model->settings.trunk.n_embd;
    double dropout = batch->dropout ? model->settings.trunk.dropout : 0;
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
                   .dropout = {.key = dropout > 0 ? *batch->dropout : batch->key,
                               .sequence = (uint32_t)batch->first,
                               .threshold = (uint32_t)lround(65536 * dropout)},
                   .width = width,
                   .rows = ambit_batch_rows(batch),
                   .n_scored = ambit_batch_scored(batch)};
}

static bool is_pre(const Trunk *t)
{
    return t->model->settings.trunk.norm == AMBIT_NORM_PRE;
}

void ambit_trunk_forward(const AmbitPass *pass, AmbitActivations *a)
{
    const Trunk t = trunk_of(pass, a);
    size_t layers = (size_t)t.model->settings.trunk.n_layer;
    AmbitReal *result = is_pre(&t) ? a->stream : a->norm;
    // stream = embedded row + position
    t.kernels->add_rows(&t.kernels->context, a->layers[0].residual1, ambit_model_positions(t.model),
                        pass->batch->position, t.rows, t.width);
    // stream = factors of dropout · stream
    ambit_trunk_drop(&t, AMBIT_DROP_EMBEDDED, false, a->layers[0].residual1, NULL,
                     a->layers[0].residual1, t.width);
    for (size_t l = 0; l < layers; l++) {
        bool last = l + 1 == layers;
        ambit_layer_forward(&t, l, last && pass->batch->scored,
                            last ? result : a->layers[l + 1].residual1);
    }
    if (is_pre(&t))
        t.kernels->layer_norm_forward(&t.kernels->context, a->norm, a->mean, a->rstd, a->stream,
                                      ambit_pass_parameters(pass, t.model->norm.gain),
                                      ambit_pass_parameters(pass, t.model->norm.bias), t.n_scored,
                                      t.width);
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
    size_t size = t.n_scored * t.width * sizeof *a->dstream;
    if (is_pre(&t)) {
        memset(a->dstream, 0, size);
        ambit_norm_backward(&t, a->dstream, t.model->norm, a->dnorm, a->stream, a->mean, a->rstd,
                            t.n_scored);
    } else
        memcpy(a->dstream, a->dnorm, size);
    for (size_t l = layers; l-- > 0;)
        ambit_layer_backward(&t, l, l + 1 == layers && pass->batch->scored);
    // stream = factors of dropout · (embedded row + position)
    ambit_trunk_drop(&t, AMBIT_DROP_EMBEDDED, false, a->dstream, NULL, a->dstream, t.width);
    positions_backward(&t);
}
