// SPDX-License-Identifier: MIT
// Combinations of families: second moments that do not follow from those of the parts, label noise,
// pools, and finite sets of prompts.
#include "testing.h"

#include "task_fixtures.h"

#include "ambit/memory.h"

#include <gsl/gsl_errno.h>
#include <string.h>

static const AmbitKey key = {17, 0, AMBIT_EVALUATION};

static FixtureSource open_source(AmbitFamily *family, size_t n_prompts, size_t n_points)
{
    return fixture_source(family, fixture_prompts("standard", family->n_dims, key), key, 0,
                          n_prompts, n_points);
}

static AmbitFamily *combine(const char *name, AmbitFamily *first, AmbitFamily *second)
{
    return fixture_finish(fixture_raw_combination(name, first, second));
}

static AmbitFamily *scaled(const char *name, size_t n_dims, double scale)
{
    return fixture_family(name, n_dims, "scale", scale);
}

/* E y² declared against 20 000 sampled, within 5 standard errors and 0.5 %; and against `expected`,
 * within 1 % (0: not known). */
static void assert_second_moment(AmbitFamily *family, double expected)
{
    enum { COUNT = 20000 };
    const char *name = family->type->name;
    double declared = ambit_family_second_moment(family, family->n_dims), sum = 0, squares = 0;
    FixtureSource s = open_source(family, COUNT, 1);
    for (size_t i = 0; i < COUNT; i++) {
        double square = s.batch->y_query[i] * s.batch->y_query[i];
        sum += square / COUNT;
        squares += square * square / COUNT;
    }
    double error = 5 * sqrt((squares - sum * sum) / COUNT) + 0.005 * declared;
    if (!(fabs(sum - declared) <= error) ||
        (expected > 0 && !(fabs(declared / expected - 1) <= 0.01)))
        fail_msg("%s: %g declared, %g sampled, %g expected", name, declared, sum, expected);
    fixture_source_close(&s);
}

/* E |x|^4 = D (D + 2), not D^2. */
static void second_moments_of_products(void **state)
{
    (void)state;
    const char *linear = "linear_regression";
    assert_second_moment(combine("product", scaled(linear, 4, 2), scaled(linear, 4, 1)), 4 * 4 * 6);
    assert_second_moment(combine("product", scaled(linear, 1, 1), scaled(linear, 1, 1)), 3);
    assert_second_moment(
        combine("product", scaled(linear, 4, 1), fixture_family("decision_tree", 4, NULL, 0)), 4);
    AmbitFamily *signs = combine("product", fixture_family("linear_classification", 4, NULL, 0),
                                 fixture_family("linear_classification", 4, NULL, 0));
    assert_true(signs->binary);
    assert_second_moment(signs, 1);
}

static void second_moments_of_compositions(void **state)
{
    (void)state;
    AmbitFamily *outer = fixture_family("sinusoid", 1, "omega", 0.1);
    assert_second_moment(combine("composition", scaled("linear_regression", 1, 3),
                                 scaled("linear_regression", 1, 2)),
                         36);
    // E cos² = (1 + E exp(−2 (2π ω)² w²)) / 2 with w ~ N(0, 1)
    assert_second_moment(combine("composition", outer, scaled("linear_regression", 1, 1)),
                         0.5 * (1 + 1 / sqrt(1 + 16 * M_PI * M_PI * 0.01)));
    AmbitFamily *inputs = combine("composition", scaled("linear_regression", 1, 1),
                                  fixture_family("fourier_series", 1, "L", 3));
    FixtureSource s = open_source(inputs, 50, 10);
    double largest = 0;
    for (size_t i = 0; i < 500; i++)
        largest = larger(largest, fabs(s.batch->x[i]));
    assert_true(largest <= 3 && largest > 2.5);
    fixture_source_close(&s);
}

/* Functions that do not average to 0: sine_phase, and the one function of a pool. */
static void cross_terms_of_sums(void **state)
{
    (void)state;
    AmbitFamily *f = fixture_family("sine_phase", 1, NULL, 0),
                *g = fixture_family("sine_phase", 1, NULL, 0);
    double cross = 0.5 * pow(0.3 * 2 / M_PI, 2) * (1 + sin(10) / 10);
    assert_second_moment(combine("convex", f, g), 0.5 * 0.31 / 6 + 0.5 * cross);
    for (int i = 0; i < 2; i++) {
        AmbitFamily **part = i ? &f : &g;
        *part = fixture_raw_combination("pool", scaled("linear_regression", 5, 1), NULL);
        fixture_set(*part, "size", 1);
        fixture_finish(*part);
    }
    double w[6], square = 0; // twice the same function: the second moment of that function
    ambit_family_prior(f).pick(f, 0, w);
    for (size_t j = 1; j < 6; j++)
        square += w[j] * w[j];
    assert_second_moment(combine("convex", f, g), square);
}

