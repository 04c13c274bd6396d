// SPDX-License-Identifier: MIT
// Baselines: closed forms, optimality conditions, and errors that are known. check_predictors.py
// compares baselines that scikit-learn has, too.
#include "testing.h"

#include "oracle_fixtures.h"

#include "ambit/memory.h"

#include <cblas.h>
#include <gsl/gsl_errno.h>
#include <string.h>

enum { D = 6, P = 12 };

static AmbitMixture *linear(double noise_std)
{
    return fixture_mixture(fixture_family("noisy_linear_regression", D, "noise_std", noise_std));
}

/* Weights [D] that a linear predictor has after all P examples of the first prompt. */
static FixtureAnswers weights_of(const char *name, const char *parameter, double value,
                                 const AmbitMixture *mixture, const AmbitPromptBatch *batch)
{
    AmbitError error;
    AmbitPromptBatch *probe = NULL;
    assert_int_equal(ambit_prompt_batch_create(&probe, 1, P, D, D, 1, true, &error), AMBIT_OK);
    memcpy(probe->x, batch->x, P * D * sizeof(double));
    memcpy(probe->y, batch->y, P * sizeof(double));
    for (size_t j = 0; j < D; j++) {
        probe->seen[j] = P;
        probe->x_query[j * D + j] = 1.0;
    }
    FixtureAnswers answers = fixture_ask_by_name(name, parameter, value, mixture, probe);
    ambit_prompt_batch_destroy(&probe);
    return answers;
}

/* out [D] = Σ c_i x_i. */
static void combine(const AmbitPromptBatch *batch, const double *c, double *out)
{
    memset(out, 0, D * sizeof *out);
    for (size_t i = 0; i < P; i++)
        cblas_daxpy(D, c[i], batch->x + i * D, 1, out, 1);
}

/* Xᵀ(y − Xw) = λw, for λ given and for that of the prior. */
static void ridge_meets_its_normal_equations(void **state)
{
    (void)state;
    AmbitMixture *mixture = linear(0.7);
    AmbitPromptBatch *batch = fixture_draw(mixture, 1, P);
    for (int bayes = 0; bayes < 2; bayes++) {
        double lambda = bayes ? 0.49 : 2.5, rest[P], pull[D];
        FixtureAnswers w = bayes ? weights_of("ridge", "choose", 1, mixture, batch)
                                 : weights_of("ridge", "penalty", lambda, mixture, batch);
        for (size_t i = 0; i < P; i++)
            rest[i] = batch->y[i] - cblas_ddot(D, batch->x + i * D, 1, w.prediction, 1);
        combine(batch, rest, pull);
        for (size_t j = 0; j < D; j++)
            assert_true(fabs(pull[j] - lambda * w.prediction[j]) < 1e-12);
        fixture_answers_free(&w);
    }
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
}

/* The Bayes predictor of a dense class is ridge, which says so itself. */
static void ridge_of_the_prior_is_bayes(void **state)
{
    (void)state;
    AmbitMixture *mixture = linear(0.7);
    AmbitMixture *trees = fixture_mixture(fixture_family("decision_tree", D, NULL, 0));
    AmbitPromptBatch *batch = fixture_draw(mixture, 5, P);
    FixtureAnswers ridge = fixture_ask_by_name("ridge", "choose", 1, mixture, batch);
    FixtureAnswers bayes = fixture_ask_by_name("bayes", NULL, 0, mixture, batch);
    FixtureAnswers none = fixture_ask_by_name("ridge", "choose", 1, trees, batch);
    for (size_t i = 0; i < 5 * P; i++) {
        assert_true(fabs(ridge.prediction[i] - bayes.prediction[i]) < 1e-12);
        assert_true(isnan(none.prediction[i]) && none.flag[i] == AMBIT_FLAG_NO_ANSWER);
    }
    fixture_answers_free(&ridge);
    fixture_answers_free(&bayes);
    fixture_answers_free(&none);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&trees);
    ambit_mixture_destroy(&mixture);
}

