// SPDX-License-Identifier: MIT
// What an evaluation refuses before any work.
#include "check.h"
#include "examples.h"

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
    return ambit_target_examples(target)->check(target, settings, error);
}

AmbitStatus ambit_check_request(const AmbitTarget *target, const AmbitEvaluation *evaluation,
                                AmbitError *error)
{
    AmbitStatus status = ambit_target_check(target, evaluation->settings, error);
    if (!status) {
        const AmbitPlan plan = ambit_plan(target, evaluation, ambit_target_metric(target));
        status = check_reference(&plan, error);
    }
    return status;
}

AmbitStatus ambit_evaluate_check(const AmbitTarget *target, const AmbitEvaluation *evaluation,
                                 AmbitError *error)
{
    const AmbitExamplesType *type = ambit_target_examples(target);
    AmbitTally tally = {0};
    AmbitPlan plan = {0};
    void *examples = NULL;
    AmbitStatus status = ambit_check_request(target, evaluation, error);
    if (!status) {
        plan = ambit_plan(target, evaluation, ambit_target_metric(target));
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
