// SPDX-License-Identifier: MIT
// Half-spaces: the side of a hyperplane through the origin.
#include "linear.h"
#include "registry.h"
#include "vector.h"

#include <float.h>
#include <math.h>

typedef struct Settings {
    double scale;
} Settings;

static const AmbitParameter parameters[] = {{"scale", AMBIT_REAL, offsetof(Settings, scale), 1,
                                             DBL_MIN, INFINITY, NULL,
                                             "factor on w, without effect on the labels", false},
                                            {0}};

static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    (void)error;
    family->binary = true;
    return AMBIT_OK;
}

static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    (void)active_dims;
    ambit_draw_normal(rng, s->scale, function, family->n_dims);
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    return ambit_dot(function, x, family->n_dims) < 0.0 ? -1.0 : 1.0;
}

static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    (void)family, (void)active_dims;
    return 1.0;
}

static AmbitMoments moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x)
{
    (void)family, (void)rng, (void)active_dims, (void)x;
    return (AmbitMoments){0.0, 1.0};
}

static double function_second_moment(const AmbitFamily *family, const double *function,
                                     size_t active_dims)
{
    (void)family, (void)function, (void)active_dims;
    return 1.0;
}

const AmbitFamilyType ambit_family_linear_classification = {
    .name = "linear_classification",
    .summary = "f(x) = sign(w.x) with w ~ N(0, I); trained by logistic loss",
    .source = "Garg et al. 2208.01066, released code",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .function_size = ambit_linear_function_size,
    .draw = draw,
    .evaluate = evaluate,
    .second_moment = second_moment,
    .moments = moments,
    .function_second_moment = function_second_moment};
