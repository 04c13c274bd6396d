// SPDX-License-Identifier: MIT
// Linear functions of a matrix: inner products with a random matrix of low rank.
#include "linear.h"
#include "registry.h"
#include "vector.h"

#include <math.h>
#include <string.h>

typedef struct Settings {
    double scale;
    int64_t rank;
    bool normalize;
} Settings;

static const AmbitParameter parameters[] = {
    {"scale", AMBIT_REAL, offsetof(Settings, scale), 1, -INFINITY, INFINITY, NULL,
     "factor on the output", false},
    {"rank", AMBIT_INT, offsetof(Settings, rank), 1, 1, INFINITY, NULL,
     "rank of the m x m matrix; at most m", false},
    {"normalize", AMBIT_BOOL, offsetof(Settings, normalize), 0, 0, 0, NULL,
     "divide by the square root of the (active) dims, so that E f^2 = scale^2", false},
    {0}};

/* m, the side of the matrix. */
static size_t side(const AmbitFamily *family)
{
    return (size_t)lround(sqrt((double)family->n_dims));
}

static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    const Settings *s = family->settings;
    size_t m = side(family);
    if (m * m != family->n_dims)
        return ambit_error_set(error, AMBIT_INVALID,
                               "low_rank takes inputs that are square matrices, but %zu dims are "
                               "not a square; give model.n_dims 1, 4, 9, 16, 25, …",
                               family->n_dims);
    if ((uint64_t)s->rank > m)
        return ambit_error_parameter(error, "rank",
                                     "rank is %lld, but the matrix is %zu x %zu; give at most %zu",
                                     (long long)s->rank, m, m, m);
    return AMBIT_OK;
}

/* A function is w [D], then the two vectors of the product drawn last. */
static size_t function_size(const AmbitFamily *family)
{
    return family->n_dims + 2 * side(family);
}

/* w is the sum of `rank` products u v^T, and E w_j^2 = scale^2. */
static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    size_t m = side(family);
    double scale = s->scale / sqrt((double)s->rank), *u = function + family->n_dims, *v = u + m;
    if (s->normalize)
        scale /= sqrt((double)active_dims);
    memset(function, 0, family->n_dims * sizeof *function);
    for (int64_t r = 0; r < s->rank; r++) {
        ambit_draw_normal(rng, scale, u, m);
        ambit_draw_normal(rng, 1.0, v, m);
        for (size_t j = 0; j < family->n_dims; j++)
            function[j] += u[j / m] * v[j % m];
    }
}

static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    const Settings *s = family->settings;
    return s->scale * s->scale * (s->normalize ? 1.0 : (double)active_dims);
}

const AmbitFamilyType ambit_family_low_rank = {
    .name = "low_rank",
    .summary = "f(x) = scale * vec(A).x with A a random m x m matrix of this rank, D = m^2",
    .source = "Panwar et al. 2306.04891",
    .inputs = "square dims, N(0, I)",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .is_linear = true,
    .init = init,
    .function_size = function_size,
    .draw = draw,
    .evaluate = ambit_linear_evaluate,
    .second_moment = second_moment,
    .moments = ambit_isotropic_moments,
    .function_second_moment = ambit_linear_function_second_moment};
