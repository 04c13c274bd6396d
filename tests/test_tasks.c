// SPDX-License-Identifier: MIT
// Properties of every registered family, and tests that each draws what it says.
// Sampled moments are compared within 5 standard errors: a right program would fail about once in
// 10^6 seeds per comparison, and the seed is fixed.
#include "testing.h"

#include "task_fixtures.h"

#include "ambit/memory.h"

#include <gsl/gsl_errno.h>
#include <string.h>

static const AmbitKey key = {11, 0, AMBIT_EVALUATION};

/* A family alone under standard prompts. */
static FixtureSource open_source(AmbitFamily *family, size_t active_dims, size_t n_prompts,
                                 size_t n_points)
{
    return fixture_source(family, fixture_prompts("standard", family->n_dims, key), key,
                          active_dims, n_prompts, n_points);
}

static void prompts_are_drawn_by_index(void **state)
{
    (void)state;
    for (const AmbitFamilyType *const *type = ambit_family_types(); *type; type++) {
        FixtureSource s = open_source(fixture_family((*type)->name, 0, NULL, 0), 0, 9, 7);
        fixture_assert_drawn_by_index(&s);
        fixture_source_close(&s);
    }
}

static void assert_respects_dims(const AmbitPromptBatch *batch, size_t active)
{
    for (size_t i = 0; i < batch->n_prompts * batch->n_points; i++) {
        for (size_t j = 0; j < batch->n_dims; j++) {
            double x = batch->x[i * batch->n_dims + j];
            assert_true(isfinite(x) && (x != 0.0) == (j < active));
        }
        assert_true(isfinite(batch->y[i]));
    }
}

static void curricula_are_respected(void **state)
{
    (void)state;
    for (const AmbitFamilyType *const *type = ambit_family_types(); *type; type++)
        for (int part = 1; part <= 2; part++) {
            AmbitFamily *family = fixture_family((*type)->name, 0, NULL, 0);
            size_t active = (family->n_dims + 1) / (size_t)part;
            active = active < family->n_dims ? active : family->n_dims;
            FixtureSource s = open_source(family, active, 20, 9);
            assert_respects_dims(s.batch, active);
            fixture_source_close(&s);
        }
}

/* Mean of y² over 20 000 functions at one input each against the declared second moment. */
static void assert_second_moment(AmbitFamily *family, size_t active_dims, double expected)
{
    enum { N = 20000, CHUNK = 500 };
    const char *name = family->type->name;
    FixtureSource s = open_source(family, active_dims, CHUNK, 1);
    AmbitPromptSource source = {.mixture = s.mixture, .distribution = s.distribution};
    double sum = 0.0, squares = 0.0;
    for (size_t first = 0; first < N; first += CHUNK) {
        ambit_prompt_fill(&source, key, first, active_dims, s.batch);
        for (size_t i = 0; i < CHUNK; i++) {
            double square = s.batch->y_query[i] * s.batch->y_query[i];
            sum += square;
            squares += square * square;
        }
    }
    double mean = sum / N, error = sqrt((squares / N - mean * mean) / N);
    double declared = ambit_mixture_second_moment(s.mixture, active_dims);
    if (!(fabs(mean - declared) <= 5.0 * error))
        fail_msg("%s in %zu dims: second moment %g declared, %g +- %g sampled", name, active_dims,
                 declared, mean, error);
    if (expected > 0.0)
        assert_true(fabs(declared - expected) < 1e-12 * expected);
    fixture_source_close(&s);
}

static void declared_second_moment_is_sampled(void **state)
{
    (void)state;
    for (const AmbitFamilyType *const *type = ambit_family_types(); *type; type++) {
        AmbitFamily *family = fixture_family((*type)->name, 0, NULL, 0);
        size_t dims = family->n_dims;
        assert_second_moment(family, dims, 0.0);
        assert_second_moment(fixture_family((*type)->name, dims, NULL, 0), (dims + 1) / 2, 0.0);
    }
    assert_second_moment(fixture_family("linear_regression", 20, "scale", 3), 20, 180.0);
    assert_second_moment(fixture_family("linear_regression", 20, "normalize", 1), 20, 1.0);
    assert_second_moment(fixture_family("linear_regression", 20, "normalize", 1), 5, 1.0);
    assert_second_moment(fixture_family("sparse_linear_regression", 20, NULL, 0), 20, 3.0);
    assert_second_moment(fixture_family("sparse_linear_regression", 20, NULL, 0), 2, 2.0);
    assert_second_moment(fixture_family("sparse_linear_regression", 20, "normalize", 1), 20, 1.0);
    assert_second_moment(fixture_family("convex", 20, "alpha", 0.25), 20,
                         0.49 * (0.0625 * 20 + 0.5625 * 3));
}

