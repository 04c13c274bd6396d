// SPDX-License-Identifier: MIT
// Transposes 4 × 4 floats, and four columns of as many rows as a vector has floats.
#ifndef AMBIT_KERNEL_TRANSPOSE_H
#define AMBIT_KERNEL_TRANSPOSE_H

#include "vector.h"

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

#if AMBIT_WIDTH == 16
/* Four floats of each of the rows 0, 4, 8 and 12. */
static inline __m512 load_lanes(const float *from, size_t stride)
{
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(from));
    v = _mm512_insertf32x4(v, _mm_loadu_ps(from + 4 * stride), 1);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(from + 8 * stride), 2);
    return _mm512_insertf32x4(v, _mm_loadu_ps(from + 12 * stride), 3);
}
#endif

/* Four rows of W floats = four columns of W rows: 4 × 4 floats in each quarter of a vector. */
static inline void transpose_columns(float *to, size_t to_stride, const float *from, size_t stride)
{
#if AMBIT_WIDTH == 16
    const __m512 a = load_lanes(from, stride), b = load_lanes(from + stride, stride);
    const __m512 c = load_lanes(from + 2 * stride, stride),
                 d = load_lanes(from + 3 * stride, stride);
    const __m512d ab = _mm512_castps_pd(_mm512_unpacklo_ps(a, b)),
                  AB = _mm512_castps_pd(_mm512_unpackhi_ps(a, b));
    const __m512d cd = _mm512_castps_pd(_mm512_unpacklo_ps(c, d)),
                  CD = _mm512_castps_pd(_mm512_unpackhi_ps(c, d));
    _mm512_storeu_pd(to, _mm512_unpacklo_pd(ab, cd));
    _mm512_storeu_pd(to + to_stride, _mm512_unpackhi_pd(ab, cd));
    _mm512_storeu_pd(to + 2 * to_stride, _mm512_unpacklo_pd(AB, CD));
    _mm512_storeu_pd(to + 3 * to_stride, _mm512_unpackhi_pd(AB, CD));
#else
    for (size_t r = 0; r < W; r += 4)
        transpose_four(to + r, to_stride, from + r * stride, stride);
#endif
}

#endif
