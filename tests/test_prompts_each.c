// SPDX-License-Identifier: MIT
// Tests that each prompt distribution draws what it says. Sampled moments are compared within 5
// standard errors: a right program would fail about once in 10^6 seeds per comparison, and the seed
// is fixed.
#include "testing.h"

#include "task_fixtures.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_sort.h>
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

/* share: frequency among n, expected with probability p. */
static void assert_share(double share, double p, double n)
{
    if (!(fabs(share - p) <= 5.0 * sqrt(p * (1.0 - p) / n)))
        fail_msg("share %g of %g, expected %g", share, n, p);
}

static void quadrants_have_their_signs(void **state)
{
    (void)state;
    enum { N = 400, P = 10, D = 20 };
    FixtureSource standard = linear("standard", D, NULL, 0, N, P);
    FixtureSource any = linear("random_quadrants", D, NULL, 0, N, P);
    FixtureSource opposite = linear("opposite_quadrants", D, NULL, 0, N, P);
    double positive = 0.0, alike = 0.0;
    for (size_t i = 0; i < N * P * D; i++) {
        double z = standard.batch->x[i], x = any.batch->x[i];
        double first = any.batch->x[i / (P * D) * (P * D) + i % D];
        assert_true(fabs(x) == fabs(z) && (x > 0) == (first > 0));
        assert_true(any.batch->x_query[i] == z);
        assert_true(opposite.batch->x[i] == x && opposite.batch->x_query[i] == -x);
        positive += (double)(i % (P * D) < D && x > 0);
        alike += (double)((x > 0) == (z > 0));
    }
    assert_share(positive / (N * D), 0.5, N * D);
    assert_share(alike / (N * P * D), 0.5, N * P * D);
    fixture_source_close(&standard);
    fixture_source_close(&any);
    fixture_source_close(&opposite);
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void orthogonal_queries_are_orthogonal(void **state)
{
    (void)state;
    enum { N = 50, P = 30, D = 20 };
    FixtureSource s = linear("orthogonal_train_test", D, NULL, 0, N, P);
    assert_int_equal(s.batch->n_queries, D);
    for (size_t b = 0; b < N; b++)
        for (size_t q = 0; q < D; q++) {
            const double *x = s.batch->x + b * P * D, *query = s.batch->x_query + (b * D + q) * D;
            double norm = sqrt(dot(query, query, D));
            assert_int_equal(s.batch->seen[q], q);
            assert_true(fabs(norm / sqrt(dot(x + q * D, x + q * D, D)) - 1.0) < 1e-12);
            assert_true(dot(x + q * D, query, D) > 0.0);
            for (size_t i = 0; i < q; i++)
                assert_true(fabs(dot(x + i * D, query, D)) < 1e-11 * norm);
        }
    fixture_source_close(&s);
    s = linear("orthogonal_train_test", D, NULL, 0, 1, 7);
    assert_int_equal(s.batch->n_queries, 7);
    AmbitPromptSource source = {.mixture = s.mixture, .distribution = s.distribution};
    ambit_prompt_fill(&source, key, 0, 5, s.batch); // of 5 active dims: 0 from query 5 on
    for (size_t i = 0; i < 7 * D; i++)
        assert_true((s.batch->x_query[i] != 0.0) == (i < 5 * D && i % D < 5));
    fixture_source_close(&s);
}

static void overlapping_queries_are_earlier_examples(void **state)
{
    (void)state;
    enum { N = 5000, P = 6, D = 3 };
    FixtureSource s = linear("overlapping_train_test", D, NULL, 0, N, P);
    size_t chosen[P - 1][P] = {{0}};
    assert_int_equal(s.batch->n_queries, P - 1);
    for (size_t b = 0; b < N; b++)
        for (size_t q = 0; q < P - 1; q++) {
            const double *query = s.batch->x_query + (b * (P - 1) + q) * D;
            size_t i = 0;
            while (i < P && memcmp(query, s.batch->x + (b * P + i) * D, D * sizeof *query) != 0)
                i++;
            assert_int_equal(s.batch->seen[q], q + 1);
            assert_true(i < s.batch->seen[q]);
            assert_true(s.batch->y_query[b * (P - 1) + q] == s.batch->y[b * P + i]);
            chosen[q][i]++;
        }
    for (size_t q = 1; q < P - 1; q++)
        for (size_t i = 0; i <= q; i++)
            assert_share((double)chosen[q][i] / N, 1.0 / (double)(q + 1), N);
    fixture_source_close(&s);
}

/* Eigenvalues of the covariance of 40 000 inputs under `name`, falling. */
static void spectrum(const char *name, size_t dims, double *eigenvalue)
{
    FixtureSource s = linear(name, dims, NULL, 0, 2000, 20);
    double matrix[64] = {0};
    for (const double *x = s.batch->x; x < s.batch->x + 40000 * dims; x += dims)
        for (size_t j = 0; j < dims; j++)
            for (size_t k = 0; k < dims; k++)
                matrix[j * dims + k] += x[j] * x[k] / 40000;
    assert_true(fabs(matrix[1]) > 0.01); // the basis is not the coordinates'
    gsl_matrix_view m = gsl_matrix_view_array(matrix, dims, dims);
    gsl_vector_view v = gsl_vector_view_array(eigenvalue, dims);
    gsl_eigen_symm_workspace *workspace = gsl_eigen_symm_alloc(dims);
    gsl_eigen_symm(&m.matrix, &v.vector, workspace);
    gsl_eigen_symm_free(workspace);
    gsl_sort(eigenvalue, 1, dims);
    for (size_t j = 0; j < dims / 2; j++) {
        double last = eigenvalue[dims - 1 - j];
        eigenvalue[dims - 1 - j] = eigenvalue[j];
        eigenvalue[j] = last;
    }
    fixture_source_close(&s);
}

/* An eigenvalue's relative standard error is √(2/40 000) = 0.7 %; among equal ones, the extremes of
 * a sample covariance of 3 dims lie within (1 ± √(3/40 000))², 1.7 %. */
static void linear_maps_have_their_spectrum(void **state)
{
    (void)state;
    double eigenvalue[7], total = 0.0;
    spectrum("skewed", 6, eigenvalue);
    for (size_t j = 1; j <= 6; j++)
        total += 1.0 / (double)(j * j);
    for (size_t j = 1; j <= 6; j++) {
        double expected = 6 / total / (double)(j * j);
        assert_true(fabs(eigenvalue[j - 1] / expected - 1.0) < 5.0 * sqrt(2.0 / 40000));
    }
    spectrum("half_subspace", 7, eigenvalue);
    for (size_t j = 0; j < 7; j++)
        assert_true(j < 3 ? fabs(eigenvalue[j] / (7.0 / 3.0) - 1.0) < 0.035
                          : fabs(eigenvalue[j]) < 1e-12);
}

static void scales_are_factors(void **state)
{
    (void)state;
    enum { N = 8, P = 10, D = 4 };
    FixtureSource standard = linear("standard", D, NULL, 0, N, P);
    FixtureSource all = linear("scale_x", D, "c", 0.5, N, P);
    FixtureSource queries = linear("query_scale", D, "lambda", -3, N, P);
    assert_int_equal(queries.batch->n_queries, P);
    for (size_t i = 0; i < N * P * D; i++) {
        assert_true(all.batch->x[i] == 0.5 * standard.batch->x[i]);
        assert_true(queries.batch->x_query[i] == -3.0 * standard.batch->x[i]);
    }
    for (size_t i = 0; i < N * P; i++) {
        assert_true(all.batch->y_query[i] == 0.5 * standard.batch->y[i]);
        assert_true(fabs(queries.batch->y_query[i] + 3.0 * standard.batch->y[i]) < 1e-12);
    }
    fixture_source_close(&standard);
    fixture_source_close(&all);
    fixture_source_close(&queries);
}

/* The share of coordinates within (−1, 1) tells the distributions apart; mean and variance are
 * checked unless kurtosis is 0 (no fourth moment). */
static void assert_law(const char *name, double nu, double within, double kurtosis)
{
    enum { N = 2000, P = 10, D = 5 };
    FixtureSource s = linear(name, D, nu > 0.0 ? "nu" : NULL, nu, N, P);
    double n = N * P * D, inside = 0.0, sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < N * P * D; i++) {
        double x = s.batch->x[i];
        inside += (double)(fabs(x) < 1.0);
        sum += x;
        squares += x * x;
    }
    assert_share(inside / n, within, n);
    if (kurtosis > 0.0) {
        assert_true(fabs(sum / n) < 5.0 / sqrt(n));
        assert_true(fabs(squares / n - 1.0) < 5.0 * sqrt((kurtosis - 1.0) / n));
    }
    fixture_source_close(&s);
}

