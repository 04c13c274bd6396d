// SPDX-License-Identifier: MIT
// Random polynomials in a classical basis, in one dimension.
#include "linear.h"
#include "one_dim.h"
#include "registry.h"
#include "vector.h"

#include "ambit/memory.h"

#include <gsl/gsl_integration.h>
#include <math.h>

enum { CHEBYSHEV, LEGENDRE, HERMITE, MOST_DEGREE = 30 };

typedef struct Settings {
    int64_t degree;
    double scale;
    int basis;
    bool natural_inputs, normalize;
} Settings;

/* A Gauss rule that is exact for squares of these polynomials under the distribution of x. */
typedef struct State {
    gsl_integration_fixed_workspace *rule;
    double total;         // of the rule's weights
    double second_moment; // E f^2 before `normalize`
} State;

static const char *const bases[] = {"chebyshev", "legendre", "hermite", NULL};

static const AmbitParameter parameters[] = {
    {"degree", AMBIT_INT, offsetof(Settings, degree), 3, 0, MOST_DEGREE, NULL, "highest power of x",
     false},
    {"basis", AMBIT_CHOICE, offsetof(Settings, basis), CHEBYSHEV, 0, 0, bases,
     "the polynomials p_n; hermite are the probabilists'", false},
    {"natural_inputs", AMBIT_BOOL, offsetof(Settings, natural_inputs), 0, 0, 0, NULL,
     "draw x by the distribution that the basis is orthogonal under (arcsine or uniform on -1...1, "
     "or "
     "normal), not N(0, 1)",
     false},
    {"scale", AMBIT_REAL, offsetof(Settings, scale), 1, -INFINITY, INFINITY, NULL,
     "factor on the output", false},
    {"normalize", AMBIT_BOOL, offsetof(Settings, normalize), 0, 0, 0, NULL,
     "divide by the root of the second moment, so that E f^2 = scale^2", false},
    {0}};

/* p_0 ... p_degree at x, by their three-term recurrences, valid for all x. */
static void basis_at(const Settings *s, double x, double *p)
{
    p[0] = 1.0;
    p[1] = x;
    for (int64_t n = 1; n < s->degree; n++) {
        double k = (double)n;
        if (s->basis == CHEBYSHEV)
            p[n + 1] = 2.0 * x * p[n] - p[n - 1];
        else if (s->basis == LEGENDRE)
            p[n + 1] = ((2.0 * k + 1.0) * x * p[n] - k * p[n - 1]) / (k + 1.0);
        else
            p[n + 1] = x * p[n] - k * p[n - 1];
    }
}

/* The sum of p_n(x)^2: E f(x)^2 for coefficients N(0, 1). */
static double squares_at(const Settings *s, double x)
{
    double p[MOST_DEGREE + 2];
    basis_at(s, x, p);
    return ambit_dot(p, p, (size_t)s->degree + 1);
}

static void fini(AmbitFamily *family)
{
    State *state = family->state;
    if (state && state->rule)
        gsl_integration_fixed_free(state->rule);
    ambit_free(state);
}

/* Nodes and weights [degree + 1] of the distribution of x. */
static gsl_integration_fixed_workspace *create_rule(const Settings *s)
{
    size_t n = (size_t)s->degree + 1;
    if (s->natural_inputs && s->basis == CHEBYSHEV)
        return gsl_integration_fixed_alloc(gsl_integration_fixed_chebyshev, n, -1.0, 1.0, 0.0, 0.0);
    if (s->natural_inputs && s->basis == LEGENDRE)
        return gsl_integration_fixed_alloc(gsl_integration_fixed_legendre, n, -1.0, 1.0, 0.0, 0.0);
    return gsl_integration_fixed_alloc(gsl_integration_fixed_hermite, n, 0.0, 0.5, 0.0, 0.0);
}

static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    const Settings *s = family->settings;
    AmbitStatus status = ambit_family_need_one_dim(family, error);
    if (status)
        return status;
    family->standard_inputs = !s->natural_inputs || s->basis == HERMITE;
    State *state = family->state = ambit_alloc(1, sizeof *state);
    if (!state || !(state->rule = create_rule(s)))
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for family polynomial");
    for (size_t i = 0; i < state->rule->n; i++) {
        state->total += state->rule->weights[i];
        state->second_moment += state->rule->weights[i] * squares_at(s, state->rule->x[i]);
    }
    state->second_moment /= state->total;
    return AMBIT_OK;
}

static double factor(const AmbitFamily *family)
{
    const Settings *s = family->settings;
    return s->normalize ? s->scale / sqrt(((const State *)family->state)->second_moment) : s->scale;
}

static size_t function_size(const AmbitFamily *family)
{
    return (size_t)((const Settings *)family->settings)->degree + 1;
}

/* A function is its coefficients, lowest degree first, with all factors multiplied in. */
static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    (void)active_dims;
    ambit_draw_normal(rng, factor(family), function, function_size(family));
}

static void draw_input(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *x)
{
    const Settings *s = family->settings;
    if (s->natural_inputs && s->basis == CHEBYSHEV)
        x[0] = cos(M_PI * gsl_rng_uniform(rng));
    else if (s->natural_inputs && s->basis == LEGENDRE)
        x[0] = 2.0 * gsl_rng_uniform(rng) - 1.0;
    else
        ambit_draw_normal(rng, 1.0, x, active_dims);
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    double p[MOST_DEGREE + 2];
    basis_at(family->settings, x[0], p);
    return ambit_dot(function, p, function_size(family));
}

static AmbitMoments moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x)
{
    (void)rng, (void)active_dims;
    double scale = factor(family);
    return (AmbitMoments){0.0, scale * scale * squares_at(family->settings, x[0])};
}

static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    (void)active_dims;
    double scale = factor(family);
    return scale * scale * ((const State *)family->state)->second_moment;
}

static double function_second_moment(const AmbitFamily *family, const double *function,
                                     size_t active_dims)
{
    const State *state = family->state;
    double sum = 0.0;
    (void)active_dims;
    for (size_t i = 0; i < state->rule->n; i++) {
        double value = evaluate(family, function, &state->rule->x[i]);
        sum += state->rule->weights[i] * value * value;
    }
    return sum / state->total;
}

const AmbitFamilyType ambit_family_polynomial = {
    .name = "polynomial",
    .summary = "f(x) = scale * sum over n <= degree of c_n p_n(x), c_n ~ N(0, 1), in a Chebyshev, "
               "Legendre or Hermite basis; 1 dim",
    .source = NULL,
    .inputs = "1 dim, of its basis",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .fini = fini,
    .function_size = function_size,
    .draw = draw,
    .evaluate = evaluate,
    .second_moment = second_moment,
    .moments = moments,
    .function_second_moment = function_second_moment,
    .draw_input = draw_input,
    .prior = ambit_gaussian_prior};
