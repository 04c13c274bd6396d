// SPDX-License-Identifier: MIT
// Matrix products of operands rounded to bfloat16, summed in float32, by AVX512_BF16's dot products
// of pairs: half the memory and up to twice the rate of float32, for an error near 2^-9 of each
// operand. Blocks of both operands are packed, as pairs along k, into buffers on the stack;
// products too narrow to gain, the read-in and read-out among them, stay in float32.
#include "bfloat16.h"

#include "../openblas/openblas.h"

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

enum {
    ROWS = 6,     // of a tile in registers
    COLUMNS = 64, // of a tile, in four vectors
    BLOCK_M = 16 * ROWS,
    BLOCK_N = 4 * COLUMNS,
    BLOCK_K = 512,
    PAIRS = BLOCK_K / 2,
    NARROW = 32 // products with a side below stay in float32
};

/* Pairs of bfloat16 along k, the earlier one low. */
typedef struct Packed {
    _Alignas(64) uint32_t a[BLOCK_M][PAIRS];
    _Alignas(64) uint32_t b[BLOCK_N / COLUMNS][PAIRS][COLUMNS];
} Packed;

/* A block of op(x): `along` and `across` are the steps between neighbours along k and across it. */
typedef struct Block {
    const float *x;
    size_t along, across;
    size_t depth, width; // along k, across it
} Block;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static __mmask16 first(size_t n)
{
    return n < 16 ? (__mmask16)((1u << n) - 1) : (__mmask16)0xffff;
}

/* Sixteen pairs of values that lie next to each other across k. */
static __m512i pairs_across(const Block *block, size_t k, size_t at)
{
    const float *x = block->x + k * block->along + at;
    __mmask16 some = first(block->width - at);
    __m512 low = _mm512_maskz_loadu_ps(some, x), high = _mm512_setzero_ps();
    if (k + 1 < block->depth)
        high = _mm512_maskz_loadu_ps(some, x + block->along);
    __m512i l = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(low));
    __m512i h = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(high));
    return _mm512_or_si512(l, _mm512_slli_epi32(h, 16));
}

