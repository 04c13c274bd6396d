// SPDX-License-Identifier: MIT
// The quadrature over ω of the posterior of sinusoids: where its nodes lie, and what they weigh.
#include "sinusoid.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum {
    GRID = AMBIT_SINUSOID_GRID,
    MOST_PEAKS = AMBIT_SINUSOID_PEAKS,
    MOST_PANELS = AMBIT_SINUSOID_PANELS,
    RULE = AMBIT_SINUSOID_RULE
};

static const double ignored = 100.0;     // nats below the best from which peaks are left out
static const double least_known = 1e-10; // accuracy of residuals on the grid, as a share of Σ y²
static const double panel = 1.5;         // width of a panel in log distance
static const double deep = 0.05;         // share of the largest Σ c² that a notch lies below
static const int widest = 32;            // most grid cells between two peaks

static const double of_whole = 1e-6; // most error of a Gauss rule whose halves are taken

typedef AmbitSinusoid State;
typedef AmbitSinusoidFit Fit;
typedef AmbitSinusoidPeak Peak;

/* Computes the residual on the grid, where cancellation leaves errors of some 1e-15 of Σ y². */
static void follow_residual(const AmbitOracle *oracle, Fit *fit)
{
    double penalty = oracle->noise / ((const State *)oracle->state)->variance;
    for (size_t g = 0; g < GRID; g++) {
        double cy = ambit_sinusoid_grid_cy(oracle, fit, g);
        double cc = ambit_sinusoid_grid_cc(oracle, fit, g);
        double rss = fit->rest - cy * cy / (cc + penalty), least = least_known * fit->square;
        fit->white[g] = cc;
        fit->residual[g] = rss > least ? rss : least;
    }
}

static bool is_minimum(const double *r, int g)
{
    return (g == 0 || r[g] < r[g - 1]) && (g == GRID - 1 || r[g] <= r[g + 1]);
}

/* Finds minima of the residual, notches, and more grid points so that no two neighbours are far
 * apart. Near a zero of the whitened cosine the likelihood is exp(−y²/2τ²c²)/|c|, which needs nodes
 * at every scale. */
static void find_peaks(Fit *fit)
{
    int n = 0, last = 0;
    double largest = 0.0;
    for (int g = 0; g < GRID; g++)
        largest = fit->white[g] > largest ? fit->white[g] : largest;
    for (int g = 0; g < GRID && n < MOST_PEAKS; g++) {
        bool minimum = is_minimum(fit->residual, g);
        bool notch = fit->white[g] < deep * largest && is_minimum(fit->white, g);
        if (!minimum && !notch && g - last < widest)
            continue;
        fit->peaks[n] = (Peak){.at = g,
                               .begin = n ? (last + g) / 2 : 0,
                               .end = GRID - 1,
                               .minimum = minimum,
                               .notch = notch};
        if (n)
            fit->peaks[n - 1].end = fit->peaks[n].begin;
        last = g;
        n++;
    }
    fit->n_peaks = (size_t)n;
}

/* Returns a lower bound of the residual between the grid points of a peak. */
static double least_residual(const AmbitOracle *oracle, const Fit *fit, const Peak *peak)
{
    const State *s = oracle->state;
    int best = peak->at;
    for (int g = peak->begin; g <= peak->end; g++)
        best = fit->residual[g] < fit->residual[best] ? g : best;
    if (fit->residual[best] <= least_known * fit->square)
        return 0.0;
    double amplitude = sqrt(fit->rest / (fit->white[best] + oracle->noise));
    double reach = 2.0 * M_PI * amplitude * fit->norm * s->step;
    return pow(fmax(0.0, sqrt(fit->residual[best]) - reach), 2.0);
}

/* Returns what is smallest at the centre of a peak: the residual, or Σ c² at a notch. */
static double depth_at(const AmbitOracle *oracle, Fit *fit, double omega, bool notch)
{
    double unused, cc, along;
    double rest = ambit_sinusoid_residual(oracle, fit, omega, &unused, &cc, &along);
    return notch ? cc : rest;
}

/* The log likelihood falls by some hundredth of a nat over .1 σ / |∂(β cos 2πωx)/∂ω|. */
static double core_of(const AmbitOracle *oracle, const Fit *fit, double amplitude)
{
    double slope = 2.0 * M_PI * fabs(amplitude) * fit->norm;
    return fmax(0.1 * sqrt(oracle->noise) / fmax(slope, DBL_MIN), 1e-14);
}

