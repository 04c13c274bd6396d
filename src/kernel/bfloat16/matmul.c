// SPDX-License-Identifier: MIT
// Matrix products of blocks packed as bfloat16, summed in float32. Rounded operands: up to twice
// the rate of float32 by AVX512_BF16, many times by AMX, with a relative error near 2^-9 of each
// operand. Split operands: three products, with an error near 2^-17. Blocks are packed into buffers
// on the stack. Products too narrow to gain stay in float32, among them those of the read-in and
// read-out.
#include "bfloat16.h"

#include "../vector/matmul.h"

enum {
    BLOCK_N = 512, // columns of b packed at a time
    NARROW = 32    // products with a shorter side stay in float32
};

typedef struct Product {
    const AmbitUnit *unit;
    float *c;
    size_t n, k;
    AmbitBlock a, b; // whole operands
    bool split, accumulate;
} Product;

/* The part of a block that begins at k along and `at` across it. */
static AmbitBlock part_of(AmbitBlock whole, size_t k, size_t at, size_t depth, size_t width)
{
    whole.x += k * whole.along + at * whole.across;
    whole.depth = ambit_smaller(whole.depth - k, depth);
    whole.width = ambit_smaller(whole.width - at, width);
    return whole;
}

static void multiply_rows(const void *context, size_t first, size_t end)
{
    const Product *p = context;
    _Alignas(64) uint32_t a[AMBIT_BLOCK_M][AMBIT_ROW];
    _Alignas(64) uint32_t panels[BLOCK_N * AMBIT_PAIRS];
    const size_t deepest = ambit_deepest(p->split);
    p->unit->begin();
    for (size_t k = 0; k < p->k; k += deepest)
        for (size_t n = 0; n < p->n; n += BLOCK_N) {
            AmbitBlock right = part_of(p->b, k, n, deepest, BLOCK_N);
            ambit_pack_b(panels, &right, p->split);
            for (size_t m = first; m < end; m += AMBIT_BLOCK_M) {
                AmbitBlock left =
                    part_of(p->a, k, m, deepest, ambit_smaller(end - m, AMBIT_BLOCK_M));
                ambit_pack_a(a, &left, p->split);
                ambit_multiply_block(p->unit,
                                     &(AmbitBlockProduct){p->c + m * p->n + n, p->n, left.width,
                                                          right.width, left.depth,
                                                          (const uint32_t(*)[AMBIT_ROW])a, panels,
                                                          p->split, p->accumulate || k > 0});
            }
        }
    p->unit->end();
}

static bool is_narrow(size_t k, size_t n)
{
    return k < NARROW || n < NARROW;
}

static void matmul(const AmbitKernelContext *context, float *c, const float *a, const float *b,
                   size_t m, size_t n, size_t k, bool transpose_a, bool transpose_b,
                   bool accumulate)
{
    // m does not matter where rows of a belong to prompts, so that a prompt is rounded alike in any
    // company.
    if (is_narrow(k, n) || (transpose_a && m < NARROW)) {
        AMBIT_LEVELED(ambit_vector_matmul)
        (context, c, a, b, m, n, k, transpose_a, transpose_b, accumulate);
        return;
    }
    const Product product = {context->unit,
                             c,
                             n,
                             k,
                             {a, transpose_a ? m : 1, transpose_a ? 1 : k, k, m},
                             {b, transpose_b ? 1 : n, transpose_b ? k : 1, k, n},
                             context->split,
                             accumulate};
    share_rows(context, AMBIT_BLOCK_M, m, n, k, multiply_rows, &product);
}

static size_t packed_bytes(const AmbitKernelContext *context, size_t k, size_t n)
{
    return is_narrow(k, n) ? 0 : ambit_packed_bytes(k, n, context->split);
}

static void pack(const AmbitKernelContext *context, void *packed, const float *b, size_t k,
                 size_t n, bool transpose)
{
    ambit_pack_matrix(packed, b, k, n, transpose, context->split);
}

static void use(AmbitKernels *kernels, const char *by_dot, const char *by_amx, bool split)
{
    bool amx = ambit_amx_permitted();
    kernels->name = amx ? by_amx : by_dot;
    kernels->context.unit = amx ? &ambit_unit_amx : &ambit_unit_dot;
    kernels->context.split = split;
    kernels->matmul = matmul;
    kernels->packed_bytes = packed_bytes;
    kernels->pack = pack;
    kernels->matmul_packed = ambit_matmul_packed;
}

void ambit_kernels_use_bfloat16(AmbitKernels *kernels)
{
    use(kernels, "bfloat16 (AVX512_BF16)", "bfloat16 (AMX)", false);
}

void ambit_kernels_use_split(AmbitKernels *kernels)
{
    use(kernels, "split (AVX512_BF16)", "split (AMX)", true);
}
