// SPDX-License-Identifier: MIT
// Properties of every registered prompt distribution, and inputs that prompt distributions refuse.
// Sampled moments are compared within 5 standard errors: a right program would fail about once in
// 10^6 seeds per comparison, and the seed is fixed.
#include "testing.h"

#include "../tasks/prompts/inputs.h"
#include "task_fixtures.h"

#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <string.h>

static const AmbitKey key = {13, 0, AMBIT_EVALUATION};

/* Linear functions under `name` with one parameter set (NULL: none). */
static FixtureSource linear(const char *name, size_t dims, const char *parameter, double value,
                            size_t n_prompts, size_t n_points)
{
    return fixture_source(fixture_family("linear_regression", dims, NULL, 0),
                          fixture_prompts_with(name, dims, parameter, value, key), key, 0,
                          n_prompts, n_points);
}

static size_t dims_of(const AmbitPromptDistributionType *type)
{
    return strcmp(type->name, "grid") == 0 ? 1 : 20;
}

static void prompts_are_drawn_by_index(void **state)
{
    (void)state;
    for (const AmbitPromptDistributionType *const *type = ambit_prompt_distribution_types(); *type;
         type++) {
        FixtureSource s = linear((*type)->name, dims_of(*type), NULL, 0, 9, 7);
        fixture_assert_drawn_by_index(&s);
        fixture_source_close(&s);
    }
}

static void assert_active(const double *x, size_t n, size_t dims, size_t active, bool all)
{
    for (size_t i = 0; i < n * dims; i++) {
        assert_true(isfinite(x[i]));
        assert_true(i % dims < active ? !all || x[i] != 0.0 : x[i] == 0.0);
    }
}

/* Queries may be 0 within the active dims: nothing else is orthogonal to as many examples. */
static void curricula_are_respected(void **state)
{
    (void)state;
    for (const AmbitPromptDistributionType *const *type = ambit_prompt_distribution_types(); *type;
         type++) {
        size_t dims = dims_of(*type), active = dims < 5 ? dims : 5;
        AmbitFamily *family = fixture_family("linear_regression", dims, NULL, 0);
        FixtureSource s =
            fixture_source(family, fixture_prompts((*type)->name, dims, key), key, active, 20, 9);
        assert_active(s.batch->x, 20 * 9, dims, active, true);
        assert_active(s.batch->x_query, 20 * s.batch->n_queries, dims, active, false);
        for (size_t q = 0; q < s.batch->n_queries; q++)
            assert_true(s.batch->seen[q] < 9 &&
                        (q == 0 || s.batch->seen[q - 1] <= s.batch->seen[q]));
        fixture_source_close(&s);
    }
}

/* So errors after k examples do not depend on how many follow. A grid's queries are the grid. */
static void longer_prompts_extend_shorter_ones(void **state)
{
    (void)state;
    enum { SHORT = 4, LONG = 9 };
    for (const AmbitPromptDistributionType *const *type = ambit_prompt_distribution_types(); *type;
         type++) {
        size_t dims = dims_of(*type);
        FixtureSource a = linear((*type)->name, dims, NULL, 0, 1, SHORT);
        FixtureSource b = linear((*type)->name, dims, NULL, 0, 1, LONG);
        assert_memory_equal(a.batch->x, b.batch->x, SHORT * dims * sizeof(double));
        assert_memory_equal(a.batch->y, b.batch->y, SHORT * sizeof(double));
        assert_memory_equal(a.batch->x_query, b.batch->x_query,
                            a.batch->n_queries * dims * sizeof(double));
        fixture_source_close(&a);
        fixture_source_close(&b);
    }
}

/* Mean over 1500 prompts of the queries' y² against the declared second moment. */
static void assert_second_moment(const FixtureSource *s)
{
    const AmbitPromptBatch *batch = s->batch;
    double n = (double)batch->n_prompts, sum = 0.0, squares = 0.0;
    for (size_t b = 0; b < batch->n_prompts; b++) {
        double square = 0.0;
        for (size_t q = b * batch->n_queries; q < (b + 1) * batch->n_queries; q++)
            square += batch->y_query[q] * batch->y_query[q] / (double)batch->n_queries;
        sum += square;
        squares += square * square;
    }
    double mean = sum / n, error = sqrt((squares / n - mean * mean) / n);
    double declared = ambit_mixture_second_moment(s->mixture, s->dims);
    if (!(fabs(mean - declared) <= 5.0 * error + 1e-12 * declared))
        fail_msg("%s under %s: second moment %g declared, %g +- %g sampled",
                 s->mixture->families[0]->type->name, s->distribution->type->name, declared, mean,
                 error);
}

