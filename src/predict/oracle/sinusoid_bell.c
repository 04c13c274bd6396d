// SPDX-License-Identifier: MIT
// Peaks of the integrand over ω that are narrow bells, as nearly all are once a few labels without
// noise were seen. Between the centre and the width there are many orders of magnitude; that
// nothing else lies there is shown by bounds instead of nodes at every scale, and the bell itself
// takes few nodes of the trapezoidal rule.
#include "sinusoid.h"

#include "cosine.h"

#include <math.h>

enum { GRID = AMBIT_SINUSOID_GRID, MOST_STEPS = 12, HALF = 14 };

static const double step_of_width = 0.72; // the rule's error is 2 exp(−2π²/.72²) = 6e-17
static const double nats = 45.0;          // from which density below the largest does not count

static const double least_across = 1e-6; // share of ‖c′‖ that is more than rounding

typedef AmbitSinusoid State;
typedef AmbitSinusoidFit Fit;

/* At some ω: whitened c = cos 2πωx, its derivative c′, and the best fit βc to the whitened y. */
typedef struct Bend {
    double amplitude, residual; // β and Σ (y − βc)² + (σ²/τ²)β²
    double size, speed;         // ‖c‖, ‖c′‖
    double across;              // ‖c′‖ after projection off c
    double shift;               // Newton step of ω
    double curvature;           // at least ‖c″‖, wherever ω is
} Bend;

static Bend bend_at(const AmbitOracle *oracle, Fit *fit, double omega)
{
    const double *x = fit->points, *phi = x + 2 * oracle->n_points, *y = x + 3 * oracle->n_points;
    double *c = fit->points + 4 * oracle->n_points, *slope = c + oracle->n_points;
    double cc, along, slope_along = 0.0, ss = 0.0, sc = 0.0, se = 0.0, fourth = 0.0;
    double bend_along = 0.0, be = 0.0, pe = 0.0; // of c″, and Σ φ e
    Bend b;
    b.residual = ambit_sinusoid_residual(oracle, fit, omega, &b.amplitude, &cc, &along);
    for (size_t i = 0; i < fit->count; i++) {
        slope[i] = -2.0 * M_PI * x[i] * ambit_cosine(omega * x[i] - 0.25);
        slope_along += slope[i] * phi[i];
        fourth += x[i] * x[i] * x[i] * x[i];
    }
    double per_phi = fit->pp > 0.0 ? fit->shrink / fit->pp : 0.0, shrink = per_phi * slope_along;
    for (size_t i = 0; i < fit->count; i++) {
        slope[i] -= shrink * phi[i];
        ss += slope[i] * slope[i];
        sc += slope[i] * c[i];
        double e = y[i] - b.amplitude * c[i], turn = 2.0 * M_PI * x[i];
        double bend = -turn * turn * (c[i] + per_phi * along * phi[i]);
        se += slope[i] * e;
        be += bend * e;
        bend_along += bend * phi[i];
        pe += phi[i] * e;
    }
    be -= per_phi * bend_along * pe;
    double across = ss - sc * sc / cc;
    b.size = sqrt(cc);
    b.speed = sqrt(ss);
    b.across = sqrt(across > 0.0 ? across : 0.0);
    // Half the second derivative of the residual; `gauss` lacks the terms in e, which may make it
    // negative far from a minimum.
    double mixed = b.amplitude * sc - se;
    double newton = b.amplitude * b.amplitude * ss - b.amplitude * be - mixed * mixed / cc;
    double gauss = b.amplitude * b.amplitude * across;
    b.shift = b.amplitude * se / (newton > 0.1 * gauss ? newton : gauss);
    b.curvature = 4.0 * M_PI * M_PI * sqrt(fourth);
    return b;
}

