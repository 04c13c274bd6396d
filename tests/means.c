// SPDX-License-Identifier: MIT
#include "testing.h"

#include "means.h"

#include <math.h>

void mean_add(Mean *mean, double value)
{
    mean->n++;
    mean->sum += value;
    mean->squares += value * value;
}

static double variance_of_mean(const Mean *mean)
{
    double average = mean->sum / mean->n;
    return fmax(0.0, mean->squares / mean->n - average * average) / mean->n;
}

void mean_assert_agree(const Mean *a, const Mean *b, const char *what)
{
    double difference = a->sum / a->n - b->sum / b->n;
    double error = sqrt(variance_of_mean(a) + variance_of_mean(b)) + 1e-12;
    if (!(fabs(difference) <= 5.0 * error))
        fail_msg("%s: %g and %g differ by %g standard errors", what, a->sum / a->n, b->sum / b->n,
                 difference / error);
}

void mean_assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("found %.12g, expected %.12g", value, expected);
}
