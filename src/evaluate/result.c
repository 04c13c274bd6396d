// SPDX-License-Identifier: MIT
// Memory of a target's results.
#include "result.h"

#include "ambit/memory.h"

#include <string.h>

static AmbitStatus no_memory(const AmbitTarget *target, AmbitError *error)
{
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the results of target %s",
                           target->name);
}

static AmbitStatus name_columns(AmbitTargetResult *result, const AmbitTarget *target,
                                AmbitPredictor *const *predictors, size_t n_predictors,
                                AmbitError *error)
{
    for (size_t p = 0; p < n_predictors; p++)
        result->n_columns += predictors[p]->n_columns;
    result->columns = ambit_alloc(result->n_columns, sizeof *result->columns);
    result->notes = ambit_alloc(result->n_columns, sizeof *result->notes);
    if (!result->columns || !result->notes)
        return no_memory(target, error);
    for (size_t p = 0, c = 0; p < n_predictors; p++)
        for (size_t i = 0; i < predictors[p]->n_columns; i++, c++)
            if (!(result->columns[c] = ambit_strdup(predictors[p]->columns[i])))
                return no_memory(target, error);
    return AMBIT_OK;
}

static AmbitStatus copy_steps(AmbitTargetResult *result, const AmbitTarget *target,
                              const AmbitEvaluation *evaluation, AmbitError *error)
{
    result->n_steps = evaluation->steps ? evaluation->n_steps : 1;
    if (!evaluation->steps)
        return AMBIT_OK;
    result->steps = ambit_alloc(result->n_steps, sizeof *result->steps);
    if (!result->steps)
        return no_memory(target, error);
    memcpy(result->steps, evaluation->steps, result->n_steps * sizeof *result->steps);
    return AMBIT_OK;
}

static bool allocate(AmbitTargetResult *r)
{
    size_t leads = ambit_result_n_leads(r), curves = leads * r->n_columns;
    size_t curve = r->n_queries * sizeof(double);
    r->seen = ambit_alloc(r->n_queries, sizeof *r->seen);
    r->normalizer = ambit_alloc(leads, sizeof *r->normalizer);
    r->squared_error = ambit_alloc(curves * r->n_prompts, curve);
    r->flag = ambit_alloc(curves * r->n_prompts, r->n_queries);
    r->mean = ambit_alloc(curves, curve);
    r->median = ambit_alloc(curves, curve);
    r->low = ambit_alloc(curves, curve);
    r->high = ambit_alloc(curves, curve);
    r->seconds = ambit_alloc(r->n_columns, sizeof *r->seconds);
    return r->seen && r->normalizer && r->squared_error && r->flag && r->mean && r->median &&
           r->low && r->high && r->seconds;
}

AmbitStatus ambit_target_result_create(AmbitTargetResult **result, const AmbitTarget *target,
                                       const AmbitEvaluation *evaluation, AmbitError *error)
{
    AmbitTargetResult *r = *result = ambit_alloc(1, sizeof *r);
    if (!r)
        return no_memory(target, error);
    AmbitStatus status =
        name_columns(r, target, evaluation->predictors, evaluation->n_predictors, error);
    if (!status)
        status = copy_steps(r, target, evaluation, error);
    r->n_sweep = target->sweep ? target->sweep_values.count : 1;
    r->n_prompts = (size_t)evaluation->settings->n_prompts;
    r->n_queries = ambit_prompt_distribution_n_queries(target->distribution,
                                                       (size_t)evaluation->settings->n_points);
    r->binary = target->mixture->families[0]->binary;
    r->normalizer_is_declared = r->binary || target->distribution->type->preserves_second_moment;
    if (!status && !allocate(r))
        status = no_memory(target, error);
    if (status)
        ambit_target_result_destroy(result);
    return status;
}

void ambit_target_result_destroy(AmbitTargetResult **result)
{
    AmbitTargetResult *r = *result;
    if (!r)
        return;
    for (size_t c = 0; r->columns && c < r->n_columns; c++)
        ambit_free(r->columns[c]);
    for (size_t c = 0; r->notes && c < r->n_columns; c++)
        ambit_free(r->notes[c]);
    ambit_free(r->columns);
    ambit_free(r->notes);
    ambit_free(r->steps);
    ambit_free(r->seen);
    ambit_free(r->normalizer);
    ambit_free(r->squared_error);
    ambit_free(r->flag);
    ambit_free(r->mean);
    ambit_free(r->median);
    ambit_free(r->low);
    ambit_free(r->high);
    ambit_free(r->seconds);
    ambit_result_free_arrays(r);
    ambit_free(r);
    *result = NULL;
}
