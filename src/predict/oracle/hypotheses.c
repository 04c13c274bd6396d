// SPDX-License-Identifier: MIT
// The exact posterior over hypotheses: each has a conjugate Gaussian fit (triangle.h), and is
// weighed by the evidence of its fit. Shared features stand first in all fits, so that rotations on
// them, the bulk of the work, are done once for all hypotheses. The posterior mean is linear, too:
// one vector of mean weights answers all queries.
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

/* The parts of a fit, a block of doubles. The rows of the shared triangle go on over the
 * candidates: row i has S − i + C entries. Labels rotated into it differ by hypothesis if offsets
 * do. */
typedef struct Fit {
    double *n_added, *row, *mean; // row, mean: of shared features and candidates [S + C]
    double *rotation, *shared;    // the last rotations [S][2]; the shared triangle
    double *labels, *mean_label;  // [H or 1][S], and their posterior mean [S]
    double *triangles, *own;      // of own features [H]; those of one hypothesis, or weights [O]
    double *probability, *offset; // [H]; offsets at some x [H], if they are known all at once
} Fit;

static size_t shared_size(const AmbitHypotheses *h)
{
    return h->n_shared * (h->n_shared + 1) / 2 + h->n_shared * h->n_candidates;
}

static size_t n_labels(const AmbitHypotheses *h)
{
    return h->offset ? h->count : 1;
}

static Fit parts_of(const AmbitHypotheses *h, double *memory)
{
    size_t n_features = h->n_shared + h->n_candidates;
    Fit fit = {.n_added = memory, .row = memory + 1};
    fit.mean = fit.row + n_features;
    fit.rotation = fit.mean + n_features;
    fit.shared = fit.rotation + 2 * h->n_shared;
    fit.labels = fit.shared + shared_size(h);
    fit.mean_label = fit.labels + n_labels(h) * h->n_shared;
    fit.triangles = fit.mean_label + h->n_shared;
    fit.own = fit.triangles + h->count * ambit_triangle_size(h->n_own);
    fit.probability = fit.own + h->n_own;
    fit.offset = h->offsets ? fit.probability + h->count : NULL;
    return fit;
}

static size_t fit_size(const AmbitOracle *oracle)
{
    const AmbitHypotheses *h = oracle->state;
    return 1 + 2 * (h->n_shared + h->n_candidates) + 2 * h->n_shared + shared_size(h) +
           (n_labels(h) + 1) * h->n_shared + h->n_own +
           h->count * (ambit_triangle_size(h->n_own) + (h->offsets ? 2 : 1));
}

static void reset(const AmbitOracle *oracle, double *memory)
{
    const AmbitHypotheses *h = oracle->state;
    Fit fit = parts_of(h, memory);
    size_t size = ambit_triangle_size(h->n_own);
    *fit.n_added = 0.0;
    memset(fit.shared, 0, shared_size(h) * sizeof *fit.shared);
    memset(fit.labels, 0, n_labels(h) * h->n_shared * sizeof *fit.labels);
    for (size_t i = 0; i < h->n_shared; i++) {
        *fit.shared = sqrt(oracle->noise);
        fit.shared += h->n_shared - i + h->n_candidates;
    }
    for (size_t i = 0; i < h->count; i++)
        ambit_triangle_reset(fit.triangles + i * size, h->n_own, oracle->noise);
}

/* Computes the features at x, and all offsets if they are known all at once. */
static void turn_to(const AmbitHypotheses *h, const Fit *fit, const double *x)
{
    if (h->features)
        h->features(h, x, fit->row, fit->row + h->n_shared);
    if (fit->offset)
        h->offsets(h, x, fit->offset);
}

/* The offset at the x that was turned to. */
static double offset_at(const AmbitHypotheses *h, const Fit *fit, size_t i, const double *x)
{
    return fit->offset ? fit->offset[i] : h->offset ? h->offset(h, i, x) : 0.0;
}

/* Rotates the row into the shared triangle, as all hypotheses do: what is left of the candidates
 * goes to the triangles of their own features. */
static void rotate_row(const AmbitHypotheses *h, const Fit *fit)
{
    double *triangle = fit->shared;
    for (size_t i = 0; i < h->n_shared; i++) {
        double *row = fit->row + i, diagonal = sqrt(*triangle * *triangle + *row * *row);
        double c = *triangle / diagonal, s = *row / diagonal;
        size_t rest = h->n_shared - i + h->n_candidates;
        fit->rotation[2 * i] = c;
        fit->rotation[2 * i + 1] = s;
        *triangle = diagonal;
        for (size_t j = 1; j < rest; j++) {
            double above = triangle[j], below = row[j];
            triangle[j] = c * above + s * below;
            row[j] = c * below - s * above;
        }
        triangle += rest;
    }
}

/* Rotates a label into those of the shared triangle. Returns what is left of it. */
static double rotate_label(const AmbitHypotheses *h, const Fit *fit, double *labels, double y)
{
    for (size_t i = 0; i < h->n_shared; i++) {
        double c = fit->rotation[2 * i], s = fit->rotation[2 * i + 1], label = labels[i];
        labels[i] = c * label + s * y;
        y = c * y - s * label;
    }
    return y;
}