static bool accepts(const AmbitPromptDistributionType *type, AmbitFamily *family)
{
    AmbitError error;
    AmbitPromptDistribution *distribution = NULL;
    AmbitMixture *mixture = fixture_mixture(family);
    AmbitStatus status =
        ambit_prompt_distribution_create(&distribution, type, family->n_dims, &error);
    if (!status)
        status = ambit_prompt_distribution_finish(distribution, key, &error);
    AmbitPromptSource source = {.mixture = mixture, .distribution = distribution};
    if (!status)
        status = ambit_prompt_source_check(&source, 4, &error);
    ambit_prompt_distribution_destroy(&distribution);
    ambit_mixture_destroy(&mixture);
    return status == AMBIT_OK;
}

/* With each parameter of the prompts drawn in turn. */
static void preserved_second_moment_is_sampled_for_drawn_parameters(void **state)
{
    (void)state;
    AmbitRandom random;
    ambit_random_open(&random, key, AMBIT_STREAM_TARGET, 0);
    for (const AmbitPromptDistributionType *const *type = ambit_prompt_distribution_types(); *type;
         type++)
        for (const AmbitParameter *p = (*type)->parameters; p && p->name; p++) {
            if (!(*type)->preserves_second_moment)
                continue;
            FixtureSource s = linear((*type)->name, dims_of(*type), p->name,
                                     fixture_drawn_value(p, &random.rng), 1500, 4);
            assert_second_moment(&s);
            fixture_source_close(&s);
        }
}

/* For every family that such prompts take and whose second moment is known in closed form; standard
 * prompts take all. */
static void preserved_second_moment_is_sampled(void **state)
{
    (void)state;
    for (const AmbitPromptDistributionType *const *type = ambit_prompt_distribution_types(); *type;
         type++)
        for (const AmbitFamilyType *const *class = ambit_family_types(); *class; class ++) {
            bool taken = accepts(*type, fixture_family((*class)->name, 0, NULL, 0));
            assert_true(taken || strcmp((*type)->name, "standard") != 0);
            if (!taken || !(*type)->preserves_second_moment || !(*class)->second_moment)
                continue;
            AmbitFamily *family = fixture_family((*class)->name, 0, NULL, 0);
            FixtureSource s = fixture_source(
                family, fixture_prompts((*type)->name, family->n_dims, key), key, 0, 1500, 4);
            assert_second_moment(&s);
            fixture_source_close(&s);
        }
}

/* Split prompts keep the examples of standard ones; scaled and AR(1) ones end in them. */
static void contexts_are_paired(void **state)
{
    (void)state;
    static const struct {
        const char *name, *parameter;
        double value;
    } same[] = {{"orthogonal_train_test", NULL, 0},
                {"overlapping_train_test", NULL, 0},
                {"query_scale", "lambda", 3},
                {"scale_x", "c", 1},
                {"ar1", "rho", 0},
                {"grid", NULL, 0}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        size_t dims = strcmp(same[i].name, "grid") == 0 ? 1 : 20, n = 8 * 30;
        FixtureSource a = linear("standard", dims, NULL, 0, 8, 30);
        FixtureSource b = linear(same[i].name, dims, same[i].parameter, same[i].value, 8, 30);
        assert_memory_equal(a.batch->x, b.batch->x, n * dims * sizeof(double));
        assert_memory_equal(a.batch->y, b.batch->y, n * sizeof(double));
        assert_memory_equal(a.batch->function, b.batch->function, 8 * dims * sizeof(double));
        fixture_source_close(&a);
        fixture_source_close(&b);
    }
}

static void refuse(AmbitStatus status, const AmbitError *error, const char *message)
{
    assert_int_equal(status, AMBIT_INVALID);
    assert_string_equal(error->message, message);
}

static void wrong_dims_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t dims;
        const char *message;
    } cases[] = {
        {"grid", 2, "grid prompts need inputs of 1 dim, but these have 2; give model.n_dims 1"},
        {"orthogonal_train_test", 1,
         "orthogonal_train_test prompts need inputs of 2 dims or more, but these have 1; raise "
         "model.n_dims"},
        {"half_subspace", 1,
         "half_subspace prompts need inputs of 2 dims or more, but these have 1; raise "
         "model.n_dims"},
        {"skewed", 2049,
         "skewed prompts need inputs of 2048 dims or fewer, but these have 2049: a random basis "
         "takes n_dims^3 operations, minutes from there on; lower model.n_dims"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AmbitError error;
        AmbitPromptDistribution *d = NULL;
        assert_int_equal(
            ambit_prompt_distribution_create(&d, ambit_prompt_distribution_type_find(cases[i].name),
                                             cases[i].dims, &error),
            AMBIT_OK);
        refuse(ambit_prompt_distribution_finish(d, key, &error), &error, cases[i].message);
        ambit_prompt_distribution_destroy(&d);
    }
}

