// SPDX-License-Identifier: MIT
// Evaluation: results that do not depend on threads or batches, paired sweeps, statistics.
#include "testing.h"

#include "task_fixtures.h"

#include "ambit/memory.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <string.h>

static const AmbitKey key = {3, 0, AMBIT_EVALUATION};

typedef struct Bench {
    AmbitTarget target;
    AmbitPredictor *predictors[3];
    AmbitEvaluationSettings settings;
} Bench;

static Bench open_bench(AmbitFamily *family, const char *prompts)
{
    Bench bench = {.settings = {.n_examples = 50,
                                .batch_size = 24,
                                .n_points = 12,
                                .bootstrap = 60,
                                .seed = key.seed,
                                .n_probed = 5,
                                .grid_points = 9,
                                .grid_low = -2,
                                .grid_high = 2}};
    bench.target = (AmbitTarget){.name = ambit_strdup("target"),
                                 .distribution = fixture_prompts(prompts, family->n_dims, key),
                                 .mixture = fixture_mixture(family)};
    bench.predictors[0] = fixture_predictor("least_squares");
    bench.predictors[1] = fixture_predictor("lasso");
    bench.predictors[2] = fixture_predictor("zero");
    return bench;
}

static void sweep(Bench *bench, const char *parameter, const double *values, size_t count)
{
    bench->target.sweep = ambit_strdup(parameter);
    bench->target.sweep_values = (AmbitDoubles){ambit_alloc(count, sizeof *values), count};
    memcpy(bench->target.sweep_values.values, values, count * sizeof *values);
}

static AmbitEvaluation evaluation_of(const Bench *bench, size_t n_threads)
{
    return (AmbitEvaluation){.predictors = bench->predictors,
                             .n_predictors = 3,
                             .settings = &bench->settings,
                             .n_threads = n_threads};
}

static AmbitTargetResult *evaluate(const Bench *bench, size_t n_threads)
{
    AmbitError error = {0};
    AmbitTargetResult *result = NULL;
    AmbitEvaluation evaluation = evaluation_of(bench, n_threads);
    AmbitStatus status = ambit_evaluate_target(&result, &bench->target, &evaluation, &error);
    if (status)
        fail_msg("%s", error.message);
    return result;
}

static void close_bench(Bench *bench)
{
    ambit_target_free(&bench->target);
    for (size_t p = 0; p < 3; p++)
        ambit_predictor_destroy(&bench->predictors[p]);
}

static void assert_same_results(const AmbitTargetResult *a, const AmbitTargetResult *b)
{
    size_t curves = a->n_sweep * a->n_columns * a->n_queries, all = curves * a->n_examples;
    assert_memory_equal(a->error, b->error, all * sizeof(double));
    assert_memory_equal(a->flag, b->flag, all);
    assert_memory_equal(a->normalizer, b->normalizer, a->n_sweep * sizeof(double));
    assert_memory_equal(a->mean, b->mean, curves * sizeof(double));
    assert_memory_equal(a->median, b->median, curves * sizeof(double));
    assert_memory_equal(a->low, b->low, curves * sizeof(double));
    assert_memory_equal(a->high, b->high, curves * sizeof(double));
    assert_int_equal(a->n_arrays, b->n_arrays);
    for (size_t i = 0; i < a->n_arrays; i++)
        assert_memory_equal(a->arrays[i].values, b->arrays[i].values,
                            a->n_sweep * a->arrays[i].count * sizeof(double));
}

static void threads_and_batches_change_no_bit(void **state)
{
    (void)state;
    static const double alphas[] = {0, 0.5, 1};
    Bench bench = open_bench(fixture_family("convex", 8, NULL, 0), "skewed");
    bench.target.probes = 7;
    static char *references[] = {"least_squares", "zero"};
    bench.settings.references = (AmbitTexts){references, 2};
    sweep(&bench, "alpha", alphas, 3);
    AmbitTargetResult *one = evaluate(&bench, 1), *two = evaluate(&bench, 2);
    assert_same_results(one, two);
    ambit_target_result_destroy(&two);
    bench.settings.batch_size = 7;
    two = evaluate(&bench, 3);
    assert_same_results(one, two);
    ambit_target_result_destroy(&one);
    ambit_target_result_destroy(&two);
    close_bench(&bench);
}

