// SPDX-License-Identifier: MIT
// Cosines of random frequency and amplitude, in one dimension.
#include "one_dim.h"
#include "registry.h"
#include "vector.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_hyperg.h>
#include <math.h>

typedef struct Settings {
    double shape, scale, omega;
    bool normalize;
} Settings;

static const AmbitParameter parameters[] = {
    {"shape", AMBIT_REAL, offsetof(Settings, shape), 6, 0.1, 1000, NULL,
     "shape of the Gamma distribution of the frequency omega", false},
    {"scale", AMBIT_REAL, offsetof(Settings, scale), 1.0 / 6.0, 1e-6, 1e6, NULL,
     "scale of the Gamma distribution, whose mean is shape * scale", false},
    {"omega", AMBIT_REAL, offsetof(Settings, omega), 0, 0, INFINITY, NULL,
     "the frequency of all functions; 0: drawn", false},
    {"normalize", AMBIT_BOOL, offsetof(Settings, normalize), 0, 0, 0, NULL,
     "multiply by sqrt(2), so that E f^2 is about 1 rather than about 1/2", false},
    {0}};

/* E exp(-8 pi^2 omega^2): a^(k/2) U(k/2, 1/2, a) with a = 1 / (32 pi^2 scale^2) for the Gamma
 * distribution of shape k. */
static int mean_damping(const Settings *s, double *mean)
{
    gsl_sf_result u;
    double a = 1.0 / (32.0 * M_PI * M_PI * s->scale * s->scale);
    if (s->omega > 0.0) {
        *mean = exp(-8.0 * M_PI * M_PI * s->omega * s->omega);
        return GSL_SUCCESS;
    }
    int status = gsl_sf_hyperg_U_e(0.5 * s->shape, 0.5, a, &u);
    *mean = pow(a, 0.5 * s->shape) * u.val;
    return status == GSL_EUNDRFLW ? GSL_SUCCESS : status;
}

static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    double mean;
    AmbitStatus status = ambit_family_need_one_dim(family, error);
    if (status)
        return status;
    if (mean_damping(family->settings, &mean) || !(mean >= 0.0 && mean <= 1.0))
        return ambit_error_parameter(
            error, "shape",
            "the second moment of sinusoids at this shape and scale cannot be "
            "computed; give a smaller shape");
    return AMBIT_OK;
}

static size_t function_size(const AmbitFamily *family)
{
    (void)family;
    return 2;
}

/* A function is its amplitude beta, with all factors multiplied in, and its frequency omega. The
 * amplitude is drawn first, so the points of a sweep over omega are paired. */
static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    (void)active_dims;
    ambit_draw_normal(rng, s->normalize ? M_SQRT2 : 1.0, function, 1);
    function[1] = s->omega > 0.0 ? s->omega : gsl_ran_gamma(rng, s->shape, s->scale);
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    (void)family;
    return function[0] * cos(2.0 * M_PI * function[1] * x[0]);
}

static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    const Settings *s = family->settings;
    double mean;
    (void)active_dims;
    mean_damping(s, &mean);
    return (s->normalize ? 1.0 : 0.5) * (1.0 + mean);
}

/* E cos(t omega) = Re (1 - i t scale)^-shape. */
static AmbitMoments moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x)
{
    const Settings *s = family->settings;
    double t = 4.0 * M_PI * x[0] * s->scale, square = s->normalize ? 1.0 : 0.5;
    double cosine = pow(1.0 + t * t, -0.5 * s->shape) * cos(s->shape * atan(t));
    (void)rng, (void)active_dims;
    if (s->omega > 0.0)
        cosine = cos(4.0 * M_PI * s->omega * x[0]);
    return (AmbitMoments){0.0, square * (1.0 + cosine)};
}

static double function_second_moment(const AmbitFamily *family, const double *function,
                                     size_t active_dims)
{
    (void)family, (void)active_dims;
    double amplitude = function[0], omega = function[1];
    return 0.5 * amplitude * amplitude * (1.0 + exp(-8.0 * M_PI * M_PI * omega * omega));
}

static AmbitPrior prior(const AmbitFamily *family)
{
    const Settings *s = family->settings;
    return (AmbitPrior){.kind = AMBIT_PRIOR_SINUSOID,
                        .variance = s->normalize ? 2.0 : 1.0,
                        .shape = s->shape,
                        .scale = s->scale,
                        .omega = s->omega};
}

const AmbitFamilyType ambit_family_sinusoid = {
    .name = "sinusoid",
    .summary =
        "f(x) = beta * cos(2 pi omega x), beta ~ N(0, 1), omega ~ Gamma(shape, scale); 1 dim",
    .source = "Yadlowsky et al. 2311.00871, section 4",
    .inputs = "1 dim, N(0, 1)",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .function_size = function_size,
    .draw = draw,
    .evaluate = evaluate,
    .second_moment = second_moment,
    .moments = moments,
    .function_second_moment = function_second_moment,
    .prior = prior};
