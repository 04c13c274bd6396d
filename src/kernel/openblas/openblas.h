// SPDX-License-Identifier: MIT
// BLAS-backed kernels.
#ifndef AMBIT_KERNEL_OPENBLAS_H
#define AMBIT_KERNEL_OPENBLAS_H

#include "ambit/kernels.h"

/* Puts OpenBLAS entries over those of `kernels`. */
void ambit_kernels_use_openblas(AmbitKernels *kernels);

/* Its matrix product: see AmbitKernels. */
void ambit_openblas_matmul(const AmbitKernelContext *context, float *c, const float *a,
                           const float *b, size_t m, size_t n, size_t k, bool transpose_a,
                           bool transpose_b, bool accumulate);

#endif
