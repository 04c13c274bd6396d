// SPDX-License-Identifier: MIT
// Prompts whose examples all lie in one random orthant, with queries anywhere or in the opposite
// one. The inputs z are those of standard prompts, so that queries are paired with theirs.
#include "registry.h"

#include <math.h>

static const AmbitParameter parameters[] = {{.name = NULL}};

/* x = |z|·s with one random sign vector s per prompt; the query is z or −x. */
static void draw(const AmbitPromptDistribution *distribution, const AmbitFamily *family,
                 gsl_rng *input, gsl_rng *query, size_t active_dims, size_t n_points,
                 size_t n_queries, double *x, double *x_query)
{
    (void)n_queries;
    size_t dims = distribution->n_dims;
    bool opposite = distribution->type == &ambit_prompts_opposite_quadrants;
    ambit_family_draw_inputs(family, input, active_dims, n_points, x);
    for (size_t j = 0; j < dims; j++) {
        double sign = gsl_rng_uniform_int(query, 2) ? 1.0 : -1.0;
        for (size_t i = j; i < n_points * dims; i += dims) {
            double z = x[i];
            x[i] = copysign(z, sign);
            x_query[i] = opposite ? -x[i] : z;
        }
    }
}

const AmbitPromptDistributionType ambit_prompts_random_quadrants = {
    .name = "random_quadrants",
    .summary = "examples in one random orthant per prompt; the queries are standard inputs",
    .source = "Garg et al. 2208.01066, section 4 (different orthants)",
    .parameters = parameters,
    .split = true,
    .preserves_second_moment = true,
    .draw = draw};

const AmbitPromptDistributionType ambit_prompts_opposite_quadrants = {
    .name = "opposite_quadrants",
    .summary = "examples in one random orthant per prompt, queries in the opposite one",
    .source = "Garg et al. 2208.01066, code (opposite_quadrants)",
    .parameters = parameters,
    .split = true,
    .draw = draw};
