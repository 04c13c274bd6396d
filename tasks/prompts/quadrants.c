// SPDX-License-Identifier: MIT
// Prompts whose points all lie in one random orthant, while queries lie anywhere or in the
// opposite one. They are made of the inputs z of standard prompts, so that the two are paired.
#include "inputs.h"
#include "registry.h"

#include <math.h>

static const AmbitParameter parameters[] = {{.name = NULL}};

/* x = |z|·s with one random sign vector s per prompt; the query is z or −x. */
static void draw(const AmbitPromptDistribution *distribution, const AmbitPromptDraw *prompt)
{
    size_t dims = distribution->n_dims;
    bool opposite = distribution->type == &ambit_prompts_opposite_quadrants;
    ambit_prompts_draw_standard(prompt);
    for (size_t j = 0; j < dims; j++) {
        double sign = gsl_rng_uniform_int(prompt->query, 2) ? 1.0 : -1.0;
        for (size_t i = j; i < prompt->n_points * dims; i += dims) {
            double z = prompt->x[i];
            prompt->x[i] = copysign(z, sign);
            prompt->x_query[i] = opposite ? -prompt->x[i] : z;
        }
    }
}

const AmbitPromptDistributionType ambit_prompts_random_quadrants = {
    .name = "random_quadrants",
    .summary = "points in one random orthant per prompt; the queries are standard inputs",
    .source = "Garg et al. 2208.01066, section 4 (different orthants)",
    .parameters = parameters,
    .own_queries = true,
    .preserves_second_moment = true,
    .draw = draw};

const AmbitPromptDistributionType ambit_prompts_opposite_quadrants = {
    .name = "opposite_quadrants",
    .summary = "points in one random orthant per prompt, queries in the opposite one",
    .source = "Garg et al. 2208.01066, code (opposite_quadrants)",
    .parameters = parameters,
    .own_queries = true,
    .draw = draw};
