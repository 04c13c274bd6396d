// SPDX-License-Identifier: MIT
// What the posterior of sinusoids (sinusoid.c) and its quadrature over ω (sinusoid_peaks.c) share.
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
    double omega[AMBIT_SINUSOID_GRID];
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
    double points[]; // x, y, φ, whitened y [P] each, and room for whitened cos 2πωx [P]
} AmbitSinusoidFit;

/* Sets the nodes of the quadrature over ω, for a fit with points. Their masses are logarithms. */
void ambit_sinusoid_place_nodes(const AmbitOracle *oracle, AmbitSinusoidFit *fit);

#endif
