// SPDX-License-Identifier: MIT
// Linear functions whose weights are signs.
#include "linear.h"
#include "registry.h"

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

static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    double scale = s->normalize ? s->scale / sqrt((double)active_dims) : s->scale;
    for (size_t j = 0; j < family->n_dims; j++)
        function[j] = gsl_rng_uniform_int(rng, 2) ? scale : -scale;
}

static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    const Settings *s = family->settings;
    return s->scale * s->scale * (s->normalize ? 1.0 : (double)active_dims);
}

static AmbitPrior prior(const AmbitFamily *family)
{
    return (AmbitPrior){.kind = AMBIT_PRIOR_SIGNS, .n_weights = family->n_dims, .mean = 1.0};
}

const AmbitFamilyType ambit_family_sign_vector = {
    .name = "sign_vector",
    .summary = "f(x) = scale * w.x with w uniform on the vectors of signs",
    .source = "Panwar et al. 2306.04891",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .is_linear = true,
    .function_size = ambit_linear_function_size,
    .draw = draw,
    .evaluate = ambit_linear_evaluate,
    .second_moment = second_moment,
    .moments = ambit_isotropic_moments,
    .function_second_moment = ambit_linear_function_second_moment,
    .prior = prior};