static void add(const AmbitOracle *oracle, double *memory, const double *x, double y)
{
    const AmbitHypotheses *h = oracle->state;
    Fit fit = parts_of(h, memory);
    size_t size = ambit_triangle_size(h->n_own);
    const double *candidates = fit.row + h->n_shared;
    *fit.n_added += 1.0;
    turn_to(h, &fit, x);
    rotate_row(h, &fit);
    double rest = h->offset ? 0.0 : rotate_label(h, &fit, fit.labels, y);
    for (size_t i = 0; i < h->count; i++) {
        if (h->offset)
            rest =
                rotate_label(h, &fit, fit.labels + i * h->n_shared, y - offset_at(h, &fit, i, x));
        for (size_t j = 0; j < h->n_own; j++)
            fit.own[j] = candidates[h->own[i * h->n_own + j]];
        ambit_triangle_add(fit.triangles + i * size, h->n_own, fit.own, rest);
    }
}

/* Returns log N(y; offset, ΦΦᵀ + σ²I) without the terms that all hypotheses share:
 * −½ log det(ΦᵀΦ + σ²I) of the own features, given the shared ones, and −½ rss/σ². */
static double log_likelihood(const AmbitOracle *oracle, const double *triangle, size_t n_own)
{
    double fit = n_own ? ambit_triangle_log_determinant(triangle, n_own) : 0.0;
    return -0.5 * (fit + ambit_triangle_residual(triangle, n_own) / oracle->noise);
}

/* Adds one hypothesis to the posterior means of the candidates' weights and the labels. */
static void add_to_mean(const AmbitHypotheses *h, const Fit *fit, size_t i)
{
    const double p = fit->probability[i], *label = fit->labels + (h->offset ? i * h->n_shared : 0);
    ambit_triangle_solve(fit->triangles + i * ambit_triangle_size(h->n_own), h->n_own, fit->own);
    for (size_t j = 0; j < h->n_own; j++)
        fit->mean[h->n_shared + h->own[i * h->n_own + j]] += p * fit->own[j];
    for (size_t j = 0; h->offset && j < h->n_shared; j++)
        fit->mean_label[j] += p * label[j];
}

/* Solves for the posterior mean of the shared weights, which is linear in labels and the weights of
 * candidates. Returns log det of the shared features. */
static double solve_shared(const AmbitHypotheses *h, const Fit *fit)
{
    const double *row = fit->shared + shared_size(h);
    double log_determinant = 0.0;
    for (size_t i = h->n_shared; i-- > 0;) {
        size_t rest = h->n_shared - i + h->n_candidates;
        double sum = (h->offset ? fit->mean_label : fit->labels)[i];
        row -= rest;
        for (size_t j = 1; j < rest; j++)
            sum -= row[j] * fit->mean[i + j];
        fit->mean[i] = sum / *row;
        log_determinant += 2.0 * log(*row);
    }
    return log_determinant;
}

static double solve(const AmbitOracle *oracle, double *memory)
{
    const AmbitHypotheses *h = oracle->state;
    Fit fit = parts_of(h, memory);
    size_t size = ambit_triangle_size(h->n_own);
    double most = -INFINITY, sum = 0.0;
    for (size_t i = 0; i < h->count; i++) {
        fit.probability[i] = log_likelihood(oracle, fit.triangles + i * size, h->n_own);
        most = fmax(most, fit.probability[i]);
    }
    for (size_t i = 0; i < h->count; i++) {
        double log_ratio = fit.probability[i] - most;
        sum += fit.probability[i] = log_ratio < vanishing ? 0.0 : exp(log_ratio);
    }
    memset(fit.mean, 0, (h->n_shared + h->n_candidates) * sizeof *fit.mean);
    memset(fit.mean_label, 0, h->n_shared * sizeof *fit.mean_label);
    for (size_t i = 0; i < h->count; i++) {
        fit.probability[i] /= sum;
        if (fit.probability[i] > negligible)
            add_to_mean(h, &fit, i);
    }
    most -= 0.5 * solve_shared(h, &fit);
    double n_features = (double)(h->n_shared + h->n_own);
    double shared =
        *fit.n_added * log(2.0 * M_PI * oracle->noise) - n_features * log(oracle->noise);
    return most + log(sum / (double)h->count) - 0.5 * shared;
}

static double answer(const AmbitOracle *oracle, double *memory, const double *x)
{
    const AmbitHypotheses *h = oracle->state;
    Fit fit = parts_of(h, memory);
    double mean = 0.0;
    turn_to(h, &fit, x);
    for (size_t j = 0; j < h->n_shared + h->n_candidates; j++)
        mean += fit.row[j] * fit.mean[j];
    for (size_t i = 0; h->offset && i < h->count; i++)
        if (fit.probability[i] > negligible)
            mean += fit.probability[i] * offset_at(h, &fit, i, x);
    return mean;
}

const AmbitOracleType ambit_oracle_hypotheses = {.init = init,
                                                 .fini = fini,
                                                 .fit_size = fit_size,
                                                 .reset = reset,
                                                 .add = add,
                                                 .solve = solve,
                                                 .answer = answer};
