// SPDX-License-Identifier: MIT
// Exact Bayes predictors in limiting cases: without noise, before all examples are seen, and for
// families without a prior. Also the combination oracle.
#include "testing.h"

#include "../src/predict/oracle/cosine.h"
#include "oracle_fixtures.h"

#include "ambit/memory.h"

#include <gsl/gsl_errno.h>
#include <string.h>

static const AmbitKey key = {23, 0, AMBIT_EVALUATION};

enum { AUTO, PRETRAINING, TARGET }; // of `prior`

static void assert_equal_answers(const double *a, const double *b, size_t n, double tolerance)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(a[i] - b[i]) <= tolerance * (1.0 + fabs(b[i]))))
            fail_msg("answer %zu: %.10g, expected %.10g", i, a[i], b[i]);
}

/* Predictor `name` on prompts of the family equals `other`. */
static void assert_same(const char *name, const char *other, AmbitFamily *family, size_t n_prompts,
                        size_t n_points, double tolerance)
{
    AmbitMixture *mixture = fixture_mixture(family);
    AmbitPromptBatch *batch = fixture_draw(mixture, n_prompts, n_points);
    FixtureAnswers a = fixture_ask_by_name(name, NULL, 0, mixture, batch);
    FixtureAnswers b = fixture_ask_by_name(other, NULL, 0, mixture, batch);
    assert_equal_answers(a.prediction, b.prediction, n_prompts * n_points, tolerance);
    fixture_answers_free(&a);
    fixture_answers_free(&b);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
}

static void dense_without_noise_is_least_squares(void **state)
{
    (void)state;
    assert_same("bayes", "least_squares", fixture_family("linear_regression", 20, NULL, 0), 100, 41,
                1e-6);
}

/* Halves, quarters and eighths of turns among them, where the parts of the series meet. */
static void cosine_is_within_its_bound(void **state)
{
    (void)state;
    const long double turn = 2.0L * acosl(-1.0L);
    for (int i = -40000; i <= 40000; i++)
        for (int j = -2; j <= 2; j++) {
            double t = i / 1024.0 + j * 1.234567e-7 * j;
            assert_true(fabsl(ambit_cosine(t) - cosl(turn * t)) <= 4e-16L);
        }
}

/* Largest squared error over prompts, from `first` examples on. */
static double worst_error(const char *predictor, AmbitFamily *family, size_t n_prompts,
                          size_t first)
{
    enum { P = 30 };
    AmbitMixture *mixture = fixture_mixture(family);
    AmbitPromptBatch *batch = fixture_draw(mixture, n_prompts, P);
    FixtureAnswers got = fixture_ask_by_name(predictor, NULL, 0, mixture, batch);
    double worst = 0.0;
    for (size_t i = 0; i < n_prompts * P; i++)
        if (i % P >= first)
            worst = larger(worst, pow(got.prediction[i] - batch->y_query[i], 2.0));
    fixture_answers_free(&got);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
    return worst;
}

static void without_noise_few_examples_tell_all(void **state)
{
    (void)state;
    AmbitFamily *two = fixture_family("sparse_linear_regression", 20, "sparsity", 2);
    AmbitFamily *three = fixture_family("sparse_linear_regression", 10, "sparsity", 3);
    AmbitFamily *sum =
        fixture_combine("convex", fixture_family("linear_regression", 6, NULL, 0),
                        fixture_family("sparse_linear_regression", 6, NULL, 0), "alpha", 0.4);
    assert_true(worst_error("bayes", two, 50, 3) < 1e-9);
    assert_true(worst_error("bayes", three, 20, 4) < 1e-9);
    assert_true(worst_error("bayes", sum, 20, 6) < 1e-9);
    assert_true(worst_error("bayes", fixture_family("pool", 5, NULL, 0), 20, 1) < 1e-9);
    assert_true(worst_error("bayes", fixture_family("sinusoid", 1, NULL, 0), 20, 8) < 1e-9);
    static const double alphas[] = {0.5, 0.999, 1};
    for (size_t i = 0; i < 3; i++) {
        AmbitFamily *waves =
            fixture_combine("convex", fixture_family("linear_regression", 1, NULL, 0),
                            fixture_family("sinusoid", 1, NULL, 0), "alpha", alphas[i]);
        assert_true(worst_error("bayes", waves, 20, 12) < 1e-9);
    }
}

