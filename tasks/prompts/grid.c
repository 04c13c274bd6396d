// SPDX-License-Identifier: MIT
// Prompts of one dim that ask for the whole function: the queries lie on a regular grid.
#include "inputs.h"
#include "registry.h"

#include <math.h>

typedef struct Settings {
    int64_t n_grid, n_context;
    double low, high;
} Settings;

static const AmbitParameter parameters[] = {
    {.name = "n_grid",
     .type = AMBIT_INT,
     .offset = offsetof(Settings, n_grid),
     .fallback = 256.0,
     .minimum = 2.0,
     .maximum = 1e6,
     .help = "points of the grid"},
    {.name = "low",
     .type = AMBIT_REAL,
     .offset = offsetof(Settings, low),
     .fallback = -2.5,
     .minimum = -INFINITY,
     .maximum = INFINITY,
     .help = "first point of the grid"},
    {.name = "high",
     .type = AMBIT_REAL,
     .offset = offsetof(Settings, high),
     .fallback = 2.5,
     .minimum = -INFINITY,
     .maximum = INFINITY,
     .help = "last point of the grid"},
    {.name = "n_context",
     .type = AMBIT_INT,
     .offset = offsetof(Settings, n_context),
     .fallback = -1.0,
     .minimum = -1.0,
     .maximum = 1e6,
     .help = "points that every query has seen; -1: all of the prompt's points but one"},
    {.name = NULL}};

static AmbitStatus init(AmbitPromptDistribution *distribution, AmbitKey key, AmbitError *error)
{
    (void)key;
    const Settings *s = distribution->settings;
    if (distribution->n_dims != 1)
        return ambit_error_set(
            error, AMBIT_INVALID,
            "grid prompts need inputs of 1 dim, but these have %zu; give model.n_dims 1",
            distribution->n_dims);
    if (!(s->low < s->high))
        return ambit_error_parameter(error, "high", "the grid ends at %g, not above its start, %g",
                                     s->high, s->low);
    return AMBIT_OK;
}

static size_t n_queries(const AmbitPromptDistribution *distribution, size_t n_points)
{
    (void)n_points;
    return (size_t)((const Settings *)distribution->settings)->n_grid;
}

static void seen(const AmbitPromptDistribution *distribution, size_t n_points, size_t *seen)
{
    const Settings *s = distribution->settings;
    for (size_t q = 0; q < (size_t)s->n_grid; q++)
        seen[q] = s->n_context < 0 ? n_points - 1 : (size_t)s->n_context;
}

static void draw(const AmbitPromptDistribution *distribution, const AmbitPromptDraw *prompt)
{
    const Settings *s = distribution->settings;
    ambit_prompts_draw_standard(prompt);
    for (size_t q = 0; q < prompt->n_queries; q++)
        prompt->x_query[q] =
            s->low + (s->high - s->low) * (double)q / (double)(prompt->n_queries - 1);
}

static AmbitStatus check(const AmbitPromptDistribution *distribution, const AmbitMixture *mixture,
                         size_t n_points, AmbitError *error)
{
    (void)mixture;
    const Settings *s = distribution->settings;
    if (s->n_context < (int64_t)n_points)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_INVALID,
                           "grid queries that have seen %lld points take prompts of %lld points "
                           "or more, but these have %zu; raise n_points",
                           (long long)s->n_context, (long long)s->n_context + 1, n_points);
}

const AmbitPromptDistributionType ambit_prompts_grid = {
    .name = "grid",
    .summary = "standard points of 1 dim; the queries are a regular grid, each after the same "
               "points",
    .source = "Yadlowsky et al. 2311.00871, section 4 (figures 4 to 6)",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .own_queries = true,
    .init = init,
    .draw = draw,
    .n_queries = n_queries,
    .seen = seen,
    .check = check};
