// SPDX-License-Identifier: MIT
// A product and what becomes of it, by whichever entries a table has for it.
#include "ambit/kernels.h"

#include <assert.h>

void ambit_linear(const AmbitKernels *kernels, AmbitReal *c, const AmbitReal *a,
                  const AmbitMatrix *matrix, size_t m, const AmbitEpilogue *epilogue)
{
    assert(epilogue->bias || !epilogue->residual);
    if (matrix->packed) {
        kernels->matmul_packed(c, a, matrix->packed, m, epilogue);
        return;
    }
    if (epilogue->bias) // what a product adds to costs it nothing
        kernels->add_bias(c, epilogue->residual, epilogue->bias, m, matrix->n);
    kernels->matmul(c, a, matrix->b, m, matrix->n, matrix->k, false, matrix->transposed,
                    epilogue->bias);
    if (epilogue->factor)
        kernels->multiply(c, epilogue->factor, m * matrix->n);
    if (epilogue->gelu)
        kernels->gelu(c, epilogue->slope, c, m * matrix->n);
}