static void laws_have_their_moments(void **state)
{
    (void)state;
    assert_law("uniform", 0, 1.0 / sqrt(3.0), 1.8);
    assert_law("laplace", 0, 1.0 - exp(-sqrt(2.0)), 6.0);
    assert_law("exponential", 0, 1.0 - exp(-2.0), 9.0);
    assert_law("student_t", 5, 2.0 * gsl_cdf_tdist_P(sqrt(5.0 / 3.0), 5.0) - 1.0, 9.0);
    assert_law("student_t", 2, 2.0 * gsl_cdf_tdist_P(1.0, 2.0) - 1.0, 0.0);
    assert_law("cauchy", 0, 0.5, 0.0);
}

/* Moments over prompts of products of two inputs; their variance is at most 1 + ρ². */
static void ar1_inputs_are_correlated(void **state)
{
    (void)state;
    enum { N = 20000, P = 6, D = 2 };
    const double rho = 0.8, most = 5.0 * sqrt(2.0 / N);
    FixtureSource s = linear("ar1", D, "rho", rho, N, P);
    double variance = 0.0, next = 0.0, second = 0.0, across = 0.0;
    for (size_t b = 0; b < N; b++) {
        const double *last = s.batch->x + ((b + 1) * P - 1) * D;
        variance += last[0] * last[0] / N;
        next += last[0] * last[-D] / N;
        second += last[0] * last[-2 * D] / N;
        across += last[0] * last[-D + 1] / N;
    }
    assert_true(fabs(variance - 1.0) < most);
    assert_true(fabs(next - rho) < most);
    assert_true(fabs(second - rho * rho) < most);
    assert_true(fabs(across) < most);
    fixture_source_close(&s);
}

static void grids_are_regular(void **state)
{
    (void)state;
    FixtureSource s = linear("grid", 1, NULL, 0, 3, 40);
    assert_int_equal(s.batch->n_queries, 256);
    for (size_t i = 0; i < 3 * 256; i++)
        assert_true(fabs(s.batch->x_query[i] - (-2.5 + 5.0 / 255 * (double)(i % 256))) < 1e-15);
    assert_int_equal(s.batch->seen[0], 39);
    assert_int_equal(s.batch->seen[255], 39);
    fixture_source_close(&s);
    s = linear("grid", 1, "n_context", 15, 3, 40);
    assert_int_equal(s.batch->seen[0], 15);
    assert_int_equal(s.batch->seen[255], 15);
    fixture_source_close(&s);
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quadrants_have_their_signs),
        cmocka_unit_test(orthogonal_queries_are_orthogonal),
        cmocka_unit_test(overlapping_queries_are_earlier_examples),
        cmocka_unit_test(linear_maps_have_their_spectrum),
        cmocka_unit_test(scales_are_factors),
        cmocka_unit_test(laws_have_their_moments),
        cmocka_unit_test(ar1_inputs_are_correlated),
        cmocka_unit_test(grids_are_regular),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
