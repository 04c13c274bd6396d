// SPDX-License-Identifier: MIT
// Measurements beyond errors: distances, differences, sweeps of all kinds, training
// steps, labels ±1, probes.
#include "testing.h"

#include "task_fixtures.h"

#include "ambit/memory.h"

#include <gsl/gsl_errno.h>
#include <string.h>

enum { N = 40, P = 12, D = 4, COLUMNS = 2, LS = 0, ZERO = 1, PROBED = 5, GRID = 9 };

static const AmbitKey key = {3, 0, AMBIT_EVALUATION};

/* Least squares and zero on one target. */
typedef struct Bench {
    AmbitTarget target;
    AmbitPredictor *predictors[COLUMNS];
    AmbitEvaluationSettings settings;
    AmbitEvaluation evaluation;
    AmbitTargetResult *result;
} Bench;

static void open_bench(Bench *bench, AmbitFamily *family, const char *prompts)
{
    *bench = (Bench){.settings = {.n_examples = N,
                                  .batch_size = 24,
                                  .n_points = P,
                                  .bootstrap = 60,
                                  .seed = key.seed,
                                  .n_probed = PROBED,
                                  .grid_points = GRID,
                                  .grid_low = -2,
                                  .grid_high = 2}};
    bench->target = (AmbitTarget){.name = ambit_strdup("target"),
                                  .distribution = fixture_prompts(prompts, family->n_dims, key),
                                  .mixture = fixture_mixture(family)};
    bench->predictors[LS] = fixture_predictor("least_squares");
    bench->predictors[ZERO] = fixture_predictor("zero");
    bench->evaluation = (AmbitEvaluation){.predictors = bench->predictors,
                                          .n_predictors = COLUMNS,
                                          .settings = &bench->settings,
                                          .n_threads = 2};
}

static void sweep(Bench *bench, const char *number, const double *values, size_t count)
{
    bench->target.sweep = ambit_strdup(number);
    bench->target.sweep_values = (AmbitDoubles){ambit_alloc(count, sizeof *values), count};
    memcpy(bench->target.sweep_values.values, values, count * sizeof *values);
}

static const AmbitTargetResult *evaluate(Bench *bench)
{
    AmbitError error = {0};
    ambit_target_result_destroy(&bench->result);
    if (ambit_evaluate_target(&bench->result, &bench->target, &bench->evaluation, &error))
        fail_msg("%s", error.message);
    return bench->result;
}

static void close_bench(Bench *bench)
{
    ambit_target_result_destroy(&bench->result);
    ambit_target_free(&bench->target);
    for (size_t p = 0; p < COLUMNS; p++)
        ambit_predictor_destroy(&bench->predictors[p]);
}

static const double *array_of(const AmbitTargetResult *result, const char *name)
{
    const AmbitResultArray *array = ambit_result_find(result, name);
    if (!array)
        fail_msg("%s was not measured", name);
    return array->values;
}

static void assert_near(double found, double expected, double tolerance)
{
    if (!(fabs(found - expected) <= tolerance))
        fail_msg("found %.17g, expected %.17g", found, expected);
}

/* The zero predictor's error is y² and its distance to least squares their predictions' square. */
static void distances_and_differences(void **state)
{
    (void)state;
    Bench bench;
    open_bench(&bench, fixture_family("linear_regression", D, NULL, 0), "standard");
    static char *zero[] = {"zero"};
    bench.settings.references = (AmbitTexts){zero, 1};
    const AmbitTargetResult *r = evaluate(&bench);
    AmbitPromptBatch *batch =
        fixture_batch(bench.target.mixture, bench.target.distribution, key, D, N, P);
    double *prediction = fixture_predict(bench.predictors[LS], batch, NULL);
    const double *distance = array_of(r, "distance"), *paired = array_of(r, "difference");
    for (size_t q = 0; q < P; q++) {
        double square = 0, difference = 0;
        for (size_t n = 0; n < N; n++) {
            square += prediction[n * P + q] * prediction[n * P + q] / N / D;
            difference += (r->error[n * P + q] - r->error[(N + n) * P + q]) / N;
        }
        assert_near(distance[(LS * COLUMNS + ZERO) * P + q], square, 1e-12);
        assert_near(distance[(ZERO * COLUMNS + LS) * P + q], square, 1e-12);
        assert_true(distance[q] == 0 && distance[(ZERO * COLUMNS + ZERO) * P + q] == 0);
        assert_near(paired[LS * P + q], difference, 1e-12);
        assert_true(paired[ZERO * P + q] == 0);
    }
    // beyond D examples the function is known: the difference is −E y², with an interval around it
    assert_true(array_of(r, "difference_low")[D] < paired[D] &&
                paired[D] < array_of(r, "difference_high")[D]);
    ambit_free(prediction);
    ambit_prompt_batch_destroy(&batch);
    close_bench(&bench);
}

