// SPDX-License-Identifier: MIT
// Operands: structs that kernels take as arguments.
#ifndef AMBIT_OPERANDS_H
#define AMBIT_OPERANDS_H

#include "ambit/random.h"
#include "ambit/real.h"
#include <stdbool.h>
#include <stddef.h>

/* The first argument of every kernel. ambit_kernels_select fills it; callers pass it on. An owner
 * of a table whose calls come from one thread only may set n_threads: products of ambit's own
 * kernels are shared then, with the same bits, and OpenBLAS's are not. */
typedef struct AmbitKernelContext {
    size_t n_threads;             // threads that may share a product; 1 unless its owner sets it
    const struct AmbitUnit *unit; // instructions that multiply bfloat16; NULL at other levels
    bool split;                   // products split each operand into two bfloat16
} AmbitKernelContext;

enum { AMBIT_VECTOR_PADDING = 16 }; // reals in the widest SIMD vector

/* Dropout of the elements of an array. Element i is dropped if a random number of 16 bits is below
 * the threshold. The numbers are Philox blocks of four words, keyed by ambit_random_place(key,
 * AMBIT_STREAM_DROPOUT, sequence, place). A chunk of 128 elements takes 16 blocks: with r = i mod
 * 128, element i uses word (r div 16) mod 4 of block 16·(i div 128) + r mod 16, the low half of the
 * word if r < 64 and the high half otherwise. */
typedef struct AmbitDropout {
    AmbitKey key;
    uint32_t sequence;  // index of the sequence under this key
    uint32_t place;     // number of the place in the model where dropout acts
    uint32_t threshold; // 2^16 · probability
} AmbitDropout;

enum { AMBIT_DROPOUT_CHUNK = 128, AMBIT_DROPOUT_LANES = 16 };

/* Returns the factor on kept elements, 1 / (1 − probability), which preserves the mean. */
static inline double ambit_dropout_factor(const AmbitDropout *dropout)
{
    return 65536.0 / (65536 - dropout->threshold);
}

/* A causal attention problem over B sequences, which may differ in length and whose rows lie one
 * after another. A row of the prefix attends to itself and to all rows before it in its sequence. A
 * query row, after the prefix, attends to the first seen[row] rows of the prefix and to itself.
 * Dropout of attention weights: sequence b and head h use dropout->sequence + b and dropout->place
 * + h. The weight of key s in row t is element s·T + t, where T is the number of rows of the
 * sequence rounded up to a multiple of AMBIT_VECTOR_PADDING. */
typedef struct AmbitAttention {
    size_t n_sequences;   // B
    const size_t *offset; // [B + 1] first row of each sequence; offset[B] = R, the number of rows
    const size_t *prefix; // [B] rows of each prefix
    const size_t *seen;   // [R] read at query rows only; NULL: there are no query rows
    size_t longest;       // rows of the longest sequence, or an upper bound
    size_t n_heads;       // H
    size_t width;         // E = H · head size
    const AmbitDropout *dropout; // of attention weights; NULL: none
} AmbitAttention;

/* A matrix [rows][columns] inside a wider one, whose rows are `stride` reals apart. */
typedef struct AmbitSubmatrix {
    size_t rows, columns, stride;
} AmbitSubmatrix;

#define AMBIT_LAYER_NORM_EPSILON 1e-5

typedef struct AmbitAdam {
    double learning_rate, beta1, beta2, epsilon;
    double correction1, correction2; // 1 − beta^t
    double gradient_scale;           // factor on the gradient: below 1 if it is clipped, else 1
} AmbitAdam;

typedef enum AmbitActivation { AMBIT_NO_ACTIVATION, AMBIT_GELU, AMBIT_RELU } AmbitActivation;

/* Fused operations on each element of a product [R][N], in field order. NULL skips one. */
typedef struct AmbitEpilogue {
    const AmbitReal *bias;      // [N] added
    const AmbitReal *residual;  // [R][N] added
    const AmbitReal *factor;    // [R][N] multiplied
    AmbitActivation activation; // applied last
    AmbitReal *slope; // [R][N] output: derivative of the activation at its input; not written
                      // if there is no activation
} AmbitEpilogue;

/* The right operand of a product: op(b) [k][n], stored [n][k] if transposed. */
typedef struct AmbitMatrix {
    const AmbitReal *b;
    bool transposed;
    size_t k, n;
    void *packed; // filled by the table's `pack`; NULL: not packed
} AmbitMatrix;

#endif
