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
static void unit_features(const AmbitHypotheses *h, const double *x, double *phi,
                          double *candidates)
{
    (void)candidates;
    for (size_t j = 0; j < h->n_shared; j++) {
        const double *unit = h->unit + h->n_shared - 1 - j;
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
    size_t n = h->n_shared = family->function_size, dims = family->n_dims;
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
        unit_features(h, ones, phi, NULL);
        for (size_t j = 0; j < n; j++)
            squares += phi[j] * phi[j];
        h->scale = sqrt(square_at(family, ones) / squares);
    }
    AmbitStatus status = h->unit && ones && phi ? AMBIT_OK : no_memory(h, error);
    ambit_free(ones);
    ambit_free(phi);
    return status;
}

/* All coordinates are candidates, or shared if none may be left out. */
static void coordinates(const AmbitHypotheses *h, const double *x, double *phi, double *candidates)
{
    double *features = h->n_shared ? phi : candidates;
    for (size_t j = 0; j < h->n_shared + h->n_candidates; j++)
        features[j] = h->scale * x[j];
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
    h->n_shared = size == dims ? dims : 0;
    h->n_candidates = dims - h->n_shared;
    h->n_own = size - h->n_shared;
    h->scale = sqrt(ambit_family_second_moment(h->prior.family, dims) / (double)size);
    h->features = coordinates;
    if (h->count > AMBIT_MOST_HYPOTHESES)
        return too_many(h, "all sets of coordinates", "give a sparsity nearer to 1 or to the dims",
                        error);
    h->own = ambit_alloc(h->count, size * sizeof *h->own);
    if (!h->own)
        return no_memory(h, error);
    list_supports(dims, size, h->count, h->own);
    return AMBIT_OK;
}

static void rest_features(const AmbitHypotheses *h, const double *x, double *phi,
                          double *candidates)
{
    (void)candidates;
    for (size_t j = 0; j < h->n_shared; j++)
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
    h->n_shared = dims - n;
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

static void sum_features(const AmbitHypotheses *h, const double *x, double *phi, double *candidates)
{
    const AmbitHypotheses *f = h->parts[0], *g = h->parts[1];
    if (f->features)
        f->features(f, x, phi, candidates);
    if (g->features)
        g->features(g, x, phi + f->n_shared, candidates + f->n_candidates);
}

static double sum_offset(const AmbitHypotheses *h, size_t index, const double *x)
{
    const AmbitHypotheses *f = h->parts[0], *g = h->parts[1];
    return (f->offset ? f->offset(f, index / g->count, x) : 0.0) +
           (g->offset ? g->offset(g, index % g->count, x) : 0.0);
}

/* If the hypotheses are those of one part, which has all their offsets at once. */
static void sum_offsets(const AmbitHypotheses *h, const double *x, double *offsets)
{
    const AmbitHypotheses *part = h->parts[h->parts[0]->count == 1];
    part->offsets(part, x, offsets);
}

/* The own features of a pair of hypotheses are those of both. */
static AmbitStatus sum_own(AmbitHypotheses *h, AmbitError *error)
{
    const AmbitHypotheses *f = h->parts[0], *g = h->parts[1];
    h->n_own = f->n_own + g->n_own;
    if (h->n_own == 0)
        return AMBIT_OK;
    size_t *own = h->own = ambit_alloc(h->count, h->n_own * sizeof *h->own);
    if (!own)
        return no_memory(h, error);
    for (size_t i = 0; i < h->count; i++) {
        for (size_t j = 0; j < f->n_own; j++)
            *own++ = f->own[i / g->count * f->n_own + j];
        for (size_t j = 0; j < g->n_own; j++)
            *own++ = f->n_candidates + g->own[i % g->count * g->n_own + j];
    }
    return AMBIT_OK;
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
    const AmbitHypotheses *f = h->parts[0], *g = h->parts[1];
    h->count = f->count * g->count;
    h->n_shared = f->n_shared + g->n_shared;
    h->n_candidates = f->n_candidates + g->n_candidates;
    h->features = sum_features;
    h->offset = f->offset || g->offset ? sum_offset : NULL;
    if ((f->offsets && g->count == 1 && !g->offset) || (g->offsets && f->count == 1 && !f->offset))
        h->offsets = sum_offsets;
    return h->count <= AMBIT_MOST_HYPOTHESES
               ? sum_own(h, error)
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
    ambit_free(h->own);
    ambit_free(h->unit);
    ambit_free(h->functions);
    ambit_free(h);
    *hypotheses = NULL;
}