/* Returns ω of a minimum to a hundredth of its core, or up to rounding, by golden sections. */
static double locate(const AmbitOracle *oracle, Fit *fit, const Peak *peak)
{
    const State *s = oracle->state;
    const double golden = 0.6180339887498949;
    double low = fmax(s->omega[0], s->omega[peak->at] - s->step);
    double high = fmin(s->omega[GRID - 1], s->omega[peak->at] + s->step);
    double a = high - golden * (high - low), b = low + golden * (high - low);
    double at_a = depth_at(oracle, fit, a, peak->notch);
    double at_b = depth_at(oracle, fit, b, peak->notch);
    double amplitude, cc, along;
    ambit_sinusoid_residual(oracle, fit, s->omega[peak->at], &amplitude, &cc, &along);
    double fine = peak->notch ? 0.0 : 0.01 * core_of(oracle, fit, amplitude);
    while (high - low > fmax(4.0 * DBL_EPSILON * high, fine)) {
        if (at_a < at_b) {
            high = b, b = a, at_b = at_a;
            a = high - golden * (high - low);
            at_a = depth_at(oracle, fit, a, peak->notch);
        } else {
            low = a, a = b, at_a = at_b;
            b = low + golden * (high - low);
            at_b = depth_at(oracle, fit, b, peak->notch);
        }
        if (!(low < a && a < b && b < high))
            break;
    }
    return at_a < at_b ? a : b;
}

/* Adds nodes from `centre` over a signed length: evenly within `core`, then by log distance. */
static void integrate_side(const AmbitOracle *oracle, Fit *fit, double centre, double length,
                           double core)
{
    const State *s = oracle->state;
    double size = fabs(length), inner = fmin(core, size), depth = log(size / inner);
    int panels = (int)fmin(ceil(depth / panel), MOST_PANELS);
    if (!(size > 0.0))
        return;
    for (int i = 0; i < RULE; i++)
        ambit_sinusoid_add_node(oracle, fit, centre + copysign(inner * s->abscissa[i], length),
                                inner * s->weight[i]);
    for (int p = 0; p < panels; p++)
        for (int i = 0; i < RULE; i++) {
            double distance = inner * exp(depth * (p + s->abscissa[i]) / panels);
            ambit_sinusoid_add_node(oracle, fit, centre + copysign(distance, length),
                                    distance * depth / panels * s->weight[i]);
        }
}

/* Adds the nodes of a Gauss rule on an interval, which may be empty. Returns what they sum to, over
 * exp(most). */
static double add_rule(const AmbitOracle *oracle, Fit *fit, double low, double size, double most)
{
    const State *s = oracle->state;
    size_t before = fit->n_nodes;
    double sum = 0.0;
    for (int i = 0; i < RULE; i++)
        ambit_sinusoid_add_node(oracle, fit, low + size * s->abscissa[i], size * s->weight[i]);
    for (size_t i = before; i < fit->n_nodes; i++)
        sum += exp(fit->nodes[i].mass - most) * (1.0 + fabs(fit->nodes[i].amplitude));
    return sum;
}

/* Integrates an interval by a rule on each half, if that is accurate. Halving takes a factor of
 * 2^16 from the error of a Gauss rule of 8 nodes, which is measured. */
static bool integrate_smooth(const AmbitOracle *oracle, Fit *fit, double low, double size)
{
    size_t before = fit->n_nodes;
    if (!(size > 0.0))
        return true;
    ambit_sinusoid_add_node(oracle, fit, low + 0.5 * size, size);
    double most = fit->n_nodes > before ? fit->nodes[before].mass : 0.0;
    fit->n_nodes = before;
    double whole = add_rule(oracle, fit, low, size, most);
    fit->n_nodes = before;
    double halves = add_rule(oracle, fit, low, 0.5 * size, most) +
                    add_rule(oracle, fit, low + 0.5 * size, 0.5 * size, most);
    if (fabs(whole - halves) <= of_whole * halves)
        return true;
    fit->n_nodes = before;
    return false;
}

/* Whether every ω fits the labels, so that the integrand is smooth, but for notches. One label is
 * explained by the other term already, and then the grid only sees rounding. */
static bool may_be_smooth(const AmbitOracle *oracle, const Fit *fit, const Peak *peak)
{
    bool line = ((const State *)oracle->state)->line;
    return !peak->minimum &&
           (peak->notch ? line && fit->count == 1 : fit->count <= (line ? 2U : 1U));
}

