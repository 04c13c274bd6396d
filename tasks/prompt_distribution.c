// SPDX-License-Identifier: MIT
// Lifetime of prompt distributions, and the drawing of prompt batches from a mixture and a prompt
// distribution. Every part of a prompt has a random stream of its own, opened at the index of the
// prompt. So a prompt does not depend on the batch it is drawn in, nor its inputs on its class.
#include "ambit/prompt_distribution.h"

#include "ambit/memory.h"
#include "permutation.h"

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

AmbitStatus ambit_prompt_distribution_with(AmbitPromptDistribution **copy,
                                           const AmbitPromptDistribution *distribution,
                                           const char *parameter, double value, AmbitKey key,
                                           AmbitError *error)
{
    const AmbitPromptDistributionType *type = distribution->type;
    AmbitStatus status = ambit_prompt_distribution_create(copy, type, distribution->n_dims, error);
    if (status)
        return status;
    char *to = (*copy)->settings;
    const char *from = distribution->settings;
    for (const AmbitParameter *p = type->parameters; p->name && !status; p++)
        status = ambit_parameter_copy(p, to + p->offset, from + p->offset, error);
    if (!status)
        status =
            ambit_parameters_set_number(type->parameters, to, type->name, parameter, value, error);
    if (!status)
        status = ambit_prompt_distribution_finish(*copy, key, error);
    if (status)
        ambit_prompt_distribution_destroy(copy);
    return status;
}

/* Draws the class and function of prompt `index` into a batch of this one prompt. With distinct
 * functions, every prompt of a batch gets another function of the pool. */
static const AmbitFamily *draw_function(const AmbitPromptSource *source, AmbitKey key,
                                        uint32_t index, size_t active_dims,
                                        AmbitPromptBatch *prompt)
{
    AmbitRandom random;
    ambit_random_open(&random, key, AMBIT_STREAM_CLASS, index);
    size_t label = ambit_mixture_class(source->mixture, gsl_rng_uniform(&random.rng));
    const AmbitFamily *family = source->mixture->families[label];
    *prompt->class_label = (int)label;
    memset(prompt->function, 0, prompt->function_size * sizeof *prompt->function);
    if (source->distinct_functions) {
        const AmbitPrior prior = ambit_family_prior(family);
        prior.pick(prior.family, ambit_permuted(key, (uint32_t)prior.n_functions, index),
                   prompt->function);
    } else {
        ambit_random_open(&random, key, AMBIT_STREAM_FUNCTION, index);
        family->type->draw(family, &random.rng, active_dims, prompt->function);
    }
    return family;
}

static void draw_inputs(const AmbitPromptDistribution *distribution, const AmbitFamily *family,
                        AmbitKey key, uint32_t index, size_t active_dims, AmbitPromptBatch *prompt)
{
    AmbitRandom input, query;
    ambit_random_open(&input, key, AMBIT_STREAM_INPUT, index);
    ambit_random_open(&query, key, AMBIT_STREAM_QUERY, index);
    const AmbitPromptDraw draw = {.family = family,
                                  .input = &input.rng,
                                  .query = &query.rng,
                                  .active_dims = active_dims,
                                  .n_points = prompt->n_points,
                                  .n_queries = prompt->n_queries,
                                  .x = prompt->x,
                                  .x_query = prompt->x_query};
    if (distribution->type->draw)
        distribution->type->draw(distribution, &draw);
    else
        ambit_family_draw_inputs(family, &input.rng, active_dims, prompt->n_points, prompt->x);
}

/* Draws the labels. A query that is a point of the context shares the noise of that point. */
static void label(const AmbitFamily *family, AmbitKey key, uint32_t index, AmbitPromptBatch *prompt)
{
    AmbitRandom noise;
    bool split = ambit_prompt_batch_is_split(prompt);
    double value, unused;
    ambit_random_open(&noise, key, AMBIT_STREAM_NOISE, index);
    for (size_t p = 0; p < prompt->n_points; p++) {
        value = family->type->evaluate(family, prompt->function, prompt->x + p * prompt->n_dims);
        ambit_family_observe(family, &noise.rng, value, &prompt->y[p],
                             split ? &unused : &prompt->y_query[p]);
    }
    for (size_t q = 0; split && q < prompt->n_queries; q++) {
        value =
            family->type->evaluate(family, prompt->function, prompt->x_query + q * prompt->n_dims);
        ambit_family_observe(family, &noise.rng, value, &unused, &prompt->y_query[q]);
    }
}

size_t ambit_prompt_distribution_n_queries(const AmbitPromptDistribution *distribution,
                                           size_t n_points)
{
    const AmbitPromptDistributionType *type = distribution->type;
    return type->n_queries ? type->n_queries(distribution, n_points) : n_points;
}

AmbitStatus ambit_prompt_source_check(const AmbitPromptSource *source, size_t n_points,
                                      AmbitError *error)
{
    const AmbitPromptDistribution *d = source->distribution;
    return d->type->check ? d->type->check(d, source->mixture, n_points, error) : AMBIT_OK;
}

AmbitStatus ambit_prompt_source_batch(AmbitPromptBatch **batch, const AmbitPromptSource *source,
                                      size_t n_prompts, size_t n_points, AmbitError *error)
{
    const AmbitPromptDistribution *d = source->distribution;
    AmbitStatus status = ambit_prompt_source_check(source, n_points, error);
    if (status)
        return status;
    size_t n_queries = ambit_prompt_distribution_n_queries(d, n_points);
    status = ambit_prompt_batch_create(batch, n_prompts, n_points, n_queries, d->n_dims,
                                       source->mixture->function_size, d->type->own_queries, error);
    if (!status && d->type->seen)
        d->type->seen(d, n_points, (*batch)->seen);
    return status;
}

void ambit_prompt_fill(const void *source, AmbitKey key, size_t first, size_t active_dims,
                       AmbitPromptBatch *batch)
{
    const AmbitPromptSource *s = source;
    assert(first + batch->n_prompts <= UINT32_MAX);
    assert(batch->n_dims == s->distribution->n_dims && active_dims <= batch->n_dims);
    assert(batch->function_size >= s->mixture->function_size);
    assert(ambit_prompt_batch_is_split(batch) == s->distribution->type->own_queries);
    const AmbitKey batch_key = key;
    batch->first = first;
    if (s->n_examples)
        key.step = 0;
    for (size_t b = 0; b < batch->n_prompts; b++) {
        AmbitPromptBatch prompt = ambit_prompt_batch_view(batch, b, 1);
        uint32_t index = (uint32_t)(first + b);
        if (s->n_examples)
            index = ambit_permuted(batch_key, (uint32_t)s->n_examples, index);
        const AmbitFamily *family = draw_function(s, key, index, active_dims, &prompt);
        draw_inputs(s->distribution, family, key, index, active_dims, &prompt);
        label(family, key, index, &prompt);
    }
}
