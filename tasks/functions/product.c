// SPDX-License-Identifier: MIT
// Products of functions of two families.
#include "combination.h"
#include "registry.h"

typedef struct Settings {
    AmbitFamilyList families;
} Settings;

static const AmbitParameter parameters[] = {
    AMBIT_PARTS_PARAMETER(2, "the two families whose functions are multiplied"), {0}};

static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    AmbitStatus status = ambit_parts_check(family, error);
    if (!status)
        status = ambit_parts_check_inputs(family, error);
    if (!status)
        status = ambit_parts_refuse_noise(family, "put noise around the product instead", error);
    if (!status)
        family->binary = ambit_part(family, 0)->binary && ambit_part(family, 1)->binary;
    return status;
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    const AmbitFamily *f = ambit_part(family, 0), *g = ambit_part(family, 1);
    return f->type->evaluate(f, function, x) * g->type->evaluate(g, function + f->function_size, x);
}

/* f and g are independent at one x, but not over all x. So the second moment E f(x)^2 g(x)^2 is the
 * mean of this product over x, and not the product of the second moments. */
static AmbitMoments moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x)
{
    AmbitMoments f = ambit_family_moments(ambit_part(family, 0), rng, active_dims, x);
    AmbitMoments g = ambit_family_moments(ambit_part(family, 1), rng, active_dims, x);
    return (AmbitMoments){f.mean * g.mean, f.square * g.square};
}

const AmbitFamilyType ambit_family_product = {
    .name = "product",
    .summary = "f(x) * g(x), f and g drawn independently from two families",
    .source = "Zhang et al. 2503.15579",
    .inputs = "of its parts",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .function_size = ambit_parts_function_size,
    .draw = ambit_parts_draw,
    .evaluate = evaluate,
    .moments = moments,
    .draw_input = ambit_parts_draw_input};
