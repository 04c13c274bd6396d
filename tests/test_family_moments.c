// SPDX-License-Identifier: MIT
// What each family says of its moments and second moments. Sampled means are compared within 5
// standard errors, with fixed seeds; see test_tasks.c, which every family passes through besides.
#include "testing.h"

#include "means.h"
#include "task_fixtures.h"

#include "ambit/memory.h"

#include <gsl/gsl_errno.h>
#include <string.h>

static const AmbitKey key = {13, 0, AMBIT_EVALUATION};

static void open_stream(AmbitRandom *random, AmbitStream stream)
{
    ambit_random_open(random, key, stream, 0);
}

/* E f(x) and E f(x)² at one input, declared against 3000 functions. */
static void assert_moments(const AmbitFamily *family, size_t active_dims)
{
    AmbitRandom input, function, moment;
    open_stream(&input, AMBIT_STREAM_INPUT);
    open_stream(&function, AMBIT_STREAM_FUNCTION);
    open_stream(&moment, AMBIT_STREAM_NOISE);
    double *x = ambit_alloc(family->n_dims, sizeof *x);
    double *f = ambit_alloc(family->function_size, sizeof *f);
    Mean sampled[2] = {{0}}, declared[2] = {{0}};
    ambit_family_draw_inputs(family, &input.rng, active_dims, 1, x);
    for (int i = 0; i < 3000; i++) {
        family->type->draw(family, &function.rng, active_dims, f);
        double y = family->type->evaluate(family, f, x);
        AmbitMoments moments = ambit_family_moments(family, &moment.rng, active_dims, x);
        mean_add(&sampled[0], y);
        mean_add(&sampled[1], y * y);
        mean_add(&declared[0], moments.mean);
        mean_add(&declared[1], moments.square);
    }
    mean_assert_agree(&sampled[0], &declared[0], family->type->name);
    mean_assert_agree(&sampled[1], &declared[1], family->type->name);
    ambit_free(x);
    ambit_free(f);
}

static void moments_at_one_input(void **state)
{
    (void)state;
    for (const AmbitFamilyType *const *type = ambit_family_types(); *type; type++) {
        AmbitFamily *family = fixture_family((*type)->name, 0, NULL, 0);
        assert_moments(family, family->n_dims);
        assert_moments(family, (family->n_dims + 1) / 2);
        ambit_family_destroy(&family);
    }
    AmbitFamily *family = fixture_family("monomials", 6, "set", 1);
    assert_moments(family, 6);
    assert_moments(family, 4);
    ambit_family_destroy(&family);
    family = fixture_family("sinusoid", 1, "omega", 0.7);
    assert_moments(family, 1);
    ambit_family_destroy(&family);
}

/* E f(x)² over 20 000 inputs for two functions, where it is known. */
static void second_moments_of_single_functions(void **state)
{
    (void)state;
    size_t known = 0;
    for (const AmbitFamilyType *const *type = ambit_family_types(); *type; type++) {
        AmbitFamily *family = fixture_family((*type)->name, 0, NULL, 0);
        size_t dims = family->n_dims, active = (dims + 1) / 2;
        AmbitRandom input, function;
        open_stream(&input, AMBIT_STREAM_INPUT);
        open_stream(&function, AMBIT_STREAM_FUNCTION);
        double *x = ambit_alloc(dims, sizeof *x);
        double *f = ambit_alloc(family->function_size, sizeof *f);
        for (int i = 0; i < 2; i++) {
            Mean sampled = {0}, declared = {0};
            family->type->draw(family, &function.rng, active, f);
            mean_add(&declared, ambit_family_function_second_moment(family, f, active));
            for (int n = 0; n < 20000 && !isnan(declared.sum); n++) {
                ambit_family_draw_inputs(family, &input.rng, active, 1, x);
                mean_add(&sampled, pow(family->type->evaluate(family, f, x), 2.0));
            }
            if (isnan(declared.sum))
                continue;
            mean_assert_agree(&sampled, &declared, family->type->name);
            known++;
        }
        ambit_free(x);
        ambit_free(f);
        ambit_family_destroy(&family);
    }
    assert_true(known >= 2 * 15);
}