static void check_refused(AmbitFamily *family, AmbitPromptDistribution *distribution,
                          size_t n_points, const char *message)
{
    AmbitError error;
    AmbitMixture *mixture = fixture_mixture(family);
    AmbitPromptBatch *batch = NULL;
    AmbitPromptSource source = {.mixture = mixture, .distribution = distribution};
    refuse(ambit_prompt_source_batch(&batch, &source, 2, n_points, &error), &error, message);
    assert_null(batch);
    ambit_mixture_destroy(&mixture);
    ambit_prompt_distribution_destroy(&distribution);
}

static void wrong_numbers_of_points_are_refused(void **state)
{
    (void)state;
    AmbitError error = {0};
    check_refused(fixture_family("linear_regression", 1, NULL, 0),
                  fixture_prompts_with("grid", 1, "n_context", 12, key), 12,
                  "grid queries that have seen 12 points take prompts of 13 points or more, but "
                  "these have 12; raise n_points");
    check_refused(fixture_family("linear_regression", 4, NULL, 0),
                  fixture_prompts("overlapping_train_test", 4, key), 1,
                  "overlapping_train_test prompts take 2 points or more, but these have 1; raise "
                  "n_points");
    AmbitPromptDistribution *grid = fixture_prompts_with("grid", 1, "low", 2, key), *copy = NULL;
    refuse(ambit_prompt_distribution_with(&copy, grid, "high", 2, key, &error), &error,
           "the grid ends at 2, not above its start, 2");
    assert_string_equal(error.parameter, "high");
    ambit_prompt_distribution_destroy(&grid);
}

static void draw_five(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *x)
{
    (void)family, (void)rng, (void)active_dims;
    x[0] = 5.0;
}

/* Prompts that start from the class's own distribution take any class. Those made of normal inputs
 * say so in their record, and do not. */
static void distributions_of_their_own_are_kept(void **state)
{
    (void)state;
    const AmbitFamilyType *linear = ambit_family_type_find("linear_regression");
    AmbitFamilyType own = *linear;
    own.name = "own";
    own.draw_input = draw_five;
    for (const AmbitPromptDistributionType *const *type = ambit_prompt_distribution_types(); *type;
         type++) {
        size_t dims = dims_of(*type);
        AmbitFamily *family = fixture_family("linear_regression", dims, NULL, 0);
        AmbitPromptDistribution *prompts = fixture_prompts((*type)->name, dims, key);
        family->type = &own;
        if ((*type)->check != ambit_prompts_need_normal) {
            FixtureSource s = fixture_source(family, prompts, key, 0, 2, 3);
            assert_true(fabs(s.batch->x[0]) == fabs(s.batch->x[3 * dims])); // of two prompts
            fixture_source_close(&s);
            continue;
        }
        char message[200];
        snprintf(message, sizeof message,
                 "%s prompts are made of inputs from N(0, I), but those of own have a distribution "
                 "of their own; use standard prompts",
                 (*type)->name);
        check_refused(family, prompts, 3, message);
    }
    // A combination has the distribution of its parts, which may be N(0, I).
    assert_true(accepts(ambit_prompt_distribution_type_find("skewed"),
                        fixture_family("convex", 20, NULL, 0)));
    assert_false(accepts(ambit_prompt_distribution_type_find("ar1"),
                         fixture_family("fourier_series", 1, NULL, 0)));
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prompts_are_drawn_by_index),
        cmocka_unit_test(curricula_are_respected),
        cmocka_unit_test(longer_prompts_extend_shorter_ones),
        cmocka_unit_test(preserved_second_moment_is_sampled),
        cmocka_unit_test(preserved_second_moment_is_sampled_for_drawn_parameters),
        cmocka_unit_test(contexts_are_paired),
        cmocka_unit_test(wrong_dims_are_refused),
        cmocka_unit_test(wrong_numbers_of_points_are_refused),
        cmocka_unit_test(distributions_of_their_own_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
