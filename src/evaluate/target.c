// SPDX-License-Identifier: MIT
// Evaluation settings, and what a target knows of itself.
#include "ambit/evaluation.h"

#include "ambit/memory.h"

#include <math.h>

const AmbitParameter ambit_evaluation_parameters[] = {
    {.name = "n_prompts",
     .type = AMBIT_INT,
     .offset = offsetof(AmbitEvaluationSettings, n_examples),
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
     .help = "prompts answered between two reports of progress"},
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
     .help = "bootstrap resamples for the 90 % interval of the mean"},
    {.name = "seed",
     .type = AMBIT_INT,
     .offset = offsetof(AmbitEvaluationSettings, seed),
     .fallback = 1.0,
     .minimum = 0.0,
     .maximum = INFINITY,
     .help = "seed of the evaluation's prompts and resamples"},
    {.name = "reference",
     .type = AMBIT_TEXTS,
     .offset = offsetof(AmbitEvaluationSettings, references),
     .help = "predictors from whose errors paired differences are taken, one or several; none: no "
             "differences"},
    {.name = "every",
     .type = AMBIT_INT,
     .offset = offsetof(AmbitEvaluationSettings, every),
     .minimum = 0.0,
     .maximum = 1e12,
     .help =
         "evaluate the model at multiples of so many steps, over a step axis; set at pretraining, "
         "which then keeps the parameters of these steps; 0: the newest checkpoint alone"},
    {.name = "probe_prompts",
     .type = AMBIT_INT,
     .offset = offsetof(AmbitEvaluationSettings, n_probed),
     .fallback = 32.0,
     .minimum = 1.0,
     .maximum = 4294967295.0,
     .help = "prompts that each probe of a target uses"},
    {.name = "probe_k",
     .type = AMBIT_REALS,
     .offset = offsetof(AmbitEvaluationSettings, probe_k),
     .minimum = 0.0,
     .maximum = INFINITY,
     .help =
         "numbers of examples after which probes ask; none: five numbers, evenly over the prompt"},
    {.name = "grid_points",
     .type = AMBIT_INT,
     .offset = offsetof(AmbitEvaluationSettings, grid_points),
     .fallback = 256.0,
     .minimum = 2.0,
     .maximum = 65536.0,
     .help = "inputs on the line of a slice"},
    {.name = "grid_low",
     .type = AMBIT_REAL,
     .offset = offsetof(AmbitEvaluationSettings, grid_low),
     .fallback = -2.5,
     .minimum = -INFINITY,
     .maximum = INFINITY,
     .help = "where the line of a slice starts"},
    {.name = "grid_high",
     .type = AMBIT_REAL,
     .offset = offsetof(AmbitEvaluationSettings, grid_high),
     .fallback = 2.5,
     .minimum = -INFINITY,
     .maximum = INFINITY,
     .help = "where the line of a slice ends"},
    {.name = "keep_prompts",
     .type = AMBIT_BOOL,
     .offset = offsetof(AmbitEvaluationSettings, keep_prompts),
     .help = "keep prompts and predictions in the results (ambit export --prompts)"},
    {.name = NULL}};

#define SHARED(setting)                                                                            \
    .name = #setting, .type = AMBIT_INT, .offset = offsetof(AmbitEvaluationSettings, setting)
const AmbitParameter ambit_sentence_evaluation_parameters[] = {
    {SHARED(n_examples), .fallback = 1000.0, .minimum = 1.0, .maximum = 4294967295.0,
     .help = "sentences per target, chosen from its split by the seed; all if there are fewer"},
    {SHARED(batch_size), .fallback = 64.0, .minimum = 1.0, .maximum = INFINITY,
     .help = "sentences answered between two reports of progress"},
    {SHARED(bootstrap), .fallback = 1000.0, .minimum = 1.0, .maximum = 4294967295.0,
     .help = "bootstrap resamples for the 90 % interval of the mean"},
    {SHARED(seed), .fallback = 1.0, .minimum = 0.0, .maximum = INFINITY,
     .help = "seed of the choice of sentences and of the resamples"},
    {.name = "reference",
     .type = AMBIT_TEXTS,
     .offset = offsetof(AmbitEvaluationSettings, references),
     .help = "predictors from whose accuracy paired differences are taken, one or several; none: "
             "no differences"},
    {SHARED(every), .minimum = 0.0, .maximum = 1e12,
     .help =
         "evaluate all kept checkpoints at multiples of so many steps, over a step axis; 0: the "
         "newest alone"},
    {SHARED(longest_output), .fallback = 50.0, .minimum = 1.0, .maximum = 1e6,
     .help = "words after which the continuation of an input is given up"},
    {SHARED(least_distance), .fallback = 10.0, .minimum = 1.0, .maximum = 1e9,
     .help = "words between a question's answer and what decides it, from which on questions are "
             "scored apart, too (metrics far_…)"},
    {.name = "probe_sentences",
     .type = AMBIT_INT,
     .offset = offsetof(AmbitEvaluationSettings, n_probed),
     .fallback = 1000.0,
     .minimum = 1.0,
     .maximum = 4294967295.0,
     .help = "sentences that each probe of a target reads; all if there are fewer"},
    {.name = "probe_longest",
     .type = AMBIT_INT,
     .offset = offsetof(AmbitEvaluationSettings, longest_probed),
     .fallback = 40.0,
     .minimum = 1.0,
     .maximum = 4096.0,
     .help = "most words of a sentence that probes read: memory and time grow with the square"},
    {.name = "keep_outputs",
     .alias = "keep_prompts", // of export --prompts
     .type = AMBIT_BOOL,
     .offset = offsetof(AmbitEvaluationSettings, keep_outputs),
     .help = "keep the sentences, and what predictors output, in the results"},
    {.name = NULL}};
#undef SHARED

void ambit_target_free(AmbitTarget *target)
{
    ambit_mixture_destroy(&target->mixture);
    ambit_prompt_distribution_destroy(&target->distribution);
    ambit_free(target->name);
    ambit_free(target->sweep);
    ambit_free(target->sweep_values.values);
    *target = (AmbitTarget){0};
}
