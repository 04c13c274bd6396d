// SPDX-License-Identifier: MIT
// Least squares on the features of both parts of a sum. It knows the form of the functions, but not
// their distribution: where its error is near 0, the context holds the information. For two linear
// parts it is least squares. For a linear function and a sinusoid of one dim the features are x and
// cos 2πωx, with ω the frequency of least residual.
#include "prefix.h"
#include "registry.h"
#include "triangle.h"

#include "ambit/memory.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

enum { GRID = 2048, FEATURES = 2 };

typedef enum Kind { UNKNOWN, LINEAR, SINUSOID } Kind;

typedef struct State {
    Kind kind;
    AmbitPredictor *least_squares;
    double low, step, typical; // grid of ω, and ω while there are too few points to fit it
} State;

/* Used where the kind is SINUSOID. c is cos 2πω_g x. */
typedef struct Fit {
    const State *state;
    void *least_squares; // its workspace
    AmbitPoints points;
    double omega, weights[FEATURES];
    double xx, xy, square;               // Σ x², Σ xy, Σ y²
    double cc[GRID], cx[GRID], cy[GRID]; // Σ c², Σ cx, Σ cy
    double residual[GRID];
    double reals[];
} Fit;

static const AmbitParameter parameters[] = {{.name = NULL}};

static AmbitStatus init(AmbitPredictor *predictor, AmbitError *error)
{
    State *state = predictor->state = ambit_alloc(1, sizeof *state);
    if (!state)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %s", predictor->label);
    AmbitStatus status =
        ambit_predictor_create(&state->least_squares, &ambit_predictor_least_squares, error);
    return status ? status : ambit_predictor_finish(state->least_squares, error);
}

static void fini(AmbitPredictor *predictor)
{
    State *state = predictor->state;
    if (state)
        ambit_predictor_destroy(&state->least_squares);
    ambit_free(state);
}

/* Covers the frequencies that the sinusoid may have. */
static void set_grid(State *state, const AmbitPrior *sinusoid)
{
    double shape = sinusoid->shape, scale = sinusoid->scale, fixed = sinusoid->omega;
    double high = gsl_cdf_gamma_Qinv(1e-9, shape, scale);
    state->low = fixed > 0.0 ? fixed : gsl_cdf_gamma_Pinv(1e-9, shape, scale);
    state->step = fixed > 0.0 ? 0.0 : (high - state->low) / (GRID - 1);
    state->typical = fixed > 0.0 ? fixed : shape * scale;
}

static Kind kind_of(State *state, const AmbitPrior *prior)
{
    size_t n_linear = 0, n_sinusoids = 0;
    for (size_t i = 0; prior->kind == AMBIT_PRIOR_SUM && i < prior->n_parts; i++) {
        AmbitPrior part = ambit_family_prior(prior->parts[i]);
        n_linear += part.family->type->is_linear;
        if (part.kind == AMBIT_PRIOR_SINUSOID) {
            n_sinusoids++;
            set_grid(state, &part);
        }
    }
    if (n_linear == 1 && n_sinusoids == 1)
        return SINUSOID;
    return n_linear == 2 ? LINEAR : UNKNOWN;
}

static AmbitStatus bind(AmbitPredictor *predictor, const AmbitPredictorContext *context,
                        AmbitError *error)
{
    State *state = predictor->state;
    AmbitPrior prior = ambit_family_prior(context->target->families[0]);
    state->kind = context->target->n_classes == 1 ? kind_of(state, &prior) : UNKNOWN;
    ambit_predictor_clear_note(predictor, 0);
    if (state->kind != UNKNOWN)
        return AMBIT_OK;
    return ambit_predictor_set_note(
        predictor, 0, "only sums (convex) of two linear classes, or of one and sinusoids", error);
}

static void workspace_destroy(void *workspace)
{
    Fit *fit = workspace;
    if (fit && fit->least_squares)
        fit->state->least_squares->type->workspace_destroy(fit->least_squares);
    ambit_free(fit);
}

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **workspace, AmbitError *error)
{
    const State *state = predictor->state;
    size_t reals = shape->n_points * (shape->n_dims + 1);
    AmbitStatus status = ambit_prefix_workspace(predictor, sizeof(Fit), reals, workspace, error);
    if (status)
        return status;
    Fit *fit = *workspace;
    fit->state = state;
    ambit_points_init(&fit->points, shape->n_points, shape->n_dims, fit->reals);
    status = state->least_squares->type->workspace_create(state->least_squares, shape,
                                                          &fit->least_squares, error);
    if (status) {
        workspace_destroy(fit);
        *workspace = NULL;
    }
    return status;
}

static void reset(void *workspace)
{
    Fit *fit = workspace;
    fit->points.count = 0;
    fit->xx = fit->xy = fit->square = 0.0;
    memset(fit->cc, 0, 3 * sizeof fit->cc);
}

static void add(void *workspace, const double *x, double y)
{
    Fit *fit = workspace;
    ambit_points_add(&fit->points, x, y);
    fit->xx += *x * *x;
    fit->xy += *x * y;
    fit->square += y * y;
    for (size_t g = 0; g < GRID; g++) {
        double c = cos(2.0 * M_PI * (fit->state->low + (double)g * fit->state->step) * *x);
        fit->cc[g] += c * c;
        fit->cx[g] += c * *x;
        fit->cy[g] += c * y;
    }
}

