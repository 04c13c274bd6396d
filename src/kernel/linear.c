// SPDX-License-Identifier: MIT
// A product and its epilogue: one entry for packed matrices, several entries for others.
#include "ambit/kernels.h"

void ambit_linear(const AmbitKernels *kernels, AmbitReal *c, const AmbitReal *a,
                  const AmbitMatrix *matrix, size_t m, const AmbitEpilogue *epilogue)
{
    if (matrix->packed) {
        kernels->matmul_packed(&kernels->context, c, a, matrix->packed, m, epilogue);
        return;
    }
    if (epilogue->bias) // the product accumulates onto bias and residual: a pass less than adding
        kernels->add_bias(&kernels->context, c, epilogue->residual, epilogue->bias, m, matrix->n);
    kernels->matmul(&kernels->context, c, a, matrix->b, m, matrix->n, matrix->k, false,
                    matrix->transposed, epilogue->bias);
    if (epilogue->residual && !epilogue->bias)
        kernels->add(&kernels->context, c, epilogue->residual, m * matrix->n);
    if (epilogue->factor)
        kernels->multiply(&kernels->context, c, epilogue->factor, m * matrix->n);
    if (epilogue->activation == AMBIT_GELU)
        kernels->gelu(&kernels->context, c, epilogue->slope, c, m * matrix->n);
    else if (epilogue->activation == AMBIT_RELU)
        kernels->relu(&kernels->context, c, epilogue->slope, c, m * matrix->n);
}
