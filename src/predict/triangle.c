// SPDX-License-Identifier: MIT
// The triangular factor is packed: row i of R is stored from the diagonal on, F − i entries.
#include "triangle.h"

#include <math.h>
#include <string.h>

static size_t packed(size_t n)
{
    return n * (n + 1) / 2;
}

size_t ambit_triangle_size(size_t n_features)
{
    return packed(n_features) + n_features + 1;
}

void ambit_triangle_reset(double *triangle, size_t n_features, double penalty)
{
    memset(triangle, 0, ambit_triangle_size(n_features) * sizeof *triangle);
    for (size_t i = 0; i < n_features; i++) {
        *triangle = sqrt(penalty);
        triangle += n_features - i;
    }
}

void ambit_triangle_add(double *triangle, size_t n_features, double *row, double y)
{
    double *z = triangle + packed(n_features);
    for (size_t i = 0; i < n_features; i++) {
        double entry = row[i], diagonal = sqrt(*triangle * *triangle + entry * entry);
        size_t rest = n_features - i;
        if (entry != 0.0) {
            double c = *triangle / diagonal, s = entry / diagonal, label = z[i];
            *triangle = diagonal;
            for (size_t j = 1; j < rest; j++) {
                double above = triangle[j], below = row[i + j];
                triangle[j] = c * above + s * below;
                row[i + j] = c * below - s * above;
            }
            z[i] = c * label + s * y;
            y = c * y - s * label;
        }
        triangle += rest;
    }
    z[n_features] += y * y;
}

void ambit_triangle_solve(const double *triangle, size_t n_features, double *weights)
{
    const double *end = triangle + packed(n_features);
    memcpy(weights, end, n_features * sizeof *weights);
    for (size_t i = n_features; i-- > 0;) {
        end -= n_features - i;
        double sum = weights[i];
        for (size_t j = 1; j < n_features - i; j++)
            sum -= end[j] * weights[i + j];
        weights[i] = sum / *end;
    }
}

double ambit_triangle_residual(const double *triangle, size_t n_features)
{
    return triangle[packed(n_features) + n_features];
}

double ambit_triangle_log_determinant(const double *triangle, size_t n_features)
{
    double product = 1.0, sum = 0.0;
    for (size_t i = 0; i < n_features; i++) {
        product *= *triangle;
        triangle += n_features - i;
        if (i % 8 == 7) { // one logarithm for eight factors, whose product does not overflow
            sum += log(product);
            product = 1.0;
        }
    }
    return 2.0 * (sum + log(product));
}
