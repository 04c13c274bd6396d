// SPDX-License-Identifier: MIT
// What the files of this room share: the model's table by role, and the buffers of a pass.
#ifndef AMBIT_MODEL_PRIVATE_H
#define AMBIT_MODEL_PRIVATE_H

#include "ambit/model.h"

/* A linear layer: offsets of weight [n_in][n_out] and bias [n_out] in the parameter block. */
typedef struct Linear {
    size_t weight, bias;
    size_t n_in, n_out;
} Linear;

enum { QKV, PROJ, FC, OUT, N_LINEARS }; // of a block: [E][3E], [E][E], [E][4E], [4E][E]

/* A block's parameters by offset. */
typedef struct Layer {
    size_t norm1_gain, norm1_bias;
    size_t norm2_gain, norm2_bias;
    Linear linears[N_LINEARS];
} Layer;

struct AmbitModel {
    AmbitModelSettings settings;
    size_t n_tensors;
    AmbitTensor *tensors;
    size_t n_parameters;
    size_t block_size;
    AmbitReal *block;
    AmbitReal *sinusoids; // [2·n_positions][E], or NULL with learned positions
    size_t positions;     // offset of the learned position table [2·n_positions][E]
    Layer *layers;        // [L]
    size_t norm_gain, norm_bias;
    size_t read_in_weight, read_in_bias;   // [E][D], [E]
    size_t read_out_weight, read_out_bias; // [1][E], [1]
};

struct AmbitPackedModel {
    const AmbitModel *model;
    AmbitKernels kernels;
    AmbitMatrix *matrices; // [2][L][N_LINEARS] of forward products, then of input gradients
    size_t n_packed;       // how many of them, the first ones, are packed
    char *memory;          // where
};

/* What one block keeps for backward. R = B·T rows; what follows the last block's attention has only
 * those of tokens that are read. Without backward, all layers share one. */
typedef struct LayerActivations {
    AmbitReal *residual1, *residual2; // [R][E] the stream before attention and before the MLP
    AmbitReal *qkv;                   // [R][3E]
    AmbitReal *attended;              // [R][E]
    AmbitReal *log_sum;               // [B][H][T]
    AmbitReal *slope;                 // [R][4E] gelu'(fc)
    AmbitReal *hidden;                // [R][4E] gelu(fc)
} LayerActivations;

struct AmbitActivations {
    size_t n_rows, n_layers; // capacity; layers with memory of their own
    bool backward;
    AmbitReal *memory;
    size_t used;
    LayerActivations *layers; // [L]
    AmbitReal *normed; // [R][E] layer norm of the block at work, or the residual that is read
    AmbitReal *normed_mean, *normed_rstd; // [R]
    AmbitReal *stream;                    // [R][E] after the last block
    AmbitReal *norm;                      // [R][E] after the final layer norm
    AmbitReal *mean, *rstd;               // [R] of the final layer norm
    AmbitReal *scratch;                   // attention
    AmbitReal *dstream, *dnorm;           // [R][E]
    AmbitReal *dwide;                     // [R][4E] gradient of hidden, or of qkv
    AmbitReal *dsmall;                    // [4E] gradients of a pass before they are added
};

/* The trunk: positions, blocks and final norm. stream [R][E] of the first layer's residual1 holds
 * the read-in on entry; `norm` [B·reads][E] holds the result. */
void ambit_trunk_forward(const AmbitPackedModel *packed, const AmbitTokens *tokens,
                         AmbitActivations *activations);

/* dnorm on entry; the gradient of the read-in lands in dstream. */
void ambit_trunk_backward(const AmbitPackedModel *packed, const AmbitTokens *tokens,
                          AmbitActivations *activations, const AmbitGradient *gradient);

/* Around additions to a gradient, which all passes over a model make in the same order: begin waits
 * for the pass before; false if there is no gradient. In between matmul accumulates if there was a
 * pass before, and `add` adds what a pass worked out outside. */
bool ambit_gradient_begin(const AmbitGradient *gradient);
void ambit_gradient_end(const AmbitGradient *gradient);
void ambit_gradient_add(const AmbitGradient *gradient, const AmbitKernels *kernels, size_t offset,
                        const AmbitReal *values, size_t count);

/* Tokens of one sequence whose outputs are wanted. */
size_t ambit_token_reads(const AmbitTokens *tokens);

/* The position of token t of a sequence: trunk tokens count up, a branch follows what it sees. */
size_t ambit_token_position(const AmbitTokens *tokens, size_t t);

#endif