/* One step: w = η Xᵀy. Many: least squares. A step too large is flagged. */
static void gradient_descent_descends(void **state)
{
    (void)state;
    AmbitMixture *mixture = linear(0.3);
    AmbitPromptBatch *batch = fixture_draw(mixture, 1, P);
    double moment[D];
    combine(batch, batch->y, moment);
    FixtureAnswers one = weights_of("gradient_descent", NULL, 0, mixture, batch);
    FixtureAnswers many = weights_of("gradient_descent", "steps", 20000, mixture, batch);
    FixtureAnswers exact = weights_of("least_squares", NULL, 0, mixture, batch);
    for (size_t j = 0; j < D; j++) {
        assert_true(fabs(one.prediction[j] - 0.01 * moment[j]) < 1e-13);
        assert_true(fabs(many.prediction[j] - exact.prediction[j]) < 1e-6);
        assert_int_equal(many.flag[j], 0);
    }
    fixture_answers_free(&one);
    fixture_answers_free(&many);
    fixture_answers_free(&exact);
    cblas_dscal(P * D, 20.0, batch->x, 1);
    FixtureAnswers wild = fixture_ask_by_name("gradient_descent", "steps", 50, mixture, batch);
    assert_int_equal(wild.flag[0], 0); // no examples: nothing to diverge
    assert_int_equal(wild.flag[P - 1], AMBIT_FLAG_NOT_CONVERGED);
    fixture_answers_free(&wild);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
}

/* λw = Σ σ(−y w.x) y x: the gradient of the logistic loss, at classes that no line parts. */
static void logistic_regression_is_optimal(void **state)
{
    (void)state;
    AmbitMixture *mixture = fixture_mixture(fixture_family("linear_classification", D, NULL, 0));
    AmbitPromptBatch *batch = fixture_draw(mixture, 1, P);
    for (int parted = 1; parted >= 0; parted--) {
        FixtureAnswers w = weights_of("logistic_regression", NULL, 0, mixture, batch);
        double pull[D], wrong[P];
        for (size_t i = 0; i < P; i++) {
            double logit = cblas_ddot(D, batch->x + i * D, 1, w.prediction, 1);
            assert_true(!parted || logit * batch->y[i] > 0.0);
            wrong[i] = batch->y[i] / (1.0 + exp(batch->y[i] * logit));
        }
        combine(batch, wrong, pull);
        for (size_t j = 0; j < D; j++)
            assert_true(fabs(pull[j] - 0.01 * w.prediction[j]) < 1e-9 && w.flag[j] == 0);
        fixture_answers_free(&w);
        batch->y[3] *= -1.0;
        batch->y[8] *= -1.0;
    }
    FixtureAnswers hasty =
        fixture_ask_by_name("logistic_regression", "max_iterations", 1, mixture, batch);
    assert_int_equal(hasty.flag[P - 1], AMBIT_FLAG_NOT_CONVERGED);
    fixture_answers_free(&hasty);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
}

/* Mean squared error after k examples over the first `column` of the answers, over second moment D,
 * and its standard error. */
static double mean_error(const FixtureAnswers *answers, const AmbitPromptBatch *batch,
                         const double *labels, size_t k, double *standard_error)
{
    double sum = 0.0, squares = 0.0, n = (double)batch->n_prompts;
    for (size_t i = k; i < batch->n_prompts * P; i += P) {
        double square = pow(answers->prediction[i] - labels[i], 2.0) / D;
        sum += square;
        squares += square * square;
    }
    *standard_error = sqrt((squares / n - sum * sum / n / n) / n);
    return sum / n;
}

/* Averaging: (D + 1)/k. Least squares of noisy labels: σ²(1 + D/(k − D − 1)) with that of the
 * query's own label, for k > D + 1 (heavy tails next to it). 5 standard errors. */
