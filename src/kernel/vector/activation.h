// SPDX-License-Identifier: MIT
// Activations of one vector, and their derivatives.
#ifndef AMBIT_KERNEL_ACTIVATION_H
#define AMBIT_KERNEL_ACTIVATION_H

#include "vector.h"

/* gelu(x) = x·σ(2u), u = √(2/π)(x + 0.044715x³); σ by exp(−|2u|), so that nothing overflows. */
static inline Vector gelu_one(Vector x, Vector *derivative)
{
    const Vector root2 = splat(2 * 0.79788456080286535588f), cubic = splat(0.044715f);
    Vector square = x * x;
    Vector u2 = root2 * x * (splat(1.0f) + cubic * square);
    IntVector negative = u2 < splat(0.0f);
    Vector e = exp_vector((Vector)((IntVector)u2 | (IntVector)splat(-0.0f)));
    Vector sigmoid = select_vector(negative, e, splat(1.0f)) / (splat(1.0f) + e);
    Vector du2 = root2 * (splat(1.0f) + splat(3 * 0.044715f) * square);
    *derivative = sigmoid + x * sigmoid * (splat(1.0f) - sigmoid) * du2;
    return x * sigmoid;
}

/* NaN passes through, as in the reference. */
static inline Vector relu_one(Vector x, Vector *derivative)
{
    *derivative = select_vector(x > splat(0.0f), splat(1.0f), splat(0.0f));
    return select_vector(x <= splat(0.0f), splat(0.0f), x);
}

#endif
