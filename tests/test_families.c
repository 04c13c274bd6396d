// SPDX-License-Identifier: MIT
// What each family says it is: its functions by their definitions, and the distributions of their
// parameters. Sampled means are compared within 5 standard errors, with fixed seeds; see
// test_tasks.c, which every family passes through besides.
#include "testing.h"

#include "means.h"
#include "task_fixtures.h"

#include "ambit/memory.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_sf_hermite.h>
#include <gsl/gsl_sf_legendre.h>
#include <string.h>

static const AmbitKey key = {13, 0, AMBIT_EVALUATION};

static void open_stream(AmbitRandom *random, AmbitStream stream)
{
    ambit_random_open(random, key, stream, 0);
}

/* y(x) of a function given by its numbers. */
static double value(const AmbitFamily *family, const double *function, double x)
{
    return family->type->evaluate(family, function, &x);
}

static void functions_by_their_definitions(void **state)
{
    (void)state;
    AmbitFamily *family = fixture_family("decision_tree", 2, "depth", 2);
    const double tree[] = {0, 1, 0, 10, 20, 30, 40};
    assert_true(family->type->evaluate(family, tree, (double[]){-1, -1}) == 10);
    assert_true(family->type->evaluate(family, tree, (double[]){-1, 1}) == 20);
    assert_true(family->type->evaluate(family, tree, (double[]){1, -1}) == 40);
    ambit_family_destroy(&family);
    family = fixture_family("relu_2nn_regression", 2, "hidden_layer_size", 2);
    const double net[] = {1, 2, 3, 1, -1, 5};
    assert_true(family->type->evaluate(family, net, (double[]){1, 2}) == 15);
    assert_true(family->type->evaluate(family, net, (double[]){2, 1}) == 17);
    ambit_family_destroy(&family);
    family = fixture_family("linear_classification", 2, NULL, 0);
    assert_true(family->binary);
    assert_true(family->type->evaluate(family, net, (double[]){1, -1}) == -1);
    assert_true(family->type->evaluate(family, net, (double[]){1, 1}) == 1);
    ambit_family_destroy(&family);
    family = fixture_family("quadratic_regression", 2, NULL, 0);
    assert_true(family->type->evaluate(family, net, (double[]){3, -1}) == 11);
    ambit_family_destroy(&family);
    family = fixture_family("sinusoid", 1, NULL, 0);
    mean_assert_near(value(family, (double[]){2, 0.25}, 1.0 / 3), 2 * cos(M_PI / 6), 1e-14);
    ambit_family_destroy(&family);
    family = fixture_family("sine_phase", 1, NULL, 0);
    mean_assert_near(value(family, (double[]){0.3, 1}, 2), 0.3 * sin(3), 1e-14);
    ambit_family_destroy(&family);
    family = fixture_family("fourier_series", 1, "N", 2);
    mean_assert_near(value(family, (double[]){1, 2, 3, 4, 5}, 2),
                     1 + 2 * cos(0.4 * M_PI) + 3 * sin(0.4 * M_PI) + 4 * cos(0.8 * M_PI) +
                         5 * sin(0.8 * M_PI),
                     1e-13);
    ambit_family_destroy(&family);
}

static void polynomials_are_gsl_s(void **state)
{
    (void)state;
    for (int basis = 0; basis < 3; basis++) {
        AmbitFamily *family = fixture_raw_family("polynomial", 1);
        fixture_set(family, "degree", 7);
        fixture_set(family, "basis", basis);
        fixture_finish(family);
        for (int n = 0; n <= 7; n++) {
            double unit[8] = {0}, x = 0.37;
            unit[n] = 1;
            double expected[] = {cos(n * acos(x)), gsl_sf_legendre_Pl(n, x),
                                 gsl_sf_hermite_prob(n, x)};
            mean_assert_near(value(family, unit, x), expected[basis],
                             1e-12 * fabs(expected[basis]));
        }
        ambit_family_destroy(&family);
    }
}

/* 500 functions of a family, [500][F]. */
enum { N = 500 };

static double *draw_functions(const AmbitFamily *family)
{
    AmbitRandom random;
    open_stream(&random, AMBIT_STREAM_FUNCTION);
    size_t size = family->function_size;
    double *functions = ambit_alloc(N, size * sizeof *functions);
    assert_non_null(functions);
    for (size_t i = 0; i < N; i++)
        family->type->draw(family, &random.rng, family->n_dims, functions + i * size);
    return functions;
}

static void assert_mean(const Mean *mean, double expected, const char *what)
{
    Mean exact = {0};
    mean_add(&exact, expected);
    mean_assert_agree(mean, &exact, what);
}

static void weights_follow_their_distributions(void **state)
{
    (void)state;
    AmbitFamily *family = fixture_family("sign_vector", 20, NULL, 0);
    double *w = draw_functions(family);
    Mean plus = {0}, size = {0}, others = {0}, omega = {0}, square = {0};
    for (size_t i = 0; i < N * 20; i++) {
        assert_true(fabs(w[i]) == 1);
        mean_add(&plus, w[i]);
    }
    assert_mean(&plus, 0, "signs");
    ambit_free(w);
    ambit_family_destroy(&family);
    family = fixture_family("laplace_regression", 20, NULL, 0);
    w = draw_functions(family); // E |w_j| = b / sqrt(2 b^2 D); 0.8 of it for normal weights
    for (size_t i = 0; i < N * 20; i++)
        mean_add(&size, fabs(w[i]));
    assert_mean(&size, 1 / sqrt(40), "Laplace");
    ambit_free(w);
    ambit_family_destroy(&family);
    family = fixture_family("gaussian_mixture_regression", 20, NULL, 0);
    w = draw_functions(family);
    for (size_t i = 0; i < N * 20; i++)
        if (i % 20)
            mean_add(&others, w[i] * w[i]);
        else
            assert_true(fabs(w[i]) == 3);
    assert_mean(&others, 1, "mixture");
    ambit_free(w);
    ambit_family_destroy(&family);
    family = fixture_family("sinusoid", 1, NULL, 0);
    w = draw_functions(family);
    for (size_t i = 0; i < N; i++) {
        mean_add(&omega, w[2 * i + 1]);
        mean_add(&square, pow(w[2 * i + 1], 2));
    }
    assert_mean(&omega, 1, "omega");
    assert_mean(&square, 7.0 / 6, "omega^2");
    ambit_free(w);
    ambit_family_destroy(&family);
}

