// SPDX-License-Identifier: MIT
// Evaluation settings, and the end of a target's life.
#include "ambit/evaluation.h"

#include "ambit/memory.h"

#include <math.h>

const AmbitParameter ambit_evaluation_parameters[] = {
    {.name = "n_prompts",
     .type = AMBIT_INT,
     .offset = offsetof(AmbitEvaluationSettings, n_prompts),
     .fallback = 1280.0,
     .minimum = 1.0,
     .maximum = 4294967295.0,
     .help = "prompts per target and sweep value"},
    {.name = "batch_size",
     .type = AMBIT_INT,
     .offset = offsetof(AmbitEvaluationSettings, batch_size),
     .fallback = 64.0,
     .minimum = 1.0,
     .maximum = INFINITY,
     .help = "prompts in memory at once"},
    {.name = "n_points",
     .type = AMBIT_INT,
     .offset = offsetof(AmbitEvaluationSettings, n_points),
     .minimum = 0.0,
     .maximum = INFINITY,
     .help = "points per prompt; 0: the most that the model takes"},
    {.name = "bootstrap",
     .type = AMBIT_INT,
     .offset = offsetof(AmbitEvaluationSettings, bootstrap),
     .fallback = 1000.0,
     .minimum = 1.0,
     .maximum = 4294967295.0,
     .help = "resamples behind the 90 % interval of the mean"},
    {.name = "seed",
     .type = AMBIT_INT,
     .offset = offsetof(AmbitEvaluationSettings, seed),
     .fallback = 1.0,
     .minimum = 0.0,
     .maximum = INFINITY,
     .help = "seed of prompts and resamples, apart from training's"},
    {.name = NULL}};

void ambit_target_free(AmbitTarget *target)
{
    ambit_mixture_destroy(&target->mixture);
    ambit_prompt_distribution_destroy(&target->distribution);
    ambit_free(target->name);
    ambit_free(target->sweep);
    ambit_free(target->sweep_values.values);
    *target = (AmbitTarget){0};
}
