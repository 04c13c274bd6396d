// SPDX-License-Identifier: MIT
// Model: a GPT-2-style transformer (pre-layer-norm) as one parameter block described by one table.
// The trunk (positions, blocks, norms) does not know what its inputs mean; read-in and read-out are
// parts of their own. Parameter names and shapes are those of Garg et al.'s state_dict.
#ifndef AMBIT_MODEL_H
#define AMBIT_MODEL_H

#include "ambit/kernels.h"
#include "ambit/parameter.h"
#include "ambit/real.h"
#include "ambit/status.h"
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { AMBIT_POSITIONS_LEARNED, AMBIT_POSITIONS_SINUSOIDAL };

typedef struct AmbitModelSettings {
    int family;               // choice; 0 = gpt2
    int64_t n_positions;      // most points of a prompt; 2 tokens each
    int64_t n_dims;           // D
    int64_t n_embd;           // E
    int64_t n_layer;          // L
    int64_t n_head;           // H
    int positions;            // AMBIT_POSITIONS_*
    double initializer_range; // standard deviation of matrices and embeddings at step 0
} AmbitModelSettings;

extern const AmbitParameter ambit_model_parameters[]; // Garg's `model.*` keys

/* Cross-checks that a table cannot state (n_embd divisible by n_head). */
AmbitStatus ambit_model_check(const AmbitModelSettings *settings, AmbitError *error);

typedef enum AmbitInit {
    AMBIT_INIT_ZERO,
    AMBIT_INIT_ONE,
    AMBIT_INIT_NORMAL,
    AMBIT_INIT_UNIFORM
} AmbitInit;

/* One row of the parameter table. */
typedef struct AmbitTensor {
    char name[64];   // "_backbone.h.0.attn.c_attn.weight"
    size_t rank;     // 1 or 2
    size_t shape[2]; // shape[1] = 1 for rank 1
    size_t count;    // shape[0]·shape[1]
    size_t offset;   // into the parameter block, in reals; a multiple of 16
    AmbitInit init;
    double init_scale; // standard deviation, or half-width of the uniform law
    size_t n_hidden;   // matrices inside the trunk's blocks, side by side: 3 in c_attn; 0 elsewhere
} AmbitTensor;

typedef struct AmbitModel AmbitModel;
typedef struct AmbitActivations AmbitActivations;

/* A model with all parameters 0. */
AmbitStatus ambit_model_create(AmbitModel **model, const AmbitModelSettings *settings,
                               AmbitError *error);
void ambit_model_destroy(AmbitModel **model);

/* Garg et al.'s initialisation (GPT-2's, and nn.Linear's default for read-in and read-out), each
 * tensor from its own random stream. */
void ambit_model_initialize(AmbitModel *model, uint64_t seed);

const AmbitModelSettings *ambit_model_settings(const AmbitModel *model);
size_t ambit_model_n_tensors(const AmbitModel *model);
const AmbitTensor *ambit_model_tensor(const AmbitModel *model, size_t index);
size_t ambit_model_n_parameters(const AmbitModel *model); // without padding
size_t ambit_model_block_size(const AmbitModel *model);   // reals in the block, padding included
AmbitReal *ambit_model_block(AmbitModel *model);          // [block_size]; padding is 0
const AmbitReal *ambit_model_block_const(const AmbitModel *model);
const AmbitReal *ambit_model_positions(const AmbitModel *model); // [2·n_positions][E] in use

/* One forward pass's worth of tokens: the trunk tokens of every sequence, then its branches. */
typedef struct AmbitTokens {
    size_t n_sequences;     // B
    size_t n_tokens;        // T, of one sequence
    size_t n_trunk;         // tokens that follow each other
    const size_t *seen;     // [T − n_trunk] trunk tokens each branch sees; NULL without branches.
                            // A branch takes the position after them.
    const AmbitReal *input; // [B][T][D]
    size_t n_read;          // R, tokens of one sequence whose outputs are wanted
    const size_t *read;     // [R] which, ascending; NULL: all of them, whatever n_read
} AmbitTokens;

/* What forward keeps for backward, for at most this many sequences and tokens; `backward` false:
 * only what prediction needs. */
AmbitStatus ambit_activations_create(AmbitActivations **activations, const AmbitModel *model,
                                     size_t n_sequences, size_t n_tokens, bool backward,
                                     AmbitError *error);
void ambit_activations_destroy(AmbitActivations **activations);
size_t ambit_activations_bytes(const AmbitModelSettings *settings, size_t n_sequences,
                               size_t n_tokens, bool backward);

/* A model as passes read it, for one table of kernels: its parameters, and, where the table packs
 * matrices, those of linear layers packed, 4 bytes a weight with split and 2 with bfloat16, for
 * input gradients as many again. */
typedef struct AmbitPackedModel AmbitPackedModel;

/* Borrows the model, copies the table, packs; without `backward`, for forward passes alone (others
 * run too, and pack as they go). */
AmbitStatus ambit_packed_model_create(AmbitPackedModel **packed, const AmbitModel *model,
                                      const AmbitKernels *kernels, bool backward,
                                      AmbitError *error);
void ambit_packed_model_destroy(AmbitPackedModel **packed);
/* Packs anew: passes see the model's parameters as they are now. */
void ambit_packed_model_update(AmbitPackedModel *packed, size_t n_threads);
size_t ambit_packed_model_bytes(const AmbitModel *model, const AmbitKernels *kernels,
                                bool backward);

/* output [B][R]: the read-out at every token that is read. After the last attention only these
 * tokens are worked on. */
void ambit_model_forward(const AmbitPackedModel *packed, const AmbitTokens *tokens,
                         AmbitActivations *activations, AmbitReal *output);

/* Where backward leaves the gradient of the parameters. Several passes may add theirs to one block
 * at the same time, from several threads: each adds to a tensor after the one before it has, so
 * that the sum has the same bits whatever the threads. */
typedef struct AmbitGradient {
    AmbitReal *block;      // [block_size]; padding stays 0
    atomic_size_t *before; // additions made by the pass before; NULL: this is the first, what the
                           // block held is overwritten
    atomic_size_t *made;   // additions made by this pass, 0 at first; NULL: there is one pass alone
} AmbitGradient;

/* doutput [B][R] → gradient and dinput [B][T][D], each unless NULL. Follows a forward with the same
 * tokens and activations. */
void ambit_model_backward(const AmbitPackedModel *packed, const AmbitTokens *tokens,
                          AmbitActivations *activations, const AmbitReal *doutput,
                          const AmbitGradient *gradient, AmbitReal *dinput);

/* Model FLOP of forward and backward for one sequence of T tokens: 6·N·T (N: parameters of the
 * matrix products) plus causal attention. */
double ambit_model_flop(const AmbitModelSettings *settings, size_t n_tokens);

#endif
