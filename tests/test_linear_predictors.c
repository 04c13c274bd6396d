// SPDX-License-Identifier: MIT
// Least squares against LAPACK and by its normal equations, Lasso by its optimality conditions.
#include "testing.h"

#include "task_fixtures.h"

#include "ambit/memory.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <string.h>

enum { D = 20, P = 41 };

static const AmbitKey key = {5, 0, AMBIT_EVALUATION};

/* LAPACK: the minimum-norm least-squares solution by divide-and-conquer singular values. */
void dgelsd_(const int *m, const int *n, const int *nrhs, double *a, const int *lda, double *b,
             const int *ldb, double *s, const double *rcond, int *rank, double *work,
             const int *lwork, int *iwork, int *info);

static void lapack_weights(const double *x, const double *y, int k, double *w)
{
    double a[P * D], b[P > D ? P : D] = {0}, singular[D], work[20000], rcond = 1e-11;
    int n = D, one = 1, ldb = k > D ? k : D, rank, lwork = 20000, iwork[2000], info;
    for (int i = 0; i < k; i++) {
        b[i] = y[i];
        for (int j = 0; j < D; j++)
            a[j * k + i] = x[i * D + j];
    }
    dgelsd_(&k, &n, &one, a, &k, b, &ldb, singular, &rcond, &rank, work, &lwork, iwork, &info);
    assert_int_equal(info, 0);
    memcpy(w, b, D * sizeof *w);
}

static AmbitPromptBatch *prompts(const char *family, size_t n_prompts)
{
    AmbitMixture *mixture = fixture_mixture(fixture_family(family, D, NULL, 0));
    AmbitPromptDistribution *distribution = fixture_prompts("standard", D, key);
    AmbitPromptBatch *batch = fixture_batch(mixture, distribution, key, D, n_prompts, P);
    ambit_prompt_distribution_destroy(&distribution);
    ambit_mixture_destroy(&mixture);
    return batch;
}

static void add_label_noise(AmbitPromptBatch *batch)
{
    AmbitRandom random;
    ambit_random_open(&random, key, AMBIT_STREAM_NOISE, 0);
    for (size_t i = 0; i < batch->n_prompts * P; i++)
        batch->y[i] += gsl_ran_gaussian(&random.rng, 1.0);
}

/* Predictions of every query against those of LAPACK's weights, on the scale of ‖w‖‖x‖. */
static void assert_matches_lapack(const AmbitPromptBatch *batch)
{
    AmbitPredictor *predictor = fixture_predictor("least_squares");
    double *prediction = fixture_predict(predictor, batch, NULL), w[D];
    for (size_t b = 0; b < batch->n_prompts; b++) {
        const double *x = batch->x + b * P * D, *y = batch->y + b * P;
        assert_true(prediction[b * P] == 0.0);
        for (int k = 1; k < P; k++) {
            lapack_weights(x, y, k, w);
            double expected = cblas_ddot(D, w, 1, x + k * D, 1);
            double size = cblas_dnrm2(D, w, 1) * cblas_dnrm2(D, x + k * D, 1);
            double error = fabs(prediction[b * P + (size_t)k] - expected);
            if (!(error <= 1e-8 * (size > 1.0 ? size : 1.0)))
                fail_msg("prompt %zu, k = %d: off by %g of %g", b, k, error, size);
        }
    }
    ambit_free(prediction);
    ambit_predictor_destroy(&predictor);
}

static void least_squares_matches_lapack(void **state)
{
    (void)state;
    AmbitPromptBatch *batch = prompts("linear_regression", 100);
    assert_matches_lapack(batch);
    add_label_noise(batch);
    assert_matches_lapack(batch);
    ambit_prompt_batch_destroy(&batch);
}

/* Every third input a copy, every seventh 0, every eleventh a combination of two others. */
static void degrade(AmbitPromptBatch *batch)
{
    for (size_t b = 0; b < batch->n_prompts; b++) {
        double *x = batch->x + b * P * D;
        for (size_t p = 2; p < P; p++)
            for (size_t j = 0; j < D; j++) {
                double *v = &x[p * D + j];
                if (p % 7 == 0)
                    *v = 0.0;
                else if (p % 11 == 0)
                    *v = 0.3 * x[(p - 1) * D + j] - 2.0 * x[(p - 2) * D + j];
                else if (p % 3 == 2)
                    *v = x[(p - 2) * D + j];
            }
    }
}

