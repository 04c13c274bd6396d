// SPDX-License-Identifier: MIT
// Standard prompts: inputs as in pretraining.
#include "inputs.h"
#include "registry.h"

static const AmbitParameter parameters[] = {{.name = NULL}};

static void draw(const AmbitPromptDistribution *distribution, const AmbitPromptDraw *prompt)
{
    (void)distribution;
    ambit_prompts_draw_standard(prompt);
}

const AmbitPromptDistributionType ambit_prompts_standard = {
    .name = "standard",
    .summary =
        "inputs by the class's distribution (N(0, I) for most); the queries are the context points "
        "themselves",
    .source = "Garg et al. 2208.01066, section 3",
    .parameters = parameters,
    .preserves_second_moment = true,
    .draw = draw};
