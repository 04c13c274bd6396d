// SPDX-License-Identifier: MIT
// Sinusoids β cos(2πωx) with β ~ N(0, τ²) and ω ~ Gamma, alone or in a sum with one more Gaussian
// term w φ(x), such as a line. Given ω everything is Gaussian, and ω is integrated out numerically.
// The other term acts as noise along φ: whitening shrinks labels and cosines along φ, and then the
// sinusoid can be treated as if alone. Without noise the integrand consists of peaks as narrow as
// the noise floor is low, and the nodes of the quadrature must lie on them. So the residual of the
// labels is kept on a grid of ω over the prefixes, those of its minima that matter are located up
// to rounding, and each side of each minimum is integrated by a Gauss rule in the logarithm of the
// distance from it.
#include "hypotheses.h"
#include "oracle.h"

#include "ambit/memory.h"

#include <float.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GRID = 2048, MOST_PEAKS = 256, MOST_PANELS = 20, RULE = 8 };

static const double tail = 1e-9;         // prior mass left out at either end of ω
static const double ignored = 100.0;     // nats below the best from which peaks are left out
static const double least_known = 1e-10; // accuracy of residuals on the grid, as a share of Σ y²
static const double panel = 1.5;         // width of a panel in log distance
static const double deep = 0.05;         // share of the largest Σ c² that a notch lies below
static const int widest = 32;            // most grid cells between two peaks

typedef struct State {
    AmbitHypotheses *line; // φ(x) without line_factor; NULL without such a term; owned
    double line_factor;
    double variance; // τ² of β
    double fixed;    // the frequency of all functions; 0: drawn
    double shape, scale, step;
    double omega[GRID];
    double abscissa[RULE], weight[RULE]; // Gauss–Legendre on 0…1
} State;

/* A frequency of the quadrature. */
typedef struct Node {
    double omega, amplitude, slope; // slope: E w
    double mass;                    // logarithm, then probability
} Node;

/* A grid point around which the integrand is integrated, from grid point `begin` to `end`. */
typedef struct Peak {
    int at, begin, end;
    bool minimum, notch;     // a minimum of the residual; of the whitened Σ c², near 0
    bool counts;             // its likelihood may matter, and its centre is known
    double low, high;        // the interval of ω to integrate over
    double centre, residual; // ω of the peak, and the residual there
} Peak;

typedef struct Fit {
    size_t count, n_nodes, n_peaks;
    double square, norm;                 // Σ y², √Σ x²
    double pp, py;                       // Σ φ², Σ φ y
    double cc[GRID], cy[GRID], cp[GRID]; // Σ c², Σ c y, Σ c φ with c = cos 2πωx
    double shrink, rest; // 1 − 1/√(1 + Σ φ²/σ²), and Σ y² of the whitened labels
    double residual[GRID], white[GRID]; // white: Σ c² whitened
    Peak peaks[MOST_PEAKS];
    Node nodes[2 * MOST_PEAKS * (MOST_PANELS + 1) * RULE];
    double examples[]; // x, y, φ, whitened y [P] each, and room for whitened cos 2πωx [P]
} Fit;

/* Returns φ(x), or 0 without such a term. */
static double line_at(const State *s, const double *x)
{
    double phi = 0.0;
    if (s->line)
        s->line->features(s->line, 0, x, &phi);
    return s->line_factor * phi;
}

/* Whether the hypotheses of a prior are one term w φ(x). */
static bool is_line(const AmbitPrior *prior)
{
    if (prior->kind == AMBIT_PRIOR_GAUSSIAN)
        return ambit_hypotheses_fit(prior) && ambit_family_function_size(prior->family) == 1;
    return prior->kind == AMBIT_PRIOR_SPARSE && prior->family->n_dims == 1;
}

bool ambit_oracle_fits_sinusoid(const AmbitPrior *prior)
{
    bool wave = false, line = false;
    for (size_t i = 0; prior->kind == AMBIT_PRIOR_SUM && i < prior->n_parts; i++) {
        AmbitPrior part = ambit_family_prior(prior->parts[i]);
        wave = wave || part.kind == AMBIT_PRIOR_SINUSOID;
        line = line || is_line(&part);
    }
    return prior->kind == AMBIT_PRIOR_SINUSOID || (wave && line);
}

