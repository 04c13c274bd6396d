// SPDX-License-Identifier: MIT
#ifndef AMBIT_KERNEL_BFLOAT16_H
#define AMBIT_KERNEL_BFLOAT16_H

#include "ambit/kernels.h"

/* Needs AVX512_BF16 beside what the level avx512 needs. */
void ambit_kernels_use_bfloat16(AmbitKernels *kernels);

#endif
