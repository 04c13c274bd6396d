// SPDX-License-Identifier: MIT
// Matrix products of packed blocks of bfloat16, summed in float32. Rounded operands: up to twice
// the rate of float32 by AVX512_BF16, many times by AMX, for an error near 2^-9 of each operand.
// Operands split into two halves: three products, for an error near 2^-17. Blocks are packed into
// a buffer on the stack; products too narrow to gain, the read-in and read-out among
// them, stay in float32.
#include "bfloat16.h"

#include "../openblas/openblas.h"

enum {
    BLOCK_N = AMBIT_PANELS * AMBIT_PANEL,
    NARROW = 32 // products with a side below stay in float32
};

typedef struct Product {
    float *c;
    size_t m, n, k;
    AmbitBlock a, b; // whole operands
    bool accumulate;
} Product;

/* The part of a block that begins at k and `at`. */
static AmbitBlock part_of(AmbitBlock whole, size_t k, size_t at, size_t depth, size_t width)
{
    whole.x += k * whole.along + at * whole.across;
    whole.depth = ambit_smaller(whole.depth - k, depth);
    whole.width = ambit_smaller(whole.width - at, width);
    return whole;
}

static void multiply(const Product *p, bool split, ambit_packed_fn multiply_packed)
{
    AmbitPacked packed;
    packed.split = split;
    const size_t deepest = 2 * AMBIT_PAIRS / (split ? 2 : 1);
    for (size_t k = 0; k < p->k; k += deepest)
        for (size_t n = 0; n < p->n; n += BLOCK_N) {
            AmbitBlock right = part_of(p->b, k, n, deepest, BLOCK_N);
            packed.pairs = (right.depth + 2 * AMBIT_STEP - 1) / (2 * AMBIT_STEP) * AMBIT_STEP;
            ambit_pack_b(&packed, &right);
            for (size_t m = 0; m < p->m; m += AMBIT_BLOCK_M) {
                AmbitBlock left = part_of(p->a, k, m, deepest, AMBIT_BLOCK_M);
                ambit_pack_a(&packed, &left);
                multiply_packed(p->c + m * p->n + n, p->n, left.width, right.width, &packed,
                                p->accumulate || k > 0);
            }
        }
}

static void matmul(float *c, const float *a, const float *b, size_t m, size_t n, size_t k,
                   bool transpose_a, bool transpose_b, bool accumulate, bool split, bool amx)
{
    // Not by m, where a's rows are those of prompts: how one is rounded does not depend on others.
    if (n < NARROW || k < NARROW || (transpose_a && m < NARROW)) {
        ambit_openblas_matmul(c, a, b, m, n, k, transpose_a, transpose_b, accumulate);
        return;
    }
    const Product product = {c,
                             m,
                             n,
                             k,
                             {a, transpose_a ? m : 1, transpose_a ? 1 : k, k, m},
                             {b, transpose_b ? 1 : n, transpose_b ? k : 1, k, n},
                             accumulate};
    if (!amx) {
        multiply(&product, split, ambit_dot_multiply);
        return;
    }
    ambit_amx_begin();
    multiply(&product, split, ambit_amx_multiply);
    ambit_amx_end();
}

static void dot_rounded(float *c, const float *a, const float *b, size_t m, size_t n, size_t k,
                        bool transpose_a, bool transpose_b, bool accumulate)
{
    matmul(c, a, b, m, n, k, transpose_a, transpose_b, accumulate, false, false);
}

static void dot_split(float *c, const float *a, const float *b, size_t m, size_t n, size_t k,
                      bool transpose_a, bool transpose_b, bool accumulate)
{
    matmul(c, a, b, m, n, k, transpose_a, transpose_b, accumulate, true, false);
}

static void amx_rounded(float *c, const float *a, const float *b, size_t m, size_t n, size_t k,
                        bool transpose_a, bool transpose_b, bool accumulate)
{
    matmul(c, a, b, m, n, k, transpose_a, transpose_b, accumulate, false, true);
}

static void amx_split(float *c, const float *a, const float *b, size_t m, size_t n, size_t k,
                      bool transpose_a, bool transpose_b, bool accumulate)
{
    matmul(c, a, b, m, n, k, transpose_a, transpose_b, accumulate, true, true);
}

void ambit_kernels_use_bfloat16(AmbitKernels *kernels)
{
    bool amx = ambit_amx_permitted();
    kernels->name = amx ? "bfloat16 (AMX)" : "bfloat16 (AVX512_BF16)";
    kernels->matmul = amx ? amx_rounded : dot_rounded;
    kernels->matrix_multiply_add = amx ? ambit_amx_peak : ambit_dot_peak;
    kernels->matrix_products = 1;
}

void ambit_kernels_use_split(AmbitKernels *kernels)
{
    bool amx = ambit_amx_permitted();
    kernels->name = amx ? "split (AMX)" : "split (AVX512_BF16)";
    kernels->matmul = amx ? amx_split : dot_split;
    kernels->matrix_multiply_add = amx ? ambit_amx_peak : ambit_dot_peak;
    kernels->matrix_products = 3;
}
