// SPDX-License-Identifier: MIT
// Standard prompts: inputs as in pretraining.
#include "registry.h"

static const AmbitParameter parameters[] = {{.name = NULL}};

const AmbitPromptDistributionType ambit_prompts_standard = {
    .name = "standard",
    .summary =
        "inputs by the class's distribution (N(0, I) for most); the queries are the context points "
        "themselves",
    .source = "Garg et al. 2208.01066, section 3",
    .parameters = parameters,
    .preserves_second_moment = true};
