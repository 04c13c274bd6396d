// SPDX-License-Identifier: MIT
// Products with a matrix packed beforehand, and their epilogues, applied to each block while a
// cache holds it.
#include "bfloat16.h"

#include "../vector/matmul.h"

/* A packed matrix [k][n]: blocks of the largest depth along k, one after another; in a block, panel
 * after panel. */
typedef struct Packed {
    size_t k, n;
    bool split;
    _Alignas(64) uint32_t panels[];
} Packed;

static size_t n_panels(size_t n)
{
    return (n + AMBIT_PANEL - 1) / AMBIT_PANEL;
}

/* Words before the block that begins at k, a multiple of the largest depth. */
static size_t words_before(size_t k, size_t n, bool split)
{
    return n_panels(n) * ambit_panel_words(k, split);
}

size_t ambit_packed_bytes(size_t k, size_t n, bool split)
{
    return sizeof(Packed) + words_before(k, n, split) * sizeof(uint32_t);
}

void ambit_pack_matrix(void *packed, const float *b, size_t k, size_t n, bool transpose_b,
                       bool split)
{
    Packed *p = packed;
    p->k = k;
    p->n = n;
    p->split = split;
    AmbitBlock block = {.along = transpose_b ? 1 : n, .across = transpose_b ? k : 1, .width = n};
    for (size_t at = 0; at < k; at += ambit_deepest(split)) {
        block.x = b + at * block.along;
        block.depth = ambit_smaller(k - at, ambit_deepest(split));
        ambit_pack_b(p->panels + words_before(at, n, split), &block, split);
    }
}

/* The panels of a block that begins at k and column j. */
static const uint32_t *panels_at(const Packed *p, size_t k, size_t j, size_t depth)
{
    return p->panels + words_before(k, p->n, p->split) +
           j / AMBIT_PANEL * ambit_panel_words(depth, p->split);
}

/* A product with a packed matrix. */
typedef struct Product {
    const AmbitUnit *unit;
    float *c;
    const float *a;
    const Packed *packed;
    const AmbitEpilogue *epilogue;
} Product;

/* A block of the matrix stays in the second-level cache while all rows of a are multiplied by it.
 */
static void multiply_rows(const void *context, size_t first, size_t end)
{
    enum { BLOCK_WORDS = 512 * AMBIT_PAIRS };
    _Alignas(64) uint32_t rows[AMBIT_BLOCK_M][AMBIT_ROW];
    const Product *product = context;
    const Packed *p = product->packed;
    const size_t deepest = ambit_smaller(p->k, ambit_deepest(p->split)),
                 block_n = BLOCK_WORDS / ambit_panel_words(deepest, p->split) * AMBIT_PANEL;
    product->unit->begin();
    for (size_t j = 0; j < p->n; j += block_n)
        for (size_t k = 0; k < p->k; k += deepest)
            for (size_t i = first; i < end; i += AMBIT_BLOCK_M) {
                const AmbitBlock left = {product->a + i * p->k + k, 1, p->k,
                                         ambit_smaller(p->k - k, deepest),
                                         ambit_smaller(end - i, AMBIT_BLOCK_M)};
                const size_t at = i * p->n + j;
                const AmbitBlockProduct block = {.c = product->c + at,
                                                 .stride = p->n,
                                                 .m = left.width,
                                                 .n = ambit_smaller(p->n - j, block_n),
                                                 .depth = left.depth,
                                                 .a = (const uint32_t(*)[AMBIT_ROW])rows,
                                                 .panels = panels_at(p, k, j, left.depth),
                                                 .split = p->split,
                                                 .accumulate = k > 0};
                ambit_pack_a(rows, &left, p->split);
                ambit_multiply_block(product->unit, &block);
                if (k + deepest >= p->k) {
                    const Part part = {at, p->n, block.m, block.n, j};
                    AMBIT_LEVELED(ambit_vector_finish)(product->c, product->epilogue, part);
                }
            }
    product->unit->end();
}

void ambit_matmul_packed(const AmbitKernelContext *context, float *c, const float *a,
                         const void *packed, size_t m, const AmbitEpilogue *epilogue)
{
    const Product product = {context->unit, c, a, packed, epilogue};
    share_rows(context, AMBIT_BLOCK_M, m, product.packed->n, product.packed->k, multiply_rows,
               &product);
}
