// SPDX-License-Identifier: MIT
// Moments of a family's values: declared by its record, or means over sampled inputs.
#include "moments.h"

#include "ambit/memory.h"
#include "ambit/random.h"

#include <math.h>

enum { CHUNK = 4096, MOST = 1 << 20 };

/* Welford's updates of mean and variance keep a constant as it is. */
double ambit_input_mean(const AmbitFamily *family, size_t active_dims, ambit_integrand_fn integrand)
{
    const double tolerance = 1e-3;
    AmbitRandom random;
    double mean = 0.0, squares = 0.0, *x = ambit_alloc(family->n_dims, sizeof *x);
    if (!x)
        return NAN;
    ambit_random_open(&random, (AmbitKey){.purpose = AMBIT_VALIDATION}, AMBIT_STREAM_TARGET, 0);
    for (size_t n = 1; n <= MOST; n++) {
        ambit_family_draw_inputs(family, &random.rng, active_dims, 1, x);
        double value = integrand(family, &random.rng, active_dims, x);
        double difference = value - mean, count = (double)n;
        mean += difference / count;
        squares += difference * (value - mean);
        if (n % CHUNK == 0 && sqrt(squares) / count <= tolerance * fabs(mean))
            break;
    }
    ambit_free(x);
    return mean;
}

static double square_at(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                        const double *x)
{
    return ambit_family_moments(family, rng, active_dims, x).square;
}

double ambit_family_second_moment(const AmbitFamily *family, size_t active_dims)
{
    double second_moment = family->known_second_moments[active_dims];
    if (second_moment != 0.0)
        return second_moment;
    second_moment = family->type->second_moment ? family->type->second_moment(family, active_dims)
                                                : ambit_input_mean(family, active_dims, square_at);
    family->known_second_moments[active_dims] = second_moment;
    return second_moment;
}

AmbitMoments ambit_family_moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                                  const double *x)
{
    if (family->type->moments)
        return family->type->moments(family, rng, active_dims, x);
    AmbitMoments moments = {NAN, NAN};
    double *function = ambit_alloc(family->function_size, sizeof *function);
    if (function) {
        family->type->draw(family, rng, active_dims, function);
        moments.mean = family->type->evaluate(family, function, x);
        moments.square = moments.mean * moments.mean;
    }
    ambit_free(function);
    return moments;
}
