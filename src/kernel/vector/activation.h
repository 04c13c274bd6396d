// SPDX-License-Identifier: MIT
// Activations of one vector, and their derivatives.
#ifndef AMBIT_KERNEL_ACTIVATION_H
#define AMBIT_KERNEL_ACTIVATION_H

#include "exponential.h"

/* 1/x for 1 ≤ x ≤ 2^121, to about 1 ulp. Divisions of 16 floats take as long as 16 products. */
static inline Vector reciprocal(Vector x)
{
#if AMBIT_WIDTH == 16
    Vector y = (Vector)_mm512_rcp14_ps((__m512)x);
    return y + y * (splat(1.0f) - x * y);
#else
    return splat(1.0f) / x;
#endif
}

/* gelu(x) = x·σ, σ = 1/(1 + z), z = exp(−2u), u = √(2/π)(x + 0.044715x³); 1 − σ = z·σ. */
static inline Vector gelu_one(Vector x, Vector *derivative)
{
    const float root2 = 2 * 0.79788456080286535588f, cubic = 0.044715f, log2_e = 1.44269504f;
    Vector square = x * x;
    Vector t = x * (splat(-root2 * log2_e) - splat(root2 * log2_e * cubic) * square);
    Vector z = exp2_vector(max_vector(splat(-120.0f), min_vector(splat(120.0f), t)));
    Vector sigma = reciprocal(splat(1.0f) + z);
    Vector value = x * sigma;
    Vector du2 = splat(root2) + splat(3 * cubic * root2) * square;
    *derivative = sigma + value * (z * sigma) * du2;
    return value;
}

/* NaN passes through, as in the reference. */
static inline Vector relu_one(Vector x, Vector *derivative)
{
    *derivative = select_vector(x > splat(0.0f), splat(1.0f), splat(0.0f));
    return select_vector(x <= splat(0.0f), splat(0.0f), x);
}

#endif