static void fini(AmbitOracle *oracle)
{
    State *s = oracle->state;
    if (s)
        ambit_hypotheses_destroy(&s->line);
    ambit_free(s);
    oracle->state = NULL;
}

/* Takes a sum apart: *wave becomes the prior of the sinusoid, with its factor in the sum, and the
 * other part the line. */
static AmbitStatus take_apart(State *s, AmbitPrior *wave, AmbitError *error)
{
    const AmbitPrior sum = *wave;
    AmbitPrior parts[2] = {ambit_family_prior(sum.parts[0]), ambit_family_prior(sum.parts[1])};
    size_t place = parts[0].kind != AMBIT_PRIOR_SINUSOID;
    *wave = parts[place];
    wave->factor = sum.factor * wave->factor * sum.share[place];
    s->line_factor = sum.factor * sum.share[1 - place];
    return ambit_hypotheses_create(&s->line, &parts[1 - place], error);
}

static AmbitStatus init(AmbitOracle *oracle, AmbitError *error)
{
    AmbitPrior wave = oracle->prior;
    State *s = oracle->state = ambit_alloc(1, sizeof *s);
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(RULE);
    if (!s || !rule) {
        gsl_integration_glfixed_table_free(rule);
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the sinusoid's posterior");
    }
    for (size_t i = 0; i < RULE; i++)
        gsl_integration_glfixed_point(0.0, 1.0, i, &s->abscissa[i], &s->weight[i], rule);
    gsl_integration_glfixed_table_free(rule);
    AmbitStatus status = wave.kind == AMBIT_PRIOR_SUM ? take_apart(s, &wave, error) : AMBIT_OK;
    if (status)
        return status;
    // A part without weight must not lead to 0 · ∞.
    s->variance = fmax(wave.factor * wave.factor * wave.variance, 1e-280);
    s->fixed = wave.omega;
    s->shape = wave.shape;
    s->scale = wave.scale;
    double low = gsl_cdf_gamma_Pinv(tail, s->shape, s->scale);
    s->step = (gsl_cdf_gamma_Qinv(tail, s->shape, s->scale) - low) / (GRID - 1);
    for (size_t g = 0; g < GRID; g++)
        s->omega[g] = low + (double)g * s->step;
    return AMBIT_OK;
}

static size_t fit_size(const AmbitOracle *oracle)
{
    return sizeof(Fit) / sizeof(double) + 1 + 5 * oracle->n_points;
}

static void reset(const AmbitOracle *oracle, double *memory)
{
    Fit *fit = (Fit *)memory;
    (void)oracle;
    fit->count = fit->n_nodes = 0;
    fit->square = fit->norm = fit->pp = fit->py = 0.0;
    memset(fit->cp, 0, sizeof fit->cp);
    memset(fit->cc, 0, sizeof fit->cc);
    memset(fit->cy, 0, sizeof fit->cy);
}

static void add(const AmbitOracle *oracle, double *memory, const double *x, double y)
{
    const State *s = oracle->state;
    Fit *fit = (Fit *)memory;
    double phi = line_at(s, x), *example = fit->examples + fit->count++;
    example[0] = *x;
    example[oracle->n_points] = y;
    example[2 * oracle->n_points] = phi;
    fit->square += y * y;
    fit->pp += phi * phi;
    fit->py += phi * y;
    fit->norm = hypot(fit->norm, *x);
    for (size_t g = 0; g < GRID; g++) {
        double c = cos(2.0 * M_PI * s->omega[g] * *x);
        fit->cc[g] += c * c;
        fit->cy[g] += c * y;
        fit->cp[g] += c * phi;
    }
}

/* Shrinks `values` along φ. `along` is Σ φ · values. */
static void whiten(const AmbitOracle *oracle, const Fit *fit, double along, double *values)
{
    const double *phi = fit->examples + 2 * oracle->n_points;
    for (size_t i = 0; fit->pp > 0.0 && i < fit->count; i++)
        values[i] -= fit->shrink * phi[i] * (along / fit->pp);
}

