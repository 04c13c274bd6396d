// SPDX-License-Identifier: MIT
// What the posterior of sinusoids (sinusoid.c) and its quadrature over ω (sinusoid_*.c) share.
#ifndef AMBIT_PREDICT_SINUSOID_H
#define AMBIT_PREDICT_SINUSOID_H

#include "hypotheses.h"
#include "oracle.h"

enum {
    AMBIT_SINUSOID_GRID = 2048,
    AMBIT_SINUSOID_PEAKS = 256,
    AMBIT_SINUSOID_PANELS = 20,
    AMBIT_SINUSOID_RULE = 8
};

typedef struct AmbitSinusoid {
    AmbitHypotheses *line; // φ(x) without line_factor; NULL without such a term; owned
    double line_factor;
    double variance; // τ² of β
    double fixed;    // the frequency of all functions; 0: drawn
    double shape, scale, step;
    double omega[AMBIT_SINUSOID_GRID], log_prior[AMBIT_SINUSOID_GRID];
    double log_norm;                                                   // of the density of ω
    double abscissa[AMBIT_SINUSOID_RULE], weight[AMBIT_SINUSOID_RULE]; // Gauss–Legendre on 0…1
} AmbitSinusoid;

/* A frequency of the quadrature. */
typedef struct AmbitSinusoidNode {
    double omega, amplitude, slope; // slope: E w
    double mass;                    // logarithm, then probability
} AmbitSinusoidNode;

/* A grid point around which the integrand is integrated, from grid point `begin` to `end`. */
typedef struct AmbitSinusoidPeak {
    int at, begin, end;
    bool minimum, notch;     // a minimum of the residual; of the whitened Σ c², near 0
    bool counts;             // its likelihood may matter, and its centre is known
    double low, high;        // the interval of ω to integrate over
    double centre, residual; // ω of the peak, and the residual there
} AmbitSinusoidPeak;

typedef struct AmbitSinusoidFit {
    size_t count, n_nodes, n_peaks;
    double square, norm; // Σ y², √Σ x²
    double pp, py;       // Σ φ², Σ φ y
    double cc[AMBIT_SINUSOID_GRID], cy[AMBIT_SINUSOID_GRID],
        cp[AMBIT_SINUSOID_GRID]; // Σ c², Σ c y, Σ c φ with c = cos 2πωx
    double shrink, rest;         // 1 − 1/√(1 + Σ φ²/σ²), and Σ y² of the whitened labels
    double residual[AMBIT_SINUSOID_GRID], white[AMBIT_SINUSOID_GRID]; // white: Σ c² whitened
    AmbitSinusoidPeak peaks[AMBIT_SINUSOID_PEAKS];
    AmbitSinusoidNode
        nodes[2 * AMBIT_SINUSOID_PEAKS * (AMBIT_SINUSOID_PANELS + 1) * AMBIT_SINUSOID_RULE];
    double points[]; // x, y, φ, whitened y [P] each, and room for whitened cos 2πωx and slope [P]
} AmbitSinusoidFit;

/* Logarithm of the prior density of ω. */
double ambit_sinusoid_log_prior(const AmbitSinusoid *sinusoid, double omega);

/* Sets the nodes of the quadrature over ω, for a fit with points. Their masses are logarithms. */
void ambit_sinusoid_place_nodes(const AmbitOracle *oracle, AmbitSinusoidFit *fit);

/* Computes whitened labels, of which the functions below make use. */
void ambit_sinusoid_whiten_labels(const AmbitOracle *oracle, AmbitSinusoidFit *fit);

/* Returns min over β of Σ (y − βc)² + (σ²/τ²)β² for the whitened y and c, as a sum of squares,
 * which is accurate however small it is. Sets *amplitude to that β, *cc to the whitened Σ c² and
 * *along to Σ φ c before whitening. */
double ambit_sinusoid_residual(const AmbitOracle *oracle, AmbitSinusoidFit *fit, double omega,
                               double *amplitude, double *cc, double *along);

/* Appends a node at ω that stands for an interval of this width. */
void ambit_sinusoid_add_node(const AmbitOracle *oracle, AmbitSinusoidFit *fit, double omega,
                             double width);

/* The whitened Σ c² and Σ c y at a grid point. */
static inline double ambit_sinusoid_grid_cc(const AmbitOracle *oracle, const AmbitSinusoidFit *fit,
                                            size_t g)
{
    double cc = fit->cc[g] - fit->cp[g] * fit->cp[g] / (fit->pp + oracle->noise);
    return cc > 0.0 ? cc : 0.0;
}

static inline double ambit_sinusoid_grid_cy(const AmbitOracle *oracle, const AmbitSinusoidFit *fit,
                                            size_t g)
{
    return fit->cy[g] - fit->cp[g] * fit->py / (fit->pp + oracle->noise);
}

/* Places nodes at even steps of the grid if the integrand is wide enough for that. */
bool ambit_sinusoid_even_nodes(const AmbitOracle *oracle, AmbitSinusoidFit *fit);

/* Finds the minimum of the residual within one grid step of grid point `at` by Newton steps, or
 * Gauss–Newton steps where those may ascend. Returns NaN if they do not converge to one. */
double ambit_sinusoid_descend(const AmbitOracle *oracle, AmbitSinusoidFit *fit, int at);

/* Places the nodes of a peak if it is a bell: nearly Gaussian in ω, with nothing beside it in its
 * interval that is less than some nats below `least`, the least residual of all peaks. */
bool ambit_sinusoid_bell_nodes(const AmbitOracle *oracle, AmbitSinusoidFit *fit,
                               const AmbitSinusoidPeak *peak, double least);

#endif
