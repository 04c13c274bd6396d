// SPDX-License-Identifier: MIT
// Full binary decision trees on the signs of coordinates.
#include "registry.h"
#include "vector.h"

typedef struct Settings {
    int64_t depth;
} Settings;

static const AmbitParameter parameters[] = {{"depth", AMBIT_INT, offsetof(Settings, depth), 4, 1,
                                             16, NULL, "tests between the root and a leaf", false},
                                            {0}};

static size_t n_inner(const AmbitFamily *family)
{
    const Settings *s = family->settings;
    return ((size_t)1 << s->depth) - 1;
}

static size_t function_size(const AmbitFamily *family)
{
    return 2 * n_inner(family) + 1;
}

/* A function is the coordinates that inner nodes test, level by level, then the values of the
 * leaves. As in Garg et al.'s code, a curriculum does not confine the tests to the active dims. */
static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    (void)active_dims;
    size_t inner = n_inner(family);
    for (size_t i = 0; i < inner; i++)
        function[i] = (double)gsl_rng_uniform_int(rng, family->n_dims);
    ambit_draw_normal(rng, 1.0, function + inner, inner + 1);
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    size_t inner = n_inner(family), node = 0;
    while (node < inner)
        node = 2 * node + 1 + (x[(size_t)function[node]] > 0.0);
    return function[node];
}

static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    (void)family, (void)active_dims;
    return 1.0;
}

static AmbitMoments moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x)
{
    (void)family, (void)rng, (void)active_dims, (void)x;
    return (AmbitMoments){0.0, 1.0};
}

const AmbitFamilyType ambit_family_decision_tree = {
    .name = "decision_tree",
    .summary = "a full binary tree: every node tests the sign of one uniformly drawn coordinate, "
               "leaves ~ N(0, 1)",
    .source = "Garg et al. 2208.01066",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .function_size = function_size,
    .draw = draw,
    .evaluate = evaluate,
    .second_moment = second_moment,
    .moments = moments};
