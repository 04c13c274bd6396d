// SPDX-License-Identifier: MIT
// Matrix products on units that multiply bfloat16 and sum in float32: what the files of this folder
// share.
#ifndef AMBIT_KERNEL_BFLOAT16_H
#define AMBIT_KERNEL_BFLOAT16_H

#include "ambit/kernels.h"

#include <stdint.h>

enum {
    AMBIT_BLOCK_M = 96,           // rows of a packed block of a, a multiple of both units' tiles
    AMBIT_PANEL = 32,             // columns of a panel of b
    AMBIT_PAIRS = 256,            // pairs along k for which a block has room
    AMBIT_ROW = AMBIT_PAIRS + 16, // pairs between rows of a, so that rows use different cache sets
    AMBIT_STEP = 16,              // zeros pad the pairs along k to a multiple of this
    AMBIT_TILE_ROWS = 32          // units read rows of a up to a multiple of this
};

static inline size_t ambit_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* A mask of the first n of sixteen elements. */
static inline uint16_t ambit_first(size_t n)
{
    return n < 16 ? (uint16_t)((1u << n) - 1) : 0xffff;
}

/* A block of op(x). `along` and `across` are the distances, in floats, between neighbours along k
 * and across it; one of them is 1. depth: size along k; width: size across it. */
typedef struct AmbitBlock {
    const float *x;
    size_t along, across;
    size_t depth, width;
} AmbitBlock;

/* The largest depth of a block. */
static inline size_t ambit_deepest(bool split)
{
    return (size_t)2 * AMBIT_PAIRS / (split ? 2 : 1);
}

/* The pairs of a block along k, with those that pad it. */
static inline size_t ambit_pairs(size_t depth)
{
    return (depth + 2 * AMBIT_STEP - 1) / (2 * AMBIT_STEP) * AMBIT_STEP;
}

/* 32-bit words of a panel of b of this depth. */
static inline size_t ambit_panel_words(size_t depth, bool split)
{
    return ambit_pairs(depth) * AMBIT_PANEL * (split ? 2 : 1);
}

/* Packs a block of an operand as pairs of bfloat16 along k, the earlier element in the low half of
 * a word. With `split`, the pairs of rounding errors follow, as many, along k. Panels of b follow
 * one another. */
void ambit_pack_a(uint32_t (*a)[AMBIT_ROW], const AmbitBlock *block, bool split);
void ambit_pack_b(uint32_t *panels, const AmbitBlock *block, bool split);

/* Packed operands of a product: rows of a block of a, and one panel of b. */
typedef struct AmbitFactors {
    const uint32_t (*a)[AMBIT_ROW];
    const uint32_t (*b)[AMBIT_PANEL];
    size_t pairs; // along k; with `split`, those of rounding errors not counted
    bool split;
} AmbitFactors;

/* A unit that multiplies bfloat16. */
typedef struct AmbitUnit {
    void (*begin)(void); // before the products of a thread
    void (*end)(void);   // after them
    /* c [m][n] = the product of the factors + (accumulate ? c : 0). Rows of c are `stride` floats
     * apart; n is at most AMBIT_PANEL. */
    void (*multiply)(float *c, size_t stride, size_t m, size_t n, const AmbitFactors *factors,
                     bool accumulate);
    double (*peak)(size_t rounds); // see AmbitPeak.bfloat16
} AmbitUnit;

extern const AmbitUnit ambit_unit_dot; // AVX512_BF16
extern const AmbitUnit ambit_unit_amx;

/* A block of a product: c [m][n], rows `stride` floats apart, = a packed block of a times packed
 * panels of b, both of this depth, + (accumulate ? c : 0). */
typedef struct AmbitBlockProduct {
    float *c;
    size_t stride, m, n, depth;
    const uint32_t (*a)[AMBIT_ROW];
    const uint32_t *panels;
    bool split, accumulate;
} AmbitBlockProduct;

void ambit_multiply_block(const AmbitUnit *unit, const AmbitBlockProduct *product);

/* Whether this CPU has AMX tiles for bfloat16 and Linux permits this process to use them. The call
 * asks Linux for the permission. */
bool ambit_amx_permitted(void);

/* See AmbitKernels. The packed matrix knows whether it is split. */
size_t ambit_packed_bytes(size_t k, size_t n, bool split);
void ambit_pack_matrix(void *packed, const float *b, size_t k, size_t n, bool transpose_b,
                       bool split);
void ambit_matmul_packed(const AmbitKernelContext *context, float *c, const float *a,
                         const void *packed, size_t m, const AmbitEpilogue *epilogue);

/* Replace the products of `kernels`: of operands rounded to bfloat16, or of operands split into two
 * bfloat16 with three products each. Both need AVX512_BF16 and the level avx512, and use AMX where
 * it is permitted. */
void ambit_kernels_use_bfloat16(AmbitKernels *kernels);
void ambit_kernels_use_split(AmbitKernels *kernels);

#endif
