// SPDX-License-Identifier: MIT
// Vector kernels on elements: GELU, sums, products, squares, Adam.
#include "activation.h"

#include <math.h>

void AMBIT_LEVELED(ambit_vector_gelu)(const AmbitKernelContext *context, float *out,
                                      float *derivative, const float *x, size_t count)
{
    (void)context;
    size_t i = 0;
    Vector slope;
    for (; i + W <= count; i += W) {
        Vector value = gelu_one(load(x + i), &slope);
        if (derivative)
            store(derivative + i, slope);
        store(out + i, value);
    }
    if (i < count) {
        Vector value = gelu_one(load_some(x + i, count - i), &slope);
        if (derivative)
            store_some(derivative + i, slope, count - i);
        store_some(out + i, value, count - i);
    }
}

void AMBIT_LEVELED(ambit_vector_relu)(const AmbitKernelContext *context, float *out,
                                      float *derivative, const float *x, size_t count)
{
    (void)context;
    Vector slope;
    for (size_t i = 0; i < count; i += W) {
        size_t n = count - i < W ? count - i : W;
        Vector value = relu_one(n < W ? load_some(x + i, n) : load(x + i), &slope);
        if (derivative)
            store_up_to(derivative + i, slope, n);
        store_up_to(out + i, value, n);
    }
}

void AMBIT_LEVELED(ambit_vector_multiply)(const AmbitKernelContext *context, float *out,
                                          const float *x, size_t count)
{
    (void)context;
    for (size_t i = 0; i < count; i++)
        out[i] *= x[i];
}

void AMBIT_LEVELED(ambit_vector_add)(const AmbitKernelContext *context, float *out, const float *x,
                                     size_t count)
{
    (void)context;
    for (size_t i = 0; i < count; i++)
        out[i] += x[i];
}

#if AMBIT_WIDTH > 4
/* Squares of floats are exact in double, so that contracted sums are the same. */
double AMBIT_LEVELED(ambit_vector_squares)(const AmbitKernelContext *context, const float *x,
                                           size_t count)
{
    (void)context;
    __m256d low = _mm256_setzero_pd(), high = low;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        __m256d early = _mm256_cvtps_pd(_mm_loadu_ps(x + i));
        __m256d late = _mm256_cvtps_pd(_mm_loadu_ps(x + i + 4));
        low += early * early;
        high += late * late;
    }
    for (; i < count; i++)
        low[0] += (double)x[i] * (double)x[i];
    return ((low[0] + low[1]) + (low[2] + low[3])) + ((high[0] + high[1]) + (high[2] + high[3]));
}
#endif

void AMBIT_LEVELED(ambit_vector_adam)(const AmbitKernelContext *context, float *restrict parameter,
                                      float *restrict moment1, float *restrict moment2,
                                      const float *restrict gradient, size_t count,
                                      const AmbitAdam *adam)
{
    (void)context;
    const float beta1 = (float)adam->beta1, beta2 = (float)adam->beta2;
    const float keep1 = (float)(1 - adam->beta1), keep2 = (float)(1 - adam->beta2);
    const float rate = (float)(adam->learning_rate / adam->correction1);
    const float unbias = (float)(1 / sqrt(adam->correction2));
    const float epsilon = (float)adam->epsilon, scale = (float)adam->gradient_scale;
    for (size_t i = 0; i < count; i++) {
        float g = gradient[i] * scale;
        moment1[i] = beta1 * moment1[i] + keep1 * g;
        moment2[i] = beta2 * moment2[i] + keep2 * g * g;
        parameter[i] -= rate * moment1[i] / (sqrtf(moment2[i]) * unbias + epsilon);
    }
}
