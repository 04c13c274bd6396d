// SPDX-License-Identifier: MIT
// The transformer as a predictor: one pass over all queries of a prompt gives the same answers as
// one pass per query, over the examples before the query and the query as an ordinary prompt.
#include "testing.h"

#include "task_fixtures.h"

#include "ambit/head.h"
#include "ambit/memory.h"

#include <gsl/gsl_errno.h>
#include <string.h>

enum { P = 9, N = 3 };

static const AmbitKey key = {7, 0, AMBIT_EVALUATION};

/* With weights larger than at the start of training, so that attention has a say. */
static AmbitModel *random_model(size_t dims, int positions)
{
    AmbitError error = {0};
    AmbitModel *model = NULL;
    AmbitModelSettings settings;
    ambit_parameters_default(ambit_model_parameters, &settings);
    settings.head = ambit_regression_head((int64_t)dims);
    settings.trunk.n_context = 2 * P;
    settings.trunk.n_embd = 32;
    settings.trunk.n_layer = 2;
    settings.trunk.n_head = 2;
    settings.trunk.positions = positions;
    settings.trunk.initializer_range = 0.16;
    if (ambit_model_create(&model, &settings, &error))
        fail_msg("%s", error.message);
    ambit_model_initialize(model, 3);
    return model;
}

static AmbitPredictor *predictor_of(const AmbitModel *model, const char *level)
{
    AmbitError error = {0};
    AmbitKernels kernels;
    AmbitPredictor *predictor = NULL;
    AmbitStatus status = ambit_kernels_select(&kernels, level, &error);
    if (!status)
        status =
            ambit_predictor_transformer_create(&predictor, model, &kernels, "transformer", &error);
    if (status)
        fail_msg("%s", error.message);
    return predictor;
}

/* The prediction at the last point of [x_1 y_1 … x_k y_k query]. */
static double predict_alone(const AmbitPredictor *predictor, const AmbitPromptBatch *prompts,
                            size_t prompt, size_t query)
{
    AmbitError error;
    AmbitPromptBatch *alone = NULL;
    size_t dims = prompts->n_dims, k = prompts->seen[query];
    if (ambit_prompt_batch_create(&alone, 1, k + 1, k + 1, dims, 0, false, &error))
        fail_msg("%s", error.message);
    memcpy(alone->x, prompts->x + prompt * P * dims, k * dims * sizeof *alone->x);
    memcpy(alone->x + k * dims, prompts->x_query + (prompt * prompts->n_queries + query) * dims,
           dims * sizeof *alone->x);
    memcpy(alone->y, prompts->y + prompt * P, k * sizeof *alone->y);
    double *predictions = fixture_predict(predictor, alone, NULL), last = predictions[k];
    ambit_free(predictions);
    ambit_prompt_batch_destroy(&alone);
    return last;
}

/* Returns the spread of a prompt's predictions, to see that they depend on something. */
static double assert_one_pass_is_enough(const FixtureSource *prompts, int positions,
                                        const char *level)
{
    AmbitModel *model = random_model(prompts->dims, positions);
    AmbitPredictor *predictor = predictor_of(model, level);
    const AmbitPromptBatch *batch = prompts->batch;
    double *together = fixture_predict(predictor, batch, NULL), least = INFINITY, most = -INFINITY;
    for (size_t b = 0; b < N; b++)
        for (size_t q = 0; q < batch->n_queries; q++) {
            double one = together[b * batch->n_queries + q];
            double alone = predict_alone(predictor, batch, b, q);
            if (!(fabs(one - alone) < 1e-5))
                fail_msg("%s, %s kernels, prompt %zu, query %zu: %.9g in one pass, %.9g alone",
                         prompts->distribution->type->name, level, b, q, one, alone);
            least = fmin(least, one);
            most = fmax(most, one);
        }
    ambit_free(together);
    ambit_predictor_destroy(&predictor);
    ambit_model_destroy(&model);
    return most - least;
}