/* Evenly within the core, by log distance beyond. */
static void integrate_peak(const AmbitOracle *oracle, Fit *fit, const Peak *peak)
{
    double amplitude, cc, along, centre = peak->centre;
    size_t before = fit->n_nodes;
    if (may_be_smooth(oracle, fit, peak)) {
        if (integrate_smooth(oracle, fit, peak->low, centre - peak->low) &&
            integrate_smooth(oracle, fit, centre, peak->high - centre))
            return;
        fit->n_nodes = before;
    }
    ambit_sinusoid_residual(oracle, fit, centre, &amplitude, &cc, &along);
    // At a notch c may be 0, and then so is β; the likelihood varies as soon as τc does by σ.
    if (peak->notch)
        amplitude = fmax(fabs(amplitude), sqrt(((const State *)oracle->state)->variance));
    double core = core_of(oracle, fit, amplitude);
    integrate_side(oracle, fit, centre, peak->low - centre, core);
    integrate_side(oracle, fit, centre, peak->high - centre, core);
}

/* Whether the least residual of the interval may lie away from the located minimum. */
static bool is_flat(const Fit *fit, const Peak *peak)
{
    for (int g = peak->begin; g <= peak->end; g++)
        if (abs(g - peak->at) > 1 && fit->residual[g] <= least_known * fit->square)
            return true;
    return false;
}

/* Sets the intervals: they end at grid points, or halfway between the centres of neighbours that
 * are at most two grid points apart. Of two neighbours whose centres are in the wrong order, the
 * notch is kept. */
static void set_intervals(const State *s, Fit *fit)
{
    Peak *before = NULL;
    for (size_t p = 0; p < fit->n_peaks; p++) {
        Peak *peak = &fit->peaks[p];
        peak->low = s->omega[peak->begin];
        peak->high = s->omega[peak->end];
        bool touch = before && before->counts && peak->counts && peak->at - before->at <= 2;
        if (touch && before->centre < peak->centre) {
            before->high = peak->low = 0.5 * (before->centre + peak->centre);
        } else if (touch) {
            Peak *gone = before->notch ? peak : before, *stays = before->notch ? before : peak;
            double low = before->low, high = peak->high;
            gone->counts = false;
            stays->low = low;
            stays->high = high;
            before = stays;
            continue;
        }
        before = peak;
    }
}

static void place_nodes(const AmbitOracle *oracle, Fit *fit)
{
    const State *s = oracle->state;
    const double margin = 2.0 * ignored * oracle->noise;
    double least = INFINITY, unused, cc, along;
    follow_residual(oracle, fit);
    find_peaks(fit);
    for (size_t p = 0; p < fit->n_peaks; p++) {
        Peak *peak = &fit->peaks[p];
        peak->counts = least_residual(oracle, fit, peak) <= least + margin;
        if (!peak->counts)
            continue;
        peak->centre = peak->minimum && !peak->notch ? ambit_sinusoid_descend(oracle, fit, peak->at)
                                                     : s->omega[peak->at];
        if (peak->notch || isnan(peak->centre))
            peak->centre = locate(oracle, fit, peak);
        peak->residual = ambit_sinusoid_residual(oracle, fit, peak->centre, &unused, &cc, &along);
        least = fmin(least, peak->residual);
    }
    set_intervals(s, fit);
    for (size_t p = 0; p < fit->n_peaks; p++) {
        const Peak *peak = &fit->peaks[p];
        if (peak->counts && least_residual(oracle, fit, peak) <= least + margin &&
            (!peak->minimum || peak->notch || peak->residual <= least + margin ||
             is_flat(fit, peak)) &&
            !(peak->minimum && !peak->notch && ambit_sinusoid_bell_nodes(oracle, fit, peak, least)))
            integrate_peak(oracle, fit, peak);
    }
}

void ambit_sinusoid_place_nodes(const AmbitOracle *oracle, Fit *fit)
{
    const State *s = oracle->state;
    fit->n_nodes = 0;
    ambit_sinusoid_whiten_labels(oracle, fit);
    if (s->fixed > 0.0)
        ambit_sinusoid_add_node(oracle, fit, s->fixed, 1.0);
    else if (!ambit_sinusoid_even_nodes(oracle, fit))
        place_nodes(oracle, fit);
}
