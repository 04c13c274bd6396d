// SPDX-License-Identifier: MIT
// The epilogue of a part of a product that a cache still holds.
#include "activation.h"
#include "matmul.h"

/* The vector at x + at, of which n floats exist; `none` where x is NULL. */
static inline Vector operand(const float *x, size_t at, size_t n, Vector none)
{
    return !x ? none : n < W ? load_some(x + at, n) : load(x + at);
}

void AMBIT_LEVELED(ambit_vector_finish)(float *c, const AmbitEpilogue *e, Part part)
{
    if (!e->bias && !e->residual && !e->factor && e->activation == AMBIT_NO_ACTIVATION)
        return;
    for (size_t i = 0, row = part.first; i < part.rows; i++, row += part.stride)
        for (size_t j = 0; j < part.columns; j += W) {
            const size_t at = row + j, n = part.columns - j;
            Vector slope = splat(1.0f), x = operand(c, at, n, splat(0.0f));
            x += operand(e->bias, part.column + j, n, splat(0.0f));
            x += operand(e->residual, at, n, splat(0.0f));
            x *= operand(e->factor, at, n, slope);
            if (e->activation == AMBIT_GELU)
                x = gelu_one(x, &slope);
            else if (e->activation == AMBIT_RELU)
                x = relu_one(x, &slope);
            if (e->slope && e->activation != AMBIT_NO_ACTIVATION)
                store_up_to(e->slope + at, slope, n);
            store_up_to(c + at, x, n);
        }
}
