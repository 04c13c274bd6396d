// SPDX-License-Identifier: MIT
// Standard prompts: inputs as in pretraining.
#include "registry.h"
#include "vector.h"

#include <string.h>

static const AmbitParameter parameters[] = {{.name = NULL}};

static void draw(const AmbitPromptDistribution *distribution, gsl_rng *input, gsl_rng *query,
                 size_t active_dims, size_t n_points, size_t n_queries, double *x, double *x_query)
{
    (void)query, (void)n_queries, (void)x_query;
    size_t dims = distribution->n_dims;
    memset(x, 0, n_points * dims * sizeof *x);
    for (size_t p = 0; p < n_points; p++)
        ambit_draw_normal(input, 1.0, x + p * dims, active_dims);
}

const AmbitPromptDistributionType ambit_prompts_standard = {
    .name = "standard",
    .summary = "x ~ N(0, I); the queries are the context points themselves",
    .source = "Garg et al. 2208.01066, section 3",
    .parameters = parameters,
    .preserves_power = true,
    .draw = draw};
