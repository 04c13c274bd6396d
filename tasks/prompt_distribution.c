// SPDX-License-Identifier: MIT
// Lifetime of prompt distributions, and the drawing of prompt batches from a mixture and a prompt
// distribution. Every part of a prompt has a stream of its own, opened at the prompt's index: a
// prompt is the same whatever batch it is drawn in, and its inputs the same whatever its class.
#include "ambit/prompt_distribution.h"

#include "ambit/memory.h"

#include <assert.h>
#include <string.h>

AmbitStatus ambit_prompt_distribution_create(AmbitPromptDistribution **distribution,
                                             const AmbitPromptDistributionType *type, size_t n_dims,
                                             AmbitError *error)
{
    *distribution = ambit_alloc(1, sizeof **distribution);
    if (!*distribution)
        goto fail;
    (*distribution)->type = type;
    (*distribution)->n_dims = n_dims;
    (*distribution)->settings = ambit_alloc(1, type->settings_size);
    if (!(*distribution)->settings)
        goto fail;
    ambit_parameters_default(type->parameters, (*distribution)->settings);
    return AMBIT_OK;
fail:
    ambit_prompt_distribution_destroy(distribution);
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for prompt distribution %s",
                           type->name);
}

AmbitStatus ambit_prompt_distribution_finish(AmbitPromptDistribution *distribution, AmbitKey key,
                                             AmbitError *error)
{
    return distribution->type->init ? distribution->type->init(distribution, key, error) : AMBIT_OK;
}

void ambit_prompt_distribution_destroy(AmbitPromptDistribution **distribution)
{
    AmbitPromptDistribution *d = *distribution;
    if (!d)
        return;
    if (d->type->fini)
        d->type->fini(d);
    if (d->settings)
        ambit_parameters_free(d->type->parameters, d->settings);
    ambit_free(d->settings);
    ambit_free(d);
    *distribution = NULL;
}

/* Draws the class and function of prompt `index` into a batch of this one prompt. */
static const AmbitFamily *draw_function(const AmbitMixture *mixture, AmbitKey key, uint32_t index,
                                        size_t active_dims, AmbitPromptBatch *prompt)
{
    AmbitRandom random;
    ambit_random_open(&random, key, AMBIT_STREAM_CLASS, index);
    size_t label = ambit_mixture_class(mixture, gsl_rng_uniform(&random.rng));
    const AmbitFamily *family = mixture->families[label];
    *prompt->class_label = (int)label;
    ambit_random_open(&random, key, AMBIT_STREAM_FUNCTION, index);
    memset(prompt->function, 0, prompt->function_size * sizeof *prompt->function);
    family->type->draw(family, &random.rng, active_dims, prompt->function);
    return family;
}

static void draw_inputs(const AmbitPromptDistribution *distribution, AmbitKey key, uint32_t index,
                        size_t active_dims, AmbitPromptBatch *prompt)
{
    AmbitRandom input, query;
    ambit_random_open(&input, key, AMBIT_STREAM_INPUT, index);
    ambit_random_open(&query, key, AMBIT_STREAM_QUERY, index);
    distribution->type->draw(distribution, &input.rng, &query.rng, active_dims, prompt->n_points,
                             prompt->n_queries, prompt->x, prompt->x_query);
}

static void evaluate(const AmbitFamily *family, AmbitPromptBatch *prompt)
{
    size_t dims = prompt->n_dims;
    for (size_t p = 0; p < prompt->n_points; p++)
        prompt->y[p] = family->type->evaluate(family, prompt->function, prompt->x + p * dims);
    if (ambit_prompt_batch_is_split(prompt))
        for (size_t q = 0; q < prompt->n_queries; q++)
            prompt->y_query[q] =
                family->type->evaluate(family, prompt->function, prompt->x_query + q * dims);
    else
        memcpy(prompt->y_query, prompt->y, prompt->n_points * sizeof *prompt->y);
}

void ambit_prompt_fill(const void *source, AmbitKey key, size_t first, size_t active_dims,
                       AmbitPromptBatch *batch)
{
    const AmbitPromptSource *s = source;
    assert(first + batch->n_prompts <= UINT32_MAX);
    assert(batch->n_dims == s->distribution->n_dims && active_dims <= batch->n_dims);
    assert(batch->function_size >= ambit_mixture_function_size(s->mixture));
    assert(ambit_prompt_batch_is_split(batch) == s->distribution->type->split);
    for (size_t b = 0; b < batch->n_prompts; b++) {
        AmbitPromptBatch prompt = ambit_prompt_batch_view(batch, b, 1);
        uint32_t index = (uint32_t)(first + b);
        const AmbitFamily *family = draw_function(s->mixture, key, index, active_dims, &prompt);
        draw_inputs(s->distribution, key, index, active_dims, &prompt);
        evaluate(family, &prompt);
    }
}
