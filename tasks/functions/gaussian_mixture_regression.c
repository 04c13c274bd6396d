// SPDX-License-Identifier: MIT
// Linear functions with weights of a two-component Gaussian mixture.
#include "linear.h"
#include "registry.h"
#include "vector.h"

#include <math.h>

typedef struct Settings {
    double scale, mean;
    bool normalize;
} Settings;

static const AmbitParameter parameters[] = {
    {"scale", AMBIT_REAL, offsetof(Settings, scale), 1, -INFINITY, INFINITY, NULL,
     "factor on the output", false},
    {"mean", AMBIT_REAL, offsetof(Settings, mean), 3, 0, INFINITY, NULL,
     "size of the first weight, whose sign is the component", false},
    {"normalize", AMBIT_BOOL, offsetof(Settings, normalize), 0, 0, 0, NULL,
     "divide by sqrt(mean^2 + D - 1) with D the (active) dims, so that E f^2 = scale^2", false},
    {0}};

/* E |w|^2 before any scaling. */
static double squared_norm(const Settings *s, size_t active_dims)
{
    return s->mean * s->mean + (double)active_dims - 1.0;
}

static double factor(const Settings *s, size_t active_dims)
{
    double square = s->normalize ? squared_norm(s, active_dims) : 1.0;
    return square > 0.0 ? s->scale / sqrt(square) : 0.0;
}

static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    double scale = factor(s, active_dims);
    function[0] = scale * (gsl_rng_uniform_int(rng, 2) ? s->mean : -s->mean);
    ambit_draw_normal(rng, scale, function + 1, family->n_dims - 1);
}

static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    const Settings *s = family->settings;
    double scale = factor(s, active_dims);
    return scale * scale * squared_norm(s, active_dims);
}

static AmbitMoments moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x)
{
    (void)rng;
    const Settings *s = family->settings;
    double scale = factor(s, active_dims), others = ambit_dot(x + 1, x + 1, active_dims - 1);
    return (AmbitMoments){0.0, scale * scale * (s->mean * s->mean * x[0] * x[0] + others)};
}

static AmbitPrior prior(const AmbitFamily *family)
{
    const Settings *s = family->settings;
    return (AmbitPrior){.kind = AMBIT_PRIOR_SIGNS, .n_weights = 1, .mean = s->mean};
}

const AmbitFamilyType ambit_family_gaussian_mixture_regression = {
    .name = "gaussian_mixture_regression",
    .summary = "f(x) = scale * w.x with w_1 = mean or -mean, evenly, and the other w_j ~ N(0, 1)",
    .source = "Panwar et al. 2306.04891",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .is_linear = true,
    .function_size = ambit_linear_function_size,
    .draw = draw,
    .evaluate = ambit_linear_evaluate,
    .second_moment = second_moment,
    .moments = moments,
    .function_second_moment = ambit_linear_function_second_moment,
    .prior = prior};
