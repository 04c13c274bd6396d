// SPDX-License-Identifier: MIT
// What the files of this room share: the parameter table by role, and the buffers of a pass.
#ifndef AMBIT_MODEL_PRIVATE_H
#define AMBIT_MODEL_PRIVATE_H

#include "ambit/head.h"

/* A linear layer, by the indices of its tensors. */
typedef struct Linear {
    size_t weight, bias;
} Linear;

/* A block's tensors by index: norms [E], qkv [E][3E], proj [E][E], fc [E][M], out [M][E]. */
typedef struct Layer {
    size_t norm1_gain, norm1_bias;
    size_t norm2_gain, norm2_bias;
    Linear qkv, proj, fc, out;
} Layer;

struct AmbitModel {
    AmbitModelSettings settings; // n_inner resolved
    size_t n_tensors, tensor_capacity;
    AmbitTensor *tensors;
    size_t n_parameters;
    size_t block_size;
    AmbitReal *block;
    AmbitReal *sinusoids; // [n_context][E], or NULL with learned positions
    size_t positions;     // tensor of the learned position table [n_context][E]
    Layer *layers;        // [L]
    size_t norm_gain, norm_bias;
    size_t first_after; // first of the head's tensors that stand after the trunk's
};

struct AmbitPackedModel {
    const AmbitModel *model;
    AmbitKernels kernels;
    AmbitMatrix *matrices; // [2][n_tensors] of forward products, then of input gradients
    size_t n_packed;       // how many of them, the first ones, may be packed
    char *memory;          // the packed copies
};

/* What one block keeps for backward, of the batch's R rows; after the last block's attention only
 * the scored rows are kept. Without backward, all layers share one. M: width of the MLP. */
typedef struct LayerActivations {
    AmbitReal *residual1, *residual2; // [R][E] the stream before attention and before the MLP
    AmbitReal *qkv;                   // [R][3E]
    AmbitReal *attended;              // [R][E]
    AmbitReal *log_sum;               // [R][H] of attention, by sequence and head
    AmbitReal *slope;                 // [R][M] gelu'(fc)
    AmbitReal *hidden;                // [R][M] gelu(fc)
} LayerActivations;

struct AmbitActivations {
    AmbitBatchSizes sizes; // capacity
    size_t n_layers;       // layers with memory of their own
    bool backward;
    AmbitReal *memory;
    size_t used;
    LayerActivations *layers; // [L]
    AmbitReal *normed;        // [R][E] layer norm of the block at work, or gathered residual rows
    AmbitReal *normed_mean, *normed_rstd; // [R]
    AmbitReal *stream;                    // [R][E] after the last block
    AmbitReal *norm;                      // [R][E] after the final layer norm
    AmbitReal *mean, *rstd;               // [R] of the final layer norm
    AmbitReal *scratch;                   // attention
    AmbitReal *workspace;                 // the head's
    AmbitReal *dstream, *dnorm;           // [R][E]
    AmbitReal *dwide;                     // [R][max(M, 3E)] gradient of hidden, or of qkv
    AmbitReal *small;                     // [max(M, 3E)] gradients of biases and norms
};

/* The trunk: positions, blocks and final norm. residual1 of the first layer [R][E] holds the
 * embedded rows on entry; `norm` [S][E] holds the result. */
void ambit_trunk_forward(const AmbitPass *pass, AmbitActivations *activations);

/* dnorm [S][E] on entry; on return dstream [R][E] is the gradient of the embedded rows. */
void ambit_trunk_backward(const AmbitPass *pass, AmbitActivations *activations);

/* Rows of the widest gradient that is summed over rows. */
size_t ambit_widest(const AmbitTrunkSettings *trunk);

/* n_inner, with its default. */
size_t ambit_inner_width(const AmbitTrunkSettings *trunk);

#endif
