// SPDX-License-Identifier: MIT
// Packs blocks of float matrices as pairs of bfloat16 along k, sixteen vectors of sixteen pairs at
// a time. Where vectors of the block do not lie as the packed ones must, registers transpose them.
#include "bfloat16.h"

#include <immintrin.h>
#include <string.h>

/* Sixteen vectors of sixteen pairs; with `split`, `low` has the pairs of rounding errors. */
typedef struct Square {
    __m512i high[16], low[16];
} Square;

/* Floats from the bfloat16 in the lower halves of 32-bit words. */
static __m512 widened(__m512i lower)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(lower, 16));
}

/* Sixteen pairs of neighbours from 32 floats of x, of which the first `left` exist; the others
 * count as zeros. */
static inline __attribute__((always_inline)) void
load_pairs(__m512i *high, __m512i *low, const float *x, size_t left, const bool split)
{
    __m512 early = _mm512_maskz_loadu_ps(ambit_first(left), x);
    __m512 late = _mm512_maskz_loadu_ps(left > 16 ? ambit_first(left - 16) : 0, x + 16);
    __m512i pairs = *high = (__m512i)_mm512_cvtne2ps_pbh(late, early);
    if (split) {
        __m512i e = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(pairs));
        __m512i l = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(pairs, 1));
        *low = (__m512i)_mm512_cvtne2ps_pbh(_mm512_sub_ps(late, widened(l)),
                                            _mm512_sub_ps(early, widened(e)));
    }
}

/* Vector r gets the sixteen pairs from pair k on at position `at` + r across a block whose
 * neighbours lie along k; zeros outside the block. */
static inline __attribute__((always_inline)) void
load_along(Square *square, const AmbitBlock *block, size_t k, size_t at, const bool split)
{
    const float *x = block->x + at * block->across + 2 * k;
    for (size_t r = 0; r < 16; r++, x += block->across) {
        square->high[r] = square->low[r] = _mm512_setzero_si512();
        if (at + r < block->width)
            load_pairs(&square->high[r], &square->low[r], x, block->depth - 2 * k, split);
    }
}

/* For a block whose neighbours lie across k: vector r gets pair k + r of the sixteen positions from
 * `at` on, the transpose of what load_along gets; zeros outside the block. */
static inline __attribute__((always_inline)) void
load_across(Square *square, const AmbitBlock *block, size_t k, size_t at, const bool split)
{
    const __m512i interleave = // early and late elements to pairs
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                         21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    const __mmask16 some = ambit_first(block->width - at);
    const float *x = block->x + 2 * k * block->along + at;
    const size_t left = block->depth - 2 * k;
    for (size_t r = 0; r < 16; r++, x += 2 * block->along) {
        __m512 early = _mm512_setzero_ps(), late = early;
        if (2 * r < left)
            early = _mm512_maskz_loadu_ps(some, x);
        if (2 * r + 1 < left)
            late = _mm512_maskz_loadu_ps(some, x + block->along);
        __m512i pairs = square->high[r] =
            _mm512_permutexvar_epi16(interleave, (__m512i)_mm512_cvtne2ps_pbh(late, early));
        if (split) {
            __m512i upper = _mm512_and_si512(pairs, _mm512_set1_epi32((int)0xffff0000));
            square->low[r] = _mm512_permutexvar_epi16(
                interleave,
                (__m512i)_mm512_cvtne2ps_pbh(_mm512_sub_ps(late, _mm512_castsi512_ps(upper)),
                                             _mm512_sub_ps(early, widened(pairs))));
        }
    }
}