static void whiten_labels(const AmbitOracle *oracle, Fit *fit)
{
    const double *y = fit->examples + oracle->n_points;
    double *white = fit->examples + 3 * oracle->n_points;
    memcpy(white, y, fit->count * sizeof *y);
    fit->shrink = 1.0 - 1.0 / sqrt(1.0 + fit->pp / oracle->noise);
    whiten(oracle, fit, fit->py, white);
    fit->rest = 0.0;
    for (size_t i = 0; i < fit->count; i++)
        fit->rest += white[i] * white[i];
}

/* Return the whitened Σ c² and Σ c y at a grid point. */
static double grid_cc(const AmbitOracle *oracle, const Fit *fit, int g)
{
    return fmax(0.0, fit->cc[g] - fit->cp[g] * fit->cp[g] / (fit->pp + oracle->noise));
}

static double grid_cy(const AmbitOracle *oracle, const Fit *fit, int g)
{
    return fit->cy[g] - fit->cp[g] * fit->py / (fit->pp + oracle->noise);
}

/* Returns min over β of Σ (y − βc)² + (σ²/τ²)β² for the whitened y and c, as a sum of squares,
 * which is accurate however small it is. */
static double residual(const AmbitOracle *oracle, Fit *fit, double omega, double *amplitude,
                       double *cc)
{
    const double *x = fit->examples, *phi = x + 2 * oracle->n_points, *y = x + 3 * oracle->n_points;
    double *c = fit->examples + 4 * oracle->n_points;
    double penalty = oracle->noise / ((const State *)oracle->state)->variance, sum;
    double along = 0.0, cy = 0.0;
    *cc = 0.0;
    for (size_t i = 0; i < fit->count; i++) {
        c[i] = cos(2.0 * M_PI * omega * x[i]);
        along += c[i] * phi[i];
    }
    whiten(oracle, fit, along, c);
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

/* Appends a node that stands for an interval of ω. */
static void add_node(const AmbitOracle *oracle, Fit *fit, double omega, double width)
{
    const State *s = oracle->state;
    double amplitude, cc, rss = residual(oracle, fit, omega, &amplitude, &cc);
    double likelihood = -0.5 * (log1p(cc * s->variance / oracle->noise) + rss / oracle->noise);
    // E w given ω is linear in β.
    const double *phi = fit->examples + 2 * oracle->n_points, *x = fit->examples;
    double along = fit->py;
    for (size_t i = 0; s->line && i < fit->count; i++)
        along -= amplitude * phi[i] * cos(2.0 * M_PI * omega * x[i]);
    double prior = s->fixed > 0.0 ? 1.0 : gsl_ran_gamma_pdf(omega, s->shape, s->scale);
    if (prior > 0.0 && width > 0.0)
        fit->nodes[fit->n_nodes++] = (Node){omega, amplitude, along / (fit->pp + oracle->noise),
                                            likelihood + log(prior) + log(width)};
}

/* Computes the residual on the grid, where cancellation leaves errors of some 1e-15 of Σ y². */
static void follow_residual(const AmbitOracle *oracle, Fit *fit)
{
    double penalty = oracle->noise / ((const State *)oracle->state)->variance;
    for (size_t g = 0; g < GRID; g++) {
        double cy = grid_cy(oracle, fit, (int)g), cc = grid_cc(oracle, fit, (int)g);
        double rss = fit->rest - cy * cy / (cc + penalty);
        fit->white[g] = cc;
        fit->residual[g] = fmax(rss, least_known * fit->square);
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
        largest = fmax(largest, fit->white[g]);
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
    double amplitude = sqrt(fit->rest / (grid_cc(oracle, fit, best) + oracle->noise));
    double reach = 2.0 * M_PI * amplitude * fit->norm * s->step;
    return pow(fmax(0.0, sqrt(fit->residual[best]) - reach), 2.0);
}

/* Returns what is smallest at the centre of a peak: the residual, or Σ c² at a notch. */
static double depth_at(const AmbitOracle *oracle, Fit *fit, double omega, bool notch)
{
    double unused, cc, rest = residual(oracle, fit, omega, &unused, &cc);
    return notch ? cc : rest;
}

/* Returns ω of a minimum up to rounding, by golden sections. */
static double locate(const AmbitOracle *oracle, Fit *fit, const Peak *peak)
{
    const State *s = oracle->state;
    const double golden = 0.6180339887498949;
    double low = fmax(s->omega[0], s->omega[peak->at] - s->step);
    double high = fmin(s->omega[GRID - 1], s->omega[peak->at] + s->step);
    double a = high - golden * (high - low), b = low + golden * (high - low);
    double at_a = depth_at(oracle, fit, a, peak->notch);
    double at_b = depth_at(oracle, fit, b, peak->notch);
    while (high - low > 4.0 * DBL_EPSILON * high) {
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
        add_node(oracle, fit, centre + copysign(inner * s->abscissa[i], length),
                 inner * s->weight[i]);
    for (int p = 0; p < panels; p++)
        for (int i = 0; i < RULE; i++) {
            double distance = inner * exp(depth * (p + s->abscissa[i]) / panels);
            add_node(oracle, fit, centre + copysign(distance, length),
                     distance * depth / panels * s->weight[i]);
        }
}

/* The log likelihood falls by one nat over some σ / |∂(β cos 2πωx)/∂ω|, which sets the core. */
static void integrate_peak(const AmbitOracle *oracle, Fit *fit, const Peak *peak)
{
    double amplitude, cc, centre = peak->centre;
    residual(oracle, fit, centre, &amplitude, &cc);
    double slope = 2.0 * M_PI * fabs(amplitude) * fit->norm;
    double core = fmax(0.1 * sqrt(oracle->noise) / fmax(slope, DBL_MIN), 1e-14);
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
    double least = INFINITY, unused, cc;
    for (size_t p = 0; p < fit->n_peaks; p++) {
        Peak *peak = &fit->peaks[p];
        peak->counts = least_residual(oracle, fit, peak) <= least + margin;
        if (!peak->counts)
            continue;
        peak->centre =
            peak->minimum || peak->notch ? locate(oracle, fit, peak) : s->omega[peak->at];
        peak->residual = residual(oracle, fit, peak->centre, &unused, &cc);
        least = fmin(least, peak->residual);
    }
    set_intervals(s, fit);
    for (size_t p = 0; p < fit->n_peaks; p++) {
        const Peak *peak = &fit->peaks[p];
        if (peak->counts && least_residual(oracle, fit, peak) <= least + margin &&
            (!peak->minimum || peak->notch || peak->residual <= least + margin ||
             is_flat(fit, peak)))
            integrate_peak(oracle, fit, peak);
    }
}

static double solve(const AmbitOracle *oracle, double *memory)
{
    const State *s = oracle->state;
    Fit *fit = (Fit *)memory;
    double most = -INFINITY, sum = 0.0;
    fit->n_nodes = 0;
    if (fit->count == 0)
        return 0.0;
    whiten_labels(oracle, fit);
    if (s->fixed > 0.0) {
        add_node(oracle, fit, s->fixed, 1.0);
    } else {
        follow_residual(oracle, fit);
        find_peaks(fit);
        place_nodes(oracle, fit);
    }
    for (size_t i = 0; i < fit->n_nodes; i++)
        most = fmax(most, fit->nodes[i].mass);
    for (size_t i = 0; i < fit->n_nodes; i++)
        sum += fit->nodes[i].mass = exp(fit->nodes[i].mass - most);
    size_t kept = 0;
    for (size_t i = 0; i < fit->n_nodes; i++) {
        Node node = fit->nodes[i];
        node.mass /= sum;
        if (node.mass > 1e-18)
            fit->nodes[kept++] = node;
    }
    fit->n_nodes = kept;
    return most + log(sum) - 0.5 * (double)fit->count * log(2.0 * M_PI * oracle->noise) -
           0.5 * log1p(fit->pp / oracle->noise);
}

static double answer(const AmbitOracle *oracle, double *memory, const double *x)
{
    const Fit *fit = (const Fit *)memory;
    double mean = 0.0, phi = line_at(oracle->state, x);
    for (size_t i = 0; i < fit->n_nodes; i++) {
        const Node *node = &fit->nodes[i];
        mean +=
            node->mass * (node->amplitude * cos(2.0 * M_PI * node->omega * *x) + node->slope * phi);
    }
    return mean;
}

const AmbitOracleType ambit_oracle_sinusoid = {.init = init,
                                               .fini = fini,
                                               .fit_size = fit_size,
                                               .reset = reset,
                                               .add = add,
                                               .solve = solve,
                                               .answer = answer};
