// SPDX-License-Identifier: MIT
// Kernels in GCC's portable vectors; instructions of x86 where compilers miss them. The same
// sources are compiled once per level with that level's compiler flags: AMBIT_LEVEL (baseline,
// avx2, avx512) and AMBIT_WIDTH, floats in a vector.
#ifndef AMBIT_KERNEL_VECTOR_H
#define AMBIT_KERNEL_VECTOR_H

#include "ambit/kernels.h"

#include <stdint.h>
#include <string.h>
#if AMBIT_WIDTH > 4
#include <immintrin.h>
#endif

#define AMBIT_PASTE2(a, b) a##_##b
#define AMBIT_PASTE(a, b) AMBIT_PASTE2(a, b)
/* The name of this level's copy of a kernel. */
#define AMBIT_LEVELED(name) AMBIT_PASTE(name, AMBIT_LEVEL)

enum { W = AMBIT_WIDTH };

typedef float Vector __attribute__((vector_size(4 * AMBIT_WIDTH)));
typedef int32_t IntVector __attribute__((vector_size(4 * AMBIT_WIDTH)));

static inline Vector load(const float *from)
{
    Vector v;
    memcpy(&v, from, sizeof v);
    return v;
}

static inline void store(float *to, Vector v)
{
    memcpy(to, &v, sizeof v);
}

static inline Vector splat(float value)
{
    return value - (Vector){0};
}

/* The first n < W floats, then zeros. Memory beyond the n floats is not touched. */
static inline Vector load_some(const float *from, size_t n)
{
    Vector v = {0};
    memcpy(&v, from, n * sizeof *from);
    return v;
}

static inline void store_some(float *to, Vector v, size_t n)
{
    memcpy(to, &v, n * sizeof *to);
}

static inline void store_up_to(float *to, Vector v, size_t n)
{
    if (n >= W)
        store(to, v);
    else
        store_some(to, v, n);
}

static inline Vector select_vector(IntVector mask, Vector yes, Vector no)
{
    return (Vector)((mask & (IntVector)yes) | (~mask & (IntVector)no));
}

/* a > b ? a : b, so b where one of the two is NaN. */
static inline Vector max_vector(Vector a, Vector b)
{
#if AMBIT_WIDTH == 16
    return (Vector)_mm512_max_ps((__m512)a, (__m512)b);
#elif AMBIT_WIDTH == 8
    return (Vector)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return select_vector(a > b, a, b);
#endif
}

/* a < b ? a : b, likewise. */
static inline Vector min_vector(Vector a, Vector b)
{
#if AMBIT_WIDTH == 16
    return (Vector)_mm512_min_ps((__m512)a, (__m512)b);
#elif AMBIT_WIDTH == 8
    return (Vector)_mm256_min_ps((__m256)a, (__m256)b);
#else
    return select_vector(a < b, a, b);
#endif
}

/* Sum of the elements: one half is added to the other until one element is left. */
static inline float sum_vector(Vector v)
{
#if AMBIT_WIDTH > 4
#if AMBIT_WIDTH == 16
    const __m512 all = (__m512)v;
    const __m256 eight = _mm512_castps512_ps256(all) + _mm512_extractf32x8_ps(all, 1);
#else
    const __m256 eight = (__m256)v;
#endif
    const __m128 four = _mm256_castps256_ps128(eight) + _mm256_extractf128_ps(eight, 1);
    const __m128 two = four + _mm_movehl_ps(four, four);
    return two[0] + two[1];
#else
    return (v[0] + v[2]) + (v[1] + v[3]);
#endif
}

void AMBIT_LEVELED(ambit_vector_add_bias)(const AmbitKernelContext *context, float *out,
                                          const float *x, const float *bias, size_t rows,
                                          size_t width);
void AMBIT_LEVELED(ambit_vector_sum_rows)(const AmbitKernelContext *context, float *out,
                                          const float *x, size_t rows, size_t width);
void AMBIT_LEVELED(ambit_vector_layer_norm_forward)(const AmbitKernelContext *context, float *out,
                                                    float *mean, float *rstd, const float *x,
                                                    const float *gain, const float *bias,
                                                    size_t rows, size_t width);
void AMBIT_LEVELED(ambit_vector_layer_norm_backward)(const AmbitKernelContext *context, float *dx,
                                                     float *dgain, float *dbias, const float *dout,
                                                     const float *x, const float *mean,
                                                     const float *rstd, const float *gain,
                                                     size_t rows, size_t width);
void AMBIT_LEVELED(ambit_vector_gelu)(const AmbitKernelContext *context, float *out,
                                      float *derivative, const float *x, size_t count);
void AMBIT_LEVELED(ambit_vector_relu)(const AmbitKernelContext *context, float *out,
                                      float *derivative, const float *x, size_t count);
void AMBIT_LEVELED(ambit_vector_dropout)(const AmbitKernelContext *context, float *out,
                                         float *slope, const float *x, size_t count,
                                         const AmbitDropout *dropout);
void AMBIT_LEVELED(ambit_vector_multiply)(const AmbitKernelContext *context, float *out,
                                          const float *x, size_t count);
void AMBIT_LEVELED(ambit_vector_add)(const AmbitKernelContext *context, float *out, const float *x,
                                     size_t count);
double AMBIT_LEVELED(ambit_vector_squares)(const AmbitKernelContext *context, const float *x,
                                           size_t count);
double AMBIT_LEVELED(ambit_vector_multiply_add)(size_t rounds);
void AMBIT_LEVELED(ambit_vector_adam)(const AmbitKernelContext *context, float *parameter,
                                      float *moment1, float *moment2, const float *gradient,
                                      size_t count, const AmbitAdam *adam);
void AMBIT_LEVELED(ambit_vector_attention_forward)(const AmbitKernelContext *context, float *out,
                                                   float *log_sum, const float *qkv,
                                                   const AmbitAttention *shape, float *scratch);
void AMBIT_LEVELED(ambit_vector_attention_backward)(const AmbitKernelContext *context, float *dqkv,
                                                    const float *dout, const float *out,
                                                    const float *qkv, const float *log_sum,
                                                    const AmbitAttention *shape, float *scratch);

/* Replaces the entries of `kernels` that this level has. */
void AMBIT_LEVELED(ambit_kernels_use)(AmbitKernels *kernels);

#endif