static void matrices_have_their_rank(void **state)
{
    (void)state;
    enum { M = 5 };
    AmbitFamily *family = fixture_family("low_rank", M * M, "rank", 2);
    double *w = draw_functions(family), singular[M], right[M * M], work[M];
    gsl_matrix_view a = gsl_matrix_view_array(w, M, M), v = gsl_matrix_view_array(right, M, M);
    gsl_vector_view s = gsl_vector_view_array(singular, M), t = gsl_vector_view_array(work, M);
    assert_int_equal(gsl_linalg_SV_decomp(&a.matrix, &v.matrix, &s.vector, &t.vector), 0);
    assert_true(singular[1] > 1e-3 && singular[2] < 1e-12);
    ambit_free(w);
    ambit_family_destroy(&family);
}

/* The places of a function's monomials among all pairs i ≤ j of 6 dims, in order and distinct. */
static void count_set(const double *term, size_t size, double *used)
{
    double before = -1;
    for (size_t t = 0; t < size; t++, term += 3) {
        double place = term[0] * 6 + term[1];
        assert_true(term[0] <= term[1] && term[1] < 6 && place > before);
        before = place;
        used[(size_t)place]++;
    }
}

static void sets_of_monomials(void **state)
{
    (void)state;
    for (int fixed = 0; fixed < 2; fixed++) {
        AmbitFamily *family = fixture_raw_family("monomials", 6);
        fixture_set(family, "size", 8);
        fixture_set(family, "set", fixed);
        fixture_finish(family);
        double *f = draw_functions(family), used[36] = {0}, share = 8.0 / 21;
        for (size_t i = 0; i < N; i++)
            count_set(f + i * 8 * 3, 8, used);
        for (int i = 0; i < 6; i++)
            for (int j = i; j < 6; j++) {
                double found = used[i * 6 + j] / N;
                if (fixed)
                    assert_true(found == 0 || found == 1);
                else
                    mean_assert_near(found, share, 5 * sqrt(share * (1 - share) / N));
            }
        const double x[] = {1, 2, 3, 4, 5, 6}, one[24] = {1, 1, 2, 2, 5, 3};
        mean_assert_near(family->type->evaluate(family, one, x), 2 * 4 / sqrt(3) + 3 * 18, 1e-12);
        ambit_free(f);
        ambit_family_destroy(&family);
    }
}

/* f(x) of a linear family is w·x; f of a Gaussian prior is linear in its numbers. */
static void records_tell_the_truth(void **state)
{
    (void)state;
    for (const AmbitFamilyType *const *type = ambit_family_types(); *type; type++) {
        AmbitFamily *family = fixture_family((*type)->name, 0, NULL, 0);
        size_t dims = family->n_dims, size = family->function_size;
        AmbitRandom input, function;
        open_stream(&input, AMBIT_STREAM_INPUT);
        open_stream(&function, AMBIT_STREAM_FUNCTION);
        double *x = ambit_alloc(dims, sizeof *x), *f = ambit_alloc(3 * size, sizeof *f), dot = 0;
        ambit_family_draw_inputs(family, &input.rng, dims, 1, x);
        for (size_t i = 0; i < 2; i++)
            (*type)->draw(family, &function.rng, dims, f + i * size);
        for (size_t j = 0; j < size; j++)
            f[2 * size + j] = f[j] + f[size + j];
        for (size_t j = 0; j < dims && (*type)->is_linear; j++)
            dot += f[j] * x[j];
        double first = (*type)->evaluate(family, f, x);
        if ((*type)->is_linear)
            mean_assert_near(first, dot, 1e-12);
        if (ambit_family_prior(family).kind == AMBIT_PRIOR_GAUSSIAN)
            mean_assert_near((*type)->evaluate(family, f + 2 * size, x),
                             first + (*type)->evaluate(family, f + size, x), 1e-11);
        ambit_free(x);
        ambit_free(f);
        ambit_family_destroy(&family);
    }
}

/* What a record says of its inputs: nothing where the family takes any dims and standard inputs. */
static void test_inputs_are_said(void **state)
{
    enum { NO_SQUARE = 7 };
    (void)state;
    for (const AmbitFamilyType *const *type = ambit_family_types(); *type; type++) {
        AmbitFamily *family;
        AmbitError error;
        assert_int_equal(ambit_family_create(&family, *type, NO_SQUARE, &error), AMBIT_OK);
        bool any = ambit_family_finish(family, &error) == AMBIT_OK && !(*type)->draw_input;
        if (any != !(*type)->inputs)
            fail_msg("%s takes %s inputs, and says %s", (*type)->name, any ? "any" : "special",
                     (*type)->inputs ? (*type)->inputs : "nothing");
        ambit_family_destroy(&family);
    }
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs_are_said),
        cmocka_unit_test(records_tell_the_truth),
        cmocka_unit_test(functions_by_their_definitions),
        cmocka_unit_test(polynomials_are_gsl_s),
        cmocka_unit_test(weights_follow_their_distributions),
        cmocka_unit_test(matrices_have_their_rank),
        cmocka_unit_test(sets_of_monomials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
