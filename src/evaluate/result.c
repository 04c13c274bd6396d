// SPDX-License-Identifier: MIT
// Memory of a target's results: axes, arrays, errors and their statistics.
#include "result.h"

#include "ambit/memory.h"

#include <math.h>
#include <string.h>

size_t ambit_result_n_conditions(const AmbitTargetResult *result)
{
    return result->n_steps * result->n_sweep;
}

const char *ambit_result_sweep(const AmbitTargetResult *result)
{
    return result->axes[AMBIT_AXIS_SWEEP].words.name;
}

size_t ambit_result_find_axis(const AmbitTargetResult *result, const char *name)
{
    for (size_t i = AMBIT_AXIS_PREDICTOR; i < result->n_axes; i++)
        if (result->axes[i].words.name && strcmp(result->axes[i].words.name, name) == 0)
            return i;
    return result->n_axes;
}

const AmbitResultArray *ambit_result_find(const AmbitTargetResult *result, const char *name)
{
    for (size_t i = 0; i < result->n_arrays; i++)
        if (strcmp(result->arrays[i].measure.words.name, name) == 0)
            return &result->arrays[i];
    return NULL;
}

static bool copy_words(AmbitCaption *copy, const AmbitCaption *words)
{
    *copy = (AmbitCaption){ambit_strdup(words->name), ambit_strdup(words->long_name),
                           ambit_strdup(words->units), ambit_strdup(words->description)};
    return copy->name && copy->long_name && copy->units && copy->description;
}

static void free_words(AmbitCaption *words)
{
    ambit_free((char *)words->name);
    ambit_free((char *)words->long_name);
    ambit_free((char *)words->units);
    ambit_free((char *)words->description);
}

static bool copy_measure(AmbitMeasure *copy, const AmbitMeasure *measure)
{
    *copy = *measure;
    copy->low = measure->low ? ambit_strdup(measure->low) : NULL;
    copy->high = measure->high ? ambit_strdup(measure->high) : NULL;
    return copy_words(&copy->words, &measure->words) && !copy->low == !measure->low &&
           !copy->high == !measure->high;
}

static void free_axis(AmbitResultAxis *axis)
{
    free_words(&axis->words);
    ambit_free(axis->values);
    for (size_t i = 0; axis->labels && i < axis->length; i++)
        ambit_free(axis->labels[i]);
    ambit_free(axis->labels);
    *axis = (AmbitResultAxis){0};
}

/* Copies the coordinates: values or labels. */
static AmbitStatus fill_axis(AmbitResultAxis *axis, const AmbitCaption *words, size_t length,
                             const double *values, char *const *labels, AmbitError *error)
{
    bool ok = copy_words(&axis->words, words);
    axis->length = length;
    if (values) {
        axis->values = ambit_alloc(length, sizeof *values);
        if (axis->values)
            memcpy(axis->values, values, length * sizeof *values);
    } else {
        axis->labels = ambit_alloc(length, sizeof *axis->labels);
        for (size_t i = 0; axis->labels && i < length; i++)
            ok = (axis->labels[i] = ambit_strdup(labels[i])) && ok;
    }
    if (ok && (axis->values || axis->labels))
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for axis %s", words->name);
}

AmbitStatus ambit_result_set_axis(AmbitTargetResult *result, AmbitAxis axis,
                                  const AmbitCaption *words, size_t length, const double *values,
                                  char *const *labels, AmbitError *error)
{
    size_t *const counts[AMBIT_N_AXES] = {&result->n_steps, &result->n_sweep, &result->n_columns,
                                          &result->n_examples, &result->n_queries};
    if (result->n_axes < AMBIT_N_AXES)
        result->n_axes = AMBIT_N_AXES;
    free_axis(&result->axes[axis]);
    result->axes[axis].length = *counts[axis] = words ? length : 1;
    return words ? fill_axis(&result->axes[axis], words, length, values, labels, error) : AMBIT_OK;
}

AmbitStatus ambit_result_add_axis(AmbitTargetResult *result, const AmbitCaption *words,
                                  size_t length, const double *values, char *const *labels,
                                  size_t *axis, AmbitError *error)
{
    *axis = ambit_result_find_axis(result, words->name);
    if (*axis < result->n_axes)
        return AMBIT_OK;
    if (*axis == AMBIT_MOST_AXES)
        return ambit_error_set(error, AMBIT_INVALID,
                               "axis %s: a target has %d at most; give it fewer probes",
                               words->name, AMBIT_MOST_AXES);
    result->n_axes++;
    return fill_axis(&result->axes[*axis], words, length, values, labels, error);
}

