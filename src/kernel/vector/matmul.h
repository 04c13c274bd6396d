// SPDX-License-Identifier: MIT
// Products in float32, for levels whose vectors have 8 or 16 floats; with fewer, OpenBLAS
// multiplies.
#ifndef AMBIT_KERNEL_MATMUL_H
#define AMBIT_KERNEL_MATMUL_H

#include "vector.h"

#include "ambit/threads.h"

enum { SHARE = 1 << 19 }; // multiply-adds for which another thread pays

/* Computes m rows of a product of n columns, k deep, on as many threads as may share it and find
 * enough to do. Parts begin at multiples of `step` rows. */
static inline void share_rows(const AmbitKernelContext *context, size_t step, size_t m, size_t n,
                              size_t k, ambit_part_fn run, const void *product)
{
    const size_t most = m * n * k / SHARE;
    if (context->n_threads <= 1 || most <= 1)
        run(product, 0, m);
    else
        ambit_threads_split(m, step, most < context->n_threads ? most : context->n_threads, run,
                            product);
}

/* Rows of a matrix, `stride` floats apart: offset of the first float, and its column. */
typedef struct Part {
    size_t first, stride, rows, columns, column;
} Part;

/* The epilogue of a part of c. The epilogue's operands are whole, as c is. */
void AMBIT_LEVELED(ambit_vector_finish)(float *c, const AmbitEpilogue *epilogue, Part part);

/* See AmbitKernels. */
void AMBIT_LEVELED(ambit_vector_matmul)(const AmbitKernelContext *context, float *c, const float *a,
                                        const float *b, size_t m, size_t n, size_t k,
                                        bool transpose_a, bool transpose_b, bool accumulate);
size_t AMBIT_LEVELED(ambit_vector_packed_bytes)(const AmbitKernelContext *context, size_t k,
                                                size_t n);
void AMBIT_LEVELED(ambit_vector_pack)(const AmbitKernelContext *context, void *packed,
                                      const float *b, size_t k, size_t n, bool transpose_b);
void AMBIT_LEVELED(ambit_vector_matmul_packed)(const AmbitKernelContext *context, float *c,
                                               const float *a, const void *packed, size_t m,
                                               const AmbitEpilogue *epilogue);

#endif