static void one_pass_is_enough(void **state)
{
    (void)state;
    static const struct {
        const char *name, *parameter;
        double value;
    } cases[] = {{"standard", NULL, 0},
                 {"random_quadrants", NULL, 0},
                 {"opposite_quadrants", NULL, 0},
                 {"orthogonal_train_test", NULL, 0},
                 {"overlapping_train_test", NULL, 0},
                 {"query_scale", "lambda", 0.5},
                 {"grid", "n_grid", 11},
                 {"grid", "n_context", 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t dims = strcmp(cases[i].name, "grid") == 0 ? 1 : 6;
        FixtureSource prompts = fixture_source(
            fixture_family("linear_regression", dims, NULL, 0),
            fixture_prompts_with(cases[i].name, dims, cases[i].parameter, cases[i].value, key), key,
            0, N, P);
        for (const char *const *level = ambit_kernels_levels(); *level; level++)
            for (int positions = 0; positions < 2; positions++)
                assert_true(assert_one_pass_is_enough(&prompts, positions, *level) > 0.1);
        fixture_source_close(&prompts);
    }
}

/* Nothing of what follows the examples a query has seen reaches its prediction. */
static void later_examples_are_not_read(void **state)
{
    (void)state;
    enum { D = 1, SEEN = 3 };
    FixtureSource prompts =
        fixture_source(fixture_family("linear_regression", D, NULL, 0),
                       fixture_prompts_with("grid", D, "n_context", SEEN, key), key, 0, N, P);
    AmbitModel *model = random_model(D, AMBIT_POSITIONS_LEARNED);
    AmbitPredictor *predictor = predictor_of(model, "auto");
    size_t answers = N * prompts.batch->n_queries;
    double *before = fixture_predict(predictor, prompts.batch, NULL);
    for (size_t i = 0; i < N * P; i++)
        if (i % P >= SEEN)
            prompts.batch->x[i] = prompts.batch->y[i] = 100.0;
    double *after = fixture_predict(predictor, prompts.batch, NULL);
    assert_memory_equal(before, after, answers * sizeof *before);
    prompts.batch->y[SEEN - 1] += 1.0;
    double *changed = fixture_predict(predictor, prompts.batch, NULL);
    assert_memory_not_equal(before, changed, answers * sizeof *before);
    ambit_free(before);
    ambit_free(after);
    ambit_free(changed);
    ambit_predictor_destroy(&predictor);
    ambit_model_destroy(&model);
    fixture_source_close(&prompts);
}

static void refuse(const AmbitPredictor *predictor, size_t dims, size_t n_points,
                   const char *message)
{
    AmbitError error;
    AmbitPromptBatch *shape = NULL;
    void *workspace = NULL;
    if (ambit_prompt_batch_create(&shape, 1, n_points, n_points, dims, 0, false, &error))
        fail_msg("%s", error.message);
    assert_int_equal(predictor->type->workspace_create(predictor, shape, &workspace, &error),
                     AMBIT_INVALID);
    assert_string_equal(error.message, message);
    assert_null(workspace);
    ambit_prompt_batch_destroy(&shape);
}

static void prompts_too_large_are_refused(void **state)
{
    (void)state;
    AmbitModel *model = random_model(6, AMBIT_POSITIONS_LEARNED);
    AmbitPredictor *predictor = predictor_of(model, "auto");
    refuse(predictor, 6, P + 1,
           "transformer: prompts take 10 points, the model has positions for 9; lower "
           "evaluation.n_points");
    refuse(predictor, 5, P,
           "transformer: prompts have 5 dims, the model reads 6; "
           "give prompts of as many, or another model");
    ambit_predictor_destroy(&predictor);
    ambit_model_destroy(&model);
}

/* The derivative by the query against central differences in float, to 1 % of its size. */
static void gradients_are_derivatives(void **state)
{
    (void)state;
    enum { D = 4 };
    const double shift = 1e-2;
    AmbitError error;
    FixtureSource prompts =
        fixture_source(fixture_family("linear_regression", D, NULL, 0),
                       fixture_prompts_with("query_scale", D, "lambda", 1, key), key, 0, N, P);
    AmbitModel *model = random_model(D, AMBIT_POSITIONS_LEARNED);
    AmbitPredictor *predictor = predictor_of(model, "auto");
    size_t count = N * prompts.batch->n_queries;
    double *gradient = ambit_alloc(count * D, sizeof *gradient), off = 0, size = 0;
    assert_int_equal(predictor->type->gradient(predictor, prompts.batch, gradient, &error),
                     AMBIT_OK);
    for (size_t d = 0; d < D; d++) {
        double *x = prompts.batch->x_query + d;
        for (size_t i = 0; i < count; i++)
            x[i * D] += shift;
        double *above = fixture_predict(predictor, prompts.batch, NULL);
        for (size_t i = 0; i < count; i++)
            x[i * D] -= 2 * shift;
        double *below = fixture_predict(predictor, prompts.batch, NULL);
        for (size_t i = 0; i < count; i++) {
            double difference = (above[i] - below[i]) / (2 * shift);
            x[i * D] += shift;
            off += pow(gradient[i * D + d] - difference, 2);
            size += pow(difference, 2);
        }
        ambit_free(above);
        ambit_free(below);
    }
    assert_true(size > 0 && sqrt(off / size) < 1e-2);
    ambit_free(gradient);
    ambit_predictor_destroy(&predictor);
    ambit_model_destroy(&model);
    fixture_source_close(&prompts);
}

/* A predictor whose model was given other parameters answers as a new one does. */
static void update_follows_the_model(void **state)
{
    (void)state;
    FixtureSource prompts = fixture_source(fixture_family("linear_regression", 6, NULL, 0),
                                           fixture_prompts("standard", 6, key), key, 0, N, P);
    for (const char *const *level = ambit_kernels_levels(); *level; level++) {
        AmbitModel *model = random_model(6, AMBIT_POSITIONS_LEARNED);
        AmbitPredictor *old = predictor_of(model, *level);
        double *before = fixture_predict(old, prompts.batch, NULL);
        size_t size = N * prompts.batch->n_queries * sizeof *before;
        ambit_model_initialize(model, 4);
        ambit_predictor_transformer_update(old, 2);
        AmbitPredictor *new = predictor_of(model, *level);
        double *after = fixture_predict(old, prompts.batch, NULL),
               *expected = fixture_predict(new, prompts.batch, NULL);
        assert_memory_not_equal(before, expected, size);
        assert_memory_equal(after, expected, size);
        ambit_free(before);
        ambit_free(after);
        ambit_free(expected);
        ambit_predictor_destroy(&old);
        ambit_predictor_destroy(&new);
        ambit_model_destroy(&model);
    }
    fixture_source_close(&prompts);
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_pass_is_enough),
        cmocka_unit_test(later_examples_are_not_read),
        cmocka_unit_test(gradients_are_derivatives),
        cmocka_unit_test(prompts_too_large_are_refused),
        cmocka_unit_test(update_follows_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