/* The probes' truth about least squares without noise: its weight is the projection of w on what it
 * has seen, and w itself from D examples on. */
static void probes_of_least_squares(void **state)
{
    (void)state;
    Bench bench;
    double k[] = {0, 2, D, P - 1};
    open_bench(&bench, fixture_family("linear_regression", D, NULL, 0), "standard");
    bench.target.probes = 7;
    bench.settings.probe_k = (AmbitDoubles){k, 4};
    const AmbitTargetResult *r = evaluate(&bench);
    const double *weight = array_of(r, "implied_weight"), *truth = array_of(r, "true_weight");
    const double *ilwd = array_of(r, "ilwd"), *residual = array_of(r, "implied_residual");
    double sum[2] = {0, 0}; // |ŵ|² at k = D and k = 2
    for (size_t n = 0; n < PROBED; n++)
        for (size_t d = 0; d < D; d++) {
            const double *of_prompt = weight + n * 4 * D + d;
            assert_near(of_prompt[0], 0, 1e-12);
            assert_near(of_prompt[2 * D], truth[n * D + d], 1e-8);
            assert_near(of_prompt[3 * D], truth[n * D + d], 1e-8);
            sum[0] += of_prompt[2 * D] * of_prompt[2 * D] / PROBED;
            sum[1] += of_prompt[D] * of_prompt[D] / PROBED;
        }
    assert_near(ilwd[(LS * COLUMNS + ZERO) * 4 + 2], sum[0], 1e-12);
    assert_near(ilwd[(LS * COLUMNS + ZERO) * 4 + 1], sum[1], 1e-12);
    assert_true(ilwd[(LS * COLUMNS + LS) * 4 + 2] == 0 && sum[1] < sum[0]);
    assert_true(isnan(residual[0]) && residual[2] < 1e-12);
    const double *change = array_of(r, "implied_weight_change");
    assert_true(isnan(change[LS * 4]) && isnan(change[ZERO * 4]));
    assert_near(change[LS * 4 + 1], sum[1], 1e-12);         // from 0
    assert_near(change[LS * 4 + 2], sum[0] - sum[1], 1e-8); // projections grow at right angles
    assert_near(change[LS * 4 + 3], 0, 1e-12);
    assert_true(change[ZERO * 4 + 1] == 0);
    const double *aligned = array_of(r, "gradient_alignment");
    const double *projected = array_of(r, "gradient_alignment_projected");
    assert_true(isnan(aligned[LS * P]) && isnan(aligned[ZERO * P + 3]));
    for (size_t q = 1; q < P; q++) {
        assert_near(projected[LS * P + q], 1, 1e-6);
        assert_true(q < D ? aligned[q] < 0.999 : aligned[q] > 1 - 1e-6);
    }
    const double *slice = array_of(r, "slice_prediction"), *line = array_of(r, "slice_truth");
    for (size_t n = 0; n < PROBED; n++)
        for (size_t g = 0; g < GRID; g++)
            assert_near(slice[(n * 4 + 3) * GRID + g], line[n * GRID + g], 1e-8);
    double slope = 0; // of w·x along u
    for (size_t d = 0; d < D; d++)
        slope += truth[d] / sqrt(D);
    assert_near(line[1] - line[0], slope * (2.0 - -2.0) / (GRID - 1), 1e-12);
    close_bench(&bench);
}

