// SPDX-License-Identifier: MIT
// Vector kernels on rows: bias, row sums, layer norm.
#include "vector.h"

#include <math.h>

void AMBIT_LEVELED(ambit_vector_add_bias)(const AmbitKernelContext *context, float *out,
                                          const float *x, const float *bias, size_t rows,
                                          size_t width)
{
    (void)context;
    for (size_t r = 0; r < rows; r++, out += width) {
        if (!x) {
            memcpy(out, bias, width * sizeof *out);
            continue;
        }
        for (size_t i = 0; i < width; i++)
            out[i] = x[r * width + i] + bias[i];
    }
}

void AMBIT_LEVELED(ambit_vector_sum_rows)(const AmbitKernelContext *context, float *restrict out,
                                          const float *restrict x, size_t rows, size_t width)
{
    (void)context;
    memset(out, 0, width * sizeof *out);
    size_t r = 0;
    for (; r + 4 <= rows; r += 4, x += 4 * width)
        for (size_t i = 0; i < width; i++)
            out[i] += (x[i] + x[width + i]) + (x[2 * width + i] + x[3 * width + i]);
    for (; r < rows; r++, x += width)
        for (size_t i = 0; i < width; i++)
            out[i] += x[i];
}

/* Σ x of one row. */
static inline float row_sum(const float *x, size_t width)
{
    Vector sum = {0};
    size_t i = 0;
    for (; i + W <= width; i += W)
        sum += load(x + i);
    if (i < width)
        sum += load_some(x + i, width - i);
    return sum_vector(sum);
}

/* Σ (x − mean)² of one row. */
static inline float row_squares(const float *x, float mean, size_t width)
{
    Vector sum = {0};
    size_t i = 0;
    for (; i + W <= width; i += W) {
        Vector centred = load(x + i) - splat(mean);
        sum += centred * centred;
    }
    float squares = sum_vector(sum);
    for (; i < width; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return squares;
}

void AMBIT_LEVELED(ambit_vector_layer_norm_forward)(const AmbitKernelContext *context,
                                                    float *restrict out, float *restrict mean,
                                                    float *restrict rstd, const float *restrict x,
                                                    const float *restrict gain,
                                                    const float *restrict bias, size_t rows,
                                                    size_t width)
{
    (void)context;
    for (size_t r = 0; r < rows; r++, x += width, out += width) {
        float m = row_sum(x, width) / (float)width;
        float s =
            1.0f / sqrtf(row_squares(x, m, width) / (float)width + (float)AMBIT_LAYER_NORM_EPSILON);
        mean[r] = m;
        rstd[r] = s;
        for (size_t i = 0; i < width; i++)
            out[i] = (x[i] - m) * s * gain[i] + bias[i];
    }
}

/* Row sums of g = dout·gain and of g·x̂. */
static inline void backward_sums(const float *dout, const float *x, const float *gain, float mean,
                                 float rstd, size_t width, float *sum, float *product)
{
    Vector total = {0}, weighted = {0};
    size_t i = 0;
    for (; i + W <= width; i += W) {
        Vector g = load(dout + i) * load(gain + i);
        total += g;
        weighted += g * ((load(x + i) - splat(mean)) * splat(rstd));
    }
    *sum = sum_vector(total);
    *product = sum_vector(weighted);
    for (; i < width; i++) {
        *sum += dout[i] * gain[i];
        *product += dout[i] * gain[i] * ((x[i] - mean) * rstd);
    }
}

void AMBIT_LEVELED(ambit_vector_layer_norm_backward)(
    const AmbitKernelContext *context, float *restrict dx, float *restrict dgain,
    float *restrict dbias, const float *restrict dout, const float *restrict x,
    const float *restrict mean, const float *restrict rstd, const float *restrict gain, size_t rows,
    size_t width)
{
    (void)context;
    memset(dgain, 0, width * sizeof *dgain);
    memset(dbias, 0, width * sizeof *dbias);
    for (size_t r = 0; r < rows; r++, x += width, dx += width, dout += width) {
        float m = mean[r], s = rstd[r], sum, product;
        backward_sums(dout, x, gain, m, s, width, &sum, &product);
        sum /= (float)width;
        product /= (float)width;
        for (size_t i = 0; i < width; i++) {
            float normal = (x[i] - m) * s;
            dgain[i] += dout[i] * normal;
            dbias[i] += dout[i];
            dx[i] += s * (dout[i] * gain[i] - sum - normal * product);
        }
    }
}
