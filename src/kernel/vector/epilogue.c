// SPDX-License-Identifier: MIT
// The epilogue of a part of a product that a cache still holds.
#include "activation.h"
#include "matmul.h"

/* The vector at x + at, of which n floats exist; `none` where x is NULL. */
static inline Vector operand(const float *x, size_t at, size_t n, Vector none)
{
    return !x ? none : n < W ? load_some(x + at, n) : load(x + at);
}

/* What follows the product in n elements, at most a vector. */
static inline __attribute__((always_inline)) void finish_vector(float *c, const AmbitEpilogue *e,
                                                                size_t at, size_t column, size_t n,
                                                                const bool adds,
                                                                const AmbitActivation activation)
{
    Vector slope = splat(1.0f), x = operand(c, at, n, splat(0.0f));
    if (adds) {
        x += operand(e->bias, column, n, splat(0.0f));
        x += operand(e->residual, at, n, splat(0.0f));
        x *= operand(e->factor, at, n, slope);
    }
    if (activation == AMBIT_GELU)
        x = gelu_one(x, &slope);
    else if (activation == AMBIT_RELU)
        x = relu_one(x, &slope);
    if (e->slope && activation != AMBIT_NO_ACTIVATION)
        store_up_to(e->slope + at, slope, n);
    store_up_to(c + at, x, n);
}

static inline __attribute__((always_inline)) void finish(float *c, const AmbitEpilogue *e,
                                                         Part part, const bool adds,
                                                         const AmbitActivation activation)
{
    for (size_t i = 0, row = part.first; i < part.rows; i++, row += part.stride) {
        size_t j = 0;
        for (; j + W <= part.columns; j += W)
            finish_vector(c, e, row + j, part.column + j, W, adds, activation);
        if (j < part.columns)
            finish_vector(c, e, row + j, part.column + j, part.columns - j, adds, activation);
    }
}

void AMBIT_LEVELED(ambit_vector_finish)(float *c, const AmbitEpilogue *e, Part part)
{
    const bool adds = e->bias || e->residual || e->factor;
    if (e->activation == AMBIT_GELU && adds)
        finish(c, e, part, true, AMBIT_GELU);
    else if (e->activation == AMBIT_GELU)
        finish(c, e, part, false, AMBIT_GELU);
    else if (e->activation == AMBIT_RELU && adds)
        finish(c, e, part, true, AMBIT_RELU);
    else if (e->activation == AMBIT_RELU)
        finish(c, e, part, false, AMBIT_RELU);
    else if (adds)
        finish(c, e, part, true, AMBIT_NO_ACTIVATION);
}
