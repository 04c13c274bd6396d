// SPDX-License-Identifier: MIT
// Evaluation settings, and the prompts of a target at one value of what it sweeps.
#include "ambit/evaluation.h"

#include "ambit/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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
     .help = "score the model at multiples of so many steps, over a step axis; set at pretraining, "
             "which keeps these; 0: the newest alone"},
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
     .alias_stays = true,
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

static const char of_prompts[] = "prompts.";

/* The first class with share `value`, the others with what is left in their old proportions. */
static AmbitStatus set_weight(AmbitMixture *mixture, double value, AmbitError *error)
{
    double rest = 0.0;
    for (size_t c = 1; c < mixture->n_classes; c++)
        rest += mixture->weights[c];
    if (!(value >= 0.0 && value <= 1.0 && (rest > 0.0 || value == 1.0)))
        return ambit_error_parameter(error, "weight",
                                     "weight is %g; allowed: real in 0…1, and 1 alone where the "
                                     "other classes have no weight",
                                     value);
    mixture->weights[0] = value;
    for (size_t c = 1; c < mixture->n_classes && rest > 0.0; c++)
        mixture->weights[c] *= (1.0 - value) / rest;
    return AMBIT_OK;
}

/* The class that a swept number belongs to, and the number's name in its family: "tasks[2].NAME",
 * or NAME alone where there is one class. n_classes where there is no such class. */
static size_t swept_class(const AmbitMixture *mixture, const char *sweep, const char **parameter)
{
    size_t class;
    int length = 0;
    *parameter = sweep;
    if (mixture->n_classes == 1)
        return 0;
    if (sscanf(sweep, "tasks[%zu].%n", &class, &length) != 1 || length == 0)
        return mixture->n_classes;
    *parameter += length;
    return class < mixture->n_classes ? class : mixture->n_classes;
}

/* A copy of the target's mixture in which `parameter` of one class is `value` (n_classes: of none).
 */
static AmbitStatus copy_mixture(AmbitMixture **copy, const AmbitMixture *mixture, size_t class,
                                const char *parameter, double value, AmbitError *error)
{
    AmbitStatus status = ambit_mixture_create(copy, error);
    for (size_t c = 0; c < mixture->n_classes && !status; c++) {
        AmbitFamily *family;
        status =
            c == class ? ambit_family_with(&family, mixture->families[c], parameter, value, error)
                       : ambit_family_copy(&family, mixture->families[c], error);
        if (!status)
            status =
                ambit_mixture_add(*copy, family, mixture->labels[c], mixture->weights[c], error);
    }
    return status;
}

AmbitStatus ambit_target_at(const AmbitTarget *target, double value, AmbitKey key,
                            AmbitMixture **mixture, AmbitPromptDistribution **distribution,
                            AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    const char *sweep = target->sweep;
    *mixture = NULL;
    *distribution = NULL;
    if (!sweep)
        return AMBIT_OK;
    if (strncmp(sweep, of_prompts, sizeof of_prompts - 1) == 0)
        return ambit_prompt_distribution_with(distribution, target->distribution,
                                              sweep + sizeof of_prompts - 1, value, key, error);
    const char *parameter;
    bool weight = strcmp(sweep, "weight") == 0;
    size_t class = swept_class(target->mixture, sweep, &parameter);
    if (!weight && class == target->mixture->n_classes)
        return ambit_error_parameter(error, sweep,
                                     "%s is no number of a class; of several they are named "
                                     "tasks[0].NAME to tasks[%zu].NAME",
                                     sweep, target->mixture->n_classes - 1);
    if (weight)
        class = target->mixture->n_classes;
    status = copy_mixture(mixture, target->mixture, class, parameter, value, error);
    if (!status && weight)
        status = set_weight(*mixture, value, error);
    if (status)
        ambit_mixture_destroy(mixture);
    return status;
}
