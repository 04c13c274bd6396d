// SPDX-License-Identifier: MIT
#include "testing.h"

#include "gradient_fixtures.h"

#include "ambit/memory.h"
#include "ambit/random.h"

#include <gsl/gsl_randist.h>

const size_t rows_offset[SEQUENCES + 1] = {0, ROWS_1, ALL_ROWS}, rows_prefix[SEQUENCES] = {5, 3};
const size_t rows_seen[ALL_ROWS] = {0, 0, 0, 0, 0, 0, 3, 5, 0, 0, 0, 1, 3};
const size_t rows_position[ALL_ROWS] = {0, 1, 2, 3, 4, 0, 3, 5, 0, 1, 2, 1, 3};

double *gradient_gaussians(size_t n, uint32_t index)
{
    double *x = ambit_alloc(n, sizeof *x);
    assert_non_null(x);
    AmbitRandom random;
    ambit_random_open(&random, (AmbitKey){5, 0, AMBIT_TRAINING}, AMBIT_STREAM_NOISE, index);
    for (size_t i = 0; i < n; i++)
        x[i] = gsl_ran_gaussian_ziggurat(&random.rng, 1);
    return x;
}

double gradient_dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

double gradient_error(double *x, const double *analytic, size_t n, gradient_loss_fn loss,
                      void *context)
{
    double difference = 0, norm = 0;
    const double h = 1e-3;
    for (size_t i = 0; i < n; i++) {
        double kept = x[i], value[4];
        static const double steps[4] = {-2, -1, 1, 2};
        for (int s = 0; s < 4; s++) {
            x[i] = kept + steps[s] * h;
            value[s] = loss(context);
        }
        x[i] = kept;
        double numeric = (value[0] - 8 * value[1] + 8 * value[2] - value[3]) / (12 * h);
        difference += (analytic[i] - numeric) * (analytic[i] - numeric);
        norm += numeric * numeric;
    }
    return sqrt(difference) / fmax(sqrt(norm), 1e-6);
}

void gradient_assert_small(double error, const char *what)
{
    print_message("%-40s relative error %.1e\n", what, error);
    if (!(error < 1e-6))
        fail_msg("%s: relative error %g", what, error);
}
