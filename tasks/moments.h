// SPDX-License-Identifier: MIT
// Means over sampled inputs of a family, for second moments without a closed form.
#ifndef AMBIT_TASKS_MOMENTS_H
#define AMBIT_TASKS_MOMENTS_H

#include "ambit/family.h"

typedef double (*ambit_integrand_fn)(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                                     const double *x);

/* Returns the mean of the integrand over inputs of the family. The inputs are always the same ones:
 * as many as bring the standard error to 0.1 % of the mean, at most 2^20. A constant integrand
 * gives its exact value. NaN without memory. */
double ambit_input_mean(const AmbitFamily *family, size_t active_dims,
                        ambit_integrand_fn integrand);

#endif
