// SPDX-License-Identifier: MIT
// Dense linear functions with noisy labels.
#include "linear.h"
#include "registry.h"
#include "vector.h"

#include <math.h>

typedef struct Settings {
    double scale, noise_std;
    bool normalize, renormalize_ys;
} Settings;

static const AmbitParameter parameters[] = {
    {"scale", AMBIT_REAL, offsetof(Settings, scale), 1, -INFINITY, INFINITY, NULL,
     "factor on the output", false},
    {"noise_std", AMBIT_REAL, offsetof(Settings, noise_std), 0, 0, INFINITY, NULL,
     "standard deviation of the noise", false},
    {"renormalize_ys", AMBIT_BOOL, offsetof(Settings, renormalize_ys), 0, 0, 0, NULL,
     "multiply labels by sqrt(D) over their standard deviation, so that E y^2 = D", false},
    {"normalize", AMBIT_BOOL, offsetof(Settings, normalize), 0, 0, 0, NULL,
     "divide w by the square root of the (active) dims, so that E (w.x)^2 = scale^2", false},
    {0}};

/* Garg et al. divide by the standard deviation of the labels of a batch. This one is that of all
 * prompts, in all dims. */
static double factor(const AmbitFamily *family)
{
    const Settings *s = family->settings;
    double dims = (double)family->n_dims;
    return s->renormalize_ys
               ? sqrt(dims / (s->scale * s->scale * dims + s->noise_std * s->noise_std))
               : 1.0;
}

static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    const Settings *s = family->settings;
    if (s->renormalize_ys && s->normalize)
        return ambit_error_parameter(
            error, "renormalize_ys",
            "renormalize_ys and normalize ask for different second moments (D and "
            "scale^2); set one of them");
    if (s->renormalize_ys && s->scale == 0.0 && s->noise_std == 0.0)
        return ambit_error_parameter(error, "renormalize_ys",
                                     "scale and noise_std are 0: labels that are all 0 have no "
                                     "standard deviation to divide by");
    double deviation = factor(family) * s->noise_std;
    family->context_noise = family->query_noise = deviation * deviation;
    return AMBIT_OK;
}

static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    double scale = factor(family) * s->scale;
    ambit_draw_normal(rng, s->normalize ? scale / sqrt((double)active_dims) : scale, function,
                      family->n_dims);
}

static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    const Settings *s = family->settings;
    double scale = factor(family) * s->scale;
    return scale * scale * (s->normalize ? 1.0 : (double)active_dims) + family->query_noise;
}

/* The label of the query shares the draw of the label in the context. */
static void observe(const AmbitFamily *family, gsl_rng *rng, double value, double *context,
                    double *query)
{
    double noise = 0.0;
    if (family->context_noise > 0.0)
        ambit_draw_normal(rng, sqrt(family->context_noise), &noise, 1);
    *context = *query = value + noise;
}

const AmbitFamilyType ambit_family_noisy_linear_regression = {
    .name = "noisy_linear_regression",
    .summary = "y = scale * w.x + noise_std * N(0, 1); renormalize_ys divides by the standard "
               "deviation of all labels rather than of a batch's, so that a prompt depends on its "
               "index alone",
    .source = "Garg et al. 2208.01066; normalize: Yadlowsky et al. 2311.00871, section 2",
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
    .observe = observe,
    .prior = ambit_gaussian_prior};
