// SPDX-License-Identifier: MIT
// Label noise around a family.
#include "combination.h"
#include "registry.h"
#include "vector.h"

#include <math.h>

enum { CONTEXT, QUERY, BOTH };

typedef struct Settings {
    AmbitFamilyList families;
    double noise_std;
    int labels;
} Settings;

static const char *const labels[] = {"context", "query", "both", NULL};

static const AmbitParameter parameters[] = {
    {"noise_std", AMBIT_REAL, offsetof(Settings, noise_std), 1, 0, INFINITY, NULL,
     "standard deviation of the noise", false},
    {"labels", AMBIT_CHOICE, offsetof(Settings, labels), BOTH, 0, 0, labels,
     "which labels are noisy: those in the context, those that queries are scored against, or both",
     false},
    AMBIT_PARTS_PARAMETER(1, "the family whose labels are made noisy"),
    {0}};

static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    const Settings *s = family->settings;
    AmbitStatus status = ambit_parts_check(family, error);
    if (!status)
        status = ambit_parts_refuse_binary(family, "noise would not leave them so", error);
    if (status)
        return status;
    const AmbitFamily *part = ambit_part(family, 0);
    double variance = s->noise_std * s->noise_std;
    family->context_noise = part->context_noise + (s->labels == QUERY ? 0.0 : variance);
    family->query_noise = part->query_noise + (s->labels == CONTEXT ? 0.0 : variance);
    return AMBIT_OK;
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    const AmbitFamily *part = ambit_part(family, 0);
    return part->type->evaluate(part, function, x);
}

static AmbitMoments moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x)
{
    return ambit_family_moments(ambit_part(family, 0), rng, active_dims, x);
}

static double function_second_moment(const AmbitFamily *family, const double *function,
                                     size_t active_dims)
{
    return ambit_family_function_second_moment(ambit_part(family, 0), function, active_dims);
}

static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    const AmbitFamily *part = ambit_part(family, 0);
    return ambit_family_second_moment(part, active_dims) + family->query_noise - part->query_noise;
}

/* Both labels share one draw. */
static void observe(const AmbitFamily *family, gsl_rng *rng, double value, double *context,
                    double *query)
{
    const Settings *s = family->settings;
    double noise;
    ambit_family_observe(ambit_part(family, 0), rng, value, context, query);
    ambit_draw_normal(rng, s->noise_std, &noise, 1);
    if (s->labels != QUERY)
        *context += noise;
    if (s->labels != CONTEXT)
        *query += noise;
}

static AmbitPrior prior(const AmbitFamily *family)
{
    return (AmbitPrior){
        .kind = AMBIT_PRIOR_SUM, .n_parts = 1, .parts = {ambit_part(family, 0)}, .share = {1.0}};
}

const AmbitFamilyType ambit_family_noise = {
    .name = "noise",
    .summary = "the labels of a family with noise_std * N(0, 1) added",
    .inputs = "of its part",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .function_size = ambit_parts_function_size,
    .draw = ambit_parts_draw,
    .evaluate = evaluate,
    .second_moment = second_moment,
    .moments = moments,
    .function_second_moment = function_second_moment,
    .draw_input = ambit_parts_draw_input,
    .observe = observe,
    .prior = prior};