/* A family with drawn parameters; NULL if they do not go together. */
static AmbitFamily *drawn_family(const char *name, size_t n_dims, gsl_rng *rng)
{
    AmbitError error;
    AmbitFamily *family = fixture_raw_family(name, n_dims);
    for (const AmbitParameter *p = family->type->parameters; p->name; p++)
        if (p->type <= AMBIT_REAL || p->type == AMBIT_CHOICE)
            fixture_set(family, p->name, fixture_drawn_value(p, rng));
    if (ambit_family_finish(family, &error))
        ambit_family_destroy(&family);
    return family;
}

/* A factor that a family forgets to declare is no factor at the default of 1. */
static void declared_second_moment_is_sampled_for_drawn_parameters(void **state)
{
    (void)state;
    enum { DRAWS = 3, TRIES = 100 };
    AmbitRandom random;
    ambit_random_open(&random, key, AMBIT_STREAM_TARGET, 0);
    for (const AmbitFamilyType *const *type = ambit_family_types(); *type; type++) {
        AmbitFamily *plain = fixture_family((*type)->name, 0, NULL, 0);
        size_t dims = plain->n_dims;
        ambit_family_destroy(&plain);
        int drawn = 0;
        for (int i = 0; i < TRIES && drawn < DRAWS; i++) {
            AmbitFamily *family = drawn_family((*type)->name, dims, &random.rng);
            if (!family)
                continue;
            drawn++;
            assert_second_moment(family, i % 2 ? dims : (dims + 1) / 2, 0.0);
        }
        if (drawn < DRAWS)
            fail_msg("%s: only %d of %d drawn parameters are allowed", (*type)->name, drawn, TRIES);
    }
}

static void sparse_support_is_uniform_over_the_active_dims(void **state)
{
    (void)state;
    enum { N = 8000, ACTIVE = 8 };
    AmbitFamily *family = fixture_family("sparse_linear_regression", 20, "sparsity", 2);
    FixtureSource s = open_source(family, ACTIVE, N, 1);
    size_t used[20] = {0};
    for (size_t b = 0; b < N; b++) {
        size_t size = 0;
        for (size_t j = 0; j < 20; j++)
            if (s.batch->function[b * 20 + j] != 0.0)
                used[j]++, size++;
        assert_int_equal(size, 2);
    }
    const double share = 2.0 / ACTIVE;
    for (size_t j = 0; j < 20; j++)
        assert_true(fabs((double)used[j] / N - (j < ACTIVE ? share : 0.0)) <=
                    5.0 * sqrt(share * (1.0 - share) / N));
    fixture_source_close(&s);
}

static void sweeps_are_paired(void **state)
{
    (void)state;
    FixtureSource f = open_source(fixture_family("convex", 20, "alpha", 1), 0, 9, 7);
    FixtureSource g = open_source(fixture_family("convex", 20, "alpha", 0), 0, 9, 7);
    FixtureSource s = open_source(fixture_family("convex", 20, "alpha", 0.3), 0, 9, 7);
    assert_memory_equal(f.batch->x, s.batch->x, 9 * 7 * 20 * sizeof(double));
    for (size_t i = 0; i < 9 * 7; i++) {
        double y = 0.3 * f.batch->y[i] + 0.7 * g.batch->y[i];
        assert_true(fabs(s.batch->y[i] - y) < 1e-12);
    }
    fixture_source_close(&f);
    fixture_source_close(&g);
    fixture_source_close(&s);
    FixtureSource two =
        open_source(fixture_family("sparse_linear_regression", 20, "sparsity", 2), 0, 9, 7);
    FixtureSource five =
        open_source(fixture_family("sparse_linear_regression", 20, "sparsity", 5), 0, 9, 7);
    for (size_t i = 0; i < 9 * 20; i++)
        if (two.batch->function[i] != 0.0)
            assert_true(two.batch->function[i] == five.batch->function[i]);
    fixture_source_close(&two);
    fixture_source_close(&five);
}

