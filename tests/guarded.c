// SPDX-License-Identifier: MIT
#include "guarded.h"

#include "ambit/memory.h"
#include "ambit/random.h"

#include <gsl/gsl_randist.h>

enum { GUARD = 16, MOST_OFFSET = 7 };

Buffer buffer_of(size_t n, uint32_t index, bool misaligned)
{
    size_t before = GUARD + (misaligned ? 1 + index % MOST_OFFSET : 0);
    Buffer b = {ambit_alloc(before + n + GUARD, sizeof(float)), NULL, n};
    assert_non_null(b.memory);
    b.data = b.memory + before;
    AmbitRandom random;
    ambit_random_open(&random, (AmbitKey){1, 0, AMBIT_TRAINING}, AMBIT_STREAM_NOISE, index);
    for (size_t i = 0; i < n; i++)
        b.data[i] = (float)gsl_ran_gaussian_ziggurat(&random.rng, 1);
    for (size_t i = 0; i < GUARD; i++)
        b.data[i - GUARD] = b.data[n + i] = 12345.0f + (float)i;
    return b;
}

void check_guards(Buffer b)
{
    for (size_t i = 0; i < GUARD; i++) {
        assert_true(b.data[i - GUARD] == 12345.0f + (float)i);
        assert_true(b.data[b.n + i] == 12345.0f + (float)i);
    }
}

void compare(Buffer got, Buffer expected, double tolerance, const char *what)
{
    check_guards(got);
    for (size_t i = 0; i < got.n; i++) {
        double difference = fabs((double)got.data[i] - (double)expected.data[i]);
        if (!(difference <= tolerance * fmax(1, fabs((double)expected.data[i]))))
            fail_msg("%s: element %zu of %zu: %g, expected %g", what, i, got.n, (double)got.data[i],
                     (double)expected.data[i]);
    }
    ambit_free(got.memory);
    ambit_free(expected.memory);
}
