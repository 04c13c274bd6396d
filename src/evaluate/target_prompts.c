// SPDX-License-Identifier: MIT
// The prompts of a target at one value of what it sweeps.
#include "target_prompts.h"

#include <stdio.h>
#include <string.h>

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

AmbitStatus ambit_target_prompts_open(AmbitTargetPrompts *prompts, const AmbitPlan *plan,
                                      size_t sweep, AmbitError *error)
{
    const AmbitTarget *t = plan->target;
    double value = t->sweep ? t->sweep_values.values[sweep] : 0.0;
    AmbitStatus status =
        ambit_target_at(t, value, plan->key, &prompts->mixture, &prompts->distribution, error);
    prompts->source.mixture = prompts->mixture ? prompts->mixture : t->mixture;
    prompts->source.distribution = prompts->distribution ? prompts->distribution : t->distribution;
    const AmbitPredictorContext context = {.pretraining = plan->settings->pretraining,
                                           .target = prompts->source.mixture,
                                           .distribution = prompts->source.distribution,
                                           .key = plan->key,
                                           .n_points = (size_t)plan->settings->n_points,
                                           .name = t->name,
                                           .n_prompts = (size_t)plan->settings->n_examples,
                                           .sweep = sweep,
                                           .n_sweep = t->sweep ? t->sweep_values.count : 0,
                                           .answers = plan->evaluation->answers};
    if (!status)
        status = ambit_predictors_bind(plan->evaluation->predictors, plan->evaluation->n_predictors,
                                       &context, error);
    return status;
}

void ambit_target_prompts_close(AmbitTargetPrompts *prompts)
{
    ambit_mixture_destroy(&prompts->mixture);
    ambit_prompt_distribution_destroy(&prompts->distribution);
}