static void classes_follow_their_weights(void **state)
{
    (void)state;
    enum { N = 20000 };
    static const double weights[] = {1, 2, 5};
    static const char *const labels[] = {"a", "b", "c"};
    AmbitError error;
    AmbitMixture *mixture = NULL;
    assert_int_equal(ambit_mixture_create(&mixture, &error), AMBIT_OK);
    for (size_t c = 0; c < 3; c++) {
        AmbitFamily *family = c == 2 ? fixture_family("convex", 4, NULL, 0)
                                     : fixture_family("linear_regression", 4, NULL, 0);
        assert_int_equal(ambit_mixture_add(mixture, family, labels[c], weights[c], &error),
                         AMBIT_OK);
    }
    AmbitPromptDistribution *prompts = fixture_prompts("standard", 4, key);
    AmbitPromptBatch *batch = fixture_batch(mixture, prompts, key, 4, N, 2);
    size_t count[3] = {0};
    for (size_t b = 0; b < N; b++)
        count[batch->class_label[b]]++;
    for (size_t c = 0; c < 3; c++) {
        double share = weights[c] / 8.0;
        assert_true(fabs((double)count[c] / N - share) < 5.0 * sqrt(share * (1.0 - share) / N));
    }
    FixtureSource alone = open_source(fixture_family("linear_regression", 4, NULL, 0), 0, N, 2);
    assert_memory_equal(alone.batch->x, batch->x, N * 2 * 4 * sizeof(double));
    fixture_source_close(&alone);
    ambit_prompt_batch_destroy(&batch);
    ambit_prompt_distribution_destroy(&prompts);
    ambit_mixture_destroy(&mixture);
}

static void assert_refused(AmbitStatus status, const AmbitError *error, const char *word)
{
    assert_int_equal(status, AMBIT_INVALID);
    if (!strstr(error->message, word))
        fail_msg("\"%s\" does not name %s", error->message, word);
}

static void bad_settings_are_refused(void **state)
{
    (void)state;
    AmbitError error;
    AmbitFamily *family = fixture_raw_family("sparse_linear_regression", 2), *copy = NULL;
    assert_refused(ambit_family_finish(family, &error), &error, "sparsity");
    assert_string_equal(error.parameter, "sparsity");
    ambit_family_destroy(&family);
    family = fixture_family("sparse_linear_regression", 8, NULL, 0);
    assert_refused(ambit_family_with(&copy, family, "sparsity", 9, &error), &error, "sparsity");
    assert_refused(ambit_family_with(&copy, family, "sparsity", 2.5, &error), &error, "2.5");
    assert_refused(ambit_family_with(&copy, family, "sparsity", 0, &error), &error, "sparsity");
    assert_refused(ambit_family_with(&copy, family, "alpha", 0, &error), &error, "alpha");
    assert_null(copy);
    AmbitMixture *mixture = fixture_mixture(family);
    AmbitFamily *other = fixture_family("linear_regression", 8, NULL, 0);
    assert_refused(ambit_mixture_add(mixture, other, "less", -1, &error), &error, "less");
    other = fixture_family("linear_regression", 8, NULL, 0);
    assert_refused(ambit_mixture_add(mixture, other, mixture->labels[0], 1, &error), &error,
                   mixture->labels[0]);
    other = fixture_family("linear_regression", 9, NULL, 0);
    assert_refused(ambit_mixture_add(mixture, other, "nine", 1, &error), &error, "9 dims");
    assert_int_equal(mixture->n_classes, 1);
    ambit_mixture_destroy(&mixture);
    assert_null(ambit_family_type_find("no_such_family"));
}

static void copies_are_deep(void **state)
{
    (void)state;
    AmbitError error;
    AmbitFamily *copy = NULL, *family = fixture_family("convex", 5, "alpha", 0.5);
    assert_int_equal(ambit_family_with(&copy, family, "alpha", 1, &error), AMBIT_OK);
    assert_true(fabs(ambit_family_second_moment(family, 5) - 0.25 * 0.49 * 8) < 1e-12);
    ambit_family_destroy(&family);
    assert_true(fabs(ambit_family_second_moment(copy, 5) - 0.49 * 5) < 1e-12);
    ambit_family_destroy(&copy);
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prompts_are_drawn_by_index),
        cmocka_unit_test(curricula_are_respected),
        cmocka_unit_test(declared_second_moment_is_sampled),
        cmocka_unit_test(declared_second_moment_is_sampled_for_drawn_parameters),
        cmocka_unit_test(sparse_support_is_uniform_over_the_active_dims),
        cmocka_unit_test(sweeps_are_paired),
        cmocka_unit_test(classes_follow_their_weights),
        cmocka_unit_test(bad_settings_are_refused),
        cmocka_unit_test(copies_are_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
