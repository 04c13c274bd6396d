// SPDX-License-Identifier: MIT
// Products of packed blocks by AMX: tiles of 16 rows by 16 pairs are multiplied and summed in
// float32 in four tiles of 16 × 16.
#include "bfloat16.h"

#include <immintrin.h>
#include <string.h>

/* Tiles 0 to 3 hold a square of sums; 4 and 5 hold rows of a, 6 and 7 columns of b. */
enum { SIDE = AMBIT_PANEL };

/* The operand of LDTILECFG (Intel SDM vol. 2, LDTILECFG). */
typedef struct TileConfig {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} TileConfig;

static void begin(void)
{
    TileConfig config = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        config.row_bytes[i] = 64;
        config.rows[i] = 16;
    }
    // gcc 12's intrinsic declares 8 of the 64 bytes as read, so gcc may drop stores to the others.
    __asm__ volatile("ldtilecfg %0" : : "m"(config));
}

static void end(void)
{
    _tile_release();
}

/* gcc's tile intrinsics do not declare which memory they touch. */
static inline void compiler_barrier(void)
{
    __asm__ volatile("" : : : "memory");
}

/* Loads tiles 4 and 5, or 6 and 7, with 16 pairs from k on. */
static inline void load_a(const AmbitFactors *f, size_t k)
{
    _tile_loadd(4, &f->a[0][k], sizeof *f->a);
    _tile_loadd(5, &f->a[16][k], sizeof *f->a);
}

static inline void load_b(const AmbitFactors *f, size_t k)
{
    _tile_loadd(6, &f->b[k][0], sizeof *f->b);
    _tile_loadd(7, &f->b[k][16], sizeof *f->b);
}

static inline void add_products(void)
{
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
}

static void sum_products(const AmbitFactors *f)
{
    for (size_t k = 0; k < f->pairs; k += AMBIT_STEP) {
        load_a(f, k);
        load_b(f, k);
        add_products();
    }
}

/* One operand at a time is replaced by its other half, so that eight loads serve twelve products.
 */
static void sum_split_products(const AmbitFactors *f)
{
    for (size_t k = 0; k < f->pairs; k += AMBIT_STEP) {
        load_a(f, f->pairs + k);
        load_b(f, k);
        add_products();
        load_a(f, k);
        add_products();
        load_b(f, f->pairs + k);
        add_products();
    }
}

static void load_sums(const float *from, size_t stride)
{
    _tile_loadd(0, from, stride * sizeof *from);
    _tile_loadd(1, from + 16, stride * sizeof *from);
    _tile_loadd(2, from + 16 * stride, stride * sizeof *from);
    _tile_loadd(3, from + 16 * stride + 16, stride * sizeof *from);
}

static void store_sums(float *to, size_t stride)
{
    _tile_stored(0, to, stride * sizeof *to);
    _tile_stored(1, to + 16, stride * sizeof *to);
    _tile_stored(2, to + 16 * stride, stride * sizeof *to);
    _tile_stored(3, to + 16 * stride + 16, stride * sizeof *to);
}

static void zero_sums(void)
{
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
}

/* c [SIDE][SIDE] = the product of the first rows of the factors + (accumulate ? c : 0). */
static void multiply_square(float *c, size_t stride, const AmbitFactors *factors, bool accumulate)
{
    compiler_barrier();
    if (accumulate)
        load_sums(c, stride);
    else
        zero_sums();
    if (factors->split)
        sum_split_products(factors);
    else
        sum_products(factors);
    store_sums(c, stride);
    compiler_barrier();
}

/* The same for c [rows][columns], smaller than a square. */
static void multiply_edge(float *c, size_t stride, size_t rows, size_t columns,
                          const AmbitFactors *factors, bool accumulate)
{
    _Alignas(64) float square[SIDE][SIDE];
    for (size_t i = 0; i < rows && accumulate; i++)
        memcpy(square[i], c + i * stride, columns * sizeof *c);
    multiply_square(square[0], SIDE, factors, accumulate);
    for (size_t i = 0; i < rows; i++)
        memcpy(c + i * stride, square[i], columns * sizeof *c);
}

/* The panel of b stays in the first-level cache while all rows of a are multiplied by it. */
static void multiply(float *c, size_t stride, size_t m, size_t n, const AmbitFactors *factors,
                     bool accumulate)
{
    AmbitFactors square = *factors;
    for (size_t i = 0; i < m; i += SIDE, c += SIDE * stride, square.a += SIDE) {
        const size_t rows = ambit_smaller(m - i, SIDE);
        for (size_t r = 0; r < rows; r++) { // c is read or written soon
            _mm_prefetch((const char *)(c + r * stride), _MM_HINT_T0);
            _mm_prefetch((const char *)(c + r * stride + n / 2), _MM_HINT_T0);
        }
        if (rows == SIDE && n == SIDE)
            multiply_square(c, stride, &square, accumulate);
        else
            multiply_edge(c, stride, rows, n, &square, accumulate);
    }
}

static double peak(size_t rounds)
{
    begin();
    zero_sums();
    _tile_zero(4);
    _tile_zero(5);
    _tile_zero(6);
    _tile_zero(7);
    for (size_t round = 0; round < rounds; round++)
        add_products();
    end();
    return 2.0 * 4 * 16 * 16 * 32 * (double)rounds;
}

const AmbitUnit ambit_unit_amx = {.begin = begin, .end = end, .multiply = multiply, .peak = peak};
