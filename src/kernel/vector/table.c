// SPDX-License-Identifier: MIT
// This level's entries of the kernel table.
#include "matmul.h"

#define STRING2(x) #x
#define STRING(x) STRING2(x)

void AMBIT_LEVELED(ambit_kernels_use)(AmbitKernels *kernels)
{
    kernels->name = STRING(AMBIT_LEVEL);
#if AMBIT_WIDTH > 4
    kernels->by_openblas = false;
    kernels->matmul = AMBIT_LEVELED(ambit_vector_matmul);
    kernels->packed_bytes = AMBIT_LEVELED(ambit_vector_packed_bytes);
    kernels->pack = AMBIT_LEVELED(ambit_vector_pack);
    kernels->matmul_packed = AMBIT_LEVELED(ambit_vector_matmul_packed);
    kernels->squares = AMBIT_LEVELED(ambit_vector_squares);
#endif
    kernels->add_bias = AMBIT_LEVELED(ambit_vector_add_bias);
    kernels->sum_rows = AMBIT_LEVELED(ambit_vector_sum_rows);
    kernels->layer_norm_forward = AMBIT_LEVELED(ambit_vector_layer_norm_forward);
    kernels->layer_norm_backward = AMBIT_LEVELED(ambit_vector_layer_norm_backward);
    kernels->gelu = AMBIT_LEVELED(ambit_vector_gelu);
    kernels->relu = AMBIT_LEVELED(ambit_vector_relu);
    kernels->dropout = AMBIT_LEVELED(ambit_vector_dropout);
    kernels->multiply = AMBIT_LEVELED(ambit_vector_multiply);
    kernels->add = AMBIT_LEVELED(ambit_vector_add);
    kernels->adam = AMBIT_LEVELED(ambit_vector_adam);
    kernels->attention_forward = AMBIT_LEVELED(ambit_vector_attention_forward);
    kernels->attention_backward = AMBIT_LEVELED(ambit_vector_attention_backward);
}
