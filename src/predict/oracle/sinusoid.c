// SPDX-License-Identifier: MIT
// Sinusoids β cos(2πωx) with β ~ N(0, τ²) and ω ~ Gamma, alone or in a sum with one more Gaussian
// term w φ(x), such as a line. Given ω everything is Gaussian, and ω is integrated out numerically.
// The other term acts as noise along φ: whitening shrinks labels and cosines along φ, and then the
// sinusoid can be treated as if alone. Without noise the integrand consists of peaks as narrow as
// the noise floor is low, and the nodes of the quadrature must lie on them. So the residual of the
// labels is kept on a grid of ω over the prefixes, those of its minima that matter are located up
// to rounding, and each side of each minimum is integrated by a Gauss rule in the logarithm of the
// distance from it.
#include "sinusoid.h"

#include "cosine.h"

#include "ambit/memory.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <string.h>

enum { GRID = AMBIT_SINUSOID_GRID, RULE = AMBIT_SINUSOID_RULE };

static const double tail = 1e-9; // prior mass left out at either end of ω

typedef AmbitSinusoid State;
typedef AmbitSinusoidFit Fit;

/* Returns φ(x), or 0 without such a term. */
static double line_at(const State *s, const double *x)
{
    double phi = 0.0;
    if (s->line)
        s->line->features(s->line, x, &phi, NULL);
    return s->line_factor * phi;
}

/* Whether the hypotheses of a prior are one term w φ(x). */
static bool is_line(const AmbitPrior *prior)
{
    if (prior->kind == AMBIT_PRIOR_GAUSSIAN)
        return ambit_hypotheses_fit(prior) && prior->family->function_size == 1;
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
    s->log_norm = -lgamma(s->shape) - s->shape * log(s->scale);
    for (size_t g = 0; g < GRID; g++) {
        s->omega[g] = low + (double)g * s->step;
        s->log_prior[g] = ambit_sinusoid_log_prior(s, s->omega[g]);
    }
    return AMBIT_OK;
}

static size_t fit_size(const AmbitOracle *oracle)
{
    return sizeof(Fit) / sizeof(double) + 1 + 6 * oracle->n_points;
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
    double phi = line_at(s, x), *point = fit->points + fit->count++;
    point[0] = *x;
    point[oracle->n_points] = y;
    point[2 * oracle->n_points] = phi;
    fit->square += y * y;
    fit->pp += phi * phi;
    fit->py += phi * y;
    fit->norm = hypot(fit->norm, *x);
    for (size_t g = 0; g < GRID; g++) {
        double c = ambit_cosine(s->omega[g] * *x);
        fit->cc[g] += c * c;
        fit->cy[g] += c * y;
        fit->cp[g] += c * phi;
    }
}

static double solve(const AmbitOracle *oracle, double *memory)
{
    Fit *fit = (Fit *)memory;
    double most = -INFINITY, sum = 0.0;
    fit->n_nodes = 0;
    if (fit->count == 0)
        return 0.0;
    ambit_sinusoid_place_nodes(oracle, fit);
    for (size_t i = 0; i < fit->n_nodes; i++)
        most = fmax(most, fit->nodes[i].mass);
    for (size_t i = 0; i < fit->n_nodes; i++)
        sum += fit->nodes[i].mass = exp(fit->nodes[i].mass - most);
    size_t kept = 0;
    for (size_t i = 0; i < fit->n_nodes; i++) {
        AmbitSinusoidNode node = fit->nodes[i];
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
        const AmbitSinusoidNode *node = &fit->nodes[i];
        mean += node->mass * (node->amplitude * ambit_cosine(node->omega * *x) + node->slope * phi);
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
