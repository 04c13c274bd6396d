// SPDX-License-Identifier: MIT
// Products of packed blocks by AVX512_BF16's dot products of pairs.
#include "bfloat16.h"

#include <immintrin.h>

enum {
    ROWS = 12, // of the sums that registers hold
    VECTORS = AMBIT_PANEL / 16
};

typedef __m512 Sums[ROWS][VECTORS];

static inline __attribute__((always_inline)) void
add_products(Sums sums, const uint32_t (*a)[AMBIT_ROW], const uint32_t (*b)[AMBIT_PANEL],
             size_t a_from, size_t b_from, size_t pairs)
{
    for (size_t k = 0; k < pairs; k++) {
        __m512bh right[VECTORS];
        for (size_t j = 0; j < VECTORS; j++)
            right[j] = (__m512bh)_mm512_load_si512(b[b_from + k] + 16 * j);
        for (size_t i = 0; i < ROWS; i++) {
            __m512bh left = (__m512bh)_mm512_set1_epi32((int)a[i][a_from + k]);
            for (size_t j = 0; j < VECTORS; j++)
                sums[i][j] = _mm512_dpbf16_ps(sums[i][j], left, right[j]);
        }
    }
}

/* c [rows][columns], one tile of sums: the product of the first rows of the factors. */
static void multiply_tile(float *c, size_t stride, size_t rows, size_t columns,
                          const AmbitFactors *f, bool accumulate)
{
    Sums sums;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < VECTORS; j++)
            _mm_prefetch((const char *)(c + i * stride + 16 * j), _MM_HINT_T0);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < VECTORS; j++)
            sums[i][j] = _mm512_setzero_ps();
    if (f->split) { // the small terms first
        add_products(sums, f->a, f->b, f->pairs, 0, f->pairs);
        add_products(sums, f->a, f->b, 0, f->pairs, f->pairs);
    }
    add_products(sums, f->a, f->b, 0, 0, f->pairs);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; 16 * j < columns; j++) {
            __mmask16 some = ambit_first(columns - 16 * j);
            float *to = c + i * stride + 16 * j;
            __m512 before = accumulate ? _mm512_maskz_loadu_ps(some, to) : _mm512_setzero_ps();
            _mm512_mask_storeu_ps(to, some, _mm512_add_ps(before, sums[i][j]));
        }
}

static void multiply(float *c, size_t stride, size_t m, size_t n, const AmbitFactors *factors,
                     bool accumulate)
{
    AmbitFactors tile = *factors;
    for (size_t i = 0; i < m; i += ROWS, tile.a += ROWS)
        multiply_tile(c + i * stride, stride, ambit_smaller(m - i, ROWS), n, &tile, accumulate);
}

static double peak(size_t rounds)
{
    enum { CHAINS = 12 };
    __m512 sums[CHAINS];
    volatile int seed = 0x3f003f00; // unknown to the compiler
    const __m512bh factor = (__m512bh)_mm512_set1_epi32(seed);
    for (size_t i = 0; i < CHAINS; i++)
        sums[i] = _mm512_set1_ps((float)i);
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < CHAINS; i++)
            sums[i] = _mm512_dpbf16_ps(sums[i], factor, factor);
    __m512 total = sums[0];
    for (size_t i = 1; i < CHAINS; i++)
        total = _mm512_add_ps(total, sums[i]);
    volatile float sink = _mm512_reduce_add_ps(total);
    (void)sink;
    return 2.0 * 32 * CHAINS * (double)rounds;
}

static void nothing(void)
{
}

const AmbitUnit ambit_unit_dot = {
    .begin = nothing, .end = nothing, .multiply = multiply, .peak = peak};
