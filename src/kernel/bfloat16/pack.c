// SPDX-License-Identifier: MIT
// Packs blocks of float matrices as pairs of bfloat16 along k, sixteen pairs at a time; blocks that
// lie the other way are transposed in registers.
#include "bfloat16.h"

#include <immintrin.h>
#include <string.h>

/* Sixteen pairs, and sixteen of what rounding left. */
typedef struct Pairs {
    __m512i high, low;
} Pairs;

static __mmask16 first(size_t n)
{
    return n < 16 ? (__mmask16)((1u << n) - 1) : (__mmask16)0xffff;
}

/* Pairs of (early, late), element by element. */
static __m512i interleave(__m512 early, __m512 late)
{
    __m512i e = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(early));
    __m512i l = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(late));
    return _mm512_or_si512(e, _mm512_slli_epi32(l, 16));
}

/* Of pairs along k, the floats of the earlier ones and of the later ones. */
static __m512 early_of(__m512i pairs)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16));
}

static __m512 late_of(__m512i pairs)
{
    return _mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32((int)0xffff0000)));
}

/* Sixteen pairs of values that lie next to each other across k. */
static Pairs pairs_across(const AmbitBlock *block, size_t k, size_t at, bool split)
{
    const float *x = block->x + k * block->along + at;
    __mmask16 some = first(block->width - at);
    __m512 early = _mm512_maskz_loadu_ps(some, x), late = _mm512_setzero_ps();
    if (k + 1 < block->depth)
        late = _mm512_maskz_loadu_ps(some, x + block->along);
    Pairs pairs = {interleave(early, late), _mm512_setzero_si512()};
    if (split)
        pairs.low = interleave(_mm512_sub_ps(early, early_of(pairs.high)),
                               _mm512_sub_ps(late, late_of(pairs.high)));
    return pairs;
}

/* Sixteen pairs of values that lie next to each other along k. */
static Pairs pairs_along(const AmbitBlock *block, size_t k, size_t at, bool split)
{
    const float *x = block->x + at * block->across + k;
    size_t left = block->depth - k;
    __m512 early = _mm512_maskz_loadu_ps(first(left), x), late = _mm512_setzero_ps();
    if (left > 16)
        late = _mm512_maskz_loadu_ps(first(left - 16), x + 16);
    Pairs pairs = {(__m512i)_mm512_cvtne2ps_pbh(late, early), _mm512_setzero_si512()};
    if (split) {
        __m512i half = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(pairs.high));
        early = _mm512_sub_ps(early, early_of(half));
        half = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(pairs.high, 1));
        late = _mm512_sub_ps(late, early_of(half));
        pairs.low = (__m512i)_mm512_cvtne2ps_pbh(late, early);
    }
    return pairs;
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

/* square[half][r]: sixteen pairs from k on of vector `at + r` of the block, or, with `turned`, pair
 * k + r of sixteen vectors; zeros outside the block. */
static void load_square(__m512i square[2][16], const AmbitBlock *block, size_t k, size_t at,
                        bool turned, bool split)
{
    bool lies_along = block->along == 1;
    for (size_t r = 0; r < 16; r++) {
        Pairs pairs = {_mm512_setzero_si512(), _mm512_setzero_si512()};
        if (lies_along && at + r < block->width)
            pairs = pairs_along(block, 2 * k, at + r, split);
        else if (!lies_along && at < block->width && 2 * (k + r) < block->depth)
            pairs = pairs_across(block, 2 * (k + r), at, split);
        square[0][r] = pairs.high;
        square[1][r] = pairs.low;
    }
    for (size_t half = 0; half < 1u + split && lies_along == turned; half++)
        transpose(square[half]);
}

static size_t round_up(size_t n, size_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

void ambit_pack_a(AmbitPacked *packed, const AmbitBlock *block)
{
    __m512i square[2][16];
    for (size_t i = 0; i < round_up(block->width, AMBIT_TILE_ROWS); i += 16)
        for (size_t k = 0; 2 * k < block->depth; k += AMBIT_STEP) {
            load_square(square, block, k, i, false, packed->split);
            for (size_t half = 0; half < 1u + packed->split; half++)
                for (size_t r = 0; r < 16; r++)
                    _mm512_store_si512(&packed->a[i + r][half * AMBIT_PAIRS / 2 + k],
                                       square[half][r]);
        }
}

void ambit_pack_b(AmbitPacked *packed, const AmbitBlock *block)
{
    __m512i square[2][16];
    for (size_t j = 0; j < round_up(block->width, AMBIT_PANEL); j += 16)
        for (size_t k = 0; 2 * k < block->depth; k += AMBIT_STEP) {
            load_square(square, block, k, j, true, packed->split);
            for (size_t half = 0; half < 1u + packed->split; half++)
                for (size_t r = 0; r < 16; r++)
                    _mm512_store_si512(&packed->b[j / AMBIT_PANEL][half * AMBIT_PAIRS / 2 + k + r]
                                                 [j % AMBIT_PANEL],
                                       square[half][r]);
        }
}