static void least_squares_matches_lapack_on_deficient_inputs(void **state)
{
    (void)state;
    AmbitPromptBatch *batch = prompts("linear_regression", 40);
    degrade(batch);
    add_label_noise(batch);
    assert_matches_lapack(batch);
    for (size_t i = 0; i < batch->n_prompts * P; i++) // inputs in the first five coordinates
        memset(batch->x + i * D + 5, 0, (D - 5) * sizeof(double));
    assert_matches_lapack(batch);
    ambit_prompt_batch_destroy(&batch);
}

/* The weights [C][D] a linear predictor uses after k examples: its answers at the unit vectors. */
static void implied_weights(const AmbitPredictor *predictor, const AmbitPromptBatch *batch,
                            size_t prompt, size_t k, double *w)
{
    AmbitError error;
    AmbitPromptBatch *probe = NULL;
    assert_int_equal(ambit_prompt_batch_create(&probe, 1, P, D, D, 1, true, &error), AMBIT_OK);
    memcpy(probe->x, batch->x + prompt * P * D, P * D * sizeof(double));
    memcpy(probe->y, batch->y + prompt * P, P * sizeof(double));
    for (size_t j = 0; j < D; j++) {
        probe->seen[j] = k;
        probe->x_query[j * D + j] = 1.0;
    }
    double *prediction = fixture_predict(predictor, probe, NULL);
    memcpy(w, prediction, predictor->n_columns * D * sizeof *w);
    ambit_free(prediction);
    ambit_prompt_batch_destroy(&probe);
}

/* out [D] = Xᵀ(y − Xw) over the first k examples. */
static void gradient(const AmbitPromptBatch *batch, size_t prompt, size_t k, const double *w,
                     double *out)
{
    memset(out, 0, D * sizeof *out);
    for (size_t p = 0; p < k; p++) {
        const double *x = batch->x + (prompt * P + p) * D;
        cblas_daxpy(D, batch->y[prompt * P + p] - cblas_ddot(D, x, 1, w, 1), x, 1, out, 1);
    }
}

static void assert_normal_equations(const AmbitPromptBatch *batch)
{
    AmbitPredictor *predictor = fixture_predictor("least_squares");
    for (size_t b = 0; b < batch->n_prompts; b++)
        for (size_t k = 1; k < P; k++) {
            double w[D], rest[D];
            implied_weights(predictor, batch, b, k, w);
            gradient(batch, b, k, w, rest);
            double size = (double)k * D * (1.0 + cblas_dnrm2(D, w, 1));
            assert_true(cblas_dnrm2(D, rest, 1) < 1e-14 * size);
        }
    ambit_predictor_destroy(&predictor);
}

static void least_squares_solves_the_normal_equations(void **state)
{
    (void)state;
    AmbitPromptBatch *batch = prompts("linear_regression", 30);
    add_label_noise(batch);
    assert_normal_equations(batch);
    for (size_t i = 1; i < batch->n_prompts * P; i += 3) // nearly dependent inputs
        for (size_t j = 0; j < D; j++) {
            double *v = &batch->x[i * D + j];
            *v = v[-D] + 1e-6 * *v;
        }
    for (size_t i = 0; i < batch->n_prompts * P; i++)
        batch->y[i] = cblas_ddot(D, batch->x + i * D, 1, batch->function + i / P * D, 1);
    assert_normal_equations(batch);
    ambit_prompt_batch_destroy(&batch);
}

static void singular_contexts_are_flagged(void **state)
{
    (void)state;
    AmbitPromptBatch *batch = prompts("linear_regression", 2);
    memcpy(batch->x + (P + 4) * D, batch->x + (P + 1) * D, D * sizeof(double));
    AmbitPredictor *predictor = fixture_predictor("least_squares");
    unsigned char flag[2 * P];
    ambit_free(fixture_predict(predictor, batch, flag));
    for (size_t k = 0; k < P; k++) {
        assert_int_equal(flag[k], 0);
        assert_int_equal(flag[P + k], k >= 5 && k <= 20 ? AMBIT_FLAG_SINGULAR : 0);
    }
    ambit_predictor_destroy(&predictor);
    ambit_prompt_batch_destroy(&batch);
}

static void assert_optimal(const AmbitPromptBatch *batch, size_t prompt, size_t k, const double *w,
                           double alpha)
{
    double pull[D];
    gradient(batch, prompt, k, w, pull);
    for (size_t j = 0; j < D; j++) {
        double share = pull[j] / (double)k / alpha;
        double excess = w[j] == 0.0 ? fabs(share) - 1.0 : fabs(share - copysign(1.0, w[j]));
        if (!(excess <= 1e-6))
            fail_msg("prompt %zu, k = %zu, alpha = %g, weight %zu: optimality off by %g of alpha",
                     prompt, k, alpha, j, excess);
    }
}

