// SPDX-License-Identifier: MIT
// Kernels: real buffers in, real buffers out. One table of function pointers; reference entries
// first, then BLAS, then SIMD entries over them, as far as a mask allows. Matrices are row-major.
// Kernels allocate nothing, are single-threaded, and sum in an order fixed by their sizes.
#ifndef AMBIT_KERNELS_H
#define AMBIT_KERNELS_H

#include "ambit/real.h"
#include "ambit/status.h"
#include <stdbool.h>
#include <stddef.h>

/* A causal attention problem over B sequences: rows are tokens, T per sequence. The first n_trunk
 * tokens attend to themselves and everything before; token n_trunk + q (a branch) attends to
 * the first seen[q] trunk tokens and to itself. */
typedef struct AmbitAttention {
    size_t n_sequences; // B
    size_t n_tokens;    // T = n_trunk + number of branches
    size_t n_trunk;     // trunk tokens
    size_t n_heads;     // H
    size_t width;       // E = H · head size
    const size_t *seen; // [T − n_trunk] trunk tokens before each branch; NULL without branches
} AmbitAttention;

/* A matrix [rows][columns] inside a wider one, whose rows are `stride` reals apart. */
typedef struct AmbitSubmatrix {
    size_t rows, columns, stride;
} AmbitSubmatrix;

#define AMBIT_LAYER_NORM_EPSILON 1e-5

typedef struct AmbitAdam {
    double learning_rate, beta1, beta2, epsilon;
    double correction1, correction2; // 1 − beta^t
    double gradient_scale;           // from clipping; 1: none
} AmbitAdam;

/* What becomes of a product's sums, in this order; NULL: nothing. N: columns of the product. */
typedef struct AmbitEpilogue {
    const AmbitReal *bias;     // [N] is added
    const AmbitReal *residual; // [R][N] is added
    const AmbitReal *factor;   // [R][N] multiplies
    bool gelu;                 // then gelu of it is stored …
    AmbitReal *slope;          // … and gelu' here [R][N]
} AmbitEpilogue;

/* What a table's entries may use, and what its level chose; selected with the table. */
typedef struct AmbitKernelContext {
    size_t n_threads;             // threads that one call may use: 1
    const struct AmbitUnit *unit; // what multiplies bfloat16; NULL at levels that do not
    bool split;                   // whether operands are split into two bfloat16
} AmbitKernelContext;

