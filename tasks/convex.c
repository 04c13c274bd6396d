// SPDX-License-Identifier: MIT
// Convex combinations of two families: between the classes a model was pretrained on.
#include "registry.h"

typedef struct Settings {
    double alpha;
    AmbitFamilyList families;
} Settings;

static const AmbitParameter parameters[] = {{.name = "alpha",
                                             .type = AMBIT_REAL,
                                             .offset = offsetof(Settings, alpha),
                                             .fallback = 0.5,
                                             .minimum = 0.0,
                                             .maximum = 1.0,
                                             .help = "share of the first family"},
                                            {.name = "families",
                                             .type = AMBIT_FAMILIES,
                                             .offset = offsetof(Settings, families),
                                             .minimum = 2.0,
                                             .maximum = 2.0,
                                             .help = "the two families whose functions are added",
                                             .required = true},
                                            {.name = NULL}};

static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    const Settings *s = family->settings;
    if (s->families.count != 2)
        return ambit_error_parameter(
            error, "families", "convex combines 2 families, but %zu are given", s->families.count);
    for (size_t i = 0; i < 2; i++)
        if (s->families.items[i]->n_dims != family->n_dims)
            return ambit_error_parameter(
                error, "families",
                "part %zu (%s) has %zu dims, the combination %zu; they must agree", i + 1,
                s->families.items[i]->type->name, s->families.items[i]->n_dims, family->n_dims);
    return AMBIT_OK;
}

static size_t function_size(const AmbitFamily *family)
{
    const Settings *s = family->settings;
    return ambit_family_function_size(s->families.items[0]) +
           ambit_family_function_size(s->families.items[1]);
}

/* The first function, then the second. alpha takes no part, so that a sweep over it is paired. */
static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    for (size_t i = 0; i < 2; i++) {
        const AmbitFamily *part = s->families.items[i];
        part->type->draw(part, rng, active_dims, function);
        function += ambit_family_function_size(part);
    }
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    const Settings *s = family->settings;
    const AmbitFamily *f = s->families.items[0], *g = s->families.items[1];
    const double *second = function + ambit_family_function_size(f);
    return s->alpha * f->type->evaluate(f, function, x) +
           (1.0 - s->alpha) * g->type->evaluate(g, second, x);
}

/* f and g are independent, and E f(x) = 0 for every x in all families here: no cross term. */
static double power(const AmbitFamily *family, size_t active_dims)
{
    const Settings *s = family->settings;
    double a = s->alpha, b = 1.0 - s->alpha;
    return a * a * ambit_family_power(s->families.items[0], active_dims) +
           b * b * ambit_family_power(s->families.items[1], active_dims);
}

const AmbitFamilyType ambit_family_convex = {
    .name = "convex",
    .summary = "alpha * f(x) + (1 - alpha) * g(x), f and g drawn independently from two families",
    .source = "Yadlowsky et al. 2311.00871, section 4 (figures 4 and 5)",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .function_size = function_size,
    .draw = draw,
    .evaluate = evaluate,
    .power = power};