/* Lasso's weights after every number of examples, for each of the default penalties. */
static void assert_all_optimal(AmbitPredictor *predictor, const AmbitPromptBatch *batch)
{
    static const double alphas[] = {1, 0.1, 0.01, 0.001, 0.0001};
    for (size_t b = 0; b < batch->n_prompts; b++)
        for (size_t k = 1; k < P; k++) {
            double w[5 * D];
            implied_weights(predictor, batch, b, k, w);
            for (size_t a = 0; a < 5; a++)
                assert_optimal(batch, b, k, w + a * D, alphas[a]);
        }
}

static void lasso_meets_its_optimality_conditions(void **state)
{
    (void)state;
    static const char *const families[] = {"linear_regression", "sparse_linear_regression"};
    AmbitPredictor *predictor = fixture_predictor("lasso");
    assert_int_equal(predictor->n_columns, 5);
    assert_string_equal(predictor->columns[2], "lasso_0.01");
    for (size_t f = 0; f < 2; f++) {
        AmbitPromptBatch *batch = prompts(families[f], 20);
        assert_all_optimal(predictor, batch);
        ambit_prompt_batch_destroy(&batch);
    }
    ambit_predictor_destroy(&predictor);
}

static void lasso_copes_with_deficient_inputs(void **state)
{
    (void)state;
    AmbitPredictor *predictor = fixture_predictor("lasso");
    AmbitPromptBatch *batch = prompts("linear_regression", 10);
    degrade(batch);
    for (size_t i = 0; i < batch->n_prompts * P; i++) { // one coordinate a copy, one 0
        batch->x[i * D + 3] = batch->x[i * D + 8];
        batch->x[i * D + 5] = 0.0;
    }
    add_label_noise(batch);
    assert_all_optimal(predictor, batch);
    ambit_prompt_batch_destroy(&batch);
    ambit_predictor_destroy(&predictor);
}

static void lasso_says_when_it_has_not_converged(void **state)
{
    (void)state;
    AmbitError error;
    AmbitPredictor *predictor = NULL;
    const AmbitPredictorType *type = ambit_predictor_type_find("lasso");
    assert_int_equal(ambit_predictor_create(&predictor, type, &error), AMBIT_OK);
    for (const AmbitParameter *p = type->parameters; p->name; p++)
        if (strcmp(p->name, "tolerance") == 0)
            *(double *)((char *)predictor->settings + p->offset) = 0.0;
    assert_int_equal(ambit_predictor_finish(predictor, &error), AMBIT_OK);
    AmbitPromptBatch *batch = prompts("linear_regression", 1);
    batch->n_points = batch->n_queries = 8;
    unsigned char flag[5 * 8];
    ambit_free(fixture_predict(predictor, batch, flag));
    assert_int_equal(flag[0], 0);
    assert_int_equal(flag[4 * 8 + 7], AMBIT_FLAG_NOT_CONVERGED);
    ambit_prompt_batch_destroy(&batch);
    ambit_predictor_destroy(&predictor);
}

/* Noiseless dense prompts: 1 − k/D exactly; 2000 prompts, within 5 standard errors. */
static void least_squares_has_its_known_error(void **state)
{
    (void)state;
    enum { N = 2000 };
    AmbitPromptBatch *batch = prompts("linear_regression", N);
    AmbitPredictor *predictor = fixture_predictor("least_squares");
    double *prediction = fixture_predict(predictor, batch, NULL);
    for (size_t k = 0; k < P; k++) {
        double sum = 0.0, squares = 0.0;
        for (size_t b = 0; b < N; b++) {
            double error = prediction[b * P + k] - batch->y_query[b * P + k];
            sum += error * error / D;
            squares += pow(error, 4) / D / D;
        }
        double mean = sum / N, known = k < D ? 1.0 - (double)k / D : 0.0;
        double standard_error = sqrt((squares / N - mean * mean) / N);
        assert_true(fabs(mean - known) < (k < D ? 5.0 * standard_error : 1e-12));
    }
    ambit_free(prediction);
    ambit_predictor_destroy(&predictor);
    ambit_prompt_batch_destroy(&batch);
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_squares_matches_lapack),
        cmocka_unit_test(least_squares_matches_lapack_on_deficient_inputs),
        cmocka_unit_test(least_squares_solves_the_normal_equations),
        cmocka_unit_test(singular_contexts_are_flagged),
        cmocka_unit_test(lasso_meets_its_optimality_conditions),
        cmocka_unit_test(lasso_copes_with_deficient_inputs),
        cmocka_unit_test(lasso_says_when_it_has_not_converged),
        cmocka_unit_test(least_squares_has_its_known_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
