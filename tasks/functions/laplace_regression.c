// SPDX-License-Identifier: MIT
// Linear functions with Laplace weights, most of which are small.
#include "linear.h"
#include "registry.h"

#include <float.h>
#include <gsl/gsl_randist.h>
#include <math.h>

typedef struct Settings {
    double scale, b;
    bool normalize;
} Settings;

static const AmbitParameter parameters[] = {
    {"scale", AMBIT_REAL, offsetof(Settings, scale), 1, -INFINITY, INFINITY, NULL,
     "factor on the output", false},
    {"b", AMBIT_REAL, offsetof(Settings, b), 1, DBL_MIN, INFINITY, NULL,
     "scale of the weights, whose variance is 2 b^2; normalize takes it out", false},
    {"normalize", AMBIT_BOOL, offsetof(Settings, normalize), 1, 0, 0, NULL,
     "divide by sqrt(2 b^2 D) with D the (active) dims, so that E f^2 = scale^2", false},
    {0}};

static double variance(const Settings *s)
{
    return 2.0 * s->b * s->b;
}

static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    double divisor = s->normalize ? sqrt(variance(s) * (double)active_dims) : 1.0;
    for (size_t j = 0; j < family->n_dims; j++)
        function[j] = s->scale * gsl_ran_laplace(rng, s->b) / divisor;
}

static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    const Settings *s = family->settings;
    return s->scale * s->scale * (s->normalize ? 1.0 : variance(s) * (double)active_dims);
}

const AmbitFamilyType ambit_family_laplace_regression = {
    .name = "laplace_regression",
    .summary = "f(x) = scale * w.x with w_j ~ Laplace(b), divided by sqrt(2 b^2 D)",
    .source = "Panwar et al. 2306.04891",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .is_linear = true,
    .function_size = ambit_linear_function_size,
    .draw = draw,
    .evaluate = ambit_linear_evaluate,
    .second_moment = second_moment,
    .moments = ambit_isotropic_moments,
    .function_second_moment = ambit_linear_function_second_moment};
