// SPDX-License-Identifier: MIT
// Random Fourier series on an interval, in one dimension.
#include "linear.h"
#include "one_dim.h"
#include "registry.h"
#include "vector.h"

#include <float.h>
#include <math.h>

typedef struct Settings {
    int64_t N;
    double L;
} Settings;

static const AmbitParameter parameters[] = {
    {"N", AMBIT_INT, offsetof(Settings, N), 10, 1, 1000, NULL, "highest frequency", false},
    {"L", AMBIT_REAL, offsetof(Settings, L), 5, DBL_MIN, INFINITY, NULL,
     "half the period; inputs are uniform in -L...L", false},
    {0}};

static size_t function_size(const AmbitFamily *family)
{
    const Settings *s = family->settings;
    return 1 + 2 * (size_t)s->N;
}

/* A function is the constant, then the coefficients of cosine and sine by frequency, all divided by
 * sqrt(N). */
static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    (void)active_dims;
    ambit_draw_normal(rng, 1.0 / sqrt((double)s->N), function, function_size(family));
}

static void draw_input(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *x)
{
    const Settings *s = family->settings;
    (void)active_dims;
    x[0] = s->L * (2.0 * gsl_rng_uniform(rng) - 1.0);
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    const Settings *s = family->settings;
    double sum = function[0];
    for (int64_t n = 1; n <= s->N; n++) {
        double angle = (double)n * M_PI * x[0] / s->L;
        sum += function[2 * n - 1] * cos(angle) + function[2 * n] * sin(angle);
    }
    return sum;
}

/* The same at every x, since cos^2 + sin^2 = 1. */
static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    const Settings *s = family->settings;
    (void)active_dims;
    return 1.0 + 1.0 / (double)s->N;
}

static AmbitMoments moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x)
{
    (void)rng, (void)x;
    return (AmbitMoments){0.0, second_moment(family, active_dims)};
}

static double function_second_moment(const AmbitFamily *family, const double *function,
                                     size_t active_dims)
{
    (void)active_dims;
    double waves = ambit_dot(function + 1, function + 1, function_size(family) - 1);
    return function[0] * function[0] + 0.5 * waves;
}

const AmbitFamilyType ambit_family_fourier_series = {
    .name = "fourier_series",
    .summary =
        "f(x) = (a_0 + sum over n <= N of a_n cos(n pi x / L) + b_n sin(n pi x / L)) / sqrt(N), "
        "coefficients N(0, 1), x uniform in -L...L; 1 dim",
    .source = "Panwar et al. 2306.04891",
    .inputs = "1 dim, uniform",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = ambit_family_need_one_dim,
    .function_size = function_size,
    .draw = draw,
    .evaluate = evaluate,
    .second_moment = second_moment,
    .moments = moments,
    .function_second_moment = function_second_moment,
    .draw_input = draw_input,
    .prior = ambit_gaussian_prior};