static void rescaled_second_moments(void **state)
{
    (void)state;
    AmbitFamily *family =
        fixture_raw_combination("rescale", scaled("linear_regression", 5, 3), NULL);
    fixture_set(family, "factor", -2);
    assert_second_moment(fixture_finish(family), 4 * 45);
    family = fixture_raw_combination(
        "rescale", fixture_family("noisy_linear_regression", 5, "noise_std", 2), NULL);
    fixture_set(family, "unit_second_moment", 1);
    fixture_finish(family);
    assert_true(fabs(family->query_noise - 4.0 / 9) < 1e-12);
    assert_second_moment(family, 1);
}

/* Variances of y − f(x) in context and query, and their covariance, over 400 × 25 labels. */
static void assert_noise(AmbitFamily *family, double context, double query, double shared)
{
    FixtureSource s = open_source(family, 400, 25);
    double found[3] = {0};
    for (size_t i = 0; i < 400 * 25; i++) {
        double f =
            family->type->evaluate(family, s.batch->function + i / 25 * s.batch->function_size,
                                   s.batch->x + i * s.batch->n_dims);
        double a = s.batch->y[i] - f, b = s.batch->y_query[i] - f;
        found[0] += a * a / 10000;
        found[1] += b * b / 10000;
        found[2] += a * b / 10000;
    }
    assert_true(fabs(found[0] - context) <= 0.075 * context); // 5 of √(2/10 000) = 1.4 %
    assert_true(fabs(found[1] - query) <= 0.075 * query);
    assert_true(fabs(found[2] - shared) <= 0.075 * shared);
    assert_true(fabs(family->context_noise - context) <= 1e-12 * context);
    assert_true(fabs(family->query_noise - query) <= 1e-12 * query);
    fixture_source_close(&s);
}

static AmbitFamily *noisy(int labels)
{
    AmbitFamily *family = fixture_raw_combination("noise", scaled("linear_regression", 5, 1), NULL);
    fixture_set(family, "noise_std", 0.5);
    fixture_set(family, "labels", labels);
    return fixture_finish(family);
}

static void label_noise(void **state)
{
    (void)state;
    enum { CONTEXT, QUERY, BOTH };
    assert_noise(noisy(CONTEXT), 0.25, 0, 0);
    assert_noise(noisy(QUERY), 0, 0.25, 0);
    assert_noise(noisy(BOTH), 0.25, 0.25, 0.25);
    assert_noise(combine("noise", noisy(CONTEXT), NULL), 1.25, 1, 1);
    assert_noise(combine("pool", noisy(CONTEXT), NULL), 0.25, 0, 0);
    assert_noise(combine("convex", noisy(CONTEXT), noisy(BOTH)), 0.125, 0.0625, 0.0625);
    assert_noise(fixture_family("noisy_linear_regression", 5, "noise_std", 3), 9, 9, 9);
    AmbitFamily *family = fixture_raw_family("noisy_linear_regression", 5);
    fixture_set(family, "noise_std", 3);
    fixture_set(family, "renormalize_ys", 1);
    assert_noise(fixture_finish(family), 9 * 5 / 14.0, 9 * 5 / 14.0, 9 * 5 / 14.0);
    assert_second_moment(noisy(CONTEXT), 5);
    assert_second_moment(noisy(QUERY), 5.25);
}

static AmbitFamily *pool(const char *part, int64_t size)
{
    AmbitFamily *family = NULL;
    AmbitError error;
    assert_int_equal(ambit_pool_create(&family, fixture_family(part, 5, NULL, 0), size, 3, &error),
                     AMBIT_OK);
    return family;
}

static void pools_are_finite(void **state)
{
    (void)state;
    AmbitFamily *small = pool("linear_regression", 3), *large = pool("linear_regression", 50);
    size_t used[3] = {0};
    AmbitPrior few = ambit_family_prior(small), many = ambit_family_prior(large);
    const AmbitFamily *part = few.parts[0];
    double functions[3][6], same[6];
    assert_int_equal(few.kind, AMBIT_PRIOR_FINITE);
    for (size_t i = 0; i < 3; i++) {
        few.pick(small, i, functions[i]);
        many.pick(large, i, same);
        assert_memory_equal(functions[i], same, sizeof same);
    }
    assert_int_equal(few.n_functions, 3);
    assert_int_equal(many.n_functions, 50);
    assert_string_equal(part->type->name, "linear_regression");
    assert_int_not_equal(ambit_family_prior(part).kind, AMBIT_PRIOR_FINITE);
    FixtureSource s = open_source(small, 300, 4);
    for (size_t b = 0; b < 300; b++) {
        size_t index = (size_t)s.batch->function[b * 6];
        assert_memory_equal(functions[index], s.batch->function + b * 6, 6 * sizeof(double));
        used[index]++;
        for (size_t i = b * 4; i < b * 4 + 4; i++) {
            double y = 0;
            for (size_t j = 0; j < 5; j++)
                y += functions[index][j + 1] * s.batch->x[i * 5 + j];
            assert_true(fabs(y - s.batch->y[i]) < 1e-12);
        }
    }
    for (size_t i = 0; i < 3; i++)
        assert_true(fabs((double)used[i] - 100) < 5 * sqrt(300 * 2 / 9.0));
    fixture_source_close(&s);
    ambit_family_destroy(&large);
    assert_second_moment(pool("quadratic_regression", 2), 0);
    assert_second_moment(pool("decision_tree", 2), 0);
    AmbitFamily *binary = pool("linear_classification", 2);
    assert_true(binary->binary);
    assert_second_moment(binary, 1);
}

