// SPDX-License-Identifier: MIT
// Functions of functions, in one dimension.
#include "combination.h"
#include "registry.h"

#include "ambit/memory.h"

#include <math.h>

typedef struct Settings {
    AmbitFamilyList families;
} Settings;

static const AmbitParameter parameters[] = {
    AMBIT_PARTS_PARAMETER(
        2, "the outer family, then the inner one, which gives the distribution of x"),
    {0}};

static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    AmbitStatus status = ambit_parts_check(family, error);
    if (!status && family->n_dims != 1)
        status = ambit_error_set(error, AMBIT_INVALID,
                                 "composition feeds the one output of a function to another, so it "
                                 "has 1 dim, but inputs have %zu; give model.n_dims 1",
                                 family->n_dims);
    if (!status)
        status =
            ambit_parts_refuse_noise(family, "put noise around the composition instead", error);
    if (!status)
        family->binary = ambit_part(family, 0)->binary;
    return status;
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    const AmbitFamily *outer = ambit_part(family, 0), *inner = ambit_part(family, 1);
    double between = inner->type->evaluate(inner, function + outer->function_size, x);
    return outer->type->evaluate(outer, function, &between);
}

/* The moments of the outer family at the value of one drawn inner function. */
static AmbitMoments moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x)
{
    const AmbitFamily *outer = ambit_part(family, 0), *inner = ambit_part(family, 1);
    double *function = ambit_alloc(inner->function_size, sizeof *function);
    if (!function)
        return (AmbitMoments){NAN, NAN};
    inner->type->draw(inner, rng, active_dims, function);
    double between = inner->type->evaluate(inner, function, x);
    ambit_free(function);
    return ambit_family_moments(outer, rng, active_dims, &between);
}

const AmbitFamilyType ambit_family_composition = {
    .name = "composition",
    .summary = "f(g(x)), f and g drawn independently from two families; 1 dim",
    .source = "Zhang et al. 2503.15579",
    .inputs = "1 dim, of its last part",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .function_size = ambit_parts_function_size,
    .draw = ambit_parts_draw,
    .evaluate = evaluate,
    .moments = moments,
    .draw_input = ambit_parts_draw_input};
