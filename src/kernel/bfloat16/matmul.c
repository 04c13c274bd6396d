// SPDX-License-Identifier: MIT
// Matrix products of packed blocks of bfloat16, summed in float32. Rounded operands: up to twice
// the rate of float32 by AVX512_BF16, many times by AMX, for an error near 2^-9 of each operand.
// Operands split into two halves: three products, for an error near 2^-17. Blocks are packed into
// buffers on the stack; products too narrow to gain, the read-in and read-out among them, stay in
// float32.
#include "bfloat16.h"

#include "../openblas/openblas.h"

enum {
    BLOCK_N = 512, // columns of b packed at a time
    NARROW = 32    // products with a side below stay in float32
};

/* The unit of this machine: whatever level is selected, the same. */
static const AmbitUnit *unit = &ambit_unit_dot;

typedef struct Product {
    float *c;
    size_t m, n, k;
    AmbitBlock a, b; // whole operands
    bool split, accumulate;
} Product;

/* The part of a block that begins at k and `at`. */
static AmbitBlock part_of(AmbitBlock whole, size_t k, size_t at, size_t depth, size_t width)
{
    whole.x += k * whole.along + at * whole.across;
    whole.depth = ambit_smaller(whole.depth - k, depth);
    whole.width = ambit_smaller(whole.width - at, width);
    return whole;
}

void ambit_multiply_block(const AmbitUnit *by, const AmbitBlockProduct *p)
{
    AmbitFactors factors = {.a = p->a, .pairs = ambit_pairs(p->depth), .split = p->split};
    const uint32_t *panel = p->panels;
    for (size_t j = 0; j < p->n; j += AMBIT_PANEL, panel += ambit_panel_words(p->depth, p->split)) {
        factors.b = (const uint32_t(*)[AMBIT_PANEL])panel;
        by->multiply(p->c + j, p->stride, p->m, ambit_smaller(p->n - j, AMBIT_PANEL), &factors,
                     p->accumulate);
    }
}

static void multiply(const Product *p)
{
    _Alignas(64) uint32_t a[AMBIT_BLOCK_M][AMBIT_ROW];
    _Alignas(64) uint32_t panels[BLOCK_N * AMBIT_PAIRS];
    const size_t deepest = ambit_deepest(p->split);
    for (size_t k = 0; k < p->k; k += deepest)
        for (size_t n = 0; n < p->n; n += BLOCK_N) {
            AmbitBlock right = part_of(p->b, k, n, deepest, BLOCK_N);
            ambit_pack_b(panels, &right, p->split);
            for (size_t m = 0; m < p->m; m += AMBIT_BLOCK_M) {
                AmbitBlock left = part_of(p->a, k, m, deepest, AMBIT_BLOCK_M);
                ambit_pack_a(a, &left, p->split);
                ambit_multiply_block(
                    unit, &(AmbitBlockProduct){p->c + m * p->n + n, p->n, left.width, right.width,
                                               left.depth, (const uint32_t(*)[AMBIT_ROW])a, panels,
                                               p->split, p->accumulate || k > 0});
            }
        }
}

static void matmul(float *c, const float *a, const float *b, size_t m, size_t n, size_t k,
                   bool transpose_a, bool transpose_b, bool accumulate, bool split)
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
                             split,
                             accumulate};
    unit->begin();
    multiply(&product);
    unit->end();
}

static void matmul_rounded(float *c, const float *a, const float *b, size_t m, size_t n, size_t k,
                           bool transpose_a, bool transpose_b, bool accumulate)
{
    matmul(c, a, b, m, n, k, transpose_a, transpose_b, accumulate, false);
}

static void matmul_split(float *c, const float *a, const float *b, size_t m, size_t n, size_t k,
                         bool transpose_a, bool transpose_b, bool accumulate)
{
    matmul(c, a, b, m, n, k, transpose_a, transpose_b, accumulate, true);
}

static size_t packed_bytes_rounded(size_t k, size_t n)
{
    return n < NARROW || k < NARROW ? 0 : ambit_packed_bytes(k, n, false);
}

static size_t packed_bytes_split(size_t k, size_t n)
{
    return n < NARROW || k < NARROW ? 0 : ambit_packed_bytes(k, n, true);
}

static void pack_rounded(void *packed, const float *b, size_t k, size_t n, bool transpose)
{
    ambit_pack_matrix(packed, b, k, n, transpose, false);
}

static void pack_split(void *packed, const float *b, size_t k, size_t n, bool transpose)
{
    ambit_pack_matrix(packed, b, k, n, transpose, true);
}

static void matmul_packed(float *c, const float *a, const void *packed, size_t m,
                          const AmbitEpilogue *epilogue)
{
    unit->begin();
    ambit_matmul_packed(unit, c, a, packed, m, epilogue);
    unit->end();
}

static void use(AmbitKernels *kernels, const char *by_dot, const char *by_amx)
{
    bool amx = ambit_amx_permitted();
    unit = amx ? &ambit_unit_amx : &ambit_unit_dot;
    kernels->name = amx ? by_amx : by_dot;
    kernels->matmul_packed = matmul_packed;
    kernels->matrix_multiply_add = unit->peak;
}

void ambit_kernels_use_bfloat16(AmbitKernels *kernels)
{
    use(kernels, "bfloat16 (AVX512_BF16)", "bfloat16 (AMX)");
    kernels->matmul = matmul_rounded;
    kernels->packed_bytes = packed_bytes_rounded;
    kernels->pack = pack_rounded;
    kernels->matrix_products = 1;
}

void ambit_kernels_use_split(AmbitKernels *kernels)
{
    use(kernels, "split (AVX512_BF16)", "split (AMX)");
    kernels->matmul = matmul_split;
    kernels->packed_bytes = packed_bytes_split;
    kernels->pack = pack_split;
    kernels->matrix_products = 3;
}