double ambit_sinusoid_descend(const AmbitOracle *oracle, Fit *fit, int at)
{
    const State *s = oracle->state;
    double omega = s->omega[at];
    double low = s->omega[at > 0 ? at - 1 : 0], high = s->omega[at < GRID - 1 ? at + 1 : at];
    for (int i = 0; i < MOST_STEPS; i++) {
        Bend b = bend_at(oracle, fit, omega);
        double width = sqrt(oracle->noise) / (fabs(b.amplitude) * b.across);
        omega += b.shift;
        if (!(b.across > least_across * b.speed && omega > low && omega < high))
            return NAN;
        if (fabs(b.shift) <= 0.001 * width || fabs(b.shift) <= 1e-15 * omega)
            return omega;
    }
    return NAN;
}

/* Returns a lower bound of how far the residual at a distance from the centre lies above that at
 * the centre, y = βc₀ + e with e across c₀ and c₀′. The part of c₀ across c(ω) is at least (pδ −
 * qδ²/2) ‖c₀‖/‖c(ω)‖, p and q being Bend's `across` and `curvature`. */
static double rise(const Bend *b, double distance)
{
    double turn = 0.5 * b->curvature * distance * distance;
    double ratio = b->size / (b->size + b->speed * distance + turn);
    double least = b->size - b->speed * distance - turn; // of ‖c(ω)‖
    double part = fabs(b->amplitude) * ratio * (b->across * distance - turn);
    double rest = sqrt(b->residual) * turn;
    if (!(part > 0.0 && least > 0.0))
        return 0.0;
    rest /= least;
    return part * part - 2.0 * fabs(b->amplitude) * b->size * rest - rest * rest;
}

/* Whether the grid shows that the residual exceeds `bound` in all of the peak's interval that is
 * farther than `distance` from the centre. */
static bool is_empty(const AmbitOracle *oracle, const Fit *fit, const AmbitSinusoidPeak *peak,
                     double distance, double bound)
{
    const State *s = oracle->state;
    double penalty = oracle->noise / s->variance;
    for (int g = peak->begin; g <= peak->end; g++) {
        if (fabs(s->omega[g] - peak->centre) + 0.5 * s->step <= distance)
            continue;
        // |∂√residual/∂ω| ≤ |β| ‖c′‖, and over half a step ‖c‖ falls by 2π‖x‖ times that at most.
        double reach = M_PI * fit->norm * s->step;
        double least = sqrt(fit->white[g] + penalty) - reach;
        double lost = reach * sqrt(fit->rest) / least;
        if (!(least > 0.0 && sqrt(fit->residual[g]) - lost > sqrt(bound)))
            return false;
    }
    return true;
}

/* Whether all is known: the bell within its nodes, emptiness from there on. */
static bool is_bell(const AmbitOracle *oracle, const Fit *fit, const AmbitSinusoidPeak *peak,
                    const Bend *b, double width, double least)
{
    double reach = HALF * step_of_width * width, most = b->across / b->curvature;
    double far = fmax(peak->high - peak->centre, peak->centre - peak->low);
    double needed = 2.0 * nats * oracle->noise + least - b->residual;
    far = far < most ? far : most;
    bool straight =
        reach * b->curvature <= 0.05 * b->across && reach * b->speed <= 0.05 * b->size &&
        sqrt(b->residual) * b->curvature <= 0.05 * fabs(b->amplitude) * b->across * b->across &&
        fabs(b->shift) <= 0.05 * width;
    bool inside = peak->centre - peak->low > reach && peak->high - peak->centre > reach;
    if (!(straight && inside && reach < far && rise(b, far) > needed))
        return false;
    for (double distance = reach; distance < far; distance *= 1.25)
        if (!(rise(b, distance) > needed))
            return false;
    return is_empty(oracle, fit, peak, far, least + 2.0 * nats * oracle->noise);
}

bool ambit_sinusoid_bell_nodes(const AmbitOracle *oracle, Fit *fit, const AmbitSinusoidPeak *peak,
                               double least)
{
    Bend b = bend_at(oracle, fit, peak->centre);
    double width = sqrt(oracle->noise) / (fabs(b.amplitude) * b.across),
           step = step_of_width * width;
    if (!(width > 0.0 && is_bell(oracle, fit, peak, &b, width, least)))
        return false;
    for (int i = -HALF; i <= HALF; i++)
        ambit_sinusoid_add_node(oracle, fit, peak->centre + i * step, step);
    return true;
}