AmbitStatus ambit_result_other_axis(AmbitTargetResult *result, size_t *axis, AmbitError *error)
{
    static const AmbitCaption words = {"predictor_2", "other predictor", "1",
                                       "the predictor compared with; the same names as predictor"};
    const AmbitResultAxis *predictors = &result->axes[AMBIT_AXIS_PREDICTOR];
    return ambit_result_add_axis(result, &words, predictors->length, NULL, predictors->labels, axis,
                                 error);
}

AmbitStatus ambit_result_add_index(AmbitTargetResult *result, const AmbitCaption *words,
                                   size_t length, size_t *axis, AmbitError *error)
{
    double *values = ambit_alloc(length, sizeof *values);
    for (size_t i = 0; values && i < length; i++)
        values[i] = (double)i;
    AmbitStatus status =
        values ? ambit_result_add_axis(result, words, length, values, NULL, axis, error)
               : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for axis %s", words->name);
    ambit_free(values);
    return status;
}

AmbitStatus ambit_result_add_array(AmbitTargetResult *result, const AmbitMeasure *measure,
                                   size_t rank, const size_t *axes, size_t *index,
                                   AmbitError *error)
{
    const char *name = measure->words.name;
    if (result->n_arrays == AMBIT_MOST_ARRAYS || rank > AMBIT_ARRAY_RANK)
        return ambit_error_set(
            error, AMBIT_INVALID,
            "measurement %s: at most %d over at most %d axes; give the target fewer probes", name,
            AMBIT_MOST_ARRAYS, AMBIT_ARRAY_RANK);
    *index = result->n_arrays++;
    AmbitResultArray *array = &result->arrays[*index];
    array->rank = rank;
    array->count = 1;
    for (size_t i = 0; i < rank; i++) {
        array->axes[i] = axes[i];
        array->count *= result->axes[axes[i]].length;
    }
    size_t conditions = measure->fixed ? 1 : ambit_result_n_conditions(result);
    if (measure->text)
        array->texts = ambit_alloc(conditions, array->count * sizeof *array->texts);
    else
        array->values = ambit_alloc(conditions, array->count * sizeof *array->values);
    if (copy_measure(&array->measure, measure) && (array->values || array->texts))
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for measurement %s", name);
}

const double *ambit_result_values(const AmbitResultArray *array, size_t condition)
{
    return array->values + (array->measure.fixed ? 0 : condition * array->count);
}

static void free_array(AmbitResultArray *array, size_t n_conditions)
{
    size_t n_texts = array->texts ? array->count * (array->measure.fixed ? 1 : n_conditions) : 0;
    for (size_t i = 0; i < n_texts; i++)
        ambit_free(array->texts[i]);
    free_words(&array->measure.words);
    ambit_free((char *)array->measure.low);
    ambit_free((char *)array->measure.high);
    ambit_free(array->values);
    ambit_free(array->texts);
}

