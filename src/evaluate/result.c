// SPDX-License-Identifier: MIT
// Memory of a target's results.
#include "result.h"

#include "ambit/memory.h"

#include <math.h>
#include <string.h>

/* What an axis is made from, before it is copied. */
typedef struct Coordinates {
    const AmbitCaption *words; // NULL: no such axis
    size_t length;
    double *values; // owned, or NULL
    char **labels;  // owned, its texts borrowed; or NULL
} Coordinates;

static Coordinates steps_of(const AmbitPlan *plan)
{
    static const AmbitCaption words = {"step", "training step", "1",
                                       "optimiser steps that the model had taken"};
    const AmbitEvaluation *e = plan->evaluation;
    Coordinates c = {e->steps ? &words : NULL, e->n_steps,
                     e->steps ? ambit_alloc(e->n_steps, sizeof(double)) : NULL, NULL};
    for (size_t i = 0; c.values && i < c.length; i++)
        c.values[i] = (double)e->steps[i];
    return c;
}

static Coordinates columns_of(const AmbitPlan *plan)
{
    static const AmbitCaption words = {"predictor", "predictor", "1",
                                       "what predicted from the context"};
    const AmbitEvaluation *e = plan->evaluation;
    Coordinates c = {.words = &words};
    for (size_t p = 0; p < e->n_predictors; p++)
        c.length += e->predictors[p]->n_columns;
    c.labels = ambit_alloc(c.length, sizeof *c.labels);
    for (size_t p = 0, at = 0; c.labels && p < e->n_predictors; p++)
        for (size_t i = 0; i < e->predictors[p]->n_columns; i++)
            c.labels[at++] = e->predictors[p]->columns[i];
    return c;
}

static Coordinates examples_of(const AmbitPlan *plan, const AmbitExamplesType *type,
                               const void *examples)
{
    size_t n = type->n_examples(plan->target, plan->settings);
    Coordinates c = {type->example, n, ambit_alloc(n, sizeof(double)), NULL};
    for (size_t i = 0; c.values && i < n; i++)
        c.values[i] = (double)i;
    if (c.values && type->indices)
        type->indices(examples, c.values);
    return c;
}

static Coordinates queries_of(const AmbitExamplesType *type, const void *examples)
{
    size_t n = type->queries(examples, NULL);
    Coordinates c = {.words = type->query, .length = n};
    if (type->query_labels && (c.labels = ambit_alloc(n, sizeof *c.labels)))
        memcpy(c.labels, type->query_labels(examples), n * sizeof *c.labels);
    else if (!type->query_labels && (c.values = ambit_alloc(n, sizeof *c.values)))
        type->queries(examples, c.values);
    return c;
}

static AmbitStatus set_axis(AmbitTargetResult *result, AmbitAxis axis, Coordinates c,
                            const AmbitPlan *plan, AmbitError *error)
{
    AmbitStatus status =
        c.words && !c.values && !c.labels
            ? ambit_plan_no_memory(plan, error)
            : ambit_result_set_axis(result, axis, c.words, c.length, c.values, c.labels, error);
    ambit_free(c.values);
    ambit_free(c.labels);
    return status;
}

static AmbitStatus set_axes(AmbitTargetResult *result, const AmbitPlan *plan,
                            const AmbitExamplesType *type, const void *examples, AmbitError *error)
{
    const AmbitTarget *t = plan->target;
    const AmbitCaption sweep = {t->sweep, t->sweep, "1", "swept number of the target"};
    AmbitStatus status = set_axis(result, AMBIT_AXIS_STEP, steps_of(plan), plan, error);
    if (!status)
        status = ambit_result_set_axis(result, AMBIT_AXIS_SWEEP, t->sweep ? &sweep : NULL,
                                       t->sweep_values.count, t->sweep_values.values, NULL, error);
    if (!status)
        status = set_axis(result, AMBIT_AXIS_PREDICTOR, columns_of(plan), plan, error);
    if (!status)
        status =
            set_axis(result, AMBIT_AXIS_EXAMPLE, examples_of(plan, type, examples), plan, error);
    if (!status)
        status = set_axis(result, AMBIT_AXIS_QUERY, queries_of(type, examples), plan, error);
    return status;
}

static AmbitStatus allocate(AmbitTargetResult *r, const AmbitPlan *plan, AmbitError *error)
{
    size_t conditions = ambit_result_n_conditions(r), curves = conditions * r->n_columns;
    size_t curve = r->n_queries * sizeof(double);
    r->notes = ambit_alloc(r->n_columns, sizeof *r->notes);
    r->normalizer = ambit_alloc(conditions, sizeof *r->normalizer);
    r->error = ambit_alloc(curves * r->n_examples, curve);
    r->flag = ambit_alloc(curves * r->n_examples, r->n_queries);
    r->mean = ambit_alloc(curves, curve);
    r->median = plan->metric->names.median ? ambit_alloc(curves, curve) : NULL;
    r->low = ambit_alloc(curves, curve);
    r->high = ambit_alloc(curves, curve);
    r->seconds = ambit_alloc(r->n_columns, sizeof *r->seconds);
    bool ok = r->notes && r->normalizer && r->error && r->flag && r->mean && r->low && r->high &&
              r->seconds && !r->median == !plan->metric->names.median;
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
    ambit_free(r->error);
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
