// SPDX-License-Identifier: MIT
// Kernels: arithmetic on arrays of AmbitReal, behind one table of function pointers. A table starts
// with reference entries; OpenBLAS and then SIMD entries replace some, level by level. Matrices are
// row-major. Kernels allocate nothing, use one thread unless their context says more, and sum in an
// order that sizes alone decide.
#ifndef AMBIT_KERNELS_H
#define AMBIT_KERNELS_H

#include "ambit/operands.h"
#include "ambit/status.h"

typedef struct AmbitKernels {
    const char *name; // highest level in the table, with the bfloat16 unit if any: "split (AMX)"
    AmbitKernelContext context;
    bool by_openblas; // OpenBLAS computes products; their bits depend on the CPU type it chose

    /* c [m][n] = op(a) · op(b) + (accumulate ? c : 0), op(a) [m][k], op(b) [k][n]; a transposed
     * operand is stored [k][m] or [n][k]. */
    void (*matmul)(const AmbitKernelContext *context, AmbitReal *c, const AmbitReal *a,
                   const AmbitReal *b, size_t m, size_t n, size_t k, bool transpose_a,
                   bool transpose_b, bool accumulate);

    /* Products with a right operand that is packed once and used often. The entries are NULL at
     * levels that do not pack.
     * packed_bytes: returns the bytes of op(b) [k][n] when packed; 0 if packing would not pay.
     * pack: fills packed_bytes() bytes at `packed`, which must be 64-byte aligned.
     * matmul_packed: c [m][n] = a [m][k] · op(b), then the epilogue. No epilogue pointer may alias
     * c. */
    size_t (*packed_bytes)(const AmbitKernelContext *context, size_t k, size_t n);
    void (*pack)(const AmbitKernelContext *context, void *packed, const AmbitReal *b, size_t k,
                 size_t n, bool transpose_b);
    void (*matmul_packed)(const AmbitKernelContext *context, AmbitReal *c, const AmbitReal *a,
                          const void *packed, size_t m, const AmbitEpilogue *epilogue);

    /* out [R][N] = x [R][N] + bias [N]; x NULL counts as zeros. */
    void (*add_bias)(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                     const AmbitReal *bias, size_t rows, size_t width);
    /* out [N] = Σ_r x [r][N]. */
    void (*sum_rows)(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                     size_t rows, size_t width);

    /* out = (x − mean)·rstd·gain + bias over the last axis, ε = 1e-5; mean and rstd [R] are
     * outputs that backward reads. */
    void (*layer_norm_forward)(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *mean,
                               AmbitReal *rstd, const AmbitReal *x, const AmbitReal *gain,
                               const AmbitReal *bias, size_t rows, size_t width);
    /* Adds to dx [R][E]; overwrites dgain and dbias [E]. */
    void (*layer_norm_backward)(const AmbitKernelContext *context, AmbitReal *dx, AmbitReal *dgain,
                                AmbitReal *dbias, const AmbitReal *dout, const AmbitReal *x,
                                const AmbitReal *mean, const AmbitReal *rstd, const AmbitReal *gain,
                                size_t rows, size_t width);

    /* GELU in its tanh form (gelu_new of GPT-2): out = gelu(x), and derivative = gelu'(x) unless
     * NULL. One of the two outputs may be x itself. */
    void (*gelu)(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *derivative,
                 const AmbitReal *x, size_t count);
    /* out = max(x, 0), and derivative = (x > 0 ? 1 : 0) unless NULL. Aliases as for gelu. */
    void (*relu)(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *derivative,
                 const AmbitReal *x, size_t count);
    /* out = factor·x, where factor is 0 for a dropped element and ambit_dropout_factor() for
     * others. If x is NULL, ones take its place; x may be out itself. slope *= factor unless NULL.
     */
    void (*dropout)(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *slope,
                    const AmbitReal *x, size_t count, const AmbitDropout *dropout);
    /* out *= x. */
    void (*multiply)(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                     size_t count);

    /* Forward: qkv [R][3E] (query, key, value; heads adjacent) → out [R][E], and log_sum for
     * backward: the logarithm of each softmax denominator, for each sequence in turn
     * [H][its rows].
     * Backward: overwrites dqkv [R][3E]. scratch: ambit_attention_scratch() reals. */
    void (*attention_forward)(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *log_sum,
                              const AmbitReal *qkv, const AmbitAttention *shape,
                              AmbitReal *scratch);
    void (*attention_backward)(const AmbitKernelContext *context, AmbitReal *dqkv,
                               const AmbitReal *dout, const AmbitReal *out, const AmbitReal *qkv,
                               const AmbitReal *log_sum, const AmbitAttention *shape,
                               AmbitReal *scratch);

    /* Row r of out [n][width] = row index[r] of x. */
    void (*gather_rows)(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                        const size_t *index, size_t n, size_t width);
    /* In place: row r of x [n][width] moves to row index[r] of x [rows][width], and all other rows
     * become 0. The indices ascend strictly. */
    void (*scatter_rows)(const AmbitKernelContext *context, AmbitReal *x, const size_t *index,
                         size_t n, size_t rows, size_t width);
    /* Row r of out [n][width] += row index[r] of table. */
    void (*add_rows)(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *table,
                     const size_t *index, size_t n, size_t width);
    /* The gradient of add_rows with respect to table: row index[r] of table += row r of x
     * [n][width], in ascending order of r. */
    void (*accumulate_rows)(const AmbitKernelContext *context, AmbitReal *table, const AmbitReal *x,
                            const size_t *index, size_t n, size_t width);

    /* out += x. */
    void (*add)(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                size_t count);
    /* out *= factor. */
    void (*scale)(const AmbitKernelContext *context, AmbitReal *out, double factor, size_t count);
    /* Returns Σ x² in double: eight sums, of elements i, i + 8, … each, are added pairwise. */
    double (*squares)(const AmbitKernelContext *context, const AmbitReal *x, size_t count);

    /* One step of Adam (Kingma & Ba 2015, algorithm 1), in place. */
    void (*adam)(const AmbitKernelContext *context, AmbitReal *parameter, AmbitReal *moment1,
                 AmbitReal *moment2, const AmbitReal *gradient, size_t count,
                 const AmbitAdam *adam);

    /* Muon (Jordan et al. 2024) without the matrix products, for a matrix [R][N] inside a wider
     * one; ahead and direction are [R][N] without gaps. muon_momentum: momentum = beta·momentum +
     * (1 − beta)·gradient, then ahead = beta·momentum + (1 − beta)·gradient (Nesterov). Returns Σ
     * ahead² in double. muon_polynomial: square [n][n] = c[0]·I + c[1]·x + c[2]·square.
     * muon_update: parameter −= rate·direction. */
    double (*muon_momentum)(const AmbitKernelContext *context, AmbitReal *ahead,
                            AmbitReal *momentum, const AmbitReal *gradient,
                            const AmbitSubmatrix *shape, double beta);
    void (*muon_polynomial)(const AmbitKernelContext *context, AmbitReal *square,
                            const AmbitReal *x, size_t n, const double c[3]);
    void (*muon_update)(const AmbitKernelContext *context, AmbitReal *parameter,
                        const AmbitReal *direction, const AmbitSubmatrix *shape, double rate);
} AmbitKernels;

