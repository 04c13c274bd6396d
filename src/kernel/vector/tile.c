// SPDX-License-Identifier: MIT
// Tiles of float32 products: sums stay in registers while the depth is walked (Goto & van de Geijn
// 2008, "Anatomy of high-performance matrix multiplication"); the left operand is read as it lies.
#include "tile.h"

#if defined __GNUC__ && !defined __clang__ // gcc 12's analyser takes every other vector for unset
#pragma GCC diagnostic ignored "-Wanalyzer-use-of-uninitialized-value"
#endif

enum {
    GROUP = 3, // rows that one pointer serves, at distances that addresses can express
    LINE = 16  // floats of a cache line
};

typedef Vector Sums[TILE_ROWS][2];

/* sums += a matrix whose rows are `stride` floats apart, or a row that all rows share: stride 0. */
static inline __attribute__((always_inline)) void add_rows(Sums sum, const float *x, size_t stride,
                                                           const size_t rows)
{
#pragma GCC unroll 16
    for (size_t r = 0; r < rows; r++, x += stride) {
        sum[r][0] += load(x);
        sum[r][1] += load(x + W);
    }
}

static inline __attribute__((always_inline)) void multiply_rows(Sums sum, const float *x,
                                                                size_t stride, const size_t rows)
{
#pragma GCC unroll 16
    for (size_t r = 0; r < rows; r++, x += stride) {
        sum[r][0] *= load(x);
        sum[r][1] *= load(x + W);
    }
}

/* c = sums + (accumulate ? c : 0), then what follows. Loops are unrolled, so that sums stay in
 * registers. */
static inline __attribute__((always_inline)) void put(const Sink *to, Sums sum, const bool finishes,
                                                      const size_t rows)
{
    const size_t stride = to->stride;
    float *c = to->c;
    if (to->accumulate)
        add_rows(sum, c, stride, rows);
    if (finishes && to->bias)
        add_rows(sum, to->bias, 0, rows);
    if (finishes && to->residual)
        add_rows(sum, to->residual, stride, rows);
    if (finishes && to->factor)
        multiply_rows(sum, to->factor, stride, rows);
#pragma GCC unroll 16
    for (size_t r = 0; r < rows; r++, c += stride) {
        store(c, sum[r][0]);
        store(c + W, sum[r][1]);
    }
}

/* Asks for the rows of c, which nobody else does: they are far from each other. */
static inline __attribute__((always_inline)) void fetch(const float *c, size_t stride,
                                                        const size_t rows)
{
    for (size_t r = 0; r < rows; r++, c += stride) {
        __builtin_prefetch(c, 1);
        __builtin_prefetch(c + PANEL - 1, 1);
    }
}

/* A tile whose left operand lies along the depth: step 1. */
static inline __attribute__((always_inline)) void multiply_along(const Sink *to, const Factors *f,
                                                                 const size_t rows)
{
    Sums sum = {0};
    const float *a[(TILE_ROWS + GROUP - 1) / GROUP], *b = f->b;
    const size_t row_step = f->row_step, b_step = f->b_step, depth = f->depth;
    for (size_t i = 0; i * GROUP < rows; i++)
        a[i] = f->a + i * GROUP * row_step;
    fetch(to->c + rows * to->stride, to->stride, rows);
    if (W == 16 && to->residual)
        fetch(to->residual, to->stride, rows);
    if (W == 16 && to->factor)
        fetch(to->factor, to->stride, rows);
    // The rows of the next tile, unless they and the panel fill the first-level cache.
    const float *after = depth <= DEPTH / 2 ? f->a + rows * row_step : f->a;
    const size_t next_step = depth <= DEPTH / 2 ? row_step : 0;
    const size_t step = W == 16 ? LINE : depth; // no other width asks for rows
    for (size_t first = 0; first < depth; first += step) {
        const size_t end = depth - first < step ? depth - first : step;
        const float *next = after + first;
#pragma GCC unroll 4
        for (size_t l = 0; l < end; l++, b += b_step, next += next_step) {
            if (W == 16)
                __builtin_prefetch(next);
            Vector b0 = load(b), b1 = load(b + W);
            for (size_t r = 0; r < rows; r++) {
                Vector left = splat(a[r / GROUP][r % GROUP * row_step]);
                sum[r][0] += left * b0;
                sum[r][1] += left * b1;
            }
            for (size_t i = 0; i * GROUP < rows; i++)
                a[i]++;
        }
    }
    put(to, sum, true, rows);
}

/* A tile whose left operand lies across the depth: row_step 1. */
static inline __attribute__((always_inline)) void multiply_across(const Sink *to, const Factors *f,
                                                                  const size_t rows)
{
    Sums sum = {0};
    const float *a = f->a, *b = f->b, *next = f->next;
    const size_t step = f->step, next_step = f->next_step, b_step = f->b_step, depth = f->depth;
    fetch(to->c + rows * to->stride, to->stride, rows);
#pragma GCC unroll 4
    for (size_t l = 0; l < depth; l++, a += step, b += b_step, next += next_step) {
        __builtin_prefetch(a + 2 * TILE_ROWS);
        __builtin_prefetch(next, 0, 2);
        if (W == 16)
            __builtin_prefetch(next + W, 0, 2);
        Vector b0 = load(b), b1 = load(b + W);
        for (size_t r = 0; r < rows; r++) {
            Vector left = splat(a[r]);
            sum[r][0] += left * b0;
            sum[r][1] += left * b1;
        }
    }
    put(to, sum, false, rows);
}

/* A full tile. Functions of their own, which have all registers to themselves. */
static __attribute__((noinline)) void multiply_full_along(const Sink *to, const Factors *f)
{
    multiply_along(to, f, TILE_ROWS);
}

static __attribute__((noinline)) void multiply_full_across(const Sink *to, const Factors *f)
{
    multiply_across(to, f, TILE_ROWS);
}

static inline __attribute__((always_inline)) void multiply(const Sink *to, const Factors *f,
                                                           const size_t rows)
{
    if (f->step == 1)
        multiply_along(to, f, rows);
    else
        multiply_across(to, f, rows);
}

/* Moves on by some rows. */
static void advance(Sink *to, Factors *f, size_t rows)
{
    to->c += rows * to->stride;
    to->residual = to->residual ? to->residual + rows * to->stride : NULL;
    to->factor = to->factor ? to->factor + rows * to->stride : NULL;
    f->a += rows * f->row_step;
}

void AMBIT_LEVELED(ambit_vector_tile)(const Sink *sink, size_t rows, const Factors *factors)
{
    enum { EIGHT = TILE_ROWS > 8 ? 8 : 4 };
    if (rows == TILE_ROWS) {
        if (factors->step == 1)
            multiply_full_along(sink, factors);
        else
            multiply_full_across(sink, factors);
        return;
    }
    Sink to = *sink;
    Factors f = *factors;
    for (size_t done; rows > 0; rows -= done, advance(&to, &f, done)) {
        done = rows >= EIGHT ? EIGHT : rows >= 4 ? 4 : rows >= 2 ? 2 : 1;
        if (done == EIGHT)
            multiply(&to, &f, EIGHT);
        else if (done == 4)
            multiply(&to, &f, 4);
        else if (done == 2)
            multiply(&to, &f, 2);
        else
            multiply(&to, &f, 1);
    }
}
