// SPDX-License-Identifier: MIT
// Matrix products by OpenBLAS, one thread each: ambit's own threads work on different shards.
#include "openblas.h"

#include <cblas.h>

void ambit_openblas_matmul(const AmbitKernelContext *context, float *c, const float *a,
                           const float *b, size_t m, size_t n, size_t k, bool transpose_a,
                           bool transpose_b, bool accumulate)
{
    (void)context;
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                transpose_b ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n, (blasint)k, 1.0f,
                a, (blasint)(transpose_a ? m : k), b, (blasint)(transpose_b ? k : n),
                accumulate ? 1.0f : 0.0f, c, (blasint)n);
}

const char *ambit_kernels_openblas(void)
{
    return openblas_get_corename();
}

void ambit_kernels_use_openblas(AmbitKernels *kernels)
{
    openblas_set_num_threads(1);
    kernels->name = "openblas";
    kernels->by_openblas = true;
    kernels->matmul = ambit_openblas_matmul;
}
