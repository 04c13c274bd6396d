// SPDX-License-Identifier: MIT
// Forward and backward passes over a whole model: the head embeds the rows, the trunk transforms
// them, the head reads outputs from the result.
#include "model.h"

#include <assert.h>

static AmbitPass pass_of(const AmbitPackedModel *packed, const AmbitBatch *batch,
                         const AmbitActivations *activations, const AmbitGradient *gradient)
{
    assert(ambit_batch_rows(batch) <= activations->sizes.n_rows);
    assert(ambit_batch_scored(batch) <= activations->sizes.n_scored);
    return (AmbitPass){.packed = packed,
                       .kernels = &packed->kernels,
                       .settings = &packed->model->settings,
                       .batch = batch,
                       .gradient = gradient,
                       .first_after = packed->model->first_after,
                       .small = activations->small,
                       .workspace = activations->workspace};
}

const AmbitReal *ambit_model_states(const AmbitPackedModel *packed, const AmbitBatch *batch,
                                    AmbitActivations *activations)
{
    const AmbitPass pass = pass_of(packed, batch, activations, NULL);
    pass.settings->head.type->embed(&pass, activations->layers[0].residual1);
    ambit_trunk_forward(&pass, activations);
    return activations->result.rows;
}

void ambit_model_forward(const AmbitPackedModel *packed, const AmbitBatch *batch,
                         AmbitActivations *activations, AmbitReal *output)
{
    const AmbitPass pass = pass_of(packed, batch, activations, NULL);
    const AmbitHeadType *head = pass.settings->head.type;
    head->embed(&pass, activations->layers[0].residual1);
    ambit_trunk_forward(&pass, activations);
    head->read_out(&pass, output, activations->result.rows);
}

void ambit_model_backward(const AmbitPackedModel *packed, const AmbitBatch *batch,
                          AmbitActivations *activations, const AmbitReal *doutput,
                          const AmbitGradient *gradient, AmbitReal *dvector)
{
    assert(activations->backward);
    const AmbitPass pass = pass_of(packed, batch, activations, gradient);
    const AmbitHeadType *head = pass.settings->head.type;
    head->read_out_backward(&pass, activations->dnorm, doutput, activations->result.rows);
    ambit_trunk_backward(&pass, activations);
    head->embed_backward(&pass, activations->dstream, dvector);
    if (gradient)
        ambit_gradient_finish(gradient);
}

size_t ambit_model_n_outputs(const AmbitModelSettings *settings)
{
    return settings->head.type->n_outputs(&settings->head);
}

/* The backward pass of a product costs twice the forward pass. Causal attention has T(T+1)/2 pairs
 * of rows, with two products each in the forward pass. */
double ambit_model_flop(const AmbitModelSettings *settings, double n_rows, double n_scored)
{
    const AmbitTrunkSettings *trunk = &settings->trunk;
    double width = (double)trunk->n_embd, layers = (double)trunk->n_layer;
    double inner = (double)ambit_model_inner_width(trunk);
    double narrowed = width * width + 2 * width * inner; // of the last layer, after attention
    double weights = layers * (4 * width * width + 2 * width * inner) - narrowed +
                     settings->head.type->n_weights(&settings->head, trunk);
    double pairs = n_rows * (n_rows + 1) / 2;
    return 6 * (weights * n_rows + narrowed * n_scored) + 3 * layers * 4 * pairs * width;
}