/* Which of 40 prompts each of 32 is, at steps 0…; every batch draws distinct ones. */
static void finite_sets_of_prompts(void **state)
{
    (void)state;
    enum { SET = 40, TAKEN = 32, STEPS = 60 };
    FixtureSource all = open_source(scaled("linear_regression", 3, 1), SET, 5);
    AmbitPromptSource source = {
        .mixture = all.mixture, .distribution = all.distribution, .n_examples = SET};
    AmbitPromptBatch *batch = fixture_batch(all.mixture, all.distribution, key, 3, TAKEN, 5);
    size_t used[SET] = {0}, moved = 0;
    for (size_t step = 0; step < STEPS; step++) {
        bool taken[SET] = {false};
        AmbitKey at = {key.seed, step, key.purpose};
        ambit_prompt_fill(&source, at, 0, 3, batch);
        for (size_t b = 0; b < TAKEN; b++) {
            size_t i = 0;
            while (i < SET && memcmp(batch->x + b * 15, all.batch->x + i * 15, 15 * sizeof(double)))
                i++;
            assert_true(i < SET && !taken[i]);
            assert_memory_equal(batch->y + b * 5, all.batch->y + i * 5, 5 * sizeof(double));
            taken[i] = true;
            used[i]++;
            moved += i != b;
        }
    }
    assert_true(moved > TAKEN * STEPS * 9 / 10);
    for (size_t i = 0; i < SET; i++) // share 0.8, standard deviation √(60 · 0.8 · 0.2) = 3.1
        assert_true(fabs((double)used[i] - 0.8 * STEPS) < 5 * 3.1);
    ambit_prompt_batch_destroy(&batch);
    fixture_source_close(&all);
}

/* Every batch as large as the pools uses each of their functions that it draws once, in another
 * order at every step. */
static void distinct_functions_of_pools(void **state)
{
    (void)state;
    enum { SIZE = 24, STEPS = 20 };
    AmbitMixture *mixture = fixture_mixture(pool("linear_regression", SIZE));
    AmbitFamily *noisy_pool =
        fixture_finish(fixture_raw_combination("noise", pool("quadratic_regression", SIZE), NULL));
    assert_int_equal(ambit_mixture_add(mixture, noisy_pool, "other", 1, NULL), AMBIT_OK);
    AmbitPromptDistribution *standard = fixture_prompts("standard", 5, key);
    AmbitPromptSource source = {.mixture = mixture, .distribution = standard};
    AmbitPromptBatch *batch = fixture_batch(mixture, standard, key, 5, SIZE, 4);
    size_t first[SIZE], moved = 0, repeated = 0;
    for (size_t step = 0; step < 2 * STEPS; step++) {
        bool taken[SIZE] = {false};
        source.distinct_functions = step < STEPS;
        ambit_prompt_fill(&source, (AmbitKey){key.seed, step, key.purpose}, 0, 5, batch);
        for (size_t b = 0; b < SIZE; b++) {
            size_t function = (size_t)batch->function[b * batch->function_size];
            assert_true(function < SIZE);
            repeated += taken[function];
            taken[function] = true;
            moved += step > 0 && step < STEPS && function != first[b];
            if (step == 0)
                first[b] = function;
        }
        assert_true(step >= STEPS || repeated == 0);
    }
    assert_true(repeated > 0 && moved > SIZE * (STEPS - 1) * 8 / 10);
    ambit_prompt_batch_destroy(&batch);
    ambit_prompt_distribution_destroy(&standard);
    ambit_mixture_destroy(&mixture);
}

/* A class of weight 0 is never drawn, whatever its place. */
static void classes_without_weight(void **state)
{
    (void)state;
    AmbitMixture *mixture;
    assert_int_equal(ambit_mixture_create(&mixture, NULL), AMBIT_OK);
    static const double weights[] = {0, 2, 0};
    static const char *const labels[] = {"a", "b", "c"};
    for (size_t c = 0; c < 3; c++)
        assert_int_equal(ambit_mixture_add(mixture, scaled("linear_regression", 3, (double)c + 1),
                                           labels[c], weights[c], NULL),
                         AMBIT_OK);
    for (size_t i = 0; i <= 100; i++)
        assert_int_equal(ambit_mixture_class(mixture, fmin((double)i / 100, 1 - 0x1p-53)), 1);
    assert_true(ambit_mixture_second_moment(mixture, 3) == 4 * 3);
    ambit_mixture_destroy(&mixture);
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {cmocka_unit_test(second_moments_of_products),
                                       cmocka_unit_test(second_moments_of_compositions),
                                       cmocka_unit_test(cross_terms_of_sums),
                                       cmocka_unit_test(rescaled_second_moments),
                                       cmocka_unit_test(label_noise),
                                       cmocka_unit_test(pools_are_finite),
                                       cmocka_unit_test(finite_sets_of_prompts),
                                       cmocka_unit_test(distinct_functions_of_pools),
                                       cmocka_unit_test(classes_without_weight)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