typedef struct AmbitKernels {
    const char *name; // "reference", "openblas", "avx2", …: the highest level in the table, with
                      // the unit that makes its products where a level has several: "split (AMX)"
    AmbitKernelContext context; // the first argument of every entry

    /* c [m][n] = op(a) · op(b) + (accumulate ? c : 0), op(a) [m][k], op(b) [k][n]; a transposed
     * operand is stored [k][m] resp. [n][k]. */
    void (*matmul)(const AmbitKernelContext *context, AmbitReal *c, const AmbitReal *a,
                   const AmbitReal *b, size_t m, size_t n, size_t k, bool transpose_a,
                   bool transpose_b, bool accumulate);

    /* Matrices on the right of many products, packed before: NULL where a level has no use for it.
     * packed_bytes: what pack fills for op(b) [k][n], 64-byte aligned; 0: too small to gain.
     * matmul_packed: c [m][n] = a [m][k] · op(b), then the epilogue, none of which is in c. */
    size_t (*packed_bytes)(const AmbitKernelContext *context, size_t k, size_t n);
    void (*pack)(const AmbitKernelContext *context, void *packed, const AmbitReal *b, size_t k,
                 size_t n, bool transpose_b);
    void (*matmul_packed)(const AmbitKernelContext *context, AmbitReal *c, const AmbitReal *a,
                          const void *packed, size_t m, const AmbitEpilogue *epilogue);

    /* out [R][N] = x [R][N] + bias [N]; x NULL: the bias alone. */
    void (*add_bias)(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                     const AmbitReal *bias, size_t rows, size_t width);
    /* out [N] = Σ_r x [r][N]. */
    void (*sum_rows)(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                     size_t rows, size_t width);

    /* out = (x − mean)·rstd·gain + bias over the last axis, ε = 1e-5; mean, rstd [R] are kept. */
    void (*layer_norm_forward)(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *mean,
                               AmbitReal *rstd, const AmbitReal *x, const AmbitReal *gain,
                               const AmbitReal *bias, size_t rows, size_t width);
    /* dx [R][E] is added to; dgain, dbias [E] are set. */
    void (*layer_norm_backward)(const AmbitKernelContext *context, AmbitReal *dx, AmbitReal *dgain,
                                AmbitReal *dbias, const AmbitReal *dout, const AmbitReal *x,
                                const AmbitReal *mean, const AmbitReal *rstd, const AmbitReal *gain,
                                size_t rows, size_t width);

    /* The tanh form (gelu_new of GPT-2): out = gelu(x) and, unless NULL, derivative = gelu'(x).
     * Both may be x itself (not the same one). */
    void (*gelu)(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *derivative,
                 const AmbitReal *x, size_t count);
    /* out *= x. */
    void (*multiply)(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                     size_t count);

    /* qkv [B][T][3E] (query, key, value; heads adjacent) → out [B][T][E] and, for backward, the log
     * of the softmax denominators log_sum [B][H][T]. scratch: attention_scratch() reals. */
    void (*attention_forward)(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *log_sum,
                              const AmbitReal *qkv, const AmbitAttention *shape,
                              AmbitReal *scratch);
    void (*attention_backward)(const AmbitKernelContext *context, AmbitReal *dqkv,
                               const AmbitReal *dout, const AmbitReal *out, const AmbitReal *qkv,
                               const AmbitReal *log_sum, const AmbitAttention *shape,
                               AmbitReal *scratch);

    /* out [n][width] = rows index [n] of x. */
    void (*gather_rows)(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                        const size_t *index, size_t n, size_t width);
    /* In place: row r of x [n][width] moves to row index [r] of x [rows][width]; all other rows
     * become 0. The indices ascend strictly. */
    void (*scatter_rows)(const AmbitKernelContext *context, AmbitReal *x, const size_t *index,
                         size_t n, size_t rows, size_t width);
    /* out [n][width] += rows index [n] of table. */
    void (*add_rows)(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *table,
                     const size_t *index, size_t n, size_t width);
    /* Its gradient: row index [r] of table += row r of x [n][width], in ascending order of r. */
    void (*accumulate_rows)(const AmbitKernelContext *context, AmbitReal *table, const AmbitReal *x,
                            const size_t *index, size_t n, size_t width);

    /* out += x. */
    void (*add)(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                size_t count);
    /* out *= factor. */
    void (*scale)(const AmbitKernelContext *context, AmbitReal *out, double factor, size_t count);
    /* Σ x² in double: eight sums of every eighth element, added pairwise. */
    double (*squares)(const AmbitKernelContext *context, const AmbitReal *x, size_t count);

    /* One Adam update (Kingma & Ba 2015, algorithm 1) of `count` parameters in place. */
    void (*adam)(const AmbitKernelContext *context, AmbitReal *parameter, AmbitReal *moment1,
                 AmbitReal *moment2, const AmbitReal *gradient, size_t count,
                 const AmbitAdam *adam);

    /* The steps of Muon (Jordan et al. 2024) that are not matrix products.
     * muon_momentum: momentum = beta·momentum + (1 − beta)·gradient, then ahead [R][N], without
     * gaps, = beta·momentum + (1 − beta)·gradient (Nesterov). Returns Σ ahead² in double.
     * muon_polynomial: square [n][n] = c[0]·I + c[1]·x + c[2]·square.
     * muon_update: parameter −= rate·direction [R][N]. */
    double (*muon_momentum)(const AmbitKernelContext *context, AmbitReal *ahead,
                            AmbitReal *momentum, const AmbitReal *gradient,
                            const AmbitSubmatrix *shape, double beta);
    void (*muon_polynomial)(const AmbitKernelContext *context, AmbitReal *square,
                            const AmbitReal *x, size_t n, const double c[3]);
    void (*muon_update)(const AmbitKernelContext *context, AmbitReal *parameter,
                        const AmbitReal *direction, const AmbitSubmatrix *shape, double rate);
} AmbitKernels;

enum { AMBIT_VECTOR_PADDING = 16 }; // widest SIMD vector, in reals

/* A matrix on the right of products: b [k][n], or transposed as matmul takes it. */
typedef struct AmbitMatrix {
    const AmbitReal *b;
    bool transposed;
    size_t k, n;
    void *packed; // by the table's pack; NULL: it is not
} AmbitMatrix;

/* c [m][n] = a [m][k] · matrix, then the epilogue, none of which is in c: by one entry of the table
 * if the matrix is packed, else by several. */
void ambit_linear(const AmbitKernels *kernels, AmbitReal *c, const AmbitReal *a,
                  const AmbitMatrix *matrix, size_t m, const AmbitEpilogue *epilogue);

/* Reals of scratch that attention_forward and _backward need for this shape. */
size_t ambit_attention_scratch(const AmbitAttention *shape);

/* The table for `level`: "reference", "openblas", "baseline" (SIMD every CPU of this architecture
 * has), "avx2", "avx512", "bfloat16" (products of operands rounded to bfloat16 over avx512;
 * relative error near 2^-9 of each), "split" (each operand as a sum of two bfloat16, three
 * products; relative error near 2^-17 for operands from 1e-33 to 3e38, beyond which halves vanish
 * or are infinite) or "auto": the highest this CPU runs that does not round, split only where AMX
 * makes it the fastest. Products of bfloat16 and split take 0.7 MiB of the caller's stack.
 * AMBIT_INVALID names the levels if the word is unknown or this CPU lacks it. */
AmbitStatus ambit_kernels_select(AmbitKernels *kernels, const char *level, AmbitError *error);

/* The levels this CPU runs that do not round operands, lowest first, NULL-ended; split is one. */
const char *const *ambit_kernels_levels(void);

#endif
