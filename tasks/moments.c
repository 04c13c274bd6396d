// SPDX-License-Identifier: MIT
// Means over sampled inputs of a family.
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
