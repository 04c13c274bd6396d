// SPDX-License-Identifier: MIT
// Matrix products on units that multiply bfloat16 and sum in float32: what the files of this room
// share.
#ifndef AMBIT_KERNEL_BFLOAT16_H
#define AMBIT_KERNEL_BFLOAT16_H

#include "ambit/kernels.h"

#include <stdint.h>

enum {
    AMBIT_BLOCK_M = 96,           // rows of a packed block of a: whole tiles of either unit
    AMBIT_PANEL = 32,             // columns of a panel of b
    AMBIT_PAIRS = 256,            // along k that a block has room for
    AMBIT_ROW = AMBIT_PAIRS + 16, // of a, in pairs: rows lie in different sets of a cache
    AMBIT_STEP = 16,              // pairs are padded with zeros to a multiple of this
    AMBIT_TILE_ROWS = 32          // rows of a are read up to a multiple of this
};

static inline size_t ambit_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The mask of the first n of sixteen. */
static inline uint16_t ambit_first(size_t n)
{
    return n < 16 ? (uint16_t)((1u << n) - 1) : 0xffff;
}

/* A block of op(x): `along` and `across` are the steps between neighbours along k and across it,
 * one of them 1; depth: along k, width: across it. */
typedef struct AmbitBlock {
    const float *x;
    size_t along, across;
    size_t depth, width;
} AmbitBlock;

/* How deep a block may be, and the pairs that one takes along k, padded. */
static inline size_t ambit_deepest(bool split)
{
    return (size_t)2 * AMBIT_PAIRS / (split ? 2 : 1);
}

static inline size_t ambit_pairs(size_t depth)
{
    return (depth + 2 * AMBIT_STEP - 1) / (2 * AMBIT_STEP) * AMBIT_STEP;
}

/* Words of a panel of b as deep as that. */
static inline size_t ambit_panel_words(size_t depth, bool split)
{
    return ambit_pairs(depth) * AMBIT_PANEL * (split ? 2 : 1);
}

/* Blocks of two operands as pairs of bfloat16 along k, the earlier one low. With `split`, as many
 * pairs again follow along k, of what rounding left of the first. Of b, panel after panel. */
void ambit_pack_a(uint32_t (*a)[AMBIT_ROW], const AmbitBlock *block, bool split);
void ambit_pack_b(uint32_t *panels, const AmbitBlock *block, bool split);

/* Packed operands of a product: rows of a block of a, one panel of b. */
typedef struct AmbitFactors {
    const uint32_t (*a)[AMBIT_ROW];
    const uint32_t (*b)[AMBIT_PANEL];
    size_t pairs; // along k, of a half if they are split
    bool split;
} AmbitFactors;

/* A unit that multiplies bfloat16. */
typedef struct AmbitUnit {
    void (*begin)(void); // around products, for each thread
    void (*end)(void);
    /* c [m][n], rows `stride` apart, n at most a panel's columns, (+)= the factors' product. */
    void (*multiply)(float *c, size_t stride, size_t m, size_t n, const AmbitFactors *factors,
                     bool accumulate);
    double (*peak)(size_t rounds); // see AmbitPeak.bfloat16
} AmbitUnit;

extern const AmbitUnit ambit_unit_dot; // AVX512_BF16
extern const AmbitUnit ambit_unit_amx;

/* A block of a product: c [m][n], rows `stride` apart, (+)= a packed block of a by the panels of
 * one of b, both as deep as that. */
typedef struct AmbitBlockProduct {
    float *c;
    size_t stride, m, n, depth;
    const uint32_t (*a)[AMBIT_ROW];
    const uint32_t *panels;
    bool split, accumulate;
} AmbitBlockProduct;

void ambit_multiply_block(const AmbitUnit *unit, const AmbitBlockProduct *product);

/* Whether this CPU has AMX tiles of bfloat16, and Linux lets this process use them (asked for on
 * the first call). */
bool ambit_amx_permitted(void);

/* See AmbitKernels. The packed matrix knows whether it is split. */
size_t ambit_packed_bytes(size_t k, size_t n, bool split);
void ambit_pack_matrix(void *packed, const float *b, size_t k, size_t n, bool transpose_b,
                       bool split);
void ambit_matmul_packed(const AmbitKernelContext *context, float *c, const float *a,
                         const void *packed, size_t m, const AmbitEpilogue *epilogue);

/* Products of operands rounded to bfloat16, and of operands split into two bfloat16, three products
 * each. Need AVX512_BF16 beside what the level avx512 needs; use AMX where it is permitted. */
void ambit_kernels_use_bfloat16(AmbitKernels *kernels);
void ambit_kernels_use_split(AmbitKernels *kernels);

#endif
