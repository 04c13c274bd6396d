// SPDX-License-Identifier: MIT
// Transposes 4 × 4 floats.
#ifndef AMBIT_KERNEL_TRANSPOSE_H
#define AMBIT_KERNEL_TRANSPOSE_H

#include <stddef.h>
#include <string.h>

typedef float Four __attribute__((vector_size(16)));

static inline Four load_four(const float *from)
{
    Four v;
    memcpy(&v, from, sizeof v);
    return v;
}

/* Four rows of four floats, rows `to_stride` and `stride` floats apart. Pairs of rows are
 * interleaved twice. */
static inline void transpose_four(float *to, size_t to_stride, const float *from, size_t stride)
{
    Four a = load_four(from), b = load_four(from + stride);
    Four c = load_four(from + 2 * stride), d = load_four(from + 3 * stride);
    Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5),
         cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    Four AB = __builtin_shufflevector(a, b, 2, 6, 3, 7),
         CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    Four rows[4] = {
        __builtin_shufflevector(ab, cd, 0, 1, 4, 5), __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
        __builtin_shufflevector(AB, CD, 0, 1, 4, 5), __builtin_shufflevector(AB, CD, 2, 3, 6, 7)};
    for (size_t r = 0; r < 4; r++)
        memcpy(to + r * to_stride, &rows[r], sizeof rows[r]);
}

#endif