static void combination_oracle_knows_both_features(void **state)
{
    (void)state;
    AmbitFamily *waves = fixture_combine("convex", fixture_family("linear_regression", 1, NULL, 0),
                                         fixture_family("sinusoid", 1, NULL, 0), "alpha", 0.5);
    AmbitFamily *linear =
        fixture_combine("convex", fixture_family("linear_regression", 6, NULL, 0),
                        fixture_family("sparse_linear_regression", 6, NULL, 0), "alpha", 0.5);
    assert_true(worst_error("combination_oracle", waves, 30, 6) < 1e-9);
    assert_same("combination_oracle", "least_squares", linear, 5, 12, 0.0);
}

/* Least Σ (y − ax − b cos 2πωx)² over a, b and 60 000 frequencies. */
static double least_residual(const double *x, const double *y, size_t k)
{
    double least = INFINITY;
    for (int g = 0; g < 60000; g++) {
        double xx = 0, xc = 0, cc = 0, xy = 0, cy = 0, yy = 0, omega = 0.1 + g * 6e-5;
        for (size_t i = 0; i < k; i++) {
            double c = cos(2.0 * M_PI * omega * x[i]);
            xx += x[i] * x[i], xc += x[i] * c, cc += c * c;
            xy += x[i] * y[i], cy += c * y[i], yy += y[i] * y[i];
        }
        double explained =
            (xy * (xy * cc - cy * xc) + cy * (cy * xx - xy * xc)) / (xx * cc - xc * xc);
        least = fmin(least, yy - explained); // NaN at frequencies that fit nothing
    }
    assert_true(isfinite(least));
    return least;
}

/* Noisy labels, which many frequencies fit about as well: the residual is still the least. */
static void combination_oracle_takes_the_best_frequency(void **state)
{
    (void)state;
    enum { N = 20, P = 7 };
    AmbitError error;
    AmbitFamily *sum = fixture_combine("convex", fixture_family("linear_regression", 1, NULL, 0),
                                       fixture_family("sinusoid", 1, NULL, 0), "alpha", 0.5);
    AmbitMixture *mixture = fixture_mixture(fixture_noisy(sum, 0.5));
    AmbitPromptBatch *batch = fixture_draw(mixture, N, P), *probe = NULL;
    assert_int_equal(ambit_prompt_batch_create(&probe, N, P, P, 1, 1, true, &error), AMBIT_OK);
    memcpy(probe->x, batch->x, N * P * sizeof(double));
    memcpy(probe->x_query, batch->x, N * P * sizeof(double));
    memcpy(probe->y, batch->y, N * P * sizeof(double));
    for (size_t q = 0; q < P; q++)
        probe->seen[q] = P;
    FixtureAnswers got = fixture_ask_by_name("combination_oracle", NULL, 0, mixture, probe);
    for (size_t b = 0; b < N; b++) {
        double residual = 0.0;
        for (size_t i = b * P; i < (b + 1) * P; i++)
            residual += pow(got.prediction[i] - batch->y[i], 2.0);
        assert_true(residual <= least_residual(batch->x + b * P, batch->y + b * P, P) + 1e-6);
    }
    fixture_answers_free(&got);
    ambit_prompt_batch_destroy(&probe);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
}

