// SPDX-License-Identifier: MIT
// Families with given settings, and the answers of bound predictors.
#include "testing.h"

#include "oracle_fixtures.h"

#include "ambit/memory.h"

#include <string.h>

static const AmbitKey key = {23, 0, AMBIT_EVALUATION};

static void check(AmbitStatus status, const AmbitError *error)
{
    if (status)
        fail_msg("%s: %s", ambit_status_text(status), error->message);
}

AmbitFamily *fixture_combine(const char *name, AmbitFamily *part, AmbitFamily *second,
                             const char *parameter, double value)
{
    AmbitFamily *family = fixture_raw_combination(name, part, second);
    if (parameter)
        fixture_set(family, parameter, value);
    return fixture_finish(family);
}

AmbitFamily *fixture_noisy(AmbitFamily *family, double noise_std)
{
    return fixture_combine("noise", family, NULL, "noise_std", noise_std);
}

static void add_class(AmbitMixture *mixture, const AmbitFamily *family, const char *label,
                      double weight)
{
    AmbitError error = {0};
    AmbitFamily *copy;
    check(ambit_family_copy(&copy, family, &error), &error);
    check(ambit_mixture_add(mixture, copy, label, weight, &error), &error);
}

AmbitMixture *fixture_two_classes(const AmbitFamily *a, const AmbitFamily *b, double weight_a,
                                  double weight_b)
{
    AmbitError error = {0};
    AmbitMixture *mixture;
    check(ambit_mixture_create(&mixture, &error), &error);
    add_class(mixture, a, "a", weight_a);
    add_class(mixture, b, "b", weight_b);
    return mixture;
}

AmbitPromptBatch *fixture_draw(const AmbitMixture *mixture, size_t n_prompts, size_t n_points)
{
    size_t dims = mixture->families[0]->n_dims;
    AmbitPromptDistribution *distribution = fixture_prompts("standard", dims, key);
    AmbitPromptBatch *batch = fixture_batch(mixture, distribution, key, dims, n_prompts, n_points);
    ambit_prompt_distribution_destroy(&distribution);
    return batch;
}

AmbitPredictor *fixture_raw_predictor(const char *name, const char *parameter, double value)
{
    AmbitError error = {0};
    AmbitPredictor *predictor = NULL;
    const AmbitPredictorType *type = ambit_predictor_type_find(name);
    assert_non_null(type);
    check(ambit_predictor_create(&predictor, type, &error), &error);
    const AmbitParameter *p = type->parameters;
    while (parameter && p->name && strcmp(p->name, parameter) != 0)
        p++;
    if (!parameter)
        return predictor;
    assert_non_null(p->name);
    void *field = (char *)predictor->settings + p->offset;
    if (p->type == AMBIT_REAL)
        *(double *)field = value;
    else if (p->type == AMBIT_INT)
        *(int64_t *)field = (int64_t)value;
    else
        *(int *)field = (int)value;
    return predictor;
}

FixtureAnswers fixture_ask(AmbitPredictor *predictor, const AmbitMixture *pretraining,
                           const AmbitMixture *target, const AmbitPromptBatch *batch)
{
    AmbitError error = {0};
    void *workspace = NULL;
    AmbitPromptDistribution *distribution = fixture_prompts("standard", batch->n_dims, key);
    AmbitPredictorContext context = {.pretraining = pretraining,
                                     .target = target,
                                     .distribution = distribution,
                                     .key = key,
                                     .n_points = batch->n_points};
    check(ambit_predictors_bind(&predictor, 1, &context, &error), &error);
    size_t answers = batch->n_prompts * batch->n_queries;
    FixtureAnswers a = {ambit_alloc(predictor->n_columns, answers * sizeof(double)),
                        ambit_alloc(predictor->n_columns, answers), NULL};
    assert_true(a.prediction && a.flag);
    if (predictor->type->workspace_create)
        check(predictor->type->workspace_create(predictor, batch, &workspace, &error), &error);
    predictor->type->predict(predictor, batch, workspace, a.prediction, a.flag);
    if (predictor->n_classes) {
        a.posterior = ambit_alloc(predictor->n_classes, answers * sizeof(double));
        assert_non_null(a.posterior);
        predictor->type->posterior(predictor, batch, workspace, a.posterior);
    }
    if (workspace)
        predictor->type->workspace_destroy(workspace);
    ambit_prompt_distribution_destroy(&distribution);
    return a;
}

void fixture_answers_free(FixtureAnswers *answers)
{
    ambit_free(answers->prediction);
    ambit_free(answers->flag);
    ambit_free(answers->posterior);
    *answers = (FixtureAnswers){0};
}

FixtureAnswers fixture_ask_by_name(const char *name, const char *parameter, double value,
                                   const AmbitMixture *target, const AmbitPromptBatch *batch)
{
    AmbitError error = {0};
    AmbitPredictor *predictor = fixture_raw_predictor(name, parameter, value);
    check(ambit_predictor_finish(predictor, &error), &error);
    FixtureAnswers answers = fixture_ask(predictor, target, target, batch);
    ambit_predictor_destroy(&predictor);
    return answers;
}
