// SPDX-License-Identifier: MIT
// Families, prompts and predictors with default settings.
#include "testing.h"

#include "task_fixtures.h"

#include "ambit/memory.h"

#include <string.h>

static void check(AmbitStatus status, const AmbitError *error)
{
    if (status)
        fail_msg("%s: %s", ambit_status_text(status), error->message);
}

static void give_parts(AmbitFamily *family, const AmbitParameter *parameter)
{
    static const char *const many[] = {"linear_regression", "sparse_linear_regression"};
    static const char *const one[] = {"sinusoid", "linear_regression"};
    const char *const *names = family->n_dims == 1 ? one : many;
    AmbitFamilyList *list = (AmbitFamilyList *)((char *)family->settings + parameter->offset);
    size_t count = (size_t)parameter->minimum;
    list->items = ambit_alloc(count, sizeof *list->items);
    assert_non_null(list->items);
    for (list->count = 0; list->count < count; list->count++)
        list->items[list->count] =
            fixture_family(names[list->count % 2], family->n_dims, "scale", 0.7);
}

AmbitFamily *fixture_raw_family(const char *name, size_t n_dims)
{
    AmbitError error = {0};
    AmbitFamily *family = NULL;
    const AmbitFamilyType *type = ambit_family_type_find(name);
    assert_non_null(type);
    check(ambit_family_create(&family, type, n_dims, &error), &error);
    for (const AmbitParameter *p = type->parameters; p->name; p++) {
        if (p->type == AMBIT_FAMILIES)
            give_parts(family, p);
        if (p->type == AMBIT_INT && p->required)
            *(int64_t *)((char *)family->settings + p->offset) = 16;
    }
    return family;
}

static void set(const AmbitParameter *p, void *settings, const char *parameter, double value)
{
    while (p->name && strcmp(p->name, parameter) != 0)
        p++;
    assert_non_null(p->name);
    void *field = (char *)settings + p->offset;
    if (p->type == AMBIT_BOOL)
        *(bool *)field = value != 0.0;
    else if (p->type == AMBIT_INT)
        *(int64_t *)field = (int64_t)value;
    else if (p->type == AMBIT_REAL)
        *(double *)field = value;
    else if (p->type == AMBIT_CHOICE)
        *(int *)field = (int)value;
    else
        fail_msg("%s is not a number", parameter);
}

double fixture_drawn_value(const AmbitParameter *p, gsl_rng *rng)
{
    if (p->type == AMBIT_BOOL)
        return (double)gsl_rng_uniform_int(rng, 2);
    if (p->type == AMBIT_CHOICE) {
        unsigned long n = 0;
        while (p->choices[n])
            n++;
        return (double)gsl_rng_uniform_int(rng, n);
    }
    double size = p->required ? 16 : p->fallback;
    double value =
        size == 0 ? 2 * gsl_rng_uniform(rng) : size * pow(2, 2 * gsl_rng_uniform(rng) - 1);
    if (p->minimum < 0 && gsl_rng_uniform_int(rng, 2))
        value = -value;
    return fmin(fmax(p->type == AMBIT_INT ? round(value) : value, p->minimum), p->maximum);
}

void fixture_set(AmbitFamily *family, const char *parameter, double value)
{
    set(family->type->parameters, family->settings, parameter, value);
}

AmbitFamily *fixture_finish(AmbitFamily *family)
{
    AmbitError error = {0};
    check(ambit_family_finish(family, &error), &error);
    return family;
}

AmbitFamily *fixture_raw_combination(const char *name, AmbitFamily *first, AmbitFamily *second)
{
    AmbitFamily *family = fixture_raw_family(name, first->n_dims);
    AmbitFamilyList *list = family->settings; // every combination's settings begin with its parts
    ambit_family_list_free(list);
    *list = (AmbitFamilyList){ambit_alloc(2, sizeof *list->items), second ? 2 : 1};
    assert_non_null(list->items);
    list->items[0] = first;
    list->items[1] = second;
    return family;
}

AmbitFamily *fixture_family(const char *name, size_t n_dims, const char *parameter, double value)
{
    static const size_t dims[] = {20, 16, 1};
    AmbitError error = {0};
    AmbitStatus status = AMBIT_INVALID;
    AmbitFamily *family = NULL;
    for (size_t i = 0; i < (n_dims ? 1 : 3) && status; i++) {
        ambit_family_destroy(&family);
        family = fixture_raw_family(name, n_dims ? n_dims : dims[i]);
        if (parameter)
            set(family->type->parameters, family->settings, parameter, value);
        status = ambit_family_finish(family, &error);
    }
    check(status, &error);
    return family;
}

AmbitMixture *fixture_mixture(AmbitFamily *family)
{
    AmbitError error = {0};
    AmbitMixture *mixture = NULL;
    check(ambit_mixture_create(&mixture, &error), &error);
    check(ambit_mixture_add(mixture, family, family->type->name, 1.0, &error), &error);
    return mixture;
}