/* In one dimension the line is the input. */
static void slices_run_over_the_grid(void **state)
{
    (void)state;
    Bench bench;
    open_bench(&bench, fixture_family("linear_regression", 1, NULL, 0), "standard");
    bench.target.probes = 4;
    const AmbitTargetResult *r = evaluate(&bench);
    const double *line = array_of(r, "slice_truth"), *x = array_of(r, "slice_context_x");
    const double *y = array_of(r, "slice_context_y");
    AmbitPromptBatch *batch =
        fixture_batch(bench.target.mixture, bench.target.distribution, key, 1, PROBED, P);
    for (size_t n = 0; n < PROBED; n++) {
        double w = y[n * P] / x[n * P];
        for (size_t g = 0; g < GRID; g++)
            assert_near(line[n * GRID + g], w * (-2 + 0.5 * (double)g), 1e-12);
    }
    assert_memory_equal(x, batch->x, PROBED * P * sizeof *x);
    assert_memory_equal(y, batch->y, PROBED * P * sizeof *y);
    ambit_prompt_batch_destroy(&batch);
    close_bench(&bench);
}

static void classification_is_scored_by_sign(void **state)
{
    (void)state;
    Bench bench;
    open_bench(&bench, fixture_family("linear_classification", D, NULL, 0), "skewed");
    const AmbitTargetResult *r = evaluate(&bench);
    size_t n_wrong = 0;
    assert_ptr_equal(r->metric, &ambit_misclassification);
    assert_true(r->normalizer_is_declared && r->normalizer[0] == 0.5);
    for (size_t i = 0; i < N * P; i++) {
        assert_true(r->error[N * P + i] == 1.0);
        double error = r->error[i];
        assert_true(i % P ? error == 0.0 || error == 2.0 : error == 1.0);
        n_wrong += error == 2.0;
    }
    assert_in_range(n_wrong, 1, N * P / 2 - 1);
    close_bench(&bench);
}

/* Each kind of sweep against the same target made directly. */
static void sweeps_of_all_kinds(void **state)
{
    (void)state;
    static const double sparsity[] = {1, 3}, c[] = {0.5, 1}, share[] = {0.25, 0.75};
    static const struct {
        const char *number, *prompts;
        const double *values;
    } cases[] = {{"families[1].sparsity", "standard", sparsity},
                 {"prompts.c", "scale_x", c},
                 {"weight", "standard", share}};
    for (size_t i = 0; i < 3; i++) {
        AmbitError error;
        Bench bench;
        open_bench(&bench, fixture_family("convex", D, NULL, 0), cases[i].prompts);
        if (i == 2)
            assert_int_equal(ambit_mixture_add(bench.target.mixture,
                                               fixture_family("linear_regression", D, "scale", 2),
                                               "wide", 1, &error),
                             AMBIT_OK);
        sweep(&bench, cases[i].number, cases[i].values, 2);
        AmbitMixture *mixture;
        AmbitPromptDistribution *distribution;
        assert_int_equal(ambit_target_at(&bench.target, cases[i].values[1], key, &mixture,
                                         &distribution, &error),
                         AMBIT_OK);
        if (i == 2)
            assert_near(mixture->weights[0] / (mixture->weights[0] + mixture->weights[1]), 0.75,
                        1e-15);
        const AmbitTargetResult *r = evaluate(&bench);
        AmbitPromptBatch *batch =
            fixture_batch(mixture ? mixture : bench.target.mixture,
                          distribution ? distribution : bench.target.distribution, key, D, N, P);
        const double *first = r->error + ZERO * N * P, *second = first + COLUMNS * N * P;
        double change = 0;
        for (size_t j = 0; j < N * P; j++) {
            assert_near(second[j] * r->normalizer[1], batch->y[j] * batch->y[j], 1e-9);
            change += fabs(second[j] * r->normalizer[1] - first[j] * r->normalizer[0]);
        }
        assert_true(change > 1);
        ambit_prompt_batch_destroy(&batch);
        ambit_mixture_destroy(&mixture);
        ambit_prompt_distribution_destroy(&distribution);
        close_bench(&bench);
    }
}

/* A stand-in for a model that changes with training: its label is what is asked of it. */
static AmbitStatus set_step(void *context, size_t index, AmbitError *error)
{
    (void)error;
    *(size_t *)context += index + 1;
    return AMBIT_OK;
}

