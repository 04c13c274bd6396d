// SPDX-License-Identifier: MIT
// Types that the files of this room share: which tensor has which role, and the buffers of a pass.
#ifndef AMBIT_MODEL_PRIVATE_H
#define AMBIT_MODEL_PRIVATE_H

#include "ambit/head.h"

/* Indices of the tensors of a layer norm, [E] each. */
typedef struct Norm {
    size_t gain, bias;
} Norm;

/* What a layer norm writes: rows [R][E], with mean and reciprocal deviation [R] of those it read.
 */
typedef struct Normed {
    AmbitReal *rows, *mean, *rstd;
} Normed;

/* Tensors of a layer: qkv [E][3E], proj [E][E], fc [E][M], out [M][E]. M: width of the MLP. */
typedef struct Layer {
    Norm norm1, norm2;
    AmbitLinear qkv, proj, fc, out;
} Layer;

struct AmbitModel {
    AmbitModelSettings settings; // n_inner is the width, never 0
    size_t n_tensors, tensor_capacity;
    AmbitTensor *tensors;
    size_t n_parameters;
    size_t block_size;
    AmbitReal *block;
    AmbitReal *sinusoids;            // [n_context][E], or NULL with learned positions
    size_t positions;                // tensor of the learned position table [n_context][E]
    const AmbitReal *position_table; // one of the two
    Layer *layers;                   // [L]
    Norm norm;                       // after the last layer; none with post-norm
    size_t first_after;              // index of the first tensor of the head after the trunk's
};

struct AmbitPackedModel {
    const AmbitModel *model;
    AmbitKernels kernels;
    AmbitMatrix *matrices; // [2][n_tensors] for forward products, then for input gradients
    size_t n_packed;       // number of matrices, from the first on, that may be packed
    char *memory;          // the packed copies
};

/* What forward keeps of one layer for backward. After the attention of the last layer there are
 * only the S scored rows. Without backward, all layers share one. */
typedef struct LayerActivations {
    AmbitReal *residual1, *residual2; // [R][E] the residual stream before attention, before the MLP
    AmbitReal *qkv;                   // [R][3E]
    AmbitReal *attended;              // [R][E]
    AmbitReal *log_sum;               // [R][H] as attention_forward writes it
    AmbitReal *slope;                 // [R][M] derivative of the activation
    AmbitReal *hidden;                // [R][M] activation of fc
    AmbitReal *residual3;             // [R][E] with post-norm: after the MLP, before norm2
    AmbitReal *mean, *rstd;           // [R] with post-norm: of norm2
} LayerActivations;

struct AmbitActivations {
    AmbitBatchSizes sizes; // of the largest batch
    bool backward;
    AmbitReal *memory;
    size_t used;                // reals of memory
    LayerActivations *layers;   // [L]
    Normed normed;              // of the current layer; its rows also hold gathered residual rows
    AmbitReal *stream;          // [R][E] after the last layer
    Normed result;              // of the trunk: after the last layer norm
    AmbitReal *scratch;         // of attention
    AmbitReal *workspace;       // the head's
    AmbitReal *dstream, *dnorm; // [R][E]
    AmbitReal *dwide;           // [R][max(M, 3E)] gradient of hidden or of qkv
    AmbitReal *dropped;         // [R][E] with dropout: gradient of a branch
    AmbitReal *small;           // [max(M, 3E, n_outputs)] gradients of biases and norms
};

/* Sets how a matrix [n_in][n_out] starts: gpt2 divides the standard deviation by `divisor`, xavier
 * multiplies the half-width by `gain`. Biases start at 0 with gpt2, and as nn.Linear's with xavier.
 */
void ambit_initial_matrix(AmbitTensor *tensor, const AmbitTrunkSettings *trunk, double divisor,
                          double gain, size_t n_in, size_t n_out);
void ambit_initial_bias(AmbitTensor *tensor, const AmbitTrunkSettings *trunk, size_t n_in);

/* The trunk: positions, layers and final norm. residual1 of the first layer [R][E] holds the
 * embedded rows on entry; `result` [S][E] holds the result. */
void ambit_trunk_forward(const AmbitPass *pass, AmbitActivations *activations);

/* Reads the gradient dnorm [S][E] of the result and writes the gradient dstream [R][E] of the
 * embedded rows. Both are buffers of `activations`. */
void ambit_trunk_backward(const AmbitPass *pass, AmbitActivations *activations);

#endif