AmbitPromptDistribution *fixture_prompts(const char *name, size_t n_dims, AmbitKey key)
{
    return fixture_prompts_with(name, n_dims, NULL, 0, key);
}

AmbitPromptDistribution *fixture_prompts_with(const char *name, size_t n_dims,
                                              const char *parameter, double value, AmbitKey key)
{
    AmbitError error = {0};
    AmbitPromptDistribution *distribution = NULL;
    const AmbitPromptDistributionType *type = ambit_prompt_distribution_type_find(name);
    assert_non_null(type);
    check(ambit_prompt_distribution_create(&distribution, type, n_dims, &error), &error);
    if (parameter)
        set(type->parameters, distribution->settings, parameter, value);
    check(ambit_prompt_distribution_finish(distribution, key, &error), &error);
    return distribution;
}

AmbitPredictor *fixture_predictor(const char *name)
{
    AmbitError error = {0};
    AmbitPredictor *predictor = NULL;
    const AmbitPredictorType *type = ambit_predictor_type_find(name);
    assert_non_null(type);
    check(ambit_predictor_create(&predictor, type, &error), &error);
    check(ambit_predictor_finish(predictor, &error), &error);
    return predictor;
}

AmbitPromptBatch *fixture_batch(const AmbitMixture *mixture,
                                const AmbitPromptDistribution *distribution, AmbitKey key,
                                size_t active_dims, size_t n_prompts, size_t n_points)
{
    AmbitError error = {0};
    AmbitPromptBatch *batch = NULL;
    AmbitPromptSource source = {.mixture = mixture, .distribution = distribution};
    check(ambit_prompt_source_batch(&batch, &source, n_prompts, n_points, &error), &error);
    ambit_prompt_fill(&source, key, 0, active_dims, batch);
    return batch;
}

FixtureSource fixture_source(AmbitFamily *family, AmbitPromptDistribution *distribution,
                             AmbitKey key, size_t active_dims, size_t n_prompts, size_t n_points)
{
    size_t dims = family->n_dims;
    FixtureSource s = {fixture_mixture(family), distribution, NULL, key, dims};
    s.batch = fixture_batch(s.mixture, distribution, key, active_dims ? active_dims : dims,
                            n_prompts, n_points);
    return s;
}

void fixture_source_close(FixtureSource *source)
{
    ambit_prompt_batch_destroy(&source->batch);
    ambit_prompt_distribution_destroy(&source->distribution);
    ambit_mixture_destroy(&source->mixture);
}

static void assert_same_prompts(const AmbitPromptBatch *a, const AmbitPromptBatch *b)
{
    size_t n = a->n_prompts, points = n * a->n_points, queries = n * a->n_queries;
    assert_memory_equal(a->x, b->x, points * a->n_dims * sizeof(double));
    assert_memory_equal(a->y, b->y, points * sizeof(double));
    assert_memory_equal(a->x_query, b->x_query, queries * a->n_dims * sizeof(double));
    assert_memory_equal(a->y_query, b->y_query, queries * sizeof(double));
    assert_memory_equal(a->class_label, b->class_label, n * sizeof(int));
    assert_memory_equal(a->function, b->function, n * a->function_size * sizeof(double));
}

void fixture_assert_drawn_by_index(const FixtureSource *s)
{
    size_t points = s->batch->n_points;
    AmbitPromptBatch *one = fixture_batch(s->mixture, s->distribution, s->key, s->dims, 1, points);
    AmbitPromptSource source = {.mixture = s->mixture, .distribution = s->distribution};
    for (size_t b = s->batch->n_prompts; b-- > 0;) {
        ambit_prompt_fill(&source, s->key, b, s->dims, one);
        AmbitPromptBatch view = ambit_prompt_batch_view(s->batch, b, 1);
        assert_same_prompts(one, &view);
    }
    AmbitKey other = {s->key.seed + 1, s->key.step, s->key.purpose};
    ambit_prompt_fill(&source, other, 0, s->dims, one);
    assert_memory_not_equal(one->x, s->batch->x, points * s->dims * sizeof(double));
    assert_memory_not_equal(one->y, s->batch->y, points * sizeof(double));
    ambit_prompt_batch_destroy(&one);
}

double *fixture_predict(const AmbitPredictor *predictor, const AmbitPromptBatch *batch,
                        unsigned char *flag)
{
    AmbitError error = {0};
    size_t answers = predictor->n_columns * batch->n_prompts * batch->n_queries;
    double *prediction = ambit_alloc(answers, sizeof *prediction);
    unsigned char *flags = ambit_alloc(answers, 1);
    assert_non_null(prediction);
    assert_non_null(flags);
    void *workspace = NULL;
    if (predictor->type->workspace_create)
        check(predictor->type->workspace_create(predictor, batch, &workspace, &error), &error);
    predictor->type->predict(predictor, batch, workspace, prediction, flags);
    if (predictor->type->workspace_destroy)
        predictor->type->workspace_destroy(workspace);
    if (flag)
        memcpy(flag, flags, answers);
    ambit_free(flags);
    return prediction;
}
