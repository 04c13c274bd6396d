// SPDX-License-Identifier: MIT
// Sampled means, compared within 5 standard errors.
#ifndef AMBIT_MEANS_H
#define AMBIT_MEANS_H

/* A running mean with its standard error. */
typedef struct Mean {
    double n, sum, squares;
} Mean;

void mean_add(Mean *mean, double value);
void mean_assert_agree(const Mean *a, const Mean *b, const char *what);
void mean_assert_near(double value, double expected, double tolerance);

#endif