/* Answers for the first examples alone, whatever comes later, for every kind of oracle. */
static void oracles_look_at_examples_seen_alone(void **state)
{
    (void)state;
    static const struct {
        const char *predictor, *family;
        size_t dims;
    } cases[] = {{"bayes", "sparse_linear_regression", 6},
                 {"bayes", "relu_2nn_regression", 4},
                 {"bayes", "sinusoid", 1},
                 {"bayes", "convex", 4},
                 {"bayes", "pool", 4},
                 {"combination_oracle", "convex", 1},
                 {"lasso", "linear_regression", 5}};
    enum { P = 10 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AmbitMixture *mixture =
            fixture_mixture(fixture_family(cases[i].family, cases[i].dims, NULL, 0));
        bool lasso = strcmp(cases[i].predictor, "lasso") == 0;
        const char *select = lasso ? "select" : NULL;
        AmbitPromptBatch *batch = fixture_draw(mixture, 1, P);
        FixtureAnswers before = fixture_ask_by_name(cases[i].predictor, select, 1, mixture, batch);
        for (size_t cut = P; cut-- > 0;) {
            batch->y[cut] += 1.0;
            if (cut + 1 < P)
                batch->x[(cut + 1) * cases[i].dims] -= 0.5;
            FixtureAnswers after =
                fixture_ask_by_name(cases[i].predictor, select, 1, mixture, batch);
            assert_memory_equal(before.prediction, after.prediction, (cut + 1) * sizeof(double));
            fixture_answers_free(&after);
        }
        fixture_answers_free(&before);
        ambit_prompt_batch_destroy(&batch);
        ambit_mixture_destroy(&mixture);
    }
}

/* With `auto` a missing prior is a column without answers; asked for by name it is refused. */
static void families_without_an_oracle_are_refused(void **state)
{
    (void)state;
    enum { P = 5 };
    AmbitError error;
    AmbitMixture *trees = fixture_mixture(fixture_family("decision_tree", 3, NULL, 0));
    AmbitMixture *linear = fixture_mixture(fixture_family("linear_regression", 3, NULL, 0));
    AmbitPromptBatch *batch = fixture_draw(trees, 1, P);
    AmbitPredictor *predictor = fixture_predictor("bayes");
    assert_string_equal(predictor->columns[0], "bayes_pretraining");
    assert_string_equal(predictor->columns[1], "bayes_target");
    FixtureAnswers got = fixture_ask(predictor, linear, trees, batch);
    assert_int_equal(predictor->n_classes, 1);
    for (size_t k = 0; k < P; k++) {
        assert_true(isfinite(got.prediction[k]) && got.flag[k] == 0);
        assert_true(isnan(got.prediction[P + k]) && got.flag[P + k] == AMBIT_FLAG_NO_ANSWER);
    }
    fixture_answers_free(&got);
    got = fixture_ask(predictor, NULL, trees, batch); // nothing known
    assert_int_equal(predictor->n_classes, 0);
    assert_true(isnan(got.prediction[0]));
    fixture_answers_free(&got);
    ambit_predictor_destroy(&predictor);
    predictor = fixture_raw_predictor("bayes", "prior", TARGET);
    assert_int_equal(ambit_predictor_finish(predictor, &error), AMBIT_OK);
    AmbitPredictorContext context = {
        .pretraining = linear, .target = trees, .key = key, .n_points = P};
    assert_int_equal(ambit_predictors_bind(&predictor, 1, &context, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "decision_tree has no exact Bayes predictor; `ambit list "
                                          "families` marks those that have"));
    ambit_predictor_destroy(&predictor);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&trees);
    ambit_mixture_destroy(&linear);
}

/* A record without `moments` gives its weights the variance that its second moment tells, so that a
 * new linear family needs no more than a prior. */
