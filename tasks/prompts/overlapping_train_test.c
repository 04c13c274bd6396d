// SPDX-License-Identifier: MIT
// Prompts in which every query is one of the points before it.
#include "inputs.h"
#include "registry.h"

#include <string.h>

static const AmbitParameter parameters[] = {{.name = NULL}};

static size_t n_queries(const AmbitPromptDistribution *distribution, size_t n_points)
{
    (void)distribution;
    return n_points - 1;
}

static void seen(const AmbitPromptDistribution *distribution, size_t n_points, size_t *seen)
{
    (void)distribution;
    for (size_t q = 0; q + 1 < n_points; q++)
        seen[q] = q + 1;
}

static void draw(const AmbitPromptDistribution *distribution, const AmbitPromptDraw *prompt)
{
    size_t dims = distribution->n_dims;
    ambit_prompts_draw_standard(prompt);
    for (size_t q = 0; q < prompt->n_queries; q++) {
        size_t earlier = gsl_rng_uniform_int(prompt->query, q + 1);
        memcpy(prompt->x_query + q * dims, prompt->x + earlier * dims, dims * sizeof *prompt->x);
    }
}

static AmbitStatus check(const AmbitPromptDistribution *distribution, const AmbitMixture *mixture,
                         size_t n_points, AmbitError *error)
{
    (void)distribution, (void)mixture;
    if (n_points >= 2)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_INVALID,
                           "overlapping_train_test prompts take 2 points or more, but these "
                           "have %zu; raise n_points",
                           n_points);
}

const AmbitPromptDistributionType ambit_prompts_overlapping_train_test = {
    .name = "overlapping_train_test",
    .summary = "standard points; every query is a random one of those before it",
    .source = "Garg et al. 2208.01066, section 4 (query matches an in-context example)",
    .parameters = parameters,
    .own_queries = true,
    .preserves_second_moment = true,
    .draw = draw,
    .n_queries = n_queries,
    .seen = seen,
    .check = check};