/* A predictor that does not vary, and whose answers are all flagged. */
static void predict_flagged(const AmbitPredictor *predictor, const AmbitPromptBatch *batch,
                            void *workspace, double *prediction, unsigned char *flag)
{
    (void)predictor, (void)workspace;
    for (size_t i = 0; i < batch->n_prompts * batch->n_queries; i++) {
        prediction[i] = 1;
        flag[i] = AMBIT_FLAG_SINGULAR;
    }
}

static void steps_lead_the_axes(void **state)
{
    (void)state;
    static const int64_t steps[] = {10, 20};
    static const double alphas[] = {0, 0.5, 1};
    Bench bench;
    size_t asked = 0;
    open_bench(&bench, fixture_family("convex", D, NULL, 0), "standard");
    AmbitPredictorType flagged = *bench.predictors[ZERO]->type;
    flagged.predict = predict_flagged;
    bench.predictors[ZERO]->type = &flagged;
    sweep(&bench, "alpha", alphas, 3);
    bench.target.probes = 4;
    bench.evaluation.steps = steps;
    bench.evaluation.n_steps = 2;
    bench.evaluation.n_varying = 1;
    bench.evaluation.set_step = set_step;
    bench.evaluation.step_context = &asked;
    const AmbitTargetResult *r = evaluate(&bench);
    size_t lead = COLUMNS * N * P;
    assert_true(r->n_steps == 2 && r->n_sweep == 3 && r->axes[AMBIT_AXIS_STEP].values[1] == 20);
    assert_int_equal(asked, 9); // both steps at each of three values
    assert_memory_equal(r->error, r->error + 3 * lead, 3 * lead * sizeof(double));
    assert_memory_equal(r->high, r->high + 3 * COLUMNS * P, 3 * COLUMNS * P * sizeof(double));
    assert_memory_equal(r->flag, r->flag + 3 * lead, 3 * lead);
    assert_int_equal(r->flag[3 * lead + N * P], AMBIT_FLAG_SINGULAR);
    for (size_t i = 0; i < r->n_arrays; i++) {
        size_t count = 3 * r->arrays[i].count;
        assert_memory_equal(r->arrays[i].values, r->arrays[i].values + count,
                            count * sizeof(double));
    }
    close_bench(&bench);
}

static void refused_before_work(void **state)
{
    (void)state;
    Bench bench;
    AmbitError error;
    double k[] = {2, P};
    open_bench(&bench, fixture_family("quadratic_regression", D, NULL, 0), "standard");
    assert_int_equal(ambit_evaluate_check(&bench.target, &bench.evaluation, &error), AMBIT_OK);
    static char *lasso[] = {"lasso"};
    bench.settings.references = (AmbitTexts){lasso, 1};
    assert_int_equal(ambit_evaluate_check(&bench.target, &bench.evaluation, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "reference lasso is no predictor"));
    bench.settings.references.count = 0;
    bench.target.probes = 1; // implied weights are those of any predictor
    assert_int_equal(ambit_evaluate_check(&bench.target, &bench.evaluation, &error), AMBIT_OK);
    const AmbitTargetResult *r = evaluate(&bench);
    assert_non_null(ambit_result_find(r, "ilwd"));
    assert_null(ambit_result_find(r, "true_weight"));
    bench.target.probes = 2;
    assert_int_equal(ambit_evaluate_check(&bench.target, &bench.evaluation, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "needs functions wᵀx"));
    bench.target.probes = 4;
    bench.settings.probe_k = (AmbitDoubles){k, 2};
    assert_int_equal(ambit_evaluate_check(&bench.target, &bench.evaluation, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "cannot look after 12 examples"));
    close_bench(&bench);
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_and_differences),
        cmocka_unit_test(probes_of_least_squares),
        cmocka_unit_test(slices_run_over_the_grid),
        cmocka_unit_test(classification_is_scored_by_sign),
        cmocka_unit_test(sweeps_of_all_kinds),
        cmocka_unit_test(steps_lead_the_axes),
        cmocka_unit_test(refused_before_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
