// SPDX-License-Identifier: MIT
// Standard prompts: inputs as in pretraining.
#include "registry.h"

static const AmbitParameter parameters[] = {{.name = NULL}};

static void draw(const AmbitPromptDistribution *distribution, const AmbitFamily *family,
                 gsl_rng *input, gsl_rng *query, size_t active_dims, size_t n_points,
                 size_t n_queries, double *x, double *x_query)
{
    (void)distribution, (void)query, (void)n_queries, (void)x_query;
    ambit_family_draw_inputs(family, input, active_dims, n_points, x);
}

const AmbitPromptDistributionType ambit_prompts_standard = {
    .name = "standard",
    .summary = "inputs by the class's law (N(0, I) for most); the queries are the context points "
               "themselves",
    .source = "Garg et al. 2208.01066, section 3",
    .parameters = parameters,
    .preserves_second_moment = true,
    .draw = draw};
