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
    AMBIT_PANELS = 16,            // of a packed block of b
    AMBIT_PAIRS = 256,            // along k that a block has room for
    AMBIT_ROW = AMBIT_PAIRS + 16, // of a, in pairs: rows lie in different sets of a cache
    AMBIT_STEP = 16,              // pairs are padded with zeros to a multiple of this
    AMBIT_TILE_ROWS = 32          // and rows of a to a multiple of this, as AMX's tiles need
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

/* Blocks of two operands as pairs of bfloat16 along k, the earlier one low. With `split`, the
 * second half of the pairs has what rounding left of the first. */
typedef struct AmbitPacked {
    bool split;
    size_t pairs; // along k, padded; at most AMBIT_PAIRS, or half of it with `split`
    _Alignas(64) uint32_t a[AMBIT_BLOCK_M][AMBIT_ROW];
    _Alignas(64) uint32_t b[AMBIT_PANELS][AMBIT_PAIRS][AMBIT_PANEL];
} AmbitPacked;

/* A block of op(x): `along` and `across` are the steps between neighbours along k and across it,
 * one of them 1; depth: along k, width: across it. */
typedef struct AmbitBlock {
    const float *x;
    size_t along, across;
    size_t depth, width;
} AmbitBlock;

void ambit_pack_a(AmbitPacked *packed, const AmbitBlock *block);
void ambit_pack_b(AmbitPacked *packed, const AmbitBlock *block);

/* c [m][n], rows `stride` apart, (+)= the packed blocks' product: by AVX512_BF16 and by AMX. */
typedef void (*ambit_packed_fn)(float *c, size_t stride, size_t m, size_t n,
                                const AmbitPacked *packed, bool accumulate);
void ambit_dot_multiply(float *c, size_t stride, size_t m, size_t n, const AmbitPacked *packed,
                        bool accumulate);
void ambit_amx_multiply(float *c, size_t stride, size_t m, size_t n, const AmbitPacked *packed,
                        bool accumulate);

/* The tiles of this thread, around calls of ambit_amx_multiply. */
void ambit_amx_begin(void);
void ambit_amx_end(void);

/* As AmbitKernels.matrix_multiply_add. */
double ambit_dot_peak(size_t rounds);
double ambit_amx_peak(size_t rounds);

/* Whether this CPU has AMX tiles of bfloat16, and Linux lets this process use them (asked for on
 * the first call). */
bool ambit_amx_permitted(void);

/* Products of operands rounded to bfloat16, and of operands split into two bfloat16, three products
 * each. Need AVX512_BF16 beside what the level avx512 needs; use AMX where it is permitted. */
void ambit_kernels_use_bfloat16(AmbitKernels *kernels);
void ambit_kernels_use_split(AmbitKernels *kernels);

#endif
