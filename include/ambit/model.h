// SPDX-License-Identifier: MIT
// Model: a causal transformer, by default GPT-2's. All parameters lie in one block, which one
// table describes. The trunk (positions, layers, final norm) does not know what its rows mean; a
// head (ambit/head.h) embeds the rows of a batch and reads outputs from the trunk's result.
// Parameter names and shapes are those of Garg et al.'s state_dict.
#ifndef AMBIT_MODEL_H
#define AMBIT_MODEL_H

#include "ambit/batch.h"
#include "ambit/kernels.h"
#include "ambit/parameter.h"
#include "ambit/real.h"
#include "ambit/status.h"
#include "ambit/trunk.h"
#include <stddef.h>
#include <stdint.h>

typedef struct AmbitHeadType AmbitHeadType;

/* A head type with settings. May be copied by assignment. */
typedef struct AmbitHead {
    const AmbitHeadType *type;
    union {
        int64_t numbers[8];
        double reals[8];
    } settings; // holds the settings struct of the type
} AmbitHead;

typedef struct AmbitModelSettings {
    AmbitTrunkSettings trunk;
    AmbitHead head;
} AmbitModelSettings;

/* The trunk's keys of a config's section `model`, in Garg et al.'s spelling, except n_context,
 * which the config derives from n_positions. Offsets are into AmbitModelSettings. */
extern const AmbitParameter ambit_model_parameters[];

/* Checks what a table cannot state (n_head divides n_embd), then calls the head's `check`. */
AmbitStatus ambit_model_check(const AmbitModelSettings *settings, AmbitError *error);

/* Returns the width of the MLP: n_inner or, where that is 0, 4·n_embd. */
size_t ambit_model_inner_width(const AmbitTrunkSettings *trunk);

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
    double init_scale; // standard deviation, or half-width of the uniform distribution
    size_t n_hidden;   // number of matrices side by side in a weight of the trunk's layers: 3 in
                       // c_attn, 1 in others. 0 for all other tensors
    size_t layer;      // layer of the trunk that has the tensor, counted from 1; 0: none
    bool packed;       // products use a packed copy if the kernels pack
    bool transposed;   // weight of a linear layer, stored [n_out][n_in] as nn.Linear does
} AmbitTensor;

typedef struct AmbitModel AmbitModel;
typedef struct AmbitActivations AmbitActivations;
typedef struct AmbitGradient AmbitGradient; // ambit/gradient.h

/* Makes a model whose parameters are all 0. */
AmbitStatus ambit_model_create(AmbitModel **model, const AmbitModelSettings *settings,
                               AmbitError *error);
/* Makes a model that has the table of tensors but no parameters: ambit_model_block returns NULL. It
 * serves to compute the cost of a model that may be too large for this machine. */
AmbitStatus ambit_model_outline(AmbitModel **model, const AmbitModelSettings *settings,
                                AmbitError *error);
void ambit_model_destroy(AmbitModel **model);

/* Draws parameters as settings.trunk.initialization says, but the read-in and read-out of the
 * regression head as nn.Linear draws them (Garg et al.). Each tensor has its own random stream. */
void ambit_model_initialize(AmbitModel *model, uint64_t seed);

const AmbitModelSettings *ambit_model_settings(const AmbitModel *model);
size_t ambit_model_n_tensors(const AmbitModel *model);
const AmbitTensor *ambit_model_tensor(const AmbitModel *model, size_t index);
size_t ambit_model_n_parameters(const AmbitModel *model); // without padding
size_t ambit_model_block_size(const AmbitModel *model);   // reals in the block, padding included
AmbitReal *ambit_model_block(AmbitModel *model);          // [block_size]; padding is 0
const AmbitReal *ambit_model_block_const(const AmbitModel *model);
const AmbitReal *ambit_model_positions(const AmbitModel *model); // [n_context][E] learned or fixed

/* Allocates memory for passes over batches of at most these sizes. With `backward`, a forward pass
 * keeps what the backward pass needs. */
AmbitStatus ambit_activations_create(AmbitActivations **activations, const AmbitModel *model,
                                     const AmbitBatchSizes *sizes, bool backward,
                                     AmbitError *error);
void ambit_activations_destroy(AmbitActivations **activations);
size_t ambit_activations_bytes(const AmbitModelSettings *settings, const AmbitBatchSizes *sizes,
                               bool backward);

/* A model prepared for passes with one table of kernels. If the table packs matrices, it holds
 * packed copies of the tensors marked `packed` (2 bytes a weight at level bfloat16, 4 at others;
 * with `backward` twice as many, for input gradients). */
typedef struct AmbitPackedModel AmbitPackedModel;

/* Borrows the model, copies the table and packs. Without `backward` only the matrices of forward
 * passes are packed; backward passes then run unpacked. */
AmbitStatus ambit_packed_model_create(AmbitPackedModel **packed, const AmbitModel *model,
                                      const AmbitKernels *kernels, bool backward,
                                      AmbitError *error);
void ambit_packed_model_destroy(AmbitPackedModel **packed);
const AmbitKernels *ambit_packed_model_kernels(const AmbitPackedModel *packed);
/* Packs again. To be called after the model's parameters have changed. */
void ambit_packed_model_update(AmbitPackedModel *packed, size_t n_threads);
size_t ambit_packed_model_bytes(const AmbitModel *model, const AmbitKernels *kernels,
                                bool backward);

/* Returns the number of outputs at one scored row: 1 for regression, the vocabulary for a language
 * head. */
size_t ambit_model_n_outputs(const AmbitModelSettings *settings);

/* Writes output [S][n_outputs] for the scored rows. After the last attention only these rows are
 * computed. */
void ambit_model_forward(const AmbitPackedModel *packed, const AmbitBatch *batch,
                         AmbitActivations *activations, AmbitReal *output);

/* Returns the trunk's result [S][E] at the scored rows, which the head reads its outputs from. A
 * view of the activations, valid until their next pass. */
const AmbitReal *ambit_model_states(const AmbitPackedModel *packed, const AmbitBatch *batch,
                                    AmbitActivations *activations);

/* Computes gradients from doutput [S][n_outputs]. Adds the gradient of the parameters to
 * gradient->sum unless `gradient` is NULL, and writes the gradient of the input vectors to dvector
 * [R][D] unless `dvector` is NULL. Must follow a forward pass with the same batch and activations.
 */
void ambit_model_backward(const AmbitPackedModel *packed, const AmbitBatch *batch,
                          AmbitActivations *activations, const AmbitReal *doutput,
                          const AmbitGradient *gradient, AmbitReal *dvector);

/* Returns the FLOP of forward and backward for one sequence of n_rows rows, n_scored of them
 * scored: 6·N·T for N parameters in matrix products and T rows, plus causal attention. After the
 * attention of the last layer only the scored rows count. */
double ambit_model_flop(const AmbitModelSettings *settings, double n_rows, double n_scored);

#endif