/* Sharper than sampling y²: the mean of 20 000 functions' own second moments is the family's. */
static void second_moments_of_drawn_functions(void **state)
{
    (void)state;
    for (const AmbitFamilyType *const *type = ambit_family_types(); *type; type++) {
        AmbitFamily *family = fixture_family((*type)->name, 0, NULL, 0);
        size_t active = (family->n_dims + 1) / 2;
        AmbitRandom random;
        open_stream(&random, AMBIT_STREAM_FUNCTION);
        double *f = ambit_alloc(family->function_size, sizeof *f);
        Mean drawn = {0}, declared = {0};
        mean_add(&declared, ambit_family_second_moment(family, active) - family->query_noise);
        for (int i = 0; i < 20000 && !isnan(drawn.sum); i++) {
            family->type->draw(family, &random.rng, active, f);
            mean_add(&drawn, ambit_family_function_second_moment(family, f, active));
        }
        if (!isnan(drawn.sum))
            mean_assert_agree(&drawn, &declared, family->type->name);
        ambit_free(f);
        ambit_family_destroy(&family);
    }
}

static void assert_second_moment(AmbitFamily *family, size_t active_dims, double expected,
                                 double relative)
{
    mean_assert_near(ambit_family_second_moment(family, active_dims), expected,
                     relative * expected);
    ambit_family_destroy(&family);
}

static void known_second_moments(void **state)
{
    static const struct {
        const char *name;
        size_t dims, active;
        const char *parameter;
        double value, second_moment;
    } cases[] = {{"noisy_linear_regression", 20, 20, "noise_std", 2, 24},
                 {"noisy_linear_regression", 20, 5, "normalize", 1, 1},
                 {"noisy_linear_regression", 20, 20, "renormalize_ys", 1, 20},
                 {"quadratic_regression", 20, 7, "scale", 2, 28},
                 {"quadratic_regression", 20, 7, "normalize", 1, 1},
                 {"relu_2nn_regression", 20, 7, "hidden_layer_size", 3, 7},
                 {"relu_2nn_regression", 20, 7, "normalize", 1, 1},
                 {"decision_tree", 20, 1, "depth", 2, 1},
                 {"sinusoid", 1, 1, NULL, 0, 0.5 * (1 + 2.7107763566774e-4)},
                 {"sinusoid", 1, 1, "normalize", 1, 1 + 2.7107763566774e-4},
                 {"sinusoid", 1, 1, "omega", 0.1, 0.5 * (1 + 0.45404073872724504)},
                 {"sine_phase", 1, 1, NULL, 0, 0.31 / 6},
                 {"sign_vector", 20, 7, NULL, 0, 7},
                 {"low_rank", 16, 16, "rank", 3, 16},
                 {"laplace_regression", 20, 7, "b", 5, 1},
                 {"laplace_regression", 20, 7, "normalize", 0, 14},
                 {"gaussian_mixture_regression", 20, 20, NULL, 0, 28},
                 {"gaussian_mixture_regression", 20, 5, "normalize", 1, 1},
                 {"fourier_series", 1, 1, "N", 4, 1.25},
                 {"polynomial", 1, 1, "degree", 2, 1 + 1 + (4 * 3 - 4 + 1)},
                 {"polynomial", 1, 1, "natural_inputs", 1, 1 + 1.5},
                 {"polynomial", 1, 1, "normalize", 1, 1},
                 {"monomials", 20, 7, "size", 9, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_second_moment(
            fixture_family(cases[i].name, cases[i].dims, cases[i].parameter, cases[i].value),
            cases[i].active, cases[i].second_moment, 1e-10);
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_at_one_input),
        cmocka_unit_test(second_moments_of_single_functions),
        cmocka_unit_test(second_moments_of_drawn_functions),
        cmocka_unit_test(known_second_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
