// SPDX-License-Identifier: MIT
// Weighted sums of squares.
#include "linear.h"
#include "registry.h"
#include "vector.h"

#include <math.h>

typedef struct Settings {
    double scale;
    bool normalize;
} Settings;

static const AmbitParameter parameters[] = {
    {"scale", AMBIT_REAL, offsetof(Settings, scale), 1, -INFINITY, INFINITY, NULL,
     "factor on the output", false},
    {"normalize", AMBIT_BOOL, offsetof(Settings, normalize), 0, 0, 0, NULL,
     "divide by the square root of the (active) dims, so that E f^2 = scale^2", false},
    {0}};

/* A function is its weights, with all factors multiplied in. */
static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    double dims = s->normalize ? (double)active_dims : 1.0;
    ambit_draw_normal(rng, s->scale / sqrt(3.0 * dims), function, family->n_dims);
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    double sum = 0.0;
    for (size_t j = 0; j < family->n_dims; j++)
        sum += function[j] * x[j] * x[j];
    return sum;
}

/* E x_j^4 = 3 and the weights are independent. */
static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    const Settings *s = family->settings;
    return s->scale * s->scale * (s->normalize ? 1.0 : (double)active_dims);
}

static AmbitMoments moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x)
{
    (void)rng;
    double sum = 0.0;
    for (size_t j = 0; j < active_dims; j++)
        sum += x[j] * x[j] * x[j] * x[j];
    return (AmbitMoments){0.0,
                          second_moment(family, active_dims) / (3.0 * (double)active_dims) * sum};
}

/* E (sum w_j x_j^2)^2 = 2 sum w_j^2 + (sum w_j)^2. */
static double function_second_moment(const AmbitFamily *family, const double *function,
                                     size_t active_dims)
{
    (void)family;
    double sum = 0.0;
    for (size_t j = 0; j < active_dims; j++)
        sum += function[j];
    return 2.0 * ambit_dot(function, function, active_dims) + sum * sum;
}

const AmbitFamilyType ambit_family_quadratic_regression = {
    .name = "quadratic_regression",
    .summary = "f(x) = scale * sum_j w_j x_j^2 / sqrt(3) with w ~ N(0, I)",
    .source = "Garg et al. 2208.01066, released code",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .function_size = ambit_linear_function_size,
    .draw = draw,
    .evaluate = evaluate,
    .second_moment = second_moment,
    .moments = moments,
    .function_second_moment = function_second_moment,
    .prior = ambit_gaussian_prior};
