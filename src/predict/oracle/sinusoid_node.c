// SPDX-License-Identifier: MIT
// One frequency of the posterior of sinusoids: residual, likelihood and amplitude.
#include "sinusoid.h"

#include "cosine.h"

#include <math.h>
#include <string.h>

typedef AmbitSinusoid State;
typedef AmbitSinusoidFit Fit;

/* Shrinks `values` along φ. `along` is Σ φ · values. */
static void whiten(const AmbitOracle *oracle, const Fit *fit, double along, double *values)
{
    const double *phi = fit->points + 2 * oracle->n_points;
    if (!(fit->pp > 0.0))
        return;
    along *= fit->shrink / fit->pp;
    for (size_t i = 0; i < fit->count; i++)
        values[i] -= phi[i] * along;
}

void ambit_sinusoid_whiten_labels(const AmbitOracle *oracle, Fit *fit)
{
    const double *y = fit->points + oracle->n_points;
    double *white = fit->points + 3 * oracle->n_points;
    memcpy(white, y, fit->count * sizeof *y);
    fit->shrink = 1.0 - 1.0 / sqrt(1.0 + fit->pp / oracle->noise);
    whiten(oracle, fit, fit->py, white);
    fit->rest = 0.0;
    for (size_t i = 0; i < fit->count; i++)
        fit->rest += white[i] * white[i];
}

double ambit_sinusoid_log_prior(const State *s, double omega)
{
    return (s->shape - 1.0) * log(omega) - omega / s->scale + s->log_norm;
}

double ambit_sinusoid_residual(const AmbitOracle *oracle, Fit *fit, double omega, double *amplitude,
                               double *cc, double *along)
{
    const double *x = fit->points, *phi = x + 2 * oracle->n_points, *y = x + 3 * oracle->n_points;
    double *c = fit->points + 4 * oracle->n_points;
    double penalty = oracle->noise / ((const State *)oracle->state)->variance, sum, cy = 0.0;
    *cc = *along = 0.0;
    for (size_t i = 0; i < fit->count; i++)
        c[i] = ambit_cosine(omega * x[i]);
    for (size_t i = 0; i < fit->count; i++)
        *along += c[i] * phi[i];
    whiten(oracle, fit, *along, c);
    for (size_t i = 0; i < fit->count; i++) {
        *cc += c[i] * c[i];
        cy += c[i] * y[i];
    }
    *amplitude = cy / (*cc + penalty);
    sum = penalty * *amplitude * *amplitude;
    for (size_t i = 0; i < fit->count; i++) {
        double rest = y[i] - *amplitude * c[i];
        sum += rest * rest;
    }
    return sum;
}

void ambit_sinusoid_add_node(const AmbitOracle *oracle, Fit *fit, double omega, double width)
{
    const State *s = oracle->state;
    double amplitude, cc, along;
    double rss = ambit_sinusoid_residual(oracle, fit, omega, &amplitude, &cc, &along);
    double likelihood = -0.5 * (log1p(cc * s->variance / oracle->noise) + rss / oracle->noise);
    double prior = s->fixed > 0.0 ? 0.0 : ambit_sinusoid_log_prior(s, omega);
    // E w given ω is linear in β.
    double slope = (fit->py - amplitude * along) / (fit->pp + oracle->noise);
    if (prior > -INFINITY && width > 0.0)
        fit->nodes[fit->n_nodes++] =
            (AmbitSinusoidNode){omega, amplitude, slope, likelihood + prior + log(width)};
}
