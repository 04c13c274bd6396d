// SPDX-License-Identifier: MIT
// What families of linear functions share. A function is its weight vector w [D], with all factors
// multiplied in.
#ifndef AMBIT_TASKS_LINEAR_H
#define AMBIT_TASKS_LINEAR_H

#include "ambit/family.h"

/* Record entries: D doubles, w·x, and E (w·x)² = ‖w‖² over inputs from N(0, I). */
size_t ambit_linear_function_size(const AmbitFamily *family);
double ambit_linear_evaluate(const AmbitFamily *family, const double *function, const double *x);
double ambit_linear_function_second_moment(const AmbitFamily *family, const double *function,
                                           size_t active_dims);

/* Record entry for families whose functions are linear in i.i.d. Gaussian numbers. */
AmbitPrior ambit_gaussian_prior(const AmbitFamily *family);

/* Record entry for families with E f(x) = 0 and E f(x)² proportional to ‖x‖². */
AmbitMoments ambit_isotropic_moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                                     const double *x);

#endif
