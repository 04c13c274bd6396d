// SPDX-License-Identifier: MIT
// Which priors are hypotheses with Gaussian weights, and which hypotheses they are.
#include "hypotheses.h"

#include "ambit/memory.h"

#include <math.h>
#include <string.h>

static AmbitStatus no_memory(const AmbitHypotheses *h, AmbitError *error)
{
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the exact posterior of %s",
                           h->prior.family->type->name);
}

static AmbitStatus too_many(const AmbitHypotheses *h, const char *what, const char *remedy,
                            AmbitError *error)
{
    return ambit_error_set(error, AMBIT_INVALID,
                           "the exact posterior of %s enumerates %s, more than the %d it may; %s",
                           h->prior.family->type->name, what, AMBIT_MOST_HYPOTHESES, remedy);
}

/* f is linear in its coefficients, so the features are the functions of unit vectors. */
static void unit_features(const AmbitHypotheses *h, size_t index, const double *x, double *phi)
{
    (void)index;
    for (size_t j = 0; j < h->n_features; j++) {
        const double *unit = h->unit + h->n_features - 1 - j;
        phi[j] = h->scale * h->prior.family->type->evaluate(h->prior.family, unit, x);
    }
}

/* E f(x)² at x = 1, which is Σ φ_j² times the variance of a coefficient. Linear families have it
 * from standard inputs too. */
static double square_at(const AmbitFamily *family, const double *ones)
{
    if (family->type->moments)
        return ambit_family_moments(family, NULL, family->n_dims, ones).square;
    return ambit_family_second_moment(family, family->n_dims) - family->query_noise;
}

static AmbitStatus gaussian(AmbitHypotheses *h, AmbitError *error)
{
    const AmbitFamily *family = h->prior.family;
    size_t n = h->n_features = family->function_size, dims = family->n_dims;
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
        h->scale = sqrt(square_at(family, ones) / squares);
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

/* Returns C(n, k), or some number above what may be enumerated. */
static size_t choose(size_t n, size_t k)
{
    size_t count = 1;
    for (size_t i = 1; i <= k && count <= AMBIT_MOST_HYPOTHESES; i++)
        count = count * (n - k + i) / i;
    return count;
}

/* Lists the supports in lexicographic order. */
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
    size_t dims = h->prior.family->n_dims, size = h->prior.n_weights;
    size_t rest = dims - size;
    h->count = choose(dims, size < rest ? size : rest);
    h->n_features = size;
    h->scale = sqrt(ambit_family_second_moment(h->prior.family, dims) / (double)size);
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
        phi[j] = h->scale * x[h->prior.n_weights + j];
}

/* Bit j of the hypothesis is the sign of weight j. */
static double sign_offset(const AmbitHypotheses *h, size_t index, const double *x)
{
    double sum = 0.0;
    for (size_t j = 0; j < h->prior.n_weights; j++)
        sum += index >> j & 1 ? x[j] : -x[j];
    return h->scale * h->prior.mean * sum;
}

/* Each sign doubles the hypotheses, so an offset takes one addition. */
static void sign_offsets(const AmbitHypotheses *h, const double *x, double *offsets)
{
    const double weight = h->scale * h->prior.mean;
    offsets[0] = sign_offset(h, 0, x);
    for (size_t j = 0, known = 1; j < h->prior.n_weights; j++, known *= 2)
        for (size_t i = 0; i < known; i++)
            offsets[known + i] = offsets[i] + 2.0 * weight * x[j];
}

static AmbitStatus signs(AmbitHypotheses *h, AmbitError *error)
{
    size_t dims = h->prior.family->n_dims, n = h->prior.n_weights;
    double square = (double)n * h->prior.mean * h->prior.mean + (double)dims - (double)n;
    h->scale =
        square > 0.0 ? sqrt(ambit_family_second_moment(h->prior.family, dims) / square) : 0.0;
    h->count = n < 32 ? (size_t)1 << n : SIZE_MAX;
    h->n_features = dims - n;
    h->features = rest_features;
    h->offset = sign_offset;
    h->offsets = sign_offsets;
    return h->count <= AMBIT_MOST_HYPOTHESES
               ? AMBIT_OK
               : too_many(h, "all vectors of signs", "it takes at most 14 dims", error);
}

