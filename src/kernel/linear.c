// SPDX-License-Identifier: MIT
// What callers of a table need beside its entries: a product with its epilogue, by one entry for
// packed matrices and by several for others, and the size of attention's scratch.
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

static size_t pad(size_t n)
{
    return (n + AMBIT_VECTOR_PADDING - 1) / AMBIT_VECTOR_PADDING * AMBIT_VECTOR_PADDING;
}

size_t ambit_attention_scratch(const AmbitAttention *shape)
{
    size_t rows = pad(shape->longest), size = pad(shape->width / shape->n_heads);
    return rows * ((4 * shape->n_heads + 2) * size + (shape->dropout ? 3 : 2) * rows + 4);
}
