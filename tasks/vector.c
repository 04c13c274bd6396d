// SPDX-License-Identifier: MIT
// Normal vectors and inner products.
#include "vector.h"

#include <gsl/gsl_randist.h>

void ambit_draw_normal(gsl_rng *rng, double scale, double *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = scale * gsl_ran_gaussian_ratio_method(rng, 1.0);
}

double ambit_dot(const double *a, const double *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}