static double member_offset(const AmbitHypotheses *h, size_t index, const double *x)
{
    const AmbitFamily *family = h->prior.family;
    const double *function = h->functions + index * family->function_size;
    return h->scale * family->type->evaluate(family, function, x);
}

static AmbitStatus finite_set(AmbitHypotheses *h, AmbitError *error)
{
    const AmbitFamily *family = h->prior.family;
    size_t size = family->function_size;
    h->count = h->prior.n_functions;
    h->scale = 1.0;
    h->offset = member_offset;
    if (h->count > AMBIT_MOST_HYPOTHESES)
        return too_many(h, "its functions", "give a smaller pool", error);
    h->functions = ambit_alloc(h->count, size * sizeof *h->functions);
    if (!h->functions)
        return no_memory(h, error);
    for (size_t i = 0; i < h->count; i++)
        h->prior.pick(family, i, h->functions + i * size);
    return AMBIT_OK;
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

/* Combines every hypothesis of one part with every one of the other. */
static AmbitStatus sum(AmbitHypotheses *h, AmbitError *error)
{
    for (size_t i = 0; i < 2; i++) {
        AmbitPrior part = ambit_family_prior(h->prior.parts[i]);
        AmbitStatus status = ambit_hypotheses_create(&h->parts[i], &part, error);
        if (status)
            return status;
        multiply(h->parts[i], h->prior.share[i]);
    }
    h->count = h->parts[0]->count * h->parts[1]->count;
    h->n_features = h->parts[0]->n_features + h->parts[1]->n_features;
    h->features = sum_features;
    h->offset = h->parts[0]->offset || h->parts[1]->offset ? sum_offset : NULL;
    return h->count <= AMBIT_MOST_HYPOTHESES
               ? AMBIT_OK
               : too_many(h, "all pairs of its parts' hypotheses", "give simpler parts", error);
}

bool ambit_hypotheses_fit(const AmbitPrior *prior)
{
    bool fit = true;
    switch (prior->kind) {
    case AMBIT_PRIOR_GAUSSIAN:
        return prior->family->type->moments || prior->family->type->is_linear;
    case AMBIT_PRIOR_SPARSE:
    case AMBIT_PRIOR_SIGNS:
    case AMBIT_PRIOR_FINITE:
        return true;
    case AMBIT_PRIOR_SUM:
        for (size_t i = 0; i < prior->n_parts; i++) {
            AmbitPrior part = ambit_family_prior(prior->parts[i]);
            fit = fit && ambit_hypotheses_fit(&part);
        }
        return fit;
    case AMBIT_PRIOR_NONE:
    case AMBIT_PRIOR_SINUSOID:
    case AMBIT_PRIOR_RELU:
        break;
    }
    return false;
}

static AmbitStatus enumerate(AmbitHypotheses *h, AmbitError *error)
{
    static AmbitStatus (*const enumerators[])(AmbitHypotheses *,
                                              AmbitError *) = {[AMBIT_PRIOR_GAUSSIAN] = gaussian,
                                                               [AMBIT_PRIOR_SPARSE] = sparse,
                                                               [AMBIT_PRIOR_SIGNS] = signs,
                                                               [AMBIT_PRIOR_FINITE] = finite_set,
                                                               [AMBIT_PRIOR_SUM] = sum};
    return enumerators[h->prior.kind](h, error);
}

AmbitStatus ambit_hypotheses_create(AmbitHypotheses **hypotheses, const AmbitPrior *prior,
                                    AmbitError *error)
{
    AmbitHypotheses *h = *hypotheses = ambit_alloc(1, sizeof *h);
    if (!h)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for an exact posterior");
    h->prior = *prior;
    AmbitStatus status = enumerate(h, error);
    multiply(h, prior->factor);
    if (status)
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
    ambit_free(h->functions);
    ambit_free(h);
    *hypotheses = NULL;
}
