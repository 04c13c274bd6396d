// SPDX-License-Identifier: MIT
// The two kinds of examples: which of them a target has, their probes, and what an evaluation
// refuses before any work.
#include "examples.h"

#include "inside.h"
#include "probe.h"
#include "prompts.h"
#include "sentences.h"

#include <string.h>

const AmbitExamplesType *ambit_target_examples(const AmbitTarget *target)
{
    return target->corpus ? &ambit_sentence_examples : &ambit_prompt_examples;
}

size_t ambit_target_n_examples(const AmbitTarget *target, const AmbitEvaluationSettings *settings)
{
    return ambit_target_examples(target)->n_examples(target, settings);
}

const char *ambit_target_example_name(const AmbitTarget *target)
{
    return ambit_target_examples(target)->example->long_name;
}

const char *ambit_probe_bit_name(bool sentences, size_t bit)
{
    size_t i = 0;
    if (sentences) {
        const AmbitInsideType *const *types = ambit_inside_types();
        for (; i < bit && types[i]; i++)
            ;
        return types[i] ? types[i]->name : NULL;
    }
    const AmbitProbeType *const *types = ambit_probe_types();
    for (; i < bit && types[i]; i++)
        ;
    return types[i] ? types[i]->name : NULL;
}

int ambit_probe_bit(const char *name)
{
    const char *known;
    for (int sentences = 0; sentences < 2; sentences++)
        for (size_t bit = 0; (known = ambit_probe_bit_name(sentences, bit)); bit++)
            if (strcmp(known, name) == 0)
                return (int)bit;
    return -1;
}

AmbitStatus ambit_target_check(const AmbitTarget *target, const AmbitEvaluationSettings *settings,
                               AmbitError *error)
{
    return ambit_target_examples(target)->check(target, settings, error);
}

AmbitStatus ambit_plan_make(AmbitPlan *plan, const AmbitTarget *target,
                            const AmbitEvaluation *evaluation, AmbitError *error)
{
    const AmbitTexts *references = &evaluation->settings->references;
    AmbitStatus status = ambit_target_check(target, evaluation->settings, error);
    if (status)
        return status;
    *plan = (AmbitPlan){.target = target,
                        .evaluation = evaluation,
                        .settings = evaluation->settings,
                        .metric = ambit_target_examples(target)->metric(target),
                        .key = {evaluation->settings->seed, 0, AMBIT_EVALUATION},
                        .n_threads = evaluation->n_threads ? evaluation->n_threads : 1};
    for (size_t i = 0, n_columns; i < references->count; i++)
        if (ambit_plan_find_column(plan, references->texts[i], &n_columns) == n_columns)
            return ambit_error_parameter(
                error, "reference",
                "reference %s is no predictor of this evaluation; name one of "
                "evaluation.predictors or evaluation.models",
                references->texts[i]);
    return AMBIT_OK;
}

AmbitStatus ambit_evaluate_check(const AmbitTarget *target, const AmbitEvaluation *evaluation,
                                 AmbitError *error)
{
    const AmbitExamplesType *type = ambit_target_examples(target);
    AmbitTally tally = {0};
    AmbitPlan plan;
    void *examples = NULL;
    AmbitStatus status = ambit_plan_make(&plan, target, evaluation, error);
    if (status)
        return status;
    plan.n_threads = 1;
    status = type->create(&examples, &plan, &tally, error);
    for (size_t sweep = 0; !status && sweep < ambit_plan_n_sweep(&plan); sweep++) {
        status = type->open(examples, sweep, error); // every predictor sees the examples' shape
        type->close(examples);
    }
    type->destroy(&examples);
    return status;
}