/* The axes of steps, swept values, predictors, examples and queries. */
static AmbitStatus set_axes(AmbitTargetResult *result, const AmbitPlan *plan,
                            const AmbitExamplesType *type, const void *examples, AmbitError *error)
{
    static const AmbitCaption step = {"step", "training step", "1",
                                      "optimiser steps that the model had taken"};
    static const AmbitCaption predictor = {"predictor", "predictor", "1",
                                           "what predicted from the context"};
    const AmbitTarget *t = plan->target;
    const AmbitEvaluation *e = plan->evaluation;
    const AmbitCaption sweep = {t->sweep, t->sweep, "1", "swept number of the target"};
    size_t n_columns = 0, n_examples = type->n_examples(t, plan->settings);
    size_t n_steps = e->steps ? e->n_steps : 0, n_queries = type->queries(examples, NULL);
    for (size_t p = 0; p < e->n_predictors; p++)
        n_columns += e->predictors[p]->n_columns;
    double *values = ambit_alloc(n_steps + n_examples + n_queries, sizeof *values);
    char **labels = ambit_alloc(n_columns, sizeof *labels);
    AmbitStatus status = values && labels ? AMBIT_OK : ambit_plan_no_memory(plan, error);

    for (size_t i = 0; !status && i < n_steps; i++)
        values[i] = (double)e->steps[i];
    if (!status)
        status = ambit_result_set_axis(result, AMBIT_AXIS_STEP, e->steps ? &step : NULL, n_steps,
                                       values, NULL, error);
    if (!status)
        status = ambit_result_set_axis(result, AMBIT_AXIS_SWEEP, t->sweep ? &sweep : NULL,
                                       t->sweep_values.count, t->sweep_values.values, NULL, error);
    for (size_t p = 0, at = 0; !status && p < e->n_predictors; p++)
        for (size_t i = 0; i < e->predictors[p]->n_columns; i++)
            labels[at++] = e->predictors[p]->columns[i];
    if (!status)
        status = ambit_result_set_axis(result, AMBIT_AXIS_PREDICTOR, &predictor, n_columns, NULL,
                                       labels, error);
    for (size_t i = 0; !status && i < n_examples; i++)
        values[i] = (double)i;
    if (!status && type->indices)
        type->indices(examples, values);
    if (!status)
        status = ambit_result_set_axis(result, AMBIT_AXIS_EXAMPLE, type->example, n_examples,
                                       values, NULL, error);
    if (!status && !type->query_labels)
        type->queries(examples, values);
    if (!status)
        status = ambit_result_set_axis(
            result, AMBIT_AXIS_QUERY, type->query, n_queries, type->query_labels ? NULL : values,
            type->query_labels ? type->query_labels(examples) : NULL, error);
    ambit_free(values);
    ambit_free(labels);
    return status;
}

static AmbitStatus allocate(AmbitTargetResult *r, const AmbitPlan *plan, AmbitError *error)
{
    size_t conditions = ambit_result_n_conditions(r), curves = conditions * r->n_columns;
    size_t curve = r->n_queries * sizeof(double);
    r->notes = ambit_alloc(r->n_columns, sizeof *r->notes);
    r->normalizer = ambit_alloc(conditions, sizeof *r->normalizer);
    r->zero = plan->metric->normalized ? ambit_alloc(conditions, sizeof *r->zero) : NULL;
    r->error = ambit_alloc(curves * r->n_examples, curve);
    r->flag = ambit_alloc(curves * r->n_examples, r->n_queries);
    r->mean = ambit_alloc(curves, curve);
    r->median = plan->metric->names.median ? ambit_alloc(curves, curve) : NULL;
    r->low = ambit_alloc(curves, curve);
    r->high = ambit_alloc(curves, curve);
    r->seconds = ambit_alloc(r->n_columns, sizeof *r->seconds);
    bool ok = r->notes && r->normalizer && r->error && r->flag && r->mean && r->low && r->high &&
              r->seconds && !r->zero == !plan->metric->normalized &&
              !r->median == !plan->metric->names.median;
    return ok ? AMBIT_OK : ambit_plan_no_memory(plan, error);
}

AmbitStatus ambit_target_result_create(AmbitTargetResult **result, const AmbitPlan *plan,
                                       const AmbitExamplesType *type, const void *examples,
                                       AmbitError *error)
{
    AmbitTargetResult *r = *result = ambit_alloc(1, sizeof *r);
    AmbitStatus status = r ? AMBIT_OK : ambit_plan_no_memory(plan, error);
    if (!status)
        status = set_axes(r, plan, type, examples, error);
    if (!status)
        status = allocate(r, plan, error);
    if (!status) {
        r->metric = plan->metric;
        r->normalizer_is_declared = !type->zero_score || !isnan(type->zero_score(examples));
    } else {
        ambit_target_result_destroy(result);
    }
    return status;
}

void ambit_target_result_destroy(AmbitTargetResult **result)
{
    AmbitTargetResult *r = *result;
    if (!r)
        return;
    for (size_t c = 0; r->notes && c < r->n_columns; c++)
        ambit_free(r->notes[c]);
    ambit_free(r->notes);
    ambit_free(r->normalizer);
    ambit_free(r->zero);
    ambit_free(r->error);
    ambit_free(r->flag);
    ambit_free(r->mean);
    ambit_free(r->median);
    ambit_free(r->low);
    ambit_free(r->high);
    ambit_free(r->seconds);
    for (size_t i = 0; i < r->n_arrays; i++)
        free_array(&r->arrays[i], ambit_result_n_conditions(r));
    for (size_t i = 0; i < r->n_axes; i++)
        free_axis(&r->axes[i]);
    ambit_free(r);
    *result = NULL;
}
