// SPDX-License-Identifier: MIT
// Two-layer ReLU networks with random weights.
#include "linear.h"
#include "registry.h"
#include "vector.h"

#include <math.h>

typedef struct Settings {
    double scale;
    int64_t hidden_layer_size;
    bool normalize;
} Settings;

static const AmbitParameter parameters[] = {
    {"scale", AMBIT_REAL, offsetof(Settings, scale), 1, -INFINITY, INFINITY, NULL,
     "factor on the output", false},
    {"hidden_layer_size", AMBIT_INT, offsetof(Settings, hidden_layer_size), 100, 1, 65536, NULL,
     "units of the hidden layer", false},
    {"normalize", AMBIT_BOOL, offsetof(Settings, normalize), 0, 0, 0, NULL,
     "divide by the square root of the (active) dims, so that E f^2 = scale^2", false},
    {0}};

static size_t function_size(const AmbitFamily *family)
{
    const Settings *s = family->settings;
    return (size_t)s->hidden_layer_size * (family->n_dims + 1);
}

/* A function is, for every hidden unit, its weights w [D] and its output weight a, with all factors
 * multiplied in. */
static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    double scale = s->scale * sqrt(2.0 / (double)s->hidden_layer_size);
    if (s->normalize)
        scale /= sqrt((double)active_dims);
    for (int64_t i = 0; i < s->hidden_layer_size; i++, function += family->n_dims + 1) {
        ambit_draw_normal(rng, 1.0, function, family->n_dims);
        ambit_draw_normal(rng, scale, function + family->n_dims, 1);
    }
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    const Settings *s = family->settings;
    double sum = 0.0;
    for (int64_t i = 0; i < s->hidden_layer_size; i++, function += family->n_dims + 1)
        sum += function[family->n_dims] * fmax(0.0, ambit_dot(function, x, family->n_dims));
    return sum;
}

/* E relu(w.x)^2 = |x|^2 / 2 per unit. */
static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    const Settings *s = family->settings;
    return s->scale * s->scale * (s->normalize ? 1.0 : (double)active_dims);
}

static AmbitPrior prior(const AmbitFamily *family)
{
    (void)family;
    return (AmbitPrior){.kind = AMBIT_PRIOR_RELU};
}

const AmbitFamilyType ambit_family_relu_2nn_regression = {
    .name = "relu_2nn_regression",
    .summary = "f(x) = scale * sqrt(2 / h) * sum_i a_i relu(w_i.x) over h hidden units, weights "
               "N(0, 1), no biases",
    .source = "Garg et al. 2208.01066; normalize: Yadlowsky et al. 2311.00871, section 2",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .function_size = function_size,
    .draw = draw,
    .evaluate = evaluate,
    .second_moment = second_moment,
    .moments = ambit_isotropic_moments,
    .prior = prior};