/* Sixteen pairs of values that lie next to each other along k. */
static __m512i pairs_along(const Block *block, size_t k, size_t at)
{
    const float *x = block->x + at * block->across + k;
    size_t left = block->depth - k;
    __m512 low = _mm512_maskz_loadu_ps(first(left), x), high = _mm512_setzero_ps();
    if (left > 16)
        high = _mm512_maskz_loadu_ps(first(left - 16), x + 16);
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/* Swaps the bits of row and lane numbers, one by one. */
static void transpose(__m512i rows[16])
{
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (int bit = 1; bit < 16; bit *= 2) {
        __m512i step = _mm512_set1_epi32(bit);
        __mmask16 odd = _mm512_test_epi32_mask(lanes, step);
        __m512i other = _mm512_add_epi32(lanes, _mm512_set1_epi32(16));
        __m512i low = _mm512_mask_blend_epi32(odd, lanes, _mm512_sub_epi32(other, step));
        __m512i high = _mm512_mask_blend_epi32(odd, _mm512_add_epi32(lanes, step), other);
        for (int i = 0; i < 16; i++)
            if (!(i & bit)) {
                __m512i upper = rows[i], lower = rows[i + bit];
                rows[i] = _mm512_permutex2var_epi32(upper, low, lower);
                rows[i + bit] = _mm512_permutex2var_epi32(upper, high, lower);
            }
    }
}

/* Rows of op(a), zeros up to whole tiles. */
static void pack_a(Packed *packed, const Block *block)
{
    const size_t pairs = (block->depth + 1) / 2;
    for (size_t i = block->width; i % ROWS; i++)
        memset(packed->a[i], 0, pairs * sizeof(uint32_t));
    if (block->along == 1) {
        for (size_t i = 0; i < block->width; i++)
            for (size_t k = 0; k < pairs; k += 16)
                _mm512_mask_storeu_epi32(packed->a[i] + k, first(pairs - k),
                                         pairs_along(block, 2 * k, i));
        return;
    }
    for (size_t k = 0; k < pairs; k += 16)
        for (size_t i = 0; i < block->width; i += 16) {
            __m512i square[16];
            for (size_t p = 0; p < 16; p++)
                square[p] =
                    k + p < pairs ? pairs_across(block, 2 * (k + p), i) : _mm512_setzero_si512();
            transpose(square);
            for (size_t r = 0; r < smaller(16, block->width - i); r++)
                _mm512_mask_storeu_epi32(packed->a[i + r] + k, first(pairs - k), square[r]);
        }
}

/* Panels of columns of op(b), zeros up to whole ones. */
static void pack_b(Packed *packed, const Block *block)
{
    const size_t pairs = (block->depth + 1) / 2;
    const size_t width = (block->width + COLUMNS - 1) / COLUMNS * COLUMNS;
    for (size_t j = 0; j < width; j += 16)
        for (size_t k = 0; k < pairs; k += 16) {
            uint32_t(*to)[COLUMNS] = &packed->b[j / COLUMNS][k];
            size_t count = smaller(16, pairs - k);
            __m512i square[16];
            for (size_t r = 0; r < 16; r++)
                square[r] = _mm512_setzero_si512();
            if (block->across == 1) {
                for (size_t p = 0; p < count && j < block->width; p++)
                    square[p] = pairs_across(block, 2 * (k + p), j);
            } else {
                for (size_t r = 0; r < 16 && j + r < block->width; r++)
                    square[r] = pairs_along(block, 2 * k, j + r);
                transpose(square);
            }
            for (size_t p = 0; p < count; p++)
                _mm512_store_si512(to[p] + j % COLUMNS, square[p]);
        }
}

/* c [rows][columns] of one tile, `stride` apart. */
static void multiply_tile(float *c, size_t stride, size_t rows, size_t columns,
                          const uint32_t (*a)[PAIRS], const uint32_t (*b)[COLUMNS], size_t pairs,
                          bool accumulate)
{
    __m512 sums[ROWS][4];
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < 4; j++)
            sums[i][j] = _mm512_setzero_ps();
    for (size_t k = 0; k < pairs; k++) {
        __m512bh right[4];
        for (size_t j = 0; j < 4; j++)
            right[j] = (__m512bh)_mm512_load_si512(b[k] + 16 * j);
        for (size_t i = 0; i < ROWS; i++) {
            __m512bh left = (__m512bh)_mm512_set1_epi32((int)a[i][k]);
            for (size_t j = 0; j < 4; j++)
                sums[i][j] = _mm512_dpbf16_ps(sums[i][j], left, right[j]);
        }
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; 16 * j < columns; j++) {
            __mmask16 some = first(columns - 16 * j);
            float *to = c + i * stride + 16 * j;
            __m512 before = accumulate ? _mm512_maskz_loadu_ps(some, to) : _mm512_setzero_ps();
            _mm512_mask_storeu_ps(to, some, _mm512_add_ps(before, sums[i][j]));
        }
}

static void multiply_block(float *c, size_t stride, size_t m, size_t n, size_t k,
                           const Packed *packed, bool accumulate)
{
    for (size_t j = 0; j < n; j += COLUMNS)
        for (size_t i = 0; i < m; i += ROWS)
            multiply_tile(c + i * stride + j, stride, smaller(m - i, ROWS), smaller(n - j, COLUMNS),
                          packed->a + i, packed->b[j / COLUMNS], (k + 1) / 2, accumulate);
}

static void matmul(float *c, const float *a, const float *b, size_t m, size_t n, size_t k,
                   bool transpose_a, bool transpose_b, bool accumulate)
{
    if (m < NARROW || n < NARROW || k < NARROW) {
        ambit_openblas_matmul(c, a, b, m, n, k, transpose_a, transpose_b, accumulate);
        return;
    }
    Packed packed;
    const Block left = {a, transpose_a ? m : 1, transpose_a ? 1 : k, 0, 0};
    const Block right = {b, transpose_b ? 1 : n, transpose_b ? k : 1, 0, 0};
    for (size_t k0 = 0; k0 < k; k0 += BLOCK_K)
        for (size_t n0 = 0; n0 < n; n0 += BLOCK_N) {
            Block part = right;
            part.x += k0 * right.along + n0 * right.across;
            part.depth = smaller(k - k0, BLOCK_K);
            part.width = smaller(n - n0, BLOCK_N);
            pack_b(&packed, &part);
            for (size_t m0 = 0; m0 < m; m0 += BLOCK_M) {
                Block rows = left;
                rows.x += k0 * left.along + m0 * left.across;
                rows.depth = part.depth;
                rows.width = smaller(m - m0, BLOCK_M);
                pack_a(&packed, &rows);
                multiply_block(c + m0 * n + n0, n, rows.width, part.width, part.depth, &packed,
                               accumulate || k0 > 0);
            }
        }
}

void ambit_kernels_use_bfloat16(AmbitKernels *kernels)
{
    kernels->name = "bfloat16";
    kernels->matmul = matmul;
}