static void bayes_of_a_new_linear_family(void **state)
{
    (void)state;
    enum { D = 4, P = 8 };
    AmbitError error;
    const AmbitFamilyType *known = ambit_family_type_find("noisy_linear_regression");
    AmbitFamilyType fresh = *known;
    fresh.name = "fresh";
    fresh.moments = NULL;
    AmbitFamily *family;
    assert_int_equal(ambit_family_create(&family, &fresh, D, &error), AMBIT_OK);
    fixture_set(family, "noise_std", 0.5);
    AmbitMixture *mixture = fixture_mixture(fixture_family(known->name, D, "noise_std", 0.5));
    AmbitMixture *other = fixture_mixture(fixture_finish(family));
    AmbitPromptBatch *batch = fixture_draw(mixture, 2, P);
    static const char *const predictors[] = {"bayes", "ridge"};
    for (size_t i = 0; i < 2; i++) {
        const char *choose = i ? "choose" : NULL;
        FixtureAnswers expected = fixture_ask_by_name(predictors[i], choose, 1, mixture, batch);
        FixtureAnswers got = fixture_ask_by_name(predictors[i], choose, 1, other, batch);
        for (size_t q = 0; q < 2 * P; q++)
            assert_true(fabs(got.prediction[q] - expected.prediction[q]) < 1e-12);
        fixture_answers_free(&expected);
        fixture_answers_free(&got);
    }
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
    ambit_mixture_destroy(&other);
}

/* In 4 dims, or 1 if there may be no more: few enough to enumerate signs and supports. */
static AmbitFamily *of_few_dims(const char *name)
{
    AmbitError error;
    AmbitFamily *family = fixture_raw_family(name, 4);
    if (!ambit_family_finish(family, &error))
        return family;
    ambit_family_destroy(&family);
    return fixture_family(name, 1, NULL, 0);
}

/* Every family is answered, or the column is flagged and says why: no other NaN. */
static void no_answer_is_nan_without_a_flag(void **state)
{
    (void)state;
    enum { P = 4 };
    static const char *const predictors[] = {"bayes", "ridge", "combination_oracle"};
    for (const AmbitFamilyType *const *type = ambit_family_types(); *type; type++)
        for (size_t i = 0; i < 3; i++) {
            AmbitMixture *mixture = fixture_mixture(of_few_dims((*type)->name));
            AmbitPromptBatch *batch = fixture_draw(mixture, 1, P);
            AmbitPredictor *predictor =
                fixture_raw_predictor(predictors[i], i == 1 ? "choose" : NULL, 1);
            AmbitError error;
            assert_int_equal(ambit_predictor_finish(predictor, &error), AMBIT_OK);
            FixtureAnswers got = fixture_ask(predictor, mixture, mixture, batch);
            for (size_t q = 0; q < predictor->n_columns * P; q++)
                if (!(isfinite(got.prediction[q]) ||
                      (got.flag[q] == AMBIT_FLAG_NO_ANSWER && predictor->notes[q / P])))
                    fail_msg("%s of %s: %g", predictors[i], (*type)->name, got.prediction[q]);
            bool exact = ambit_family_prior(mixture->families[0]).kind != AMBIT_PRIOR_NONE;
            if (i == 0 && exact != !predictor->notes[0])
                fail_msg("%s: %s", (*type)->name,
                         exact ? predictor->notes[0] : "answered without a prior");
            fixture_answers_free(&got);
            ambit_predictor_destroy(&predictor);
            ambit_prompt_batch_destroy(&batch);
            ambit_mixture_destroy(&mixture);
        }
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense_without_noise_is_least_squares),
        cmocka_unit_test(cosine_is_within_its_bound),
        cmocka_unit_test(without_noise_few_examples_tell_all),
        cmocka_unit_test(combination_oracle_knows_both_features),
        cmocka_unit_test(combination_oracle_takes_the_best_frequency),
        cmocka_unit_test(oracles_look_at_examples_seen_alone),
        cmocka_unit_test(families_without_an_oracle_are_refused),
        cmocka_unit_test(bayes_of_a_new_linear_family),
        cmocka_unit_test(no_answer_is_nan_without_a_flag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
