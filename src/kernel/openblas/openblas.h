// SPDX-License-Identifier: MIT
// Kernels by OpenBLAS.
#ifndef AMBIT_KERNEL_OPENBLAS_H
#define AMBIT_KERNEL_OPENBLAS_H

#include "ambit/kernels.h"

/* Replaces the entries of `kernels` that OpenBLAS has. */
void ambit_kernels_use_openblas(AmbitKernels *kernels);

/* See AmbitKernels.matmul. */
void ambit_openblas_matmul(const AmbitKernelContext *context, float *c, const float *a,
                           const float *b, size_t m, size_t n, size_t k, bool transpose_a,
                           bool transpose_b, bool accumulate);

#endif
