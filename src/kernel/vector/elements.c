// SPDX-License-Identifier: MIT
// Vector kernels on elements: GELU, sums, products, Adam.
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
