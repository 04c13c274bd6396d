// SPDX-License-Identifier: MIT
// What the layers of one pass over the trunk read.
#ifndef AMBIT_MODEL_TRUNK_H
#define AMBIT_MODEL_TRUNK_H

#include "model.h"

typedef struct Trunk {
    const AmbitPass *pass;
    const AmbitKernels *kernels;
    const AmbitModel *model;
    AmbitActivations *all;
    AmbitAttention shape;
    size_t width, rows, n_scored;
} Trunk;

/* Reads residual1 of layer l and writes the layer's output to `out`: for all rows or, if
 * `narrowed`, for the scored rows only. */
void ambit_layer_forward(const Trunk *t, size_t l, bool narrowed, AmbitReal *out);

/* On entry dstream is the gradient of the layer's output, on return that of the layer's input. */
void ambit_layer_backward(const Trunk *t, size_t l, bool narrowed);

/* Adds the gradient of x to dx, and the gradients of gain and bias to the shared gradient. */
void ambit_norm_backward(const Trunk *t, AmbitReal *dx, Norm norm, const AmbitReal *dout,
                         const AmbitReal *x, const AmbitReal *mean, const AmbitReal *rstd,
                         size_t rows);

static inline const AmbitReal *ambit_trunk_parameters(const Trunk *t, size_t tensor)
{
    return ambit_pass_parameters(t->pass, tensor);
}

#endif
