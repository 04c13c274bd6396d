// SPDX-License-Identifier: MIT
// The trapezoidal rule on the grid of ω, for integrands that are wide. It needs no new cosines, and
// its error falls as exp(−2π²(width/step)²) for a Gaussian and exp(−2π a/step) for an integrand
// with a pole at distance a from the real line (Trefethen & Weideman, SIAM Review 2014): at least
// as the square of the error of the rule of twice the step, which is measured.
#include "sinusoid.h"

#include <math.h>

enum { GRID = AMBIT_SINUSOID_GRID, WIDEST = 8 };

static const double steepest = 1.2;    // most (step / width) that is tried
static const double accuracy = 1e-4;   // of the rule of twice the step; the square is the error
static const double ends = 1e-6;       // most density at the ends of the grid, as a share
static const double negligible = 45.0; // nats below the best

typedef AmbitSinusoid State;
typedef AmbitSinusoidFit Fit;

/* Returns the residual at a grid point. */
static double residual_at(const AmbitOracle *oracle, const Fit *fit, size_t g, double penalty,
                          double *cc)
{
    double cy = ambit_sinusoid_grid_cy(oracle, fit, g);
    *cc = ambit_sinusoid_grid_cc(oracle, fit, g);
    return fit->rest - cy * cy / (*cc + penalty);
}

/* Sets nodes at every stride-th grid point of some mass, and their masses to logarithms. Returns
 * the largest. */
static double lay(const AmbitOracle *oracle, Fit *fit, size_t stride)
{
    const State *s = oracle->state;
    double penalty = oracle->noise / s->variance, least = INFINITY, most = -INFINITY;
    for (size_t g = 0; g < GRID; g += stride) {
        fit->residual[g] = residual_at(oracle, fit, g, penalty, &fit->white[g]);
        least = fit->residual[g] < least ? fit->residual[g] : least;
    }
    double range = log1p((double)fit->count * s->variance / oracle->noise);
    double bound = least + oracle->noise * (2.0 * negligible + range);
    fit->n_nodes = 0;
    for (size_t g = 0; g < GRID; g += stride) {
        double cc = fit->white[g];
        if (!(fit->residual[g] <= bound))
            continue;
        double amplitude = ambit_sinusoid_grid_cy(oracle, fit, g) / (cc + penalty);
        double slope = (fit->py - amplitude * fit->cp[g]) / (fit->pp + oracle->noise);
        double mass = s->log_prior[g] - 0.5 * (log1p(cc * s->variance / oracle->noise) +
                                               fit->residual[g] / oracle->noise);
        most = mass > most ? mass : most;
        mass -= g == 0 || g + stride >= GRID ? M_LN2 : 0.0;
        fit->nodes[fit->n_nodes++] = (AmbitSinusoidNode){s->omega[g], amplitude, slope, mass};
    }
    return most;
}

/* Whether sums over even and over odd nodes are alike, and so are far closer to the integral
 * together; whether no peak of the amplitudes found can be narrower than the step; and whether the
 * ends do not matter. */
static bool is_accurate(const AmbitOracle *oracle, const Fit *fit, size_t stride, double most)
{
    const State *s = oracle->state;
    double sums[2][3] = {{0.0}}, square = 0.0, step = s->step * (double)stride;
    double penalty = oracle->noise / s->variance;
    for (size_t i = 0; i < fit->n_nodes; i++) {
        const AmbitSinusoidNode *node = &fit->nodes[i];
        size_t g = (size_t)((node->omega - s->omega[0]) / s->step + 0.5);
        double mass = exp(node->mass - most), *sum = sums[g / stride % 2];
        double energy = node->amplitude * node->amplitude;
        sum[0] += mass;
        sum[1] += mass * energy;
        sum[2] += mass * node->omega;
        if (mass > accuracy * accuracy)
            square = fmax(square, energy + oracle->noise / (fit->white[g] + penalty));
        if ((g == 0 || g + stride >= GRID) && mass > ends)
            return false;
    }
    bool alike = step * 2.0 * M_PI * sqrt(square / oracle->noise) * fit->norm <= steepest;
    for (int i = 0; i < 3; i++)
        alike = alike && fabs(sums[0][i] - sums[1][i]) <= accuracy * (sums[0][i] + sums[1][i]);
    return alike;
}

bool ambit_sinusoid_even_nodes(const AmbitOracle *oracle, Fit *fit)
{
    const State *s = oracle->state;
    // The width, were the amplitude that of the labels.
    double slope = 2.0 * M_PI * fit->norm * sqrt(fit->rest / (double)fit->count / oracle->noise);
    size_t stride = WIDEST;
    while (stride > 1 && s->step * (double)stride * slope > steepest)
        stride /= 2;
    if (s->step * slope > 2.0 * steepest)
        return false;
    for (; stride > 0; stride /= 2) {
        double most = lay(oracle, fit, stride);
        if (!is_accurate(oracle, fit, stride, most))
            continue;
        for (size_t i = 0; i < fit->n_nodes; i++)
            fit->nodes[i].mass += log(s->step * (double)stride);
        return true;
    }
    fit->n_nodes = 0;
    return false;
}
