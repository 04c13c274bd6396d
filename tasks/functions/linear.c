// SPDX-License-Identifier: MIT
// What families of linear functions share.
#include "linear.h"

#include "vector.h"

size_t ambit_linear_function_size(const AmbitFamily *family)
{
    return family->n_dims;
}

double ambit_linear_evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    return ambit_dot(function, x, family->n_dims);
}

double ambit_linear_function_second_moment(const AmbitFamily *family, const double *function,
                                           size_t active_dims)
{
    (void)family;
    return ambit_dot(function, function, active_dims);
}

AmbitPrior ambit_gaussian_prior(const AmbitFamily *family)
{
    (void)family;
    return (AmbitPrior){.kind = AMBIT_PRIOR_GAUSSIAN};
}

AmbitMoments ambit_isotropic_moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                                     const double *x)
{
    (void)rng;
    double second_moment = ambit_family_second_moment(family, active_dims) - family->query_noise;
    return (AmbitMoments){0.0, second_moment / (double)active_dims * ambit_dot(x, x, active_dims)};
}
