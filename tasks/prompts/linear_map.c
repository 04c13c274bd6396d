// SPDX-License-Identifier: MIT
// Prompts whose inputs have a covariance other than I: x = zT with z ~ N(0, I) and one random
// symmetric matrix T per evaluation.
#include "inputs.h"
#include "registry.h"
#include "vector.h"

#include "ambit/memory.h"

#include <math.h>
#include <string.h>

enum { MOST_DIMS = 2048 };

static const AmbitParameter parameters[] = {{.name = NULL}};

/* Returns eigenvalue j of T, from 0 on, before T is normalised. */
static double eigenvalue(const AmbitPromptDistribution *distribution, size_t j)
{
    if (distribution->type == &ambit_prompts_skewed)
        return 1.0 / (double)(j + 1);
    return j < distribution->n_dims / 2 ? 1.0 : 0.0;
}

/* T [D][D] = U diag(λ) Uᵀ·√(D/Σλ²) with U Haar: E‖xT‖² = D as for standard inputs. */
static AmbitStatus init(AmbitPromptDistribution *distribution, AmbitKey key, AmbitError *error)
{
    size_t dims = distribution->n_dims;
    if (dims > MOST_DIMS)
        return ambit_error_set(
            error, AMBIT_INVALID,
            "%s prompts need inputs of %d dims or fewer, but these have %zu: a random basis takes "
            "n_dims^3 operations, minutes from there on; lower model.n_dims",
            distribution->type->name, MOST_DIMS, dims);
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
        double lambda = eigenvalue(distribution, i);
        total += lambda * lambda;
        ambit_draw_normal(&random.rng, 1.0, u + i * dims, dims);
        ambit_orthogonalize(u, i, dims, 1.0);
        for (size_t j = 0; lambda > 0.0 && j < dims; j++)
            for (size_t k = 0; k < dims; k++)
                map[j * dims + k] += lambda * u[i * dims + j] * u[i * dims + k];
    }
    for (size_t i = 0; i < dims * dims; i++)
        map[i] *= sqrt((double)dims / total);
    ambit_free(u);
    return AMBIT_OK;
}

static AmbitStatus init_half(AmbitPromptDistribution *distribution, AmbitKey key, AmbitError *error)
{
    AmbitStatus status = ambit_prompts_need_dims(distribution, 2, error);
    return status ? status : init(distribution, key, error);
}

static void fini(AmbitPromptDistribution *distribution)
{
    ambit_free(distribution->state);
}

/* Adds z_j times row j of T as each z_j is drawn. */
static void draw(const AmbitPromptDistribution *distribution, const AmbitPromptDraw *prompt)
{
    size_t dims = distribution->n_dims;
    const double *map = distribution->state;
    double *x = prompt->x;
    memset(x, 0, prompt->n_points * dims * sizeof *x);
    for (size_t p = 0; p < prompt->n_points; p++, x += dims)
        for (size_t j = 0; j < dims; j++) {
            double z;
            ambit_draw_normal(prompt->input, 1.0, &z, 1);
            for (size_t k = 0; k < prompt->active_dims; k++)
                x[k] += z * map[j * dims + k];
        }
}

const AmbitPromptDistributionType ambit_prompts_skewed = {
    .name = "skewed",
    .summary = "x ~ N(0, T^2), T with eigenvalues 1/j in a random basis drawn once per evaluation",
    .source = "Garg et al. 2208.01066, section 4 (skewed covariance)",
    .parameters = parameters,
    .init = init,
    .fini = fini,
    .draw = draw,
    .check = ambit_prompts_need_normal};

const AmbitPromptDistributionType ambit_prompts_half_subspace = {
    .name = "half_subspace",
    .summary = "x normal in a random subspace of half the dims drawn once per evaluation, with "
               "E|x|^2 as without",
    .source = "Garg et al. 2208.01066, section 4 (d/2-dimensional subspace)",
    .parameters = parameters,
    .init = init_half,
    .fini = fini,
    .draw = draw,
    .check = ambit_prompts_need_normal};
