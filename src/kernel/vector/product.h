// SPDX-License-Identifier: MIT
// Products of the small matrices inside a head of attention.
#ifndef AMBIT_KERNEL_PRODUCT_H
#define AMBIT_KERNEL_PRODUCT_H

#include "vector.h"

enum {
    ROWS = W == 16 ? 8 : 4, // rows of a product computed at a time, of one or two vectors each
    GROUP = 4               // rows that one pointer serves, at distances that addresses can express
};

/* A strided operand: element (row, i) at data[row·row_step + i·step]. */
typedef struct Operand {
    const float *data;
    size_t row_step, step;
} Operand;

/* The output of a product: `rows` of `columns` floats, `stride` floats apart. */
typedef struct Output {
    float *to;
    size_t stride, rows, columns;
} Output;

/* Factors of the output's rows: row r has at[r·step]. */
typedef struct Scale {
    const float *at;
    size_t step;
} Scale;

/* c = scale · Σ_{first ≤ i < last} a(row, i) · b[i][·], up to ROWS rows by n vectors, n 1 or 2, a
 * constant. */
static inline __attribute__((always_inline)) void block(Output c, Scale scale, Operand a,
                                                        const float *b, size_t b_stride,
                                                        size_t first, size_t last, const size_t n)
{
    Vector sum[ROWS][2] = {0};
    const float *at[ROWS / GROUP];
    for (size_t g = 0; g < ROWS / GROUP; g++)
        at[g] = a.data + g * GROUP * a.row_step + first * a.step;
    for (size_t i = first; i < last; i++) {
        Vector b0 = load(b + i * b_stride);
        Vector b1 = n == 2 ? load(b + i * b_stride + W) : b0;
        for (size_t r = 0; r < ROWS; r++) {
            Vector factor = splat(at[r / GROUP][r % GROUP * a.row_step]);
            sum[r][0] += factor * b0;
            if (n == 2)
                sum[r][1] += factor * b1;
        }
        for (size_t g = 0; g < ROWS / GROUP; g++)
            at[g] += a.step;
    }
    for (size_t r = 0; r < ROWS && r < c.rows; r++) {
        Vector factor = splat(scale.at[r * scale.step]);
        store_up_to(c.to + r * c.stride, sum[r][0] * factor, c.columns);
        if (n == 2)
            store_up_to(c.to + r * c.stride + W, sum[r][1] * factor, c.columns - W);
    }
}

/* As `block`, over any number of columns; rows of b are padded to whole vectors. Inlined, since
 * operands passed through memory would have to wait for earlier stores. */
static inline __attribute__((always_inline)) void product(Output c, Scale scale, Operand a,
                                                          const float *b, size_t b_stride,
                                                          size_t first, size_t last)
{
    for (; c.columns > W; c.to += 2 * W, b += 2 * W, c.columns -= 2 * W) {
        block(c, scale, a, b, b_stride, first, last, 2);
        if (c.columns <= 2 * W)
            return;
    }
    block(c, scale, a, b, b_stride, first, last, 1);
}

static inline float dot(const float *a, const float *b, size_t n)
{
    Vector sum = {0};
    for (size_t j = 0; j < n; j += W)
        sum += load(a + j) * load(b + j);
    return sum_vector(sum);
}

/* out += scale · x. */
static inline void add_scaled(float *out, float scale, const float *x, size_t n)
{
    for (size_t j = 0; j < n; j++)
        out[j] += scale * x[j];
}

#endif
