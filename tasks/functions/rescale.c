// SPDX-License-Identifier: MIT
// The outputs of a family times a constant: a given one, or one that makes their second moment 1.
#include "combination.h"
#include "registry.h"

#include "ambit/memory.h"

#include <math.h>

typedef struct Settings {
    AmbitFamilyList families;
    double factor;
    bool unit_second_moment;
} Settings;

static const AmbitParameter parameters[] = {
    {"factor", AMBIT_REAL, offsetof(Settings, factor), 1, -INFINITY, INFINITY, NULL,
     "factor on outputs and their noise, not 0", false},
    {.name = "unit_second_moment",
     .type = AMBIT_BOOL,
     .offset = offsetof(Settings, unit_second_moment),
     .help = "also divide by the root of the second moment in all dims, so that E y^2 = factor^2",
     .alias = "unit_power"},
    AMBIT_PARTS_PARAMETER(1, "the family that is rescaled"),
    {0}};

static double factor(const AmbitFamily *family)
{
    return *(const double *)family->state;
}

static void fini(AmbitFamily *family)
{
    ambit_free(family->state);
}

/* `state` is the factor. */
static AmbitStatus set_factor(AmbitFamily *family, AmbitError *error)
{
    const Settings *s = family->settings;
    const AmbitFamily *part = ambit_part(family, 0);
    double second_moment =
        s->unit_second_moment ? ambit_family_second_moment(part, part->n_dims) : 1.0;
    if (!(second_moment > 0.0) || !isfinite(second_moment))
        return ambit_error_parameter(error, "unit_second_moment",
                                     "the second moment of %s is %g, which no factor brings to 1",
                                     part->type->name, second_moment);
    double *state = family->state = ambit_alloc(1, sizeof *state);
    if (!state)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for family rescale");
    *state = s->factor / sqrt(second_moment);
    family->context_noise = *state * *state * part->context_noise;
    family->query_noise = *state * *state * part->query_noise;
    return AMBIT_OK;
}

static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    const Settings *s = family->settings;
    AmbitStatus status = ambit_parts_check(family, error);
    if (!status)
        status = ambit_parts_refuse_binary(family, "a factor would not leave them so", error);
    if (!status && s->factor == 0.0)
        status = ambit_error_parameter(error, "factor",
                                       "factor is 0, which leaves nothing to learn; give another");
    return status ? status : set_factor(family, error);
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    const AmbitFamily *part = ambit_part(family, 0);
    return factor(family) * part->type->evaluate(part, function, x);
}

static double square(double value)
{
    return value * value;
}

static AmbitMoments moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x)
{
    AmbitMoments part = ambit_family_moments(ambit_part(family, 0), rng, active_dims, x);
    return (AmbitMoments){factor(family) * part.mean, square(factor(family)) * part.square};
}

static double function_second_moment(const AmbitFamily *family, const double *function,
                                     size_t active_dims)
{
    return square(factor(family)) *
           ambit_family_function_second_moment(ambit_part(family, 0), function, active_dims);
}

static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    return square(factor(family)) * ambit_family_second_moment(ambit_part(family, 0), active_dims);
}

static void observe(const AmbitFamily *family, gsl_rng *rng, double value, double *context,
                    double *query)
{
    ambit_family_observe(ambit_part(family, 0), rng, value / factor(family), context, query);
    *context *= factor(family);
    *query *= factor(family);
}

static AmbitPrior prior(const AmbitFamily *family)
{
    return (AmbitPrior){.kind = AMBIT_PRIOR_SUM,
                        .n_parts = 1,
                        .parts = {ambit_part(family, 0)},
                        .share = {factor(family)}};
}

const AmbitFamilyType ambit_family_rescale = {
    .name = "rescale",
    .summary = "factor * f(x), or divided by the root of its second moment",
    .inputs = "of its part",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .fini = fini,
    .function_size = ambit_parts_function_size,
    .draw = ambit_parts_draw,
    .evaluate = evaluate,
    .second_moment = second_moment,
    .moments = moments,
    .function_second_moment = function_second_moment,
    .draw_input = ambit_parts_draw_input,
    .observe = observe,
    .prior = prior};
