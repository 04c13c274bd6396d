// SPDX-License-Identifier: MIT
// Prompts in which every query is orthogonal to the points before it, while there are fewer of
// them than dims. The points of a linear function then say nothing about its value at the query.
#include "inputs.h"
#include "registry.h"
#include "vector.h"

#include <math.h>
#include <string.h>

static const AmbitParameter parameters[] = {{.name = NULL}};

static AmbitStatus init(AmbitPromptDistribution *distribution, AmbitKey key, AmbitError *error)
{
    (void)key;
    return ambit_prompts_need_dims(distribution, 2, error);
}

static size_t n_queries(const AmbitPromptDistribution *distribution, size_t n_points)
{
    return n_points < distribution->n_dims ? n_points : distribution->n_dims;
}

/* Query q is the part of x_q orthogonal to x_0 … x_{q−1}, whose span is that of the queries before
 * it, with the norm of x_q: so it is distributed as N(0, I). From query active_dims on it is 0. */
static void draw(const AmbitPromptDistribution *distribution, const AmbitPromptDraw *prompt)
{
    size_t dims = distribution->n_dims;
    ambit_prompts_draw_standard(prompt);
    memset(prompt->x_query, 0, prompt->n_queries * dims * sizeof *prompt->x);
    for (size_t q = 0; q < prompt->n_queries && q < prompt->active_dims; q++) {
        const double *from = prompt->x + q * dims;
        memcpy(prompt->x_query + q * dims, from, dims * sizeof *prompt->x);
        ambit_orthogonalize(prompt->x_query, q, dims, sqrt(ambit_dot(from, from, dims)));
    }
}

const AmbitPromptDistributionType ambit_prompts_orthogonal_train_test = {
    .name = "orthogonal_train_test",
    .summary = "standard points; every query is orthogonal to those before it, so that there are "
               "as many queries as dims",
    .source = "Garg et al. 2208.01066, section 4 (query orthogonal to in-context examples)",
    .parameters = parameters,
    .own_queries = true,
    .preserves_second_moment = true,
    .init = init,
    .draw = draw,
    .n_queries = n_queries,
    .check = ambit_prompts_need_normal};
