// SPDX-License-Identifier: MIT
// Skewed prompts: inputs whose covariance has a decaying spectrum in a random basis.
#include "ambit/memory.h"
#include "registry.h"
#include "vector.h"

#include <math.h>
#include <string.h>

static const AmbitParameter parameters[] = {{.name = NULL}};

/* Makes row `row` of u [D][D] a unit vector orthogonal to the rows above it. Rows drawn from
 * N(0, I) so treated are a Haar-distributed basis. Twice, for orthogonality to rounding. */
static void orthonormalize(double *u, size_t row, size_t dims)
{
    double *v = u + row * dims;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < row; i++) {
            double along = ambit_dot(v, u + i * dims, dims);
            for (size_t j = 0; j < dims; j++)
                v[j] -= along * u[i * dims + j];
        }
    double norm = sqrt(ambit_dot(v, v, dims));
    for (size_t j = 0; j < dims; j++)
        v[j] /= norm;
}

/* T [D][D] = U diag(λ) Uᵀ·√(D/Σλ²) with λ_j = 1/j and U Haar: E‖xT‖² = D as for standard inputs. */
static AmbitStatus init(AmbitPromptDistribution *distribution, AmbitKey key, AmbitError *error)
{
    size_t dims = distribution->n_dims;
    double *map = distribution->state = ambit_alloc(dims * dims, sizeof *map);
    double *u = ambit_alloc(dims * dims, sizeof *u);
    if (!map || !u) {
        ambit_free(u);
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a %zu x %zu input map", dims,
                               dims);
    }
    AmbitRandom random;
    ambit_random_open(&random, key, AMBIT_STREAM_TARGET, 0);
    double total = 0.0;
    for (size_t i = 0; i < dims; i++) {
        double eigenvalue = 1.0 / (double)(i + 1);
        total += eigenvalue * eigenvalue;
        ambit_draw_normal(&random.rng, 1.0, u + i * dims, dims);
        orthonormalize(u, i, dims);
        for (size_t j = 0; j < dims; j++)
            for (size_t k = 0; k < dims; k++)
                map[j * dims + k] += eigenvalue * u[i * dims + j] * u[i * dims + k];
    }
    for (size_t i = 0; i < dims * dims; i++)
        map[i] *= sqrt((double)dims / total);
    ambit_free(u);
    return AMBIT_OK;
}

static void fini(AmbitPromptDistribution *distribution)
{
    ambit_free(distribution->state);
}

/* x = zT, a row at a time: z_j times row j of T is added as z_j is drawn. */
static void draw(const AmbitPromptDistribution *distribution, const AmbitFamily *family,
                 gsl_rng *input, gsl_rng *query, size_t active_dims, size_t n_points,
                 size_t n_queries, double *x, double *x_query)
{
    (void)family, (void)query, (void)n_queries, (void)x_query;
    size_t dims = distribution->n_dims;
    const double *map = distribution->state;
    memset(x, 0, n_points * dims * sizeof *x);
    for (size_t p = 0; p < n_points; p++, x += dims)
        for (size_t j = 0; j < dims; j++) {
            double z;
            ambit_draw_normal(input, 1.0, &z, 1);
            for (size_t k = 0; k < active_dims; k++)
                x[k] += z * map[j * dims + k];
        }
}

static AmbitStatus check(const AmbitPromptDistribution *distribution, const AmbitMixture *mixture,
                         AmbitError *error)
{
    (void)distribution;
    for (size_t c = 0; c < mixture->n_classes; c++)
        if (mixture->families[c]->type->draw_input)
            return ambit_error_set(error, AMBIT_INVALID,
                                   "skewed prompts replace the inputs' law, but %s has one of its "
                                   "own; use standard prompts",
                                   mixture->families[c]->type->name);
    return AMBIT_OK;
}

const AmbitPromptDistributionType ambit_prompts_skewed = {
    .name = "skewed",
    .summary = "x ~ N(0, T^2), T with eigenvalues 1/j in a random basis drawn once per evaluation",
    .source = "Garg et al. 2208.01066, section 4 (skewed covariance)",
    .parameters = parameters,
    .init = init,
    .fini = fini,
    .draw = draw,
    .check = check};
