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
    AmbitDropout dropout; // threshold 0: none
    size_t width, rows, n_scored;
} Trunk;

/* Places of dropout: after positions, and in each layer, which has PLACES + H of them: the branches
 * before they are added, inside the MLP, and the weights of each head. */
enum { AMBIT_DROP_EMBEDDED, AMBIT_DROP_LAYERS };
enum { AMBIT_DROP_ATTENTION, AMBIT_DROP_MLP, AMBIT_DROP_HIDDEN, AMBIT_DROP_WEIGHTS };

/* Drops elements of x [rows][width]: out = factor·x, which may be x, and slope *= factor unless
 * NULL. Rows are those of the batch or, if `narrowed`, the scored rows. Without dropout, nothing
 * happens. */
void ambit_trunk_drop(const Trunk *t, uint32_t place, bool narrowed, AmbitReal *out,
                      AmbitReal *slope, const AmbitReal *x, size_t width);

/* Reads residual1 of layer l and writes the layer's output to `out`: for all rows or, if
 * `narrowed`, for the scored rows only. */
void ambit_layer_forward(const Trunk *t, size_t l, bool narrowed, AmbitReal *out);

/* On entry dstream is the gradient of the layer's output, on return that of the layer's input. */
void ambit_layer_backward(const Trunk *t, size_t l, bool narrowed);

/* Adds the gradient of x to dx, and the gradients of gain and bias to the shared gradient. */
void ambit_norm_backward(const Trunk *t, AmbitReal *dx, Norm norm, const AmbitReal *dout,
                         const AmbitReal *x, const AmbitReal *mean, const AmbitReal *rstd,
                         size_t rows);

#endif
