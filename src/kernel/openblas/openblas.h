// SPDX-License-Identifier: MIT
// BLAS-backed kernels.
#ifndef AMBIT_KERNEL_OPENBLAS_H
#define AMBIT_KERNEL_OPENBLAS_H

#include "ambit/kernels.h"

/* Puts OpenBLAS entries over those of `kernels`. */
void ambit_kernels_use_openblas(AmbitKernels *kernels);

#endif
