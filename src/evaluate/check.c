// SPDX-License-Identifier: MIT
// What an evaluation refuses before any work.
#include "check.h"
#include "probe.h"
#include "prompts.h"

#include <string.h>

/* Classes of labels ±1 and of real values have errors of different kinds. */
static AmbitStatus check_mixture(const AmbitTarget *target, AmbitError *error)
{
    const AmbitMixture *mixture = target->mixture;
    if (mixture->n_classes == 0 || mixture->families[0]->n_dims != target->distribution->n_dims)
        return ambit_error_set(error, AMBIT_INVALID,
                               "target %s needs a function class with the dims of its prompts; "
                               "give it one of n_dims %zu",
                               target->name, target->distribution->n_dims);
    for (size_t c = 1; c < mixture->n_classes; c++)
        if (mixture->families[c]->binary != mixture->families[0]->binary)
            return ambit_error_set(error, AMBIT_INVALID,
                                   "target %s mixes labels ±1 with real values (%s, %s), whose "
                                   "errors do not average; give each a target",
                                   target->name, mixture->labels[0], mixture->labels[c]);
    return AMBIT_OK;
}

static AmbitStatus check_sweep(const AmbitTarget *target, AmbitError *error)
{
    const char *sweep = target->sweep;
    if (!sweep)
        return AMBIT_OK;
    if (target->sweep_values.count > 0)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_INVALID, "target %s sweeps %s; give it at least one value",
                           target->name, sweep);
}

static AmbitStatus check_reference(const AmbitPlan *plan, AmbitError *error)
{
    const AmbitTexts *references = &plan->settings->references;
    size_t n_columns;
    for (size_t i = 0; i < references->count; i++)
        if (ambit_plan_find_column(plan, references->texts[i], &n_columns) == n_columns)
            return ambit_error_parameter(
                error, "reference",
                "reference %s is no predictor of this evaluation; name one of "
                "evaluation.predictors or evaluation.models",
                references->texts[i]);
    return AMBIT_OK;
}

AmbitStatus ambit_target_check(const AmbitTarget *target, const AmbitEvaluationSettings *settings,
                               AmbitError *error)
{
    AmbitStatus status = check_mixture(target, error);
    if (!status)
        status = check_sweep(target, error);
    if (!status)
        status = ambit_probes_check(target, settings, error);
    return status;
}

AmbitStatus ambit_check_request(const AmbitTarget *target, const AmbitEvaluation *evaluation,
                                AmbitError *error)
{
    if (evaluation->settings->n_points < 1)
        return ambit_error_parameter(error, "n_points",
                                     "n_points is %lld and no model says how many points a prompt "
                                     "has; give n_points",
                                     (long long)evaluation->settings->n_points);
    AmbitStatus status = ambit_target_check(target, evaluation->settings, error);
    if (!status) {
        const AmbitPlan plan = ambit_plan(target, evaluation);
        status = check_reference(&plan, error);
    }
    return status;
}

AmbitStatus ambit_evaluate_check(const AmbitTarget *target, const AmbitEvaluation *evaluation,
                                 AmbitError *error)
{
    const AmbitExamplesType *type = &ambit_prompt_examples;
    const AmbitTally tally = {0};
    AmbitPlan plan = {0};
    void *examples = NULL;
    AmbitStatus status = ambit_check_request(target, evaluation, error);
    if (!status) {
        plan = ambit_plan(target, evaluation);
        plan.n_threads = 1;
        status = type->create(&examples, &plan, &tally, error);
    }
    for (size_t sweep = 0; !status && sweep < ambit_plan_n_sweep(&plan); sweep++) {
        status = type->open(examples, sweep, error); // every predictor sees the examples' shape
        type->close(examples);
    }
    type->destroy(&examples);
    return status;
}
