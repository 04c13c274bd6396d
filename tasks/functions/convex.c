// SPDX-License-Identifier: MIT
// Convex combinations of two families: functions between the classes that a model was pretrained
// on.
#include "combination.h"
#include "moments.h"
#include "registry.h"

typedef struct Settings {
    AmbitFamilyList families;
    double alpha;
} Settings;

static const AmbitParameter parameters[] = {
    {"alpha", AMBIT_REAL, offsetof(Settings, alpha), 0.5, 0, 1, NULL, "share of the first family",
     false},
    AMBIT_PARTS_PARAMETER(2, "the two families whose functions are added"),
    {0}};

static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    const Settings *s = family->settings;
    AmbitStatus status = ambit_parts_check(family, error);
    if (!status)
        status = ambit_parts_check_inputs(family, error);
    if (status)
        return status;
    double a = s->alpha, b = 1.0 - s->alpha;
    const AmbitFamily *f = ambit_part(family, 0), *g = ambit_part(family, 1);
    family->context_noise = a * a * f->context_noise + b * b * g->context_noise;
    family->query_noise = a * a * f->query_noise + b * b * g->query_noise;
    return AMBIT_OK;
}

/* Draws do not depend on alpha, so the points of a sweep over it are paired. */
static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    const Settings *s = family->settings;
    const AmbitFamily *f = ambit_part(family, 0), *g = ambit_part(family, 1);
    const double *second = function + f->function_size;
    return s->alpha * f->type->evaluate(f, function, x) +
           (1.0 - s->alpha) * g->type->evaluate(g, second, x);
}

/* f and g are independent. */
static AmbitMoments moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x)
{
    const Settings *s = family->settings;
    double a = s->alpha, b = 1.0 - s->alpha;
    AmbitMoments f = ambit_family_moments(ambit_part(family, 0), rng, active_dims, x);
    AmbitMoments g = ambit_family_moments(ambit_part(family, 1), rng, active_dims, x);
    return (AmbitMoments){a * f.mean + b * g.mean,
                          a * a * f.square + b * b * g.square + 2.0 * a * b * f.mean * g.mean};
}

/* The second moments of the parts, and the cross term 2 a b E f(x) E g(x) at one input. It is 0 for
 * most families. */
static double square_at(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                        const double *x)
{
    const Settings *s = family->settings;
    const AmbitFamily *f = ambit_part(family, 0), *g = ambit_part(family, 1);
    double a = s->alpha, b = 1.0 - s->alpha;
    return a * a * ambit_family_second_moment(f, active_dims) +
           b * b * ambit_family_second_moment(g, active_dims) +
           2.0 * a * b * ambit_family_moments(f, rng, active_dims, x).mean *
               ambit_family_moments(g, rng, active_dims, x).mean;
}

static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    return ambit_input_mean(family, active_dims, square_at);
}

/* The noise of each part, at its share. */
static void observe(const AmbitFamily *family, gsl_rng *rng, double value, double *context,
                    double *query)
{
    const double share[2] = {((const Settings *)family->settings)->alpha,
                             1.0 - ((const Settings *)family->settings)->alpha};
    *context = *query = value;
    for (size_t i = 0; i < 2; i++) {
        double context_noise, query_noise;
        ambit_family_observe(ambit_part(family, i), rng, 0.0, &context_noise, &query_noise);
        *context += share[i] * context_noise;
        *query += share[i] * query_noise;
    }
}

static AmbitPrior prior(const AmbitFamily *family)
{
    double alpha = ((const Settings *)family->settings)->alpha;
    return (AmbitPrior){.kind = AMBIT_PRIOR_SUM,
                        .n_parts = 2,
                        .parts = {ambit_part(family, 0), ambit_part(family, 1)},
                        .share = {alpha, 1.0 - alpha}};
}

const AmbitFamilyType ambit_family_convex = {
    .name = "convex",
    .summary = "alpha * f(x) + (1 - alpha) * g(x), f and g drawn independently from two families",
    .source = "Yadlowsky et al. 2311.00871, section 4 (figures 4 and 5)",
    .inputs = "of its parts",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .function_size = ambit_parts_function_size,
    .draw = ambit_parts_draw,
    .evaluate = evaluate,
    .second_moment = second_moment,
    .moments = moments,
    .draw_input = ambit_parts_draw_input,
    .observe = observe,
    .prior = prior};
