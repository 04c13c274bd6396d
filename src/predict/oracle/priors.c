// SPDX-License-Identifier: MIT
// Which families are hypotheses with Gaussian weights, and which hypotheses they are.
#include "hypotheses.h"
#include "settings.h"

#include "ambit/memory.h"

#include <math.h>
#include <string.h>

typedef AmbitStatus (*prior_fn)(AmbitHypotheses *hypotheses, AmbitError *error);

static AmbitStatus no_memory(const AmbitHypotheses *h, AmbitError *error)
{
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the exact posterior of %s",
                           h->family->type->name);
}

static AmbitStatus too_many(const AmbitHypotheses *h, const char *what, const char *remedy,
                            AmbitError *error)
{
    return ambit_error_set(error, AMBIT_INVALID,
                           "the exact posterior of %s enumerates %s, more than the %d it may; %s",
                           h->family->type->name, what, AMBIT_MOST_HYPOTHESES, remedy);
}

/* Functions that are linear in their coefficients: features are the functions of unit vectors. */
static void unit_features(const AmbitHypotheses *h, size_t index, const double *x, double *phi)
{
    (void)index;
    for (size_t j = 0; j < h->n_features; j++) {
        const double *unit = h->unit + h->n_features - 1 - j;
        phi[j] = h->scale * h->family->type->evaluate(h->family, unit, x);
    }
}

/* E f(x)² is the sum of squared features, times the variance of a coefficient: known at x = 1. */
static AmbitStatus iid_coefficients(AmbitHypotheses *h, AmbitError *error)
{
    size_t n = h->n_features = ambit_family_function_size(h->family), dims = h->family->n_dims;
    h->count = 1;
    h->scale = 1.0;
    h->features = unit_features;
    h->unit = ambit_alloc(2 * n, sizeof *h->unit);
    double *ones = ambit_alloc(dims, sizeof *ones), *phi = ambit_alloc(n, sizeof *phi);
    if (h->unit && ones && phi) {
        double squares = 0.0;
        h->unit[n - 1] = 1.0;
        for (size_t j = 0; j < dims; j++)
            ones[j] = 1.0;
        unit_features(h, 0, ones, phi);
        for (size_t j = 0; j < n; j++)
            squares += phi[j] * phi[j];
        h->scale = sqrt(ambit_family_moments(h->family, NULL, dims, ones).square / squares);
    }
    AmbitStatus status = h->unit && ones && phi ? AMBIT_OK : no_memory(h, error);
    ambit_free(ones);
    ambit_free(phi);
    return status;
}

static void support_features(const AmbitHypotheses *h, size_t index, const double *x, double *phi)
{
    const size_t *support = h->support + index * h->n_features;
    for (size_t j = 0; j < h->n_features; j++)
        phi[j] = h->scale * x[support[j]];
}

/* C(n, k), or more than may be enumerated. */
static size_t choose(size_t n, size_t k)
{
    size_t count = 1;
    for (size_t i = 1; i <= k && count <= AMBIT_MOST_HYPOTHESES; i++)
        count = count * (n - k + i) / i;
    return count;
}

/* The supports in lexicographic order. */
static void list_supports(size_t n_dims, size_t size, size_t count, size_t *support)
{
    for (size_t j = 0; j < size; j++)
        support[j] = j;
    for (size_t h = 1; h < count; h++, support += size) {
        size_t j = size - 1;
        while (support[j] == n_dims - size + j)
            j--;
        memcpy(support + size, support, size * sizeof *support);
        support[size + j]++;
        for (size_t i = j + 1; i < size; i++)
            support[size + i] = support[size + i - 1] + 1;
    }
}

static AmbitStatus sparse(AmbitHypotheses *h, AmbitError *error)
{
    size_t dims = h->family->n_dims, size = (size_t)ambit_setting_number(h->family, "sparsity");
    size_t rest = dims - size;
    h->count = choose(dims, size < rest ? size : rest);
    h->n_features = size;
    h->scale = sqrt(ambit_family_second_moment(h->family, dims) / (double)size);
    h->features = support_features;
    if (h->count > AMBIT_MOST_HYPOTHESES)
        return too_many(h, "all sets of coordinates", "give a sparsity nearer to 1 or to the dims",
                        error);
    h->support = ambit_alloc(h->count, size * sizeof *h->support);
    if (!h->support)
        return no_memory(h, error);
    list_supports(dims, size, h->count, h->support);
    return AMBIT_OK;
}

static void rest_features(const AmbitHypotheses *h, size_t index, const double *x, double *phi)
{
    (void)index;
    for (size_t j = 0; j < h->n_features; j++)
        phi[j] = h->scale * x[j + 1];
}

static double first_offset(const AmbitHypotheses *h, size_t index, const double *x)
{
    return h->scale * (index ? h->mean : -h->mean) * x[0];
}

/* Two components, which the sign of the first weight tells. */
static AmbitStatus gaussian_mixture(AmbitHypotheses *h, AmbitError *error)
{
    (void)error;
    size_t dims = h->family->n_dims;
    h->mean = ambit_setting_number(h->family, "mean");
    double square = h->mean * h->mean + (double)dims - 1.0;
    h->scale = square > 0.0 ? sqrt(ambit_family_second_moment(h->family, dims) / square) : 0.0;
    h->count = 2;
    h->n_features = dims - 1;
    h->features = rest_features;
    h->offset = first_offset;
    return AMBIT_OK;
}

