// SPDX-License-Identifier: MIT
// Means over a family's inputs, sampled: for second moments without a closed form.
#ifndef AMBIT_TASKS_MOMENTS_H
#define AMBIT_TASKS_MOMENTS_H

#include "ambit/family.h"

typedef double (*ambit_integrand_fn)(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                                     const double *x);

/* The mean of the integrand over inputs by the family's distribution. Always the same inputs: until
 * the standard error is 0.1 % of the mean, 2^20 at most. An integrand that is constant gives its
 * exact value. NaN without memory. */
double ambit_input_mean(const AmbitFamily *family, size_t active_dims,
                        ambit_integrand_fn integrand);

#endif
