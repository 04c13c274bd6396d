// SPDX-License-Identifier: MIT
// Dense linear functions.
#include "linear.h"
#include "registry.h"
#include "vector.h"

#include <math.h>

typedef struct Settings {
    double scale;
    bool normalize;
} Settings;

static const AmbitParameter parameters[] = {
    {.name = "scale",
     .type = AMBIT_REAL,
     .offset = offsetof(Settings, scale),
     .fallback = 1.0,
     .minimum = -INFINITY,
     .maximum = INFINITY,
     .help = "factor on the output"},
    {.name = "normalize",
     .type = AMBIT_BOOL,
     .offset = offsetof(Settings, normalize),
     .help = "divide by the square root of the (active) dims, so that E f^2 = scale^2"},
    {.name = NULL}};

static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    double scale = s->normalize ? s->scale / sqrt((double)active_dims) : s->scale;
    ambit_draw_normal(rng, scale, function, family->n_dims);
}

static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    const Settings *s = family->settings;
    return s->scale * s->scale * (s->normalize ? 1.0 : (double)active_dims);
}

const AmbitFamilyType ambit_family_linear_regression = {
    .name = "linear_regression",
    .summary = "f(x) = scale * w.x with w ~ N(0, I)",
    .source =
        "Garg et al. 2208.01066, section 3; normalize: Yadlowsky et al. 2311.00871, section 2",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .is_linear = true,
    .function_size = ambit_linear_function_size,
    .draw = draw,
    .evaluate = ambit_linear_evaluate,
    .second_moment = second_moment,
    .moments = ambit_isotropic_moments,
    .function_second_moment = ambit_linear_function_second_moment,
    .prior = ambit_gaussian_prior};