/* Transposes 16 × 16 words: interleaves rows, then pairs of rows, then 128-bit parts twice. */
static inline __attribute__((always_inline)) void transpose(__m512i rows[16])
{
    __m512i by_two[16], by_four[16];
    for (size_t i = 0; i < 16; i += 2) {
        by_two[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        by_two[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    for (size_t i = 0; i < 16; i += 4)
        for (size_t j = 0; j < 2; j++) {
            by_four[i + 2 * j] = _mm512_unpacklo_epi64(by_two[i + j], by_two[i + j + 2]);
            by_four[i + 2 * j + 1] = _mm512_unpackhi_epi64(by_two[i + j], by_two[i + j + 2]);
        }
    for (size_t j = 0; j < 4; j++) { // rows 4i to 4i + 3 of columns j, 4 + j, 8 + j, 12 + j
        __m512i a = _mm512_shuffle_i32x4(by_four[j], by_four[4 + j], 0x88);
        __m512i b = _mm512_shuffle_i32x4(by_four[j], by_four[4 + j], 0xdd);
        __m512i c = _mm512_shuffle_i32x4(by_four[8 + j], by_four[12 + j], 0x88);
        __m512i d = _mm512_shuffle_i32x4(by_four[8 + j], by_four[12 + j], 0xdd);
        rows[j] = _mm512_shuffle_i32x4(a, c, 0x88);
        rows[4 + j] = _mm512_shuffle_i32x4(b, d, 0x88);
        rows[8 + j] = _mm512_shuffle_i32x4(a, c, 0xdd);
        rows[12 + j] = _mm512_shuffle_i32x4(b, d, 0xdd);
    }
}

/* Where a packed square goes: vectors `stride` words apart; those of rounding errors `low` words
 * further. */
typedef struct Place {
    uint32_t *to;
    size_t stride, low;
} Place;

/* `turned`: each packed vector has one pair of sixteen positions across k, else sixteen pairs of
 * one position. */
static inline __attribute__((always_inline)) void pack_square(Place place, const AmbitBlock *block,
                                                              size_t k, size_t at, bool turned,
                                                              const bool split)
{
    Square square;
    const bool inside = at < block->width, lies_along = block->along == 1;
    if (!inside)
        memset(&square, 0, sizeof square);
    else if (lies_along)
        load_along(&square, block, k, at, split);
    else
        load_across(&square, block, k, at, split);
    if (inside && lies_along == turned) {
        transpose(square.high);
        if (split)
            transpose(square.low);
    }
    for (size_t r = 0; r < 16; r++) {
        _mm512_store_si512(place.to + r * place.stride, square.high[r]);
        if (split)
            _mm512_store_si512(place.to + r * place.stride + place.low, square.low[r]);
    }
}

static size_t round_up(size_t n, size_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

/* The order in which squares of a block are packed: as they follow each other in memory. */
typedef struct Order {
    size_t steps, groups; // squares along k and across it
    bool lies_along;
} Order;

static Order order_of(const AmbitBlock *block, size_t multiple)
{
    return (Order){round_up(block->depth, 2 * AMBIT_STEP) / (2 * AMBIT_STEP),
                   round_up(block->width, multiple) / 16, block->along == 1};
}

static size_t step_of(const Order *order, size_t n)
{
    return AMBIT_STEP * (order->lies_along ? n % order->steps : n / order->groups);
}

static size_t group_of(const Order *order, size_t n)
{
    return 16 * (order->lies_along ? n / order->steps : n % order->groups);
}

static inline __attribute__((always_inline)) void pack_row(uint32_t *to, const float *x,
                                                           size_t depth, const bool split)
{
    __m512i high, low;
    for (size_t k = 0; 2 * k < depth; k += AMBIT_STEP) {
        load_pairs(&high, &low, x + 2 * k, depth - 2 * k, split);
        _mm512_store_si512(to + k, high);
        if (split)
            _mm512_store_si512(to + ambit_pairs(depth) + k, low);
    }
}

/* Packs a block of a whose neighbours lie along k. The rows that pad it stay as they are, since
 * nobody stores their sums. */
static void pack_rows(uint32_t (*a)[AMBIT_ROW], const AmbitBlock *block, bool split)
{
    const float *x = block->x;
    for (size_t r = 0; r < block->width; r++, x += block->across)
        if (split)
            pack_row(a[r], x, block->depth, true);
        else
            pack_row(a[r], x, block->depth, false);
}

void ambit_pack_a(uint32_t (*a)[AMBIT_ROW], const AmbitBlock *block, bool split)
{
    if (block->along == 1) {
        pack_rows(a, block, split);
        return;
    }
    const Order order = order_of(block, AMBIT_TILE_ROWS);
    for (size_t n = 0; n < order.steps * order.groups; n++) {
        size_t k = step_of(&order, n), at = group_of(&order, n);
        Place place = {&a[at][k], AMBIT_ROW, ambit_pairs(block->depth)};
        if (split)
            pack_square(place, block, k, at, false, true);
        else
            pack_square(place, block, k, at, false, false);
    }
}

void ambit_pack_b(uint32_t *panels, const AmbitBlock *block, bool split)
{
    const Order order = order_of(block, AMBIT_PANEL);
    const size_t panel = ambit_panel_words(block->depth, split),
                 low = ambit_pairs(block->depth) * AMBIT_PANEL;
    for (size_t n = 0; n < order.steps * order.groups; n++) {
        size_t k = step_of(&order, n), at = group_of(&order, n);
        Place place = {panels + at / AMBIT_PANEL * panel + k * AMBIT_PANEL + at % AMBIT_PANEL,
                       AMBIT_PANEL, low};
        if (split)
            pack_square(place, block, k, at, true, true);
        else
            pack_square(place, block, k, at, true, false);
    }
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
