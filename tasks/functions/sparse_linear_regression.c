// SPDX-License-Identifier: MIT
// Linear functions of a few coordinates.
#include "linear.h"
#include "registry.h"
#include "vector.h"

#include <math.h>
#include <string.h>

typedef struct Settings {
    double scale;
    int64_t sparsity;
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
    {.name = "sparsity",
     .type = AMBIT_INT,
     .offset = offsetof(Settings, sparsity),
     .fallback = 3.0,
     .minimum = 1.0,
     .maximum = INFINITY,
     .help = "number of coordinates with a weight other than 0; at most the dims"},
    {.name = "normalize",
     .type = AMBIT_BOOL,
     .offset = offsetof(Settings, normalize),
     .help = "divide by the square root of the sparsity, so that E f^2 = scale^2"},
    {.name = NULL}};

static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    const Settings *s = family->settings;
    if ((uint64_t)s->sparsity > family->n_dims)
        return ambit_error_parameter(error, "sparsity",
                                     "sparsity is %lld, but inputs have %zu dims; give at most %zu",
                                     (long long)s->sparsity, family->n_dims, family->n_dims);
    return AMBIT_OK;
}

/* Early in a curriculum fewer coordinates than the sparsity may be active. */
static size_t support_size(const AmbitFamily *family, size_t active_dims)
{
    size_t sparsity = (size_t)((const Settings *)family->settings)->sparsity;
    return sparsity < active_dims ? sparsity : active_dims;
}

/* Weights are drawn one by one, each for a coordinate that has none yet. So the functions of a
 * sweep over sparsity extend one another, and its points are paired. */
static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    size_t size = support_size(family, active_dims);
    double scale = s->normalize ? s->scale / sqrt((double)size) : s->scale;
    memset(function, 0, family->n_dims * sizeof *function);
    for (size_t i = 0; i < size; i++) {
        size_t j;
        do
            j = gsl_rng_uniform_int(rng, active_dims);
        while (function[j] != 0.0);
        ambit_draw_normal(rng, scale, &function[j], 1);
    }
}

static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    const Settings *s = family->settings;
    return s->scale * s->scale * (s->normalize ? 1.0 : (double)support_size(family, active_dims));
}

static AmbitPrior prior(const AmbitFamily *family)
{
    return (AmbitPrior){.kind = AMBIT_PRIOR_SPARSE,
                        .n_weights = support_size(family, family->n_dims)};
}

const AmbitFamilyType ambit_family_sparse_linear_regression = {
    .name = "sparse_linear_regression",
    .summary = "f(x) = scale * w.x with w ~ N(0, I) on `sparsity` coordinates, 0 on the others",
    .source =
        "Garg et al. 2208.01066, section 4; normalize: Yadlowsky et al. 2311.00871, section 2",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .is_linear = true,
    .init = init,
    .function_size = ambit_linear_function_size,
    .draw = draw,
    .evaluate = ambit_linear_evaluate,
    .second_moment = second_moment,
    .moments = ambit_isotropic_moments,
    .function_second_moment = ambit_linear_function_second_moment,
    .prior = prior};
