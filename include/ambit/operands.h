// SPDX-License-Identifier: MIT
// Operands: structs that kernels take as arguments.
#ifndef AMBIT_OPERANDS_H
#define AMBIT_OPERANDS_H

#include "ambit/random.h"
#include "ambit/real.h"
#include <stdbool.h>
#include <stddef.h>

/* The first argument of every entry. ambit_kernels_select fills it; callers only pass it on. */
typedef struct AmbitKernelContext {
    size_t n_threads;             // threads that one call may use; always 1 at present
    const struct AmbitUnit *unit; // instructions that multiply bfloat16; NULL at other levels
    bool split;                   // products split each operand into two bfloat16
} AmbitKernelContext;

enum { AMBIT_VECTOR_PADDING = 16 }; // reals in the widest SIMD vector

/* Which elements of an array are dropped: element i, if 16 bits of a counter-based number are below
 * the threshold. Chunks of 128 elements take 16 blocks of ambit_random_place(key, DROPOUT,
 * sequence, place) each: with r = i mod 128, block 16·(i div 128) + r mod 16, word (r div 16) mod
 * 4, its low half where r < 64. */
typedef struct AmbitDropout {
    AmbitKey key;
    uint32_t sequence;  // index among those of the key
    uint32_t place;     // in the model
    uint32_t threshold; // 2^16 · probability
} AmbitDropout;

enum { AMBIT_DROPOUT_CHUNK = 128, AMBIT_DROPOUT_LANES = 16 };

/* The factor of the elements that are kept, so that the mean stays the same. */
static inline double ambit_dropout_factor(const AmbitDropout *dropout)
{
    return 65536.0 / (65536 - dropout->threshold);
}

/* A causal attention problem over B sequences of any lengths, whose rows lie one after another. The
 * rows of a sequence's prefix attend to themselves and every row before; a query row after the
 * prefix attends to the first seen[row] rows of the prefix and to itself. */
typedef struct AmbitAttention {
    size_t n_sequences;          // B
    const size_t *offset;        // [B + 1] first row of each sequence; offset[B] is R, all rows
    const size_t *prefix;        // [B] rows of each prefix
    const size_t *seen;          // [R] read at query rows only; NULL: there are no query rows
    size_t longest;              // rows of the longest sequence, or an upper bound
    size_t n_heads;              // H
    size_t width;                // E = H · head size
    const AmbitDropout *dropout; // of attention weights; sequence b and head h add b and h to its
                                 // sequence and place, and the weight of key s in row t is element
                                 // s·T + t, T the sequence's rows rounded up to a multiple of
                                 // AMBIT_VECTOR_PADDING. NULL: none
} AmbitAttention;

/* A matrix [rows][columns] inside a wider one, whose rows are `stride` reals apart. */
typedef struct AmbitSubmatrix {
    size_t rows, columns, stride;
} AmbitSubmatrix;

#define AMBIT_LAYER_NORM_EPSILON 1e-5

typedef struct AmbitAdam {
    double learning_rate, beta1, beta2, epsilon;
    double correction1, correction2; // 1 − beta^t
    double gradient_scale;           // factor on the gradient, from clipping; 1 without
} AmbitAdam;

typedef enum AmbitActivation { AMBIT_NO_ACTIVATION, AMBIT_GELU, AMBIT_RELU } AmbitActivation;

/* Fused operations on each element of a product [R][N], in field order. NULL skips one. */
typedef struct AmbitEpilogue {
    const AmbitReal *bias;      // [N] is added
    const AmbitReal *residual;  // [R][N] is added
    const AmbitReal *factor;    // [R][N] is multiplied by
    AmbitActivation activation; // replaces the element
    AmbitReal *slope; // [R][N] output: derivative of the activation at the element before it
} AmbitEpilogue;

/* The right operand of a product: op(b) [k][n], stored [n][k] if transposed. */
typedef struct AmbitMatrix {
    const AmbitReal *b;
    bool transposed;
    size_t k, n;
    void *packed; // filled by the table's `pack`; NULL: not packed
} AmbitMatrix;

#endif
