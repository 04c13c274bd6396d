// SPDX-License-Identifier: MIT
// Reference kernels on rows and elements: matmul, bias, layer norm, GELU, rows picked by index. All
// levels share the last: they copy and add, which rounds alike with any instruction.
#include "reference.h"

#include <string.h>
#include <tgmath.h>

void ambit_reference_matmul(const AmbitKernelContext *context, AmbitReal *c, const AmbitReal *a,
                            const AmbitReal *b, size_t m, size_t n, size_t k, bool transpose_a,
                            bool transpose_b, bool accumulate)
{
    (void)context;
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            AmbitReal sum = accumulate ? c[i * n + j] : 0;
            for (size_t l = 0; l < k; l++) {
                AmbitReal left = transpose_a ? a[l * m + i] : a[i * k + l];
                AmbitReal right = transpose_b ? b[j * k + l] : b[l * n + j];
                sum += left * right;
            }
            c[i * n + j] = sum;
        }
    }
}

void ambit_reference_add_bias(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                              const AmbitReal *bias, size_t rows, size_t width)
{
    (void)context;
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < width; i++)
            out[r * width + i] = (x ? x[r * width + i] : 0) + bias[i];
}

void ambit_reference_sum_rows(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                              size_t rows, size_t width)
{
    (void)context;
    for (size_t i = 0; i < width; i++)
        out[i] = 0;
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < width; i++)
            out[i] += x[r * width + i];
}

void ambit_reference_layer_norm_forward(const AmbitKernelContext *context, AmbitReal *out,
                                        AmbitReal *mean, AmbitReal *rstd, const AmbitReal *x,
                                        const AmbitReal *gain, const AmbitReal *bias, size_t rows,
                                        size_t width)
{
    (void)context;
    for (size_t r = 0; r < rows; r++, x += width, out += width) {
        AmbitReal sum = 0, squares = 0;
        for (size_t i = 0; i < width; i++)
            sum += x[i];
        mean[r] = sum / (AmbitReal)width;
        for (size_t i = 0; i < width; i++)
            squares += (x[i] - mean[r]) * (x[i] - mean[r]);
        rstd[r] = 1 / sqrt(squares / (AmbitReal)width + (AmbitReal)AMBIT_LAYER_NORM_EPSILON);
        for (size_t i = 0; i < width; i++)
            out[i] = (x[i] - mean[r]) * rstd[r] * gain[i] + bias[i];
    }
}

/* With x̂ = (x − mean)·rstd and g = dout·gain: dx = rstd·(g − mean(g) − x̂·mean(g·x̂)). */
void ambit_reference_layer_norm_backward(const AmbitKernelContext *context, AmbitReal *dx,
                                         AmbitReal *dgain, AmbitReal *dbias, const AmbitReal *dout,
                                         const AmbitReal *x, const AmbitReal *mean,
                                         const AmbitReal *rstd, const AmbitReal *gain, size_t rows,
                                         size_t width)
{
    (void)context;
    for (size_t i = 0; i < width; i++)
        dgain[i] = dbias[i] = 0;
    for (size_t r = 0; r < rows; r++, x += width, dx += width, dout += width) {
        AmbitReal sum = 0, product = 0;
        for (size_t i = 0; i < width; i++) {
            AmbitReal normal = (x[i] - mean[r]) * rstd[r];
            sum += dout[i] * gain[i];
            product += dout[i] * gain[i] * normal;
            dgain[i] += dout[i] * normal;
            dbias[i] += dout[i];
        }
        sum /= (AmbitReal)width;
        product /= (AmbitReal)width;
        for (size_t i = 0; i < width; i++) {
            AmbitReal normal = (x[i] - mean[r]) * rstd[r];
            dx[i] += rstd[r] * (dout[i] * gain[i] - sum - normal * product);
        }
    }
}

/* gelu(x) = ½x(1 + tanh u) = x·σ(2u), u = √(2/π)(x + 0.044715x³). */
void ambit_reference_gelu(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *derivative,
                          const AmbitReal *x, size_t count)
{
    (void)context;
    const AmbitReal root = (AmbitReal)0.79788456080286535588, cubic = (AmbitReal)0.044715;
    for (size_t i = 0; i < count; i++) {
        AmbitReal v = x[i];
        AmbitReal t = tanh(root * (v + cubic * v * v * v));
        AmbitReal du = root * (1 + 3 * cubic * v * v);
        if (derivative)
            derivative[i] = (1 + t) / 2 + v / 2 * (1 - t * t) * du;
        out[i] = v / 2 * (1 + t);
    }
}

void ambit_reference_relu(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *derivative,
                          const AmbitReal *x, size_t count)
{
    (void)context;
    for (size_t i = 0; i < count; i++) {
        AmbitReal v = x[i];
        if (derivative)
            derivative[i] = v > 0;
        out[i] = v > 0 || isnan(v) ? v : 0;
    }
}

void ambit_reference_multiply(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                              size_t count)
{
    (void)context;
    for (size_t i = 0; i < count; i++)
        out[i] *= x[i];
}

void ambit_reference_add(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                         size_t count)
{
    (void)context;
    for (size_t i = 0; i < count; i++)
        out[i] += x[i];
}

void ambit_reference_gather_rows(const AmbitKernelContext *context, AmbitReal *out,
                                 const AmbitReal *x, const size_t *index, size_t n, size_t width)
{
    (void)context;
    for (size_t r = 0; r < n; r++)
        memcpy(out + r * width, x + index[r] * width, width * sizeof *out);
}

/* From the last row on, since index[r] >= r: no row is overwritten before it has moved. */
void ambit_reference_scatter_rows(const AmbitKernelContext *context, AmbitReal *x,
                                  const size_t *index, size_t n, size_t rows, size_t width)
{
    (void)context;
    for (size_t row = rows; row-- > 0;)
        if (n > 0 && index[n - 1] == row)
            memmove(x + row * width, x + --n * width, width * sizeof *x);
        else
            memset(x + row * width, 0, width * sizeof *x);
}

void ambit_reference_add_rows(const AmbitKernelContext *context, AmbitReal *out,
                              const AmbitReal *table, const size_t *index, size_t n, size_t width)
{
    for (size_t r = 0; r < n; r++)
        ambit_reference_add(context, out + r * width, table + index[r] * width, width);
}

void ambit_reference_accumulate_rows(const AmbitKernelContext *context, AmbitReal *table,
                                     const AmbitReal *x, const size_t *index, size_t n,
                                     size_t width)
{
    for (size_t r = 0; r < n; r++)
        ambit_reference_add(context, table + index[r] * width, x + r * width, width);
}