static void known_errors(void **state)
{
    (void)state;
    enum { N = 4000 };
    AmbitMixture *clean = linear(0.0), *noisy = linear(0.5);
    AmbitPromptBatch *batch = fixture_draw(clean, N, P), *noise = fixture_draw(noisy, N, P);
    FixtureAnswers averaging = fixture_ask_by_name("averaging", NULL, 0, clean, batch);
    FixtureAnswers least = fixture_ask_by_name("least_squares", NULL, 0, noisy, noise);
    double error, mean;
    for (size_t k = 1; k < P; k++) {
        mean = mean_error(&averaging, batch, batch->y_query, k, &error);
        assert_true(fabs(mean - (D + 1.0) / (double)k) < 5.0 * error);
    }
    for (size_t k = D + 4; k < P; k++) {
        mean = mean_error(&least, noise, noise->y_query, k, &error);
        assert_true(fabs(mean - 0.25 / D * (1.0 + D / ((double)k - D - 1.0))) < 5.0 * error);
    }
    fixture_answers_free(&averaging);
    fixture_answers_free(&least);
    ambit_prompt_batch_destroy(&batch);
    ambit_prompt_batch_destroy(&noise);
    ambit_mixture_destroy(&clean);
    ambit_mixture_destroy(&noisy);
}

/* Labels at the context points after all of them: what a learner that fits reproduces. */
static double training_error(const char *name, const char *parameter, double value)
{
    AmbitError error;
    AmbitPromptBatch *probe = NULL;
    AmbitMixture *mixture = linear(0.0);
    AmbitPromptBatch *batch = fixture_draw(mixture, 1, P);
    assert_int_equal(ambit_prompt_batch_create(&probe, 1, P, P, D, 1, true, &error), AMBIT_OK);
    memcpy(probe->x, batch->x, P * D * sizeof(double));
    memcpy(probe->y, batch->y, P * sizeof(double));
    memcpy(probe->x_query, batch->x, P * D * sizeof(double));
    for (size_t q = 0; q < P; q++)
        probe->seen[q] = P;
    FixtureAnswers answers = fixture_ask_by_name(name, parameter, value, mixture, probe);
    double square = 0.0, second_moment = 0.0;
    for (size_t q = 0; q < P; q++) {
        assert_int_equal(answers.flag[q], 0);
        square += pow(answers.prediction[q] - batch->y[q], 2.0);
        second_moment += batch->y[q] * batch->y[q];
    }
    fixture_answers_free(&answers);
    ambit_prompt_batch_destroy(&probe);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
    return square / second_moment;
}

static void learners_fit_their_examples(void **state)
{
    (void)state;
    assert_true(training_error("decision_tree", "max_depth", 0) < 1e-20);
    assert_true(training_error("nearest_neighbors", "n_neighbors", 1) < 1e-20);
    assert_true(training_error("gd_network", NULL, 0) < 0.1);
    assert_true(training_error("gd_network", "steps", 2000) < 1e-6);
    if (ambit_predictor_type_find("xgboost")) {
        assert_true(training_error("xgboost", NULL, 0) < 0.05);
        assert_true(training_error("xgboost", "n_estimators", 1) > 0.2);
    }
}

/* Training in plain double arithmetic. w holds W1 [D][H], b1 [H], w2 [H], b2. */
enum { H = 100, WEIGHTS = (D + 2) * H + 1, STEPS = 100 };

static double network(const double *w, const double *x, double *hidden)
{
    double out = w[WEIGHTS - 1];
    for (size_t h = 0; h < H; h++) {
        double sum = w[D * H + h];
        for (size_t j = 0; j < D; j++)
            sum += x[j] * w[j * H + h];
        hidden[h] = fmax(0.0, sum);
        out += hidden[h] * w[(D + 1) * H + h];
    }
    return out;
}

static void add_gradient(const double *w, const double *x, double y, double *gradient)
{
    double hidden[H], dout = 2.0 / P * (network(w, x, hidden) - y);
    gradient[WEIGHTS - 1] += dout;
    for (size_t h = 0; h < H; h++) {
        double dhidden = hidden[h] > 0.0 ? dout * w[(D + 1) * H + h] : 0.0;
        gradient[(D + 1) * H + h] += dout * hidden[h];
        gradient[D * H + h] += dhidden;
        for (size_t j = 0; j < D; j++)
            gradient[j * H + h] += dhidden * x[j];
    }
}

