// SPDX-License-Identifier: MIT
// Which kind of examples a target has.
#include "examples.h"

#include "prompts.h"
#include "sentences.h"

const AmbitExamplesType *ambit_target_examples(const AmbitTarget *target)
{
    return target->corpus ? &ambit_sentence_examples : &ambit_prompt_examples;
}

const AmbitMetric *ambit_target_metric(const AmbitTarget *target)
{
    return ambit_target_examples(target)->metric(target);
}

size_t ambit_target_n_examples(const AmbitTarget *target, const AmbitEvaluationSettings *settings)
{
    return ambit_target_examples(target)->n_examples(target, settings);
}

const char *ambit_target_example_name(const AmbitTarget *target)
{
    return ambit_target_examples(target)->example->long_name;
}
