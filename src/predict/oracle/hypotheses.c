// SPDX-License-Identifier: MIT
// The exact posterior over hypotheses: each has a conjugate Gaussian fit (triangle.h), and is
// weighed by the evidence of its fit.
#include "hypotheses.h"

#include "../triangle.h"

#include <math.h>
#include <string.h>

/* Hypotheses less probable than this do not change a double. */
static const double negligible = 1e-18;
static const double vanishing = -60.0; // nats from which all of them together do not, either

static AmbitStatus init(AmbitOracle *oracle, AmbitError *error)
{
    AmbitHypotheses *hypotheses;
    AmbitStatus status = ambit_hypotheses_create(&hypotheses, &oracle->prior, error);
    oracle->state = hypotheses;
    return status;
}

static void fini(AmbitOracle *oracle)
{
    AmbitHypotheses *hypotheses = oracle->state;
    ambit_hypotheses_destroy(&hypotheses);
}

/* The parts of a fit, a block of doubles: n, row [F], then H triangles, H × F weights, H
 * probabilities and, if they are known all at once, H offsets at some x. */
typedef struct Fit {
    double *n_added, *row, *triangles, *weights, *probability, *offset;
} Fit;

static Fit parts_of(const AmbitHypotheses *h, double *memory)
{
    Fit fit = {memory, memory + 1, memory + 1 + h->n_features, NULL, NULL, NULL};
    fit.weights = fit.triangles + h->count * ambit_triangle_size(h->n_features);
    fit.probability = fit.weights + h->count * h->n_features;
    fit.offset = h->offsets ? fit.probability + h->count : NULL;
    return fit;
}

static size_t fit_size(const AmbitOracle *oracle)
{
    const AmbitHypotheses *h = oracle->state;
    size_t each = ambit_triangle_size(h->n_features) + h->n_features + (h->offsets ? 2 : 1);
    return 1 + h->n_features + h->count * each;
}

static void reset(const AmbitOracle *oracle, double *memory)
{
    const AmbitHypotheses *h = oracle->state;
    Fit fit = parts_of(h, memory);
    size_t size = ambit_triangle_size(h->n_features);
    *fit.n_added = 0.0;
    ambit_triangle_reset(fit.triangles, h->n_features, oracle->noise);
    for (size_t i = 1; i < h->count; i++)
        memcpy(fit.triangles + i * size, fit.triangles, size * sizeof *fit.triangles);
}

/* Computes all offsets at x, if they are known all at once. */
static void turn_to(const AmbitHypotheses *h, const Fit *fit, const double *x)
{
    if (fit->offset)
        h->offsets(h, x, fit->offset);
}

/* The offset at the x that was turned to. */
static double offset_at(const AmbitHypotheses *h, const Fit *fit, size_t i, const double *x)
{
    return fit->offset ? fit->offset[i] : h->offset ? h->offset(h, i, x) : 0.0;
}

static void add(const AmbitOracle *oracle, double *memory, const double *x, double y)
{
    const AmbitHypotheses *h = oracle->state;
    Fit fit = parts_of(h, memory);
    size_t size = ambit_triangle_size(h->n_features);
    *fit.n_added += 1.0;
    turn_to(h, &fit, x);
    for (size_t i = 0; i < h->count; i++) {
        if (h->features)
            h->features(h, i, x, fit.row);
        ambit_triangle_add(fit.triangles + i * size, h->n_features, fit.row,
                           y - offset_at(h, &fit, i, x));
    }
}

/* Returns log N(y; offset, ΦΦᵀ + σ²I) without the terms that all hypotheses share:
 * −½ log det(ΦᵀΦ + σ²I) − ½ rss/σ². */
static double log_likelihood(const AmbitOracle *oracle, const double *triangle, size_t n_features)
{
    double fit = n_features ? ambit_triangle_log_determinant(triangle, n_features) : 0.0;
    return -0.5 * (fit + ambit_triangle_residual(triangle, n_features) / oracle->noise);
}

static double solve(const AmbitOracle *oracle, double *memory)
{
    const AmbitHypotheses *h = oracle->state;
    Fit fit = parts_of(h, memory);
    size_t size = ambit_triangle_size(h->n_features), n = h->n_features;
    double most = -INFINITY, sum = 0.0;
    for (size_t i = 0; i < h->count; i++) {
        fit.probability[i] = log_likelihood(oracle, fit.triangles + i * size, n);
        most = fmax(most, fit.probability[i]);
    }
    for (size_t i = 0; i < h->count; i++) {
        double log_ratio = fit.probability[i] - most;
        sum += fit.probability[i] = log_ratio < vanishing ? 0.0 : exp(log_ratio);
    }
    for (size_t i = 0; i < h->count; i++) {
        fit.probability[i] /= sum;
        if (fit.probability[i] > negligible)
            ambit_triangle_solve(fit.triangles + i * size, n, fit.weights + i * n);
    }
    double shared = *fit.n_added * log(2.0 * M_PI * oracle->noise) - (double)n * log(oracle->noise);
    return most + log(sum / (double)h->count) - 0.5 * shared;
}

static double answer(const AmbitOracle *oracle, double *memory, const double *x)
{
    const AmbitHypotheses *h = oracle->state;
    Fit fit = parts_of(h, memory);
    double mean = 0.0;
    turn_to(h, &fit, x);
    for (size_t i = 0; i < h->count; i++) {
        if (!(fit.probability[i] > negligible))
            continue;
        double value = offset_at(h, &fit, i, x);
        if (h->features)
            h->features(h, i, x, fit.row);
        for (size_t j = 0; j < h->n_features; j++)
            value += fit.row[j] * fit.weights[i * h->n_features + j];
        mean += fit.probability[i] * value;
    }
    return mean;
}

const AmbitOracleType ambit_oracle_hypotheses = {.init = init,
                                                 .fini = fini,
                                                 .fit_size = fit_size,
                                                 .reset = reset,
                                                 .add = add,
                                                 .solve = solve,
                                                 .answer = answer};
