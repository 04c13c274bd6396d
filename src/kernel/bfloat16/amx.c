// SPDX-License-Identifier: MIT
// Products of packed blocks by AMX: tiles of 16 rows by 16 pairs, summed in float32 into four
// tiles of 16 × 16.
#include "bfloat16.h"

#include <immintrin.h>
#include <string.h>

enum { SIDE = AMBIT_PANEL }; // of the sums in tiles 0 to 3; 4, 5 hold a's rows, 6, 7 b's columns

/* The operand of LDTILECFG (Intel SDM vol. 2, LDTILECFG). */
typedef struct TileConfig {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} TileConfig;

void ambit_amx_begin(void)
{
    TileConfig config = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        config.row_bytes[i] = 64;
        config.rows[i] = 16;
    }
    // gcc 12's intrinsic declares 8 bytes of its operand, so that the others need not be there.
    __asm__ volatile("ldtilecfg %0" : : "m"(config));
}

void ambit_amx_end(void)
{
    _tile_release();
}

/* gcc's tile intrinsics do not say what memory they touch. */
static inline void memory_is_read(void)
{
    __asm__ volatile("" : : : "memory");
}

/* Tiles 4, 5 and 6, 7 from pairs that begin at `a` and `b`; the second of each only if there is
 * something in it. */
static inline void load_a(const uint32_t (*a)[AMBIT_ROW], size_t k, bool tall)
{
    _tile_loadd(4, &a[0][k], sizeof *a);
    if (tall)
        _tile_loadd(5, &a[16][k], sizeof *a);
}

static inline void load_b(const uint32_t (*b)[AMBIT_PANEL], size_t k, bool wide)
{
    _tile_loadd(6, &b[k][0], sizeof *b);
    if (wide)
        _tile_loadd(7, &b[k][16], sizeof *b);
}

static inline void multiply(bool tall, bool wide)
{
    _tile_dpbf16ps(0, 4, 6);
    if (wide)
        _tile_dpbf16ps(1, 4, 7);
    if (tall)
        _tile_dpbf16ps(2, 5, 6);
    if (tall && wide)
        _tile_dpbf16ps(3, 5, 7);
}

static inline __attribute__((always_inline)) void sum_products(const uint32_t (*a)[AMBIT_ROW],
                                                               const uint32_t (*b)[AMBIT_PANEL],
                                                               size_t pairs, bool split, bool tall,
                                                               bool wide)
{
    const size_t low = AMBIT_PAIRS / 2;
    for (size_t k = 0; k < pairs; k += AMBIT_STEP) {
        if (split) { // each operand once more, so that eight loads serve twelve products
            load_a(a, low + k, tall);
            load_b(b, k, wide);
            multiply(tall, wide);
            load_a(a, k, tall);
            multiply(tall, wide);
            load_b(b, low + k, wide);
            multiply(tall, wide);
        } else {
            load_a(a, k, tall);
            load_b(b, k, wide);
            multiply(tall, wide);
        }
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

/* c [rows][columns] of one square. */
static void multiply_square(float *c, size_t stride, size_t rows, size_t columns,
                            const uint32_t (*a)[AMBIT_ROW], const uint32_t (*b)[AMBIT_PANEL],
                            size_t pairs, bool split, bool accumulate)
{
    _Alignas(64) float edge[SIDE][SIDE]; // a square that c has only a part of
    bool whole = rows == SIDE && columns == SIDE;
    if (!whole && accumulate)
        for (size_t i = 0; i < rows; i++)
            memcpy(edge[i], c + i * stride, columns * sizeof *c);
    memory_is_read();
    if (accumulate && whole)
        load_sums(c, stride);
    else if (accumulate)
        load_sums(edge[0], SIDE);
    else
        zero_sums();
    if (whole && split)
        sum_products(a, b, pairs, true, true, true);
    else if (whole)
        sum_products(a, b, pairs, false, true, true);
    else
        sum_products(a, b, pairs, split, rows > 16, columns > 16);
    store_sums(whole ? c : edge[0], whole ? stride : SIDE);
    memory_is_read();
    for (size_t i = 0; i < rows && !whole; i++)
        memcpy(c + i * stride, edge[i], columns * sizeof *c);
}

/* Sums that the next square begins with or goes to. */
static void prefetch(const float *c, size_t stride, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        _mm_prefetch((const char *)(c + i * stride), _MM_HINT_T0);
        _mm_prefetch((const char *)(c + i * stride + 16), _MM_HINT_T0);
    }
}

/* A panel of b stays in the first cache while the rows of a pass by. */
void ambit_amx_multiply(float *c, size_t stride, size_t m, size_t n, const AmbitPacked *packed,
                        bool accumulate)
{
    for (size_t j = 0; j < n; j += SIDE) {
        prefetch(c + j, stride, ambit_smaller(m, SIDE));
        for (size_t i = 0; i < m; i += SIDE) {
            if (m - i > SIDE)
                prefetch(c + (i + SIDE) * stride + j, stride, ambit_smaller(m - i - SIDE, SIDE));
            multiply_square(c + i * stride + j, stride, ambit_smaller(m - i, SIDE),
                            ambit_smaller(n - j, SIDE), packed->a + i, packed->b[j / SIDE],
                            packed->pairs, packed->split, accumulate);
        }
    }
}

double ambit_amx_peak(size_t rounds)
{
    ambit_amx_begin();
    zero_sums();
    _tile_zero(4);
    _tile_zero(5);
    _tile_zero(6);
    _tile_zero(7);
    for (size_t round = 0; round < rounds; round++)
        multiply(true, true);
    ambit_amx_end();
    return 2.0 * 4 * 16 * 16 * 32 * (double)rounds;
}