/* Bit j of the hypothesis is the sign of weight j. */
static double sign_offset(const AmbitHypotheses *h, size_t index, const double *x)
{
    double sum = 0.0;
    for (size_t j = 0; j < h->family->n_dims; j++)
        sum += index >> j & 1 ? x[j] : -x[j];
    return h->scale * sum;
}

static AmbitStatus signs(AmbitHypotheses *h, AmbitError *error)
{
    size_t dims = h->family->n_dims;
    h->count = dims < 32 ? (size_t)1 << dims : SIZE_MAX;
    h->scale = sqrt(ambit_family_second_moment(h->family, dims) / (double)dims);
    h->offset = sign_offset;
    return h->count <= AMBIT_MOST_HYPOTHESES
               ? AMBIT_OK
               : too_many(h, "all vectors of signs", "it takes at most 14 dims", error);
}

static double pool_offset(const AmbitHypotheses *h, size_t index, const double *x)
{
    const double *function = h->functions + index * ambit_family_function_size(h->drawn);
    return h->scale * h->drawn->type->evaluate(h->drawn, function, x);
}

static AmbitStatus pool(AmbitHypotheses *h, AmbitError *error)
{
    h->functions = ambit_pool_functions(h->family, &h->count, &h->drawn);
    h->scale = 1.0;
    h->offset = pool_offset;
    return h->count <= AMBIT_MOST_HYPOTHESES
               ? AMBIT_OK
               : too_many(h, "its functions", "give a smaller pool", error);
}

static void sum_features(const AmbitHypotheses *h, size_t index, const double *x, double *phi)
{
    const AmbitHypotheses *f = h->parts[0], *g = h->parts[1];
    if (f->features)
        f->features(f, index / g->count, x, phi);
    if (g->features)
        g->features(g, index % g->count, x, phi + f->n_features);
}

static double sum_offset(const AmbitHypotheses *h, size_t index, const double *x)
{
    const AmbitHypotheses *f = h->parts[0], *g = h->parts[1];
    return (f->offset ? f->offset(f, index / g->count, x) : 0.0) +
           (g->offset ? g->offset(g, index % g->count, x) : 0.0);
}

static void multiply(AmbitHypotheses *h, double factor)
{
    h->scale *= factor;
    for (size_t i = 0; i < 2; i++)
        if (h->parts[i])
            multiply(h->parts[i], factor);
}

/* Every hypothesis of one part with every one of the other. A part of another form: count 0. */
static AmbitStatus convex(AmbitHypotheses *h, AmbitError *error)
{
    AmbitFamilyList list = ambit_setting_parts(h->family);
    double alpha = ambit_setting_number(h->family, "alpha");
    for (size_t i = 0; i < 2; i++) {
        AmbitStatus status = ambit_hypotheses_create(&h->parts[i], list.items[i], error);
        if (status || !h->parts[i])
            return status;
        multiply(h->parts[i], i ? 1.0 - alpha : alpha);
    }
    h->count = h->parts[0]->count * h->parts[1]->count;
    h->n_features = h->parts[0]->n_features + h->parts[1]->n_features;
    h->features = sum_features;
    h->offset = h->parts[0]->offset || h->parts[1]->offset ? sum_offset : NULL;
    return h->count <= AMBIT_MOST_HYPOTHESES
               ? AMBIT_OK
               : too_many(h, "all pairs of its parts' hypotheses", "give simpler parts", error);
}

static prior_fn find_prior(const char *family)
{
    static const struct {
        const char *family;
        prior_fn prior;
    } priors[] = {{"linear_regression", iid_coefficients},
                  {"noisy_linear_regression", iid_coefficients},
                  {"quadratic_regression", iid_coefficients},
                  {"polynomial", iid_coefficients},
                  {"fourier_series", iid_coefficients},
                  {"sparse_linear_regression", sparse},
                  {"gaussian_mixture_regression", gaussian_mixture},
                  {"sign_vector", signs},
                  {"pool", pool},
                  {"convex", convex}};
    for (size_t i = 0; i < sizeof priors / sizeof *priors; i++)
        if (strcmp(priors[i].family, family) == 0)
            return priors[i].prior;
    return NULL;
}

AmbitStatus ambit_hypotheses_create(AmbitHypotheses **hypotheses, const AmbitFamily *family,
                                    AmbitError *error)
{
    double factor;
    family = ambit_setting_unwrap(family, &factor);
    prior_fn prior = find_prior(family->type->name);
    *hypotheses = NULL;
    if (!prior)
        return AMBIT_OK;
    AmbitHypotheses *h = *hypotheses = ambit_alloc(1, sizeof *h);
    if (!h)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for an exact posterior");
    h->family = family;
    AmbitStatus status = prior(h, error);
    multiply(h, factor);
    if (status || h->count == 0)
        ambit_hypotheses_destroy(hypotheses);
    return status;
}

void ambit_hypotheses_destroy(AmbitHypotheses **hypotheses)
{
    AmbitHypotheses *h = *hypotheses;
    if (!h)
        return;
    ambit_hypotheses_destroy(&h->parts[0]);
    ambit_hypotheses_destroy(&h->parts[1]);
    ambit_free(h->support);
    ambit_free(h->unit);
    ambit_free(h);
    *hypotheses = NULL;
}