/* c [m][n] = a [m][k] · op(b), then the epilogue. No epilogue pointer may alias c. Uses
 * matmul_packed if the matrix is packed, and otherwise several entries. */
void ambit_linear(const AmbitKernels *kernels, AmbitReal *c, const AmbitReal *a,
                  const AmbitMatrix *matrix, size_t m, const AmbitEpilogue *epilogue);

/* Returns the reals of scratch that attention_forward and _backward need for this shape. */
size_t ambit_attention_scratch(const AmbitAttention *shape);

/* Returns the CPU type whose code OpenBLAS uses. OpenBLAS chooses it by the CPU or by the
 * environment variable OPENBLAS_CORETYPE; results differ between types in their last bits. */
const char *ambit_kernels_openblas(void);

/* Fills the table for a level. A level keeps the entries of lower levels that it does not replace:
 *   reference  plain C, with which all levels are compared
 *   openblas   matmul by OpenBLAS
 *   baseline   SIMD that every CPU of this architecture has; matmul stays OpenBLAS's
 *   avx2, avx512
 *   bfloat16   products of operands rounded to bfloat16, relative error near 2^-9 each
 *   split      each operand is a sum of two bfloat16, and three products are added; relative error
 *              near 2^-17 for operands from 1e-33 to 3e38, outside which a part is 0 or infinite
 *   auto       the highest level this CPU runs, never bfloat16, and split only with AMX, where it
 *              is the fastest
 * From avx2 on, products are ambit's own. Those of float32 take 0.3 MiB of the caller's stack,
 * those of bfloat16 and split 0.7 MiB. Returns AMBIT_INVALID if the level is unknown or this CPU
 * does not run it; the message lists the levels that it runs.
 */
AmbitStatus ambit_kernels_select(AmbitKernels *kernels, const char *level, AmbitError *error);

/* Returns the levels that this CPU runs, except bfloat16, lowest first, NULL-ended. */
const char *const *ambit_kernels_levels(void);

#endif