/* Fits x and the cosine of one frequency by least squares. Returns the residual. */
static double fit_at(const Fit *fit, double omega, double *weights)
{
    double triangle[6]; // of 2 features: 3 + 2 + 1
    ambit_triangle_reset(triangle, FEATURES, 1e-16);
    for (size_t i = 0; i < fit->points.count; i++) {
        double x = fit->points.x[i], row[FEATURES] = {x, cos(2.0 * M_PI * omega * x)};
        ambit_triangle_add(triangle, FEATURES, row, fit->points.y[i]);
    }
    ambit_triangle_solve(triangle, FEATURES, weights);
    return ambit_triangle_residual(triangle, FEATURES);
}

/* Returns the same residual at a grid point from the sums, but no less than their rounding. */
static double residual_at(const Fit *fit, size_t g)
{
    double determinant = fit->xx * fit->cc[g] - fit->cx[g] * fit->cx[g];
    double a = fit->xy * fit->cc[g] - fit->cy[g] * fit->cx[g];
    double b = fit->cy[g] * fit->xx - fit->xy * fit->cx[g];
    double explained = determinant > 1e-12 * fit->xx * fit->cc[g]
                           ? (a * fit->xy + b * fit->cy[g]) / determinant
                           : 0.0;
    return fmax(fit->square - explained, 1e-12 * fit->square);
}

/* Returns the frequency of least residual around grid point g, by golden sections. */
static double locate(const Fit *fit, size_t g)
{
    const double golden = 0.6180339887498949;
    double centre = fit->state->low + (double)g * fit->state->step, w[FEATURES];
    double low = centre - fit->state->step, high = centre + fit->state->step;
    double a = high - golden * (high - low), b = low + golden * (high - low);
    double at_a = fit_at(fit, a, w), at_b = fit_at(fit, b, w);
    for (int i = 0; i < 70; i++) {
        bool left = at_a < at_b;
        *(left ? &high : &low) = left ? b : a;
        *(left ? &b : &a) = left ? a : b;
        *(left ? &at_b : &at_a) = left ? at_a : at_b;
        double next = left ? high - golden * (high - low) : low + golden * (high - low);
        *(left ? &a : &b) = next;
        *(left ? &at_a : &at_b) = fit_at(fit, next, w);
    }
    return at_a < at_b ? a : b;
}

/* Returns the frequency of least residual, among those located at the grid minima near the lowest.
 */
static double profile(Fit *fit)
{
    double least = INFINITY, best = INFINITY, omega = fit->state->typical, w[FEATURES];
    for (size_t g = 0; g < GRID; g++) {
        fit->residual[g] = residual_at(fit, g);
        least = fmin(least, fit->residual[g]);
    }
    for (size_t g = 0; g < GRID; g++) {
        const double *r = &fit->residual[g];
        bool minimum = (g == 0 || *r < r[-1]) && (g == GRID - 1 || *r <= r[1]);
        if (*r > 25.0 * least || !minimum)
            continue;
        double at = locate(fit, g), rss = fit_at(fit, at, w);
        if (rss < best) {
            best = rss;
            omega = at;
        }
    }
    return omega;
}

static void solve(void *workspace)
{
    Fit *fit = workspace;
    bool tells = fit->points.count > FEATURES && fit->state->step > 0.0;
    fit->omega = tells ? profile(fit) : fit->state->typical;
    fit_at(fit, fit->omega, fit->weights);
}

static double answer(const void *workspace, size_t column, const double *x, unsigned char *flag)
{
    const Fit *fit = workspace;
    (void)column, (void)flag;
    return fit->weights[0] * *x + fit->weights[1] * cos(2.0 * M_PI * fit->omega * *x);
}

static const AmbitPrefixFit prefix = {.reset = reset, .add = add, .solve = solve, .answer = answer};

static void predict(const AmbitPredictor *predictor, const AmbitPromptBatch *batch, void *workspace,
                    double *prediction, unsigned char *flag)
{
    const State *state = predictor->state;
    Fit *fit = workspace;
    size_t answers = batch->n_prompts * batch->n_queries;
    if (state->kind == SINUSOID)
        ambit_prefix_predict(predictor, batch, workspace, prediction, flag);
    if (state->kind == LINEAR)
        state->least_squares->type->predict(state->least_squares, batch, fit->least_squares,
                                            prediction, flag);
    if (state->kind == UNKNOWN)
        ambit_prefix_no_answers(answers, prediction, flag);
}

const AmbitPredictorType ambit_predictor_combination_oracle = {
    .name = "combination_oracle",
    .summary = "least squares on the features of both parts of a convex combination of linear "
               "families, or of a linear one and a sinusoid; no answer for other targets",
    .source = "the reference for Yadlowsky et al. 2311.00871, figures 4 to 6",
    .parameters = parameters,
    .init = init,
    .fini = fini,
    .bind = bind,
    .workspace_create = workspace_create,
    .workspace_destroy = workspace_destroy,
    .prefix = &prefix,
    .predict = predict};