static void a_result_says_what_it_holds(void **state)
{
    (void)state;
    Bench bench = open_bench(fixture_family("linear_regression", 8, NULL, 0), "standard");
    AmbitTargetResult *r = evaluate(&bench, 1);
    static const char *const columns[] = {"least_squares", "lasso_1",     "lasso_0.1",
                                          "lasso_0.01",    "lasso_0.001", "lasso_0.0001",
                                          "zero"};
    assert_int_equal(r->n_columns, 7);
    for (size_t c = 0; c < 7; c++)
        assert_string_equal(r->axes[AMBIT_AXIS_PREDICTOR].labels[c], columns[c]);
    for (size_t q = 0; q < 12; q++) {
        assert_true(r->axes[AMBIT_AXIS_QUERY].values[q] == (double)q);
        assert_true(r->mean[q] < (q < 8 ? 3.0 : 1e-12));
    }
    assert_true(r->normalizer_is_declared && r->normalizer[0] == 8.0);
    assert_true(r->seconds[0] > 0.0 && r->seconds[1] == r->seconds[5]);
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

/* The squared error of `zero` is y² over the normaliser, straight from the prompts. */
static void errors_are_those_of_the_prompts(void **state)
{
    (void)state;
    Bench bench = open_bench(fixture_family("linear_regression", 8, "scale", 2), "standard");
    AmbitTargetResult *r = evaluate(&bench, 2);
    AmbitPromptBatch *batch =
        fixture_batch(bench.target.mixture, bench.target.distribution, key, 8, 50, 12);
    const double *zero = r->error + 6 * 50 * 12;
    double sum = 0, squares = 0;
    for (size_t n = 0; n < 50; n++) {
        double own = 0;
        for (size_t i = n * 12; i < (n + 1) * 12; i++) {
            assert_true(zero[i] == batch->y[i] * batch->y[i] / 32.0);
            own += zero[i] / 12;
        }
        sum += own;
        squares += own * own;
    }
    assert_true(fabs(r->zero->mean - sum / 50) < 1e-12);
    assert_true(fabs(r->zero->error - sqrt((squares / 50 - pow(sum / 50, 2)) / 49)) < 1e-12);
    ambit_prompt_batch_destroy(&batch);
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

/* Where no power is declared, `zero` scores 1 on these very prompts. */
static void zero_scores_one(void **state)
{
    (void)state;
    Bench bench = open_bench(fixture_family("linear_regression", 8, "scale", 2), "skewed");
    AmbitTargetResult *r = evaluate(&bench, 1);
    double sum = 0.0;
    for (size_t q = 0; q < 12; q++)
        sum += r->mean[6 * 12 + q];
    assert_false(r->normalizer_is_declared);
    assert_true(fabs(sum / 12 - 1.0) < 1e-12);
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

static void sweep_points_are_paired(void **state)
{
    (void)state;
    static const double scales[] = {1, 3};
    Bench bench = open_bench(fixture_family("linear_regression", 8, NULL, 0), "standard");
    sweep(&bench, "scale", scales, 2);
    AmbitTargetResult *both = evaluate(&bench, 1);
    close_bench(&bench);
    assert_true(both->normalizer[0] == 8.0 && both->normalizer[1] == 72.0);
    const size_t point = 7 * 50 * 12; // least squares does not care about the scale
    for (size_t i = 0; i < 50 * 12; i++)
        assert_true(fabs(both->error[i] - both->error[point + i]) < 1e-12);

    bench = open_bench(fixture_family("linear_regression", 8, "scale", 3), "standard");
    AmbitTargetResult *alone = evaluate(&bench, 1);
    assert_memory_equal(alone->error, both->error + point, point * sizeof(double));
    assert_memory_equal(alone->low, both->low + 7 * 12, 7 * 12 * sizeof(double));
    ambit_target_result_destroy(&both);
    ambit_target_result_destroy(&alone);
    close_bench(&bench);
}

static Bench open_two_classes(double scale)
{
    Bench bench = open_bench(fixture_family("linear_regression", 8, NULL, 0), "standard");
    assert_int_equal(ambit_mixture_add(bench.target.mixture,
                                       fixture_family("linear_regression", 8, "scale", scale),
                                       "second", 1, NULL),
                     AMBIT_OK);
    return bench;
}

static void one_class_of_several_is_swept(void **state)
{
    (void)state;
    static const double scales[] = {1, 3};
    Bench bench = open_two_classes(1);
    sweep(&bench, "tasks[1].scale", scales, 2);
    AmbitTargetResult *both = evaluate(&bench, 1);
    close_bench(&bench);
    bench = open_two_classes(3);
    AmbitTargetResult *alone = evaluate(&bench, 1);
    assert_true(both->normalizer[0] == 8.0 && both->normalizer[1] == 40.0);
    const size_t point = 7 * 50 * 12;
    assert_memory_equal(alone->error, both->error + point, point * sizeof(double));
    close_bench(&bench);

    bench = open_two_classes(1);
    sweep(&bench, "tasks[2].scale", scales, 2);
    AmbitTargetResult *none = NULL;
    AmbitEvaluation evaluation = evaluation_of(&bench, 1);
    AmbitError error = {0};
    assert_int_equal(ambit_evaluate_target(&none, &bench.target, &evaluation, &error),
                     AMBIT_INVALID);
    assert_non_null(strstr(error.message, "tasks[0].NAME to tasks[1].NAME"));
    ambit_target_result_destroy(&both);
    ambit_target_result_destroy(&alone);
    close_bench(&bench);
}

static bool stop_at_30(void *context, size_t done, size_t total, const double *seconds)
{
    (void)seconds;
    *(size_t *)context = done;
    assert_int_equal(total, 50);
    return done < 30;
}

static void an_evaluation_can_be_stopped_or_refused(void **state)
{
    (void)state;
    Bench bench = open_bench(fixture_family("linear_regression", 8, NULL, 0), "standard");
    AmbitTargetResult *result = NULL;
    AmbitError error;
    size_t done = 0;
    AmbitEvaluation evaluation = evaluation_of(&bench, 1);
    evaluation.progress = stop_at_30;
    evaluation.progress_context = &done;
    AmbitStatus status = ambit_evaluate_target(&result, &bench.target, &evaluation, &error);
    assert_int_equal(status, AMBIT_INTERRUPTED);
    assert_int_equal(done, 48);
    assert_null(result);
    bench.settings.n_points = 0;
    status = ambit_evaluate_target(&result, &bench.target, &evaluation, &error);
    assert_int_equal(status, AMBIT_INVALID);
    assert_string_equal(error.parameter, "n_points");
    close_bench(&bench);
}

static void statistics_are_those_of_the_values(void **state)
{
    (void)state;
    static const double values[] = {1, 8, 5, 6, 2, 4, 9, 0, 3, 2}; // 5 prompts, 2 queries
    double mean[2], median[2], low[2], high[2];
    AmbitError error;
    const AmbitSample sample = {values, NULL, 5, 2};
    const AmbitStatistics statistics = {mean, low, high, median};
    assert_int_equal(ambit_bootstrap_statistics(&sample, 40, key, &statistics, &error), AMBIT_OK);
    assert_true(mean[0] == 4.0 && mean[1] == 4.0);
    assert_true(median[0] == 3.0 && median[1] == 4.0);
    for (size_t q = 0; q < 2; q++)
        assert_true(low[q] < mean[q] && mean[q] < high[q]);
}

/* Without weights a value that is NaN makes every statistic of its query NaN, and of no other. */
static void an_undefined_value_is_not_passed_over(void **state)
{
    (void)state;
    static const double values[] = {1, 1, NAN, 3, 3, 2, 2, 5, 5, 4, 4, 6, 0, 0}; // 7 prompts
    double mean[2], median[2], low[2], high[2];
    AmbitError error;
    const AmbitSample sample = {values, NULL, 7, 2};
    const AmbitStatistics statistics = {mean, low, high, median};
    assert_int_equal(ambit_bootstrap_statistics(&sample, 40, key, &statistics, &error), AMBIT_OK);
    assert_true(isnan(mean[0]) && isnan(median[0]) && isnan(low[0]) && isnan(high[0]));
    assert_true(mean[1] == 3.0 && median[1] == 3.0 && low[1] < 3.0 && high[1] > 3.0);
}

/* Σ weight·value / Σ weight over the defined values, in the mean as in every resample. */
static void weighted_statistics_skip_the_undefined(void **state)
{
    (void)state;
    static const double values[] = {1, NAN, 0.25, NAN, NAN, NAN, 1, NAN}; // 4 examples, 2 queries
    static const double weights[] = {1, 0, 4, 0, 7, 0, 1, 0};
    double mean[2], low[2], high[2];
    AmbitError error;
    const AmbitSample sample = {values, weights, 4, 2};
    const AmbitStatistics statistics = {mean, low, high, NULL};
    assert_int_equal(ambit_bootstrap_statistics(&sample, 400, key, &statistics, &error), AMBIT_OK);
    assert_true(mean[0] == (1 + 1 + 1) / 6.0 && isnan(mean[1]));
    assert_true(low[0] == 0.25 && high[0] == 1.0); // of only the second, of none of it
    assert_true(isnan(low[1]) && isnan(high[1]));
}

/* The interval of a normal sample's mean is ±1.645 standard errors; with 1000 resamples its ends
 * have a standard error of about 6 %, and 25 % is four of them. Shared resamples: adding a constant
 * to the values moves the interval by just that. */
static void bootstrap_interval_has_its_width(void **state)
{
    (void)state;
    enum { N = 1000 };
    static double values[N * 2];
    double mean[2], low[2], high[2];
    AmbitError error;
    AmbitRandom random;
    ambit_random_open(&random, key, AMBIT_STREAM_NOISE, 0);
    for (size_t n = 0; n < N; n++) {
        values[2 * n] = gsl_ran_gaussian(&random.rng, 2.0);
        values[2 * n + 1] = values[2 * n] + 7.0;
    }
    const AmbitSample sample = {values, NULL, N, 2};
    const AmbitStatistics statistics = {mean, low, high, NULL};
    assert_int_equal(ambit_bootstrap_statistics(&sample, 1000, key, &statistics, &error), AMBIT_OK);
    double half = 1.645 * 2.0 / sqrt(N);
    assert_true(fabs((mean[0] - low[0]) / half - 1.0) < 0.25);
    assert_true(fabs((high[0] - mean[0]) / half - 1.0) < 0.25);
    assert_true(fabs(low[1] - low[0] - 7.0) < 1e-12 && fabs(high[1] - high[0] - 7.0) < 1e-12);
}

static void metrics_score_queries(void **state)
{
    (void)state;
    assert_true(ambit_squared_error.between(3, 1) == 4 && isnan(ambit_squared_error.zero));
    const AmbitMetric *signs = &ambit_misclassification;
    assert_true(signs->between(0.1, 1) == 0 && signs->between(-7, 1) == 1);
    assert_true(signs->between(0, 1) == signs->zero && signs->between(0, 0) == 0);
    assert_true(isnan(signs->between(NAN, 1)));
    assert_ptr_equal(ambit_metric_find("misclassification"), signs);
    assert_null(ambit_metric_find("squared"));
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_and_batches_change_no_bit),
        cmocka_unit_test(a_result_says_what_it_holds),
        cmocka_unit_test(errors_are_those_of_the_prompts),
        cmocka_unit_test(zero_scores_one),
        cmocka_unit_test(sweep_points_are_paired),
        cmocka_unit_test(one_class_of_several_is_swept),
        cmocka_unit_test(an_evaluation_can_be_stopped_or_refused),
        cmocka_unit_test(metrics_score_queries),
        cmocka_unit_test(statistics_are_those_of_the_values),
        cmocka_unit_test(an_undefined_value_is_not_passed_over),
        cmocka_unit_test(weighted_statistics_skip_the_undefined),
        cmocka_unit_test(bootstrap_interval_has_its_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
