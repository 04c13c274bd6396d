// SPDX-License-Identifier: MIT
// Philox against the known answers of Random123, and streams that do not depend on call order.
#include "testing.h"

#include "ambit/random.h"

#include <gsl/gsl_randist.h>

static void known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < 3; i++) {
        uint32_t out[4];
        ambit_philox(cases[i].counter, cases[i].key, out);
        assert_memory_equal(out, cases[i].out, sizeof out);
    }
}

static double first_gaussian(AmbitKey key, AmbitStream stream, uint32_t index)
{
    AmbitRandom random;
    ambit_random_open(&random, key, stream, index);
    return gsl_ran_gaussian_ziggurat(&random.rng, 1);
}

static void every_part_of_the_key_matters(void **state)
{
    (void)state;
    AmbitKey key = {7, 3, AMBIT_TRAINING};
    double base = first_gaussian(key, AMBIT_STREAM_INPUT, 5);
    assert_true(base == first_gaussian(key, AMBIT_STREAM_INPUT, 5));
    assert_true(base != first_gaussian(key, AMBIT_STREAM_QUERY, 5));
    assert_true(base != first_gaussian(key, AMBIT_STREAM_INPUT, 6));
    assert_true(base != first_gaussian((AmbitKey){8, 3, AMBIT_TRAINING}, AMBIT_STREAM_INPUT, 5));
    assert_true(base != first_gaussian((AmbitKey){7, 4, AMBIT_TRAINING}, AMBIT_STREAM_INPUT, 5));
    assert_true(base != first_gaussian((AmbitKey){7, 3, AMBIT_EVALUATION}, AMBIT_STREAM_INPUT, 5));
    AmbitKey far = {7, 3 + (UINT64_C(1) << 40), AMBIT_TRAINING};
    assert_true(base != first_gaussian(far, AMBIT_STREAM_INPUT, 5));
}

/* 200 000 normals: mean and variance within 5 standard errors (failure probability below 1e-6
 * each). */
static void gaussian_moments(void **state)
{
    (void)state;
    enum { N = 200000 };
    AmbitRandom random;
    ambit_random_open(&random, (AmbitKey){1, 0, AMBIT_TRAINING}, AMBIT_STREAM_NOISE, 0);
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        double z = gsl_ran_gaussian_ziggurat(&random.rng, 1);
        sum += z;
        squares += z * z;
    }
    assert_true(fabs(sum / N) < 5 / sqrt(N));
    assert_true(fabs(squares / N - 1) < 5 * sqrt(2.0 / N));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_answers),
                                       cmocka_unit_test(every_part_of_the_key_matters),
                                       cmocka_unit_test(gaussian_moments)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
