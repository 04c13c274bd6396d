// SPDX-License-Identifier: MIT
// Prompts whose inputs, or whose queries alone, are longer or shorter than standard ones. (Garg et
// al.'s scale-y scales functions instead: see the `scale` of families, or `rescale`.)
#include "inputs.h"
#include "registry.h"

#include <math.h>

typedef struct Settings {
    double factor;
} Settings;

static void draw_all(const AmbitPromptDistribution *distribution, const AmbitPromptDraw *prompt)
{
    const Settings *s = distribution->settings;
    ambit_prompts_draw_standard(prompt);
    for (size_t i = 0; i < prompt->n_points * distribution->n_dims; i++)
        prompt->x[i] *= s->factor;
}

/* Queries are multiples of those of standard prompts, so the points of a sweep are paired. */
static void draw_queries(const AmbitPromptDistribution *distribution, const AmbitPromptDraw *prompt)
{
    const Settings *s = distribution->settings;
    ambit_prompts_draw_standard(prompt);
    for (size_t i = 0; i < prompt->n_queries * distribution->n_dims; i++)
        prompt->x_query[i] = s->factor * prompt->x[i];
}

static const AmbitParameter all_parameters[] = {
    {.name = "c",
     .type = AMBIT_REAL,
     .offset = offsetof(Settings, factor),
     .fallback = 2.0,
     .minimum = -INFINITY,
     .maximum = INFINITY,
     .help = "factor on every input (Garg et al.: 1/3, 1/2, 2, 3)"},
    {.name = NULL}};

static const AmbitParameter query_parameters[] = {
    {.name = "lambda",
     .type = AMBIT_REAL,
     .offset = offsetof(Settings, factor),
     .fallback = 2.0,
     .minimum = -INFINITY,
     .maximum = INFINITY,
     .help = "factor on the queries (Garg et al.: 1/16 to 16)"},
    {.name = NULL}};

const AmbitPromptDistributionType ambit_prompts_scale_x = {
    .name = "scale_x",
    .summary = "c times standard inputs, points and queries alike",
    .source = "Garg et al. 2208.01066, section 4 (prompt scale) and code (scale-x)",
    .parameters = all_parameters,
    .settings_size = sizeof(Settings),
    .draw = draw_all};

const AmbitPromptDistributionType ambit_prompts_query_scale = {
    .name = "query_scale",
    .summary = "standard points; the queries are lambda times standard inputs",
    .source = "Garg et al. 2208.01066, appendix B.1",
    .parameters = query_parameters,
    .settings_size = sizeof(Settings),
    .own_queries = true,
    .draw = draw_queries};
