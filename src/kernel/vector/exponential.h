// SPDX-License-Identifier: MIT
// Exponentials and logarithms of one vector.
#ifndef AMBIT_KERNEL_EXPONENTIAL_H
#define AMBIT_KERNEL_EXPONENTIAL_H

#include "vector.h"

/* 2^t for |t| ≤ 126: t = n + f with |f| ≤ ½, a minimax polynomial in f, and 2^n by exponent bits.
 */
static inline Vector exp2_vector(Vector t)
{
    const Vector shift = splat(0x1.8p23f); // adding it rounds to an integer
    Vector shifted = t + shift;
    Vector f = t - (shifted - shift);
    Vector p = splat(1.535335614e-04f) * f + splat(1.339887735e-03f);
    p = p * f + splat(9.618437849e-03f);
    p = p * f + splat(5.550332367e-02f);
    p = p * f + splat(2.402264774e-01f);
    p = p * f + splat(6.931471825e-01f);
    p = p * f + splat(1.0f);
    return (Vector)((IntVector)p + ((IntVector)shifted << 23));
}

/* The same for any t ≤ 126: 0 below −126, and NaN where t is NaN. */
static inline Vector exp2_or_zero(Vector t)
{
    const Vector power = exp2_vector(t);
#if AMBIT_WIDTH == 16
    const __mmask16 vanishes = _mm512_cmp_ps_mask((__m512)t, (__m512)splat(-126.0f), _CMP_LT_OQ);
    return (Vector)_mm512_mask_mov_ps((__m512)power, vanishes, _mm512_setzero_ps());
#else
    const IntVector vanishes = t < splat(-126.0f);
    return (Vector)((IntVector)power & ~vanishes);
#endif
}

/* ln x of normal x > 0, to about 1 ulp; NaN where x is NaN or infinite. With x = 2^n·(1 + r) and
 * 1 + r from √½ to √2, the polynomial in r is that of Moshier's Cephes (logf). */
static inline Vector log_vector(Vector x)
{
    const IntVector root_half = (IntVector)splat(0x1.6a09e6p-1f);
    const IntVector exponent = ((IntVector)x - root_half) >> 23;
    const Vector n = __builtin_convertvector(exponent, Vector);
    const Vector r = (Vector)((IntVector)x - (exponent << 23)) - splat(1.0f), square = r * r;
    Vector p = splat(7.0376836292e-2f) * r - splat(1.1514610310e-1f);
    p = p * r + splat(1.1676998740e-1f);
    p = p * r - splat(1.2420140846e-1f);
    p = p * r + splat(1.4249322787e-1f);
    p = p * r - splat(1.6668057665e-1f);
    p = p * r + splat(2.0000714765e-1f);
    p = p * r - splat(2.4999993993e-1f);
    p = p * r + splat(3.3333331174e-1f);
    p = p * square * r - splat(2.12194440e-4f) * n - splat(0.5f) * square;
    return r + p + splat(0.693359375f) * n + (x - x);
}

#endif
