// SPDX-License-Identifier: MIT
// Prompts whose inputs are an autoregressive process: each is standard normal, and neighbours are
// correlated.
#include "inputs.h"
#include "registry.h"

#include <math.h>

typedef struct Settings {
    double rho;
} Settings;

static const AmbitParameter parameters[] = {{.name = "rho",
                                             .type = AMBIT_REAL,
                                             .offset = offsetof(Settings, rho),
                                             .fallback = 0.9,
                                             .minimum = -1.0,
                                             .maximum = 1.0,
                                             .help = "correlation of neighbouring inputs"},
                                            {.name = NULL}};

/* x_0 = z_0, x_p = ρ x_{p−1} + √(1 − ρ²) z_p, which is stationary from the start. */
static void draw(const AmbitPromptDistribution *distribution, const AmbitPromptDraw *prompt)
{
    double rho = ((const Settings *)distribution->settings)->rho, fresh = sqrt(1.0 - rho * rho);
    size_t dims = distribution->n_dims;
    ambit_prompts_draw_standard(prompt);
    for (size_t i = dims; i < prompt->n_points * dims; i++)
        prompt->x[i] = rho * prompt->x[i - dims] + fresh * prompt->x[i];
}

const AmbitPromptDistributionType ambit_prompts_ar1 = {
    .name = "ar1",
    .summary = "inputs from N(0, I) that follow each other with correlation rho",
    .source = "dependent inputs, beyond Garg et al. 2208.01066, section 4",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .preserves_second_moment = true,
    .draw = draw,
    .check = ambit_prompts_need_normal};
