// SPDX-License-Identifier: MIT
// Model: a GPT-2-style transformer (pre-layer-norm) as one parameter block described by one table.
// The trunk (positions, blocks, final norm) does not know what its rows mean; a head (ambit/head.h)
// embeds what a batch holds and reads outputs from the trunk's result. Parameter names and shapes
// are those of Garg et al.'s state_dict.
#ifndef AMBIT_MODEL_H
#define AMBIT_MODEL_H

#include "ambit/batch.h"
#include "ambit/kernels.h"
#include "ambit/parameter.h"
#include "ambit/real.h"
#include "ambit/status.h"
#include <stddef.h>
#include <stdint.h>

enum { AMBIT_POSITIONS_LEARNED, AMBIT_POSITIONS_SINUSOIDAL };

typedef struct AmbitTrunkSettings {
    int64_t n_context;        // most rows that follow one another: length of the position table
    int64_t n_embd;           // E, width of the residual stream
    int64_t n_layer;          // L
    int64_t n_head;           // H
    int64_t n_inner;          // width of the MLP; 0: 4·E
    int positions;            // AMBIT_POSITIONS_*
    double initializer_range; // standard deviation of matrices and embeddings at step 0
} AmbitTrunkSettings;

typedef struct AmbitHeadType AmbitHeadType;

/* A head with its settings: a value that may be copied. */
typedef struct AmbitHead {
    const AmbitHeadType *type;
    union {
        int64_t numbers[8];
        double reals[8];
    } settings; // the type's settings struct
} AmbitHead;

typedef struct AmbitModelSettings {
    AmbitTrunkSettings trunk;
    AmbitHead head;
} AmbitModelSettings;

/* Keys of the trunk under `model`, in Garg et al.'s spelling: all but family and n_context. The
 * offsets are into AmbitModelSettings. */
extern const AmbitParameter ambit_model_parameters[];

/* Cross-checks that a table cannot state (n_embd divisible by n_head), and the head's own. */
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
    double init_scale; // standard deviation, or half-width of the uniform distribution
    size_t n_hidden;   // matrices inside the trunk's blocks, side by side: 3 in c_attn; 0 elsewhere
    bool packed;       // products with it use a packed copy where the kernels have one
    bool transposed;   // a linear layer's weight stored [n_out][n_in], as nn.Linear does
} AmbitTensor;

typedef struct AmbitModel AmbitModel;
typedef struct AmbitActivations AmbitActivations;
typedef struct AmbitGradient AmbitGradient; // ambit/gradient.h

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
const AmbitReal *ambit_model_positions(const AmbitModel *model); // [n_context][E] in use

/* Memory for passes over batches of at most these sizes. With `backward`, forward keeps what
 * backward needs. */
AmbitStatus ambit_activations_create(AmbitActivations **activations, const AmbitModel *model,
                                     const AmbitBatchSizes *sizes, bool backward,
                                     AmbitError *error);
void ambit_activations_destroy(AmbitActivations **activations);
size_t ambit_activations_bytes(const AmbitModelSettings *settings, const AmbitBatchSizes *sizes,
                               bool backward);

/* A model as passes read it, for one table of kernels: its parameters and, where the table packs
 * matrices, a packed copy of those whose tensor says so (4 bytes a weight with split, 2 with
 * bfloat16; as many again for input gradients). */
typedef struct AmbitPackedModel AmbitPackedModel;

/* Borrows the model, copies the table and packs. Without `backward` only the matrices of forward
 * passes are packed; backward passes then run unpacked. */
AmbitStatus ambit_packed_model_create(AmbitPackedModel **packed, const AmbitModel *model,
                                      const AmbitKernels *kernels, bool backward,
                                      AmbitError *error);
void ambit_packed_model_destroy(AmbitPackedModel **packed);
/* Packs again: call it after the model's parameters have changed. */
void ambit_packed_model_update(AmbitPackedModel *packed, size_t n_threads);
size_t ambit_packed_model_bytes(const AmbitModel *model, const AmbitKernels *kernels,
                                bool backward);

/* Outputs of one scored row: 1, or as many as there are words. */
size_t ambit_model_n_outputs(const AmbitModelSettings *settings);

/* output [S][n_outputs] at the scored rows. After the last attention only these rows are worked on.
 */
void ambit_model_forward(const AmbitPackedModel *packed, const AmbitBatch *batch,
                         AmbitActivations *activations, AmbitReal *output);

/* doutput [S][n_outputs] → the parameters' gradient and the inputs' dvector [R][D], each unless
 * NULL. Follows a forward pass with the same batch and activations. */
void ambit_model_backward(const AmbitPackedModel *packed, const AmbitBatch *batch,
                          AmbitActivations *activations, const AmbitReal *doutput,
                          const AmbitGradient *gradient, AmbitReal *dvector);

/* FLOP of forward and backward for one sequence of so many rows, of which so many are scored: 6·N·T
 * (N: parameters of the matrix products; after its attention the last layer has the scored rows
 * alone) plus causal attention. */
double ambit_model_flop(const AmbitModelSettings *settings, double n_rows, double n_scored);

#endif