/* The weights that the first input stands for: by the FNV-1a hash of its floats. */
static void initialize(const double *x, double *w)
{
    uint32_t hash = 2166136261u;
    for (size_t j = 0; j < D; j++) {
        float value = (float)x[j];
        for (size_t i = 0; i < sizeof value; i++)
            hash = (hash ^ ((unsigned char *)&value)[i]) * 16777619u;
    }
    AmbitRandom random;
    ambit_random_open(&random, (AmbitKey){0, 0, AMBIT_EVALUATION}, AMBIT_STREAM_INIT, hash);
    for (size_t i = 0; i < WEIGHTS; i++)
        w[i] = (2.0 * gsl_rng_uniform(&random.rng) - 1.0) / sqrt(i < (D + 1) * H ? D : H);
}

static void network_trains_as_plain_arithmetic_does(void **state)
{
    (void)state;
    static double w[WEIGHTS], m[WEIGHTS], v[WEIGHTS];
    AmbitMixture *mixture = linear(0.0);
    AmbitPromptBatch *batch = fixture_draw(mixture, 1, P + 1);
    FixtureAnswers answers = fixture_ask_by_name("gd_network", NULL, 0, mixture, batch);
    initialize(batch->x, w);
    for (int step = 1; step <= STEPS; step++) {
        double gradient[WEIGHTS] = {0};
        for (size_t i = 0; i < P; i++)
            add_gradient(w, batch->x + i * D, batch->y[i], gradient);
        for (size_t i = 0; i < WEIGHTS; i++) {
            m[i] = 0.9 * m[i] + 0.1 * gradient[i];
            v[i] = 0.999 * v[i] + 0.001 * gradient[i] * gradient[i];
            w[i] -= 5e-3 * m[i] / (1.0 - pow(0.9, step)) /
                    (sqrt(v[i] / (1.0 - pow(0.999, step))) + 1e-8);
        }
    }
    double hidden[H], expected = network(w, batch->x + P * D, hidden);
    assert_true(fabs(answers.prediction[P] - expected) < 1e-3);
    fixture_answers_free(&answers);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
}

/* One column, whose error after k examples is that of the best penalty on these prompts. */
static void lasso_chooses_its_penalty(void **state)
{
    (void)state;
    enum { N = 600, ALPHAS = 5 };
    AmbitMixture *mixture = linear(1.0);
    AmbitPromptBatch *batch = fixture_draw(mixture, N, P);
    FixtureAnswers all = fixture_ask_by_name("lasso", NULL, 0, mixture, batch);
    FixtureAnswers chosen = fixture_ask_by_name("lasso", "select", 1, mixture, batch);
    size_t best_at_last = 0;
    for (size_t k = 0; k < P; k++) {
        double best = INFINITY, error, mean = mean_error(&chosen, batch, batch->y_query, k, &error);
        for (size_t a = 0; a < ALPHAS; a++) {
            FixtureAnswers column = {all.prediction + a * N * P, NULL, NULL};
            double other = mean_error(&column, batch, batch->y_query, k, &error);
            best_at_last = other < best ? a : best_at_last;
            best = fmin(best, other);
        }
        assert_true(mean <= 1.05 * best);
    }
    assert_true(best_at_last < 2); // with noise, a small penalty is not the best
    AmbitPredictor *predictor = fixture_raw_predictor("lasso", "select", 1);
    AmbitError error;
    assert_int_equal(ambit_predictor_finish(predictor, &error), AMBIT_OK);
    assert_int_equal(predictor->n_columns, 1);
    assert_string_equal(predictor->columns[0], "lasso_validation");
    ambit_predictor_destroy(&predictor);
    fixture_answers_free(&all);
    fixture_answers_free(&chosen);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ridge_meets_its_normal_equations),
        cmocka_unit_test(ridge_of_the_prior_is_bayes),
        cmocka_unit_test(gradient_descent_descends),
        cmocka_unit_test(logistic_regression_is_optimal),
        cmocka_unit_test(known_errors),
        cmocka_unit_test(learners_fit_their_examples),
        cmocka_unit_test(network_trains_as_plain_arithmetic_does),
        cmocka_unit_test(lasso_chooses_its_penalty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
