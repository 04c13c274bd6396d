// SPDX-License-Identifier: MIT
// Lasso over all prefixes of a prompt and a list of penalties, without intercept:
// min over w of ‖y − Xw‖²/2k + α‖w‖₁. It is coordinate descent on the Gram matrix, as in glmnet,
// started from the solution one point earlier or from that of the previous penalty, whichever is
// better. After every sweep it steps to the exact minimum over the weights that are not 0
// (feature-sign search); without that, small penalties near k = D take thousands of sweeps.
#include "prefix.h"
#include "registry.h"
#include "validation.h"

#include "ambit/memory.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIXED, VALIDATION };

static const char *const selections[] = {"fixed", "validation", NULL};

typedef struct Settings {
    AmbitDoubles penalties;
    double tolerance;
    int64_t max_iterations, validation_prompts;
    int select;
} Settings;

static const AmbitParameter parameters[] = {
    {.name = "penalties",
     .alias = "alphas",
     .type = AMBIT_REALS,
     .offset = offsetof(Settings, penalties),
     .minimum = DBL_MIN,
     .maximum = INFINITY,
     .help = "factors on the sum of absolute weights, best in falling order; empty: 1, 0.1, 0.01, "
             "0.001, 0.0001; the loss is half a mean over examples"},
    {"tolerance", AMBIT_REAL, offsetof(Settings, tolerance), 1e-13, 0, INFINITY, NULL,
     "largest duality gap, as a share of the sum of y^2", false},
    {"max_iterations", AMBIT_INT, offsetof(Settings, max_iterations), 1000, 1, INFINITY, NULL,
     "most sweeps over the coordinates; beyond, the prediction is flagged", false},
    {"select", AMBIT_CHOICE, offsetof(Settings, select), FIXED, 0, 0, selections,
     "fixed: a column per penalty; validation: one column, with the penalty that is best after so "
     "many points on prompts of the target's kind",
     false},
    {"validation_prompts", AMBIT_INT, offsetof(Settings, validation_prompts), 128, 1, 1e6, NULL,
     "prompts that the penalty is chosen on", false},
    {0}};

/* Penalties are scaled by k here: ½‖y − Xw‖² + penalty·‖w‖₁. */
typedef struct Fit {
    const Settings *settings;
    const size_t *choice;   // [P + 1] penalty by k; NULL: a column for each
    size_t n_dims, n_added; // D, k
    double *gram;           // [D][D] XᵀX
    double *xty;            // [D] Xᵀy
    double square;          // yᵀy
    double *weights;        // [A][D]
    double *gradient;       // [A][D] Xᵀ(y − Xw)
    bool *converged;        // [A]
    size_t *active;         // [D] coordinates with a weight other than 0
    double *factor;         // [D][D] Cholesky factor of their Gram matrix
    double *step;           // [D]
} Fit;

static AmbitStatus name_chosen(AmbitPredictor *predictor, AmbitError *error)
{
    char name[256], *names[] = {name};
    snprintf(name, sizeof name, "%.240s_validation", predictor->label);
    return ambit_predictor_set_columns(predictor, 1, names, error);
}

static AmbitStatus init(AmbitPredictor *predictor, AmbitError *error)
{
    static const double defaults[] = {1.0, 0.1, 0.01, 0.001, 0.0001};
    Settings *s = predictor->settings;
    if (s->penalties.count == 0) {
        ambit_free(s->penalties.values);
        s->penalties = (AmbitDoubles){ambit_alloc(1, sizeof defaults), 5};
        if (s->penalties.values)
            memcpy(s->penalties.values, defaults, sizeof defaults);
    }
    if (s->select == VALIDATION && s->penalties.values)
        return name_chosen(predictor, error);
    size_t n = s->penalties.count, size = strlen(predictor->label) + 32;
    char **names = ambit_alloc(n, sizeof *names), *text = ambit_alloc(n, size);
    AmbitStatus status = AMBIT_NO_MEMORY;
    if (s->penalties.values && names && text) {
        for (size_t a = 0; a < n; a++) {
            names[a] = text + a * size;
            snprintf(names[a], size, "%s_%g", predictor->label, s->penalties.values[a]);
        }
        status = ambit_predictor_set_columns(predictor, n, names, error);
    } else {
        status =
            ambit_error_set(error, status, "no memory for the penalties of %s", predictor->label);
    }
    ambit_free(names);
    ambit_free(text);
    return status;
}

static void fini(AmbitPredictor *predictor)
{
    ambit_free(predictor->state);
}

/* `state` is the best penalty for every k, found by a path with the same settings. */
static AmbitStatus bind(AmbitPredictor *predictor, const AmbitPredictorContext *context,
                        AmbitError *error)
{
    Settings *s = predictor->settings;
    if (s->select == FIXED)
        return AMBIT_OK;
    AmbitPredictor *path;
    AmbitStatus status = ambit_predictor_create(&path, predictor->type, error);
    if (status)
        return status;
    *(Settings *)path->settings = *s;
    ((Settings *)path->settings)->select = FIXED;
    ambit_free(predictor->state);
    size_t *choice = predictor->state = ambit_alloc(context->n_points + 1, sizeof *choice);
    status = choice ? ambit_predictor_finish(path, error)
                    : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %s", predictor->label);
    if (!status)
        status =
            ambit_validation_choose(path, context, (size_t)s->validation_prompts, choice, error);
    ((Settings *)path->settings)->penalties = (AmbitDoubles){0}; // they are the predictor's
    ambit_predictor_destroy(&path);
    return status;
}

static void workspace_destroy(void *workspace)
{
    Fit *fit = workspace;
    if (fit) {
        ambit_free(fit->gram);
        ambit_free(fit->converged);
        ambit_free(fit->active);
    }
    ambit_free(fit);
}

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **workspace, AmbitError *error)
{
    const Settings *s = predictor->settings;
    size_t dims = shape->n_dims, n = s->penalties.count;
    Fit *fit = *workspace = ambit_alloc(1, sizeof *fit);
    if (!fit || !(fit->gram = ambit_alloc(2 * dims + 2 * n + 2, dims * sizeof(double))) ||
        !(fit->converged = ambit_alloc(n, sizeof(bool))) ||
        !(fit->active = ambit_alloc(dims, sizeof(size_t)))) {
        workspace_destroy(fit);
        *workspace = NULL;
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %s in %zu dims",
                               predictor->label, dims);
    }
    fit->settings = s;
    fit->choice = predictor->state;
    fit->n_dims = dims;
    fit->factor = fit->gram + dims * dims;
    fit->weights = fit->factor + dims * dims;
    fit->gradient = fit->weights + n * dims;
    fit->xty = fit->gradient + n * dims;
    fit->step = fit->xty + dims;
    return AMBIT_OK;
}

static void reset(void *workspace)
{
    Fit *fit = workspace;
    size_t dims = fit->n_dims, n = fit->settings->penalties.count;
    fit->n_added = 0;
    fit->square = 0.0;
    memset(fit->gram, 0, dims * dims * sizeof(double));
    memset(fit->xty, 0, dims * sizeof(double));
    memset(fit->weights, 0, n * dims * sizeof(double));
}

static void add(void *workspace, const double *x, double y)
{
    Fit *fit = workspace;
    int dims = (int)fit->n_dims;
    fit->n_added++;
    fit->square += y * y;
    cblas_daxpy(dims, y, x, 1, fit->xty, 1);
    for (size_t i = 0; i < fit->n_dims; i++)
        cblas_daxpy(dims, x[i], x, 1, fit->gram + i * fit->n_dims, 1);
}

/* gradient = xty − gram·w. */
static void refresh(const Fit *fit, const double *w, double *gradient)
{
    int dims = (int)fit->n_dims;
    for (size_t i = 0; i < fit->n_dims; i++)
        gradient[i] = fit->xty[i] - cblas_ddot(dims, fit->gram + i * fit->n_dims, 1, w, 1);
}

/* ‖y − Xw‖²; rounding may take it below 0. */
static double residual(const Fit *fit, const double *w, const double *gradient)
{
    int dims = (int)fit->n_dims;
    double square =
        fit->square - cblas_ddot(dims, fit->xty, 1, w, 1) - cblas_ddot(dims, gradient, 1, w, 1);
    return square > 0.0 ? square : 0.0;
}

static double primal(const Fit *fit, const double *w, const double *gradient, double penalty)
{
    return 0.5 * residual(fit, w, gradient) + penalty * cblas_dasum((int)fit->n_dims, w, 1);
}

/* Primal minus dual objective, at the residual scaled into the dual's domain. */
static double duality_gap(const Fit *fit, const double *w, const double *gradient, double penalty)
{
    int dims = (int)fit->n_dims;
    double largest = fabs(gradient[cblas_idamax(dims, gradient, 1)]);
    double scale = largest > penalty ? penalty / largest : 1.0;
    double square = residual(fit, w, gradient);
    double along = fit->square - cblas_ddot(dims, fit->xty, 1, w, 1); // (y − Xw)·y
    return primal(fit, w, gradient, penalty) - scale * along + 0.5 * scale * scale * square;
}

static void move(const Fit *fit, size_t j, double to, double *w, double *gradient)
{
    int dims = (int)fit->n_dims;
    cblas_daxpy(dims, w[j] - to, fit->gram + j * fit->n_dims, 1, gradient, 1);
    w[j] = to;
}

/* Each weight in turn to its minimum: the soft-thresholded partial solution. */
static void sweep(const Fit *fit, double penalty, double *w, double *gradient)
{
    for (size_t j = 0; j < fit->n_dims; j++) {
        double curvature = fit->gram[j * fit->n_dims + j];
        double pull = gradient[j] + curvature * w[j];
        double to = fabs(pull) > penalty ? (pull - copysign(penalty, pull)) / curvature : 0.0;
        if (to != w[j])
            move(fit, j, to, w, gradient);
    }
}

/* Cholesky factor of the active Gram matrix, row by row, as far as its columns are independent:
 * returns their number. Row `number` then holds what would have been its off-diagonal part. */
static size_t factorize(const Fit *fit, size_t n)
{
    size_t dims = fit->n_dims;
    for (size_t i = 0; i < n; i++) {
        const double *gram = fit->gram + fit->active[i] * dims;
        double *row = fit->factor + i * dims;
        for (size_t j = 0; j < i; j++) {
            const double *above = fit->factor + j * dims;
            row[j] = (gram[fit->active[j]] - cblas_ddot((int)j, row, 1, above, 1)) / above[j];
        }
        double pivot = gram[fit->active[i]] - cblas_ddot((int)i, row, 1, row, 1);
        if (!(pivot > 1e-13 * gram[fit->active[i]]))
            return i;
        row[i] = sqrt(pivot);
    }
    return n;
}

/* step = L⁻¹ step, by the factor's first n rows. */
static void solve_forward(const Fit *fit, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double *row = fit->factor + i * fit->n_dims;
        fit->step[i] = (fit->step[i] - cblas_ddot((int)i, row, 1, fit->step, 1)) / row[i];
    }
}

/* step = L⁻ᵀ step. */
static void solve_backward(const Fit *fit, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        const double *row = fit->factor + i * fit->n_dims;
        fit->step[i] /= row[i];
        cblas_daxpy((int)i, -fit->step[i], row, 1, fit->step, 1);
    }
}

/* The step to the minimum over the n active weights with their signs held; returns its size n. */
static size_t newton_step(const Fit *fit, size_t n, double penalty, const double *w,
                          const double *gradient)
{
    for (size_t i = 0; i < n; i++)
        fit->step[i] = gradient[fit->active[i]] - copysign(penalty, w[fit->active[i]]);
    solve_forward(fit, n);
    solve_backward(fit, n);
    return n;
}

/* Column `n` depends on those before it: a step that leaves Xw alone and lowers ‖w‖₁. */
static size_t null_step(const Fit *fit, size_t n, const double *w)
{
    memcpy(fit->step, fit->factor + n * fit->n_dims, n * sizeof *fit->step);
    solve_backward(fit, n);
    fit->step[n] = -1.0;
    double slope = 0.0;
    for (size_t i = 0; i <= n; i++)
        slope += copysign(fit->step[i], fit->step[i] * w[fit->active[i]]);
    if (slope > 0.0)
        cblas_dscal((int)n + 1, -1.0, fit->step, 1);
    return n + 1;
}

/* Steps towards the minimum over the active weights with their signs held, as far as the first
 * weight that reaches 0; true if one did. Never raises the objective (Lee et al., NIPS 2006). */
static bool polish(const Fit *fit, double penalty, double *w, double *gradient)
{
    size_t n = 0;
    for (size_t j = 0; j < fit->n_dims; j++)
        if (w[j] != 0.0)
            fit->active[n++] = j;
    size_t independent = factorize(fit, n);
    bool full = independent == n;
    size_t size = full ? newton_step(fit, n, penalty, w, gradient) : null_step(fit, independent, w);
    double length = full ? 1.0 : INFINITY;
    size_t leaves = n;
    for (size_t i = 0; i < size; i++) {
        double reach = -w[fit->active[i]] / fit->step[i];
        if (reach >= 0.0 && reach < length) {
            length = reach;
            leaves = i;
        }
    }
    for (size_t i = 0; i < size && isfinite(length); i++) {
        size_t j = fit->active[i];
        move(fit, j, i == leaves ? 0.0 : w[j] + length * fit->step[i], w, gradient);
    }
    return leaves < n;
}

static bool solve_penalty(const Fit *fit, double penalty, double *w, double *gradient)
{
    double target = fit->settings->tolerance * fit->square;
    for (int64_t i = 0; i < fit->settings->max_iterations; i++) {
        if (duality_gap(fit, w, gradient, penalty) <= target)
            return true;
        sweep(fit, penalty, w, gradient);
        while (polish(fit, penalty, w, gradient))
            ;
    }
    return duality_gap(fit, w, gradient, penalty) <= target;
}

static void solve(void *workspace)
{
    Fit *fit = workspace;
    size_t dims = fit->n_dims;
    for (size_t a = 0; a < fit->settings->penalties.count; a++) {
        double penalty = fit->settings->penalties.values[a] * (double)fit->n_added;
        double *w = fit->weights + a * dims, *gradient = fit->gradient + a * dims;
        refresh(fit, w, gradient);
        if (a > 0 &&
            primal(fit, w - dims, gradient - dims, penalty) < primal(fit, w, gradient, penalty)) {
            memcpy(w, w - dims, dims * sizeof *w);
            memcpy(gradient, gradient - dims, dims * sizeof *gradient);
        }
        fit->converged[a] = solve_penalty(fit, penalty, w, gradient);
    }
}

static double answer(const void *workspace, size_t column, const double *x, unsigned char *flag)
{
    const Fit *fit = workspace;
    if (fit->settings->select == VALIDATION) {
        *flag = fit->choice ? 0 : AMBIT_FLAG_NO_ANSWER;
        if (!fit->choice)
            return NAN;
        column = fit->choice[fit->n_added];
    }
    if (!fit->converged[column])
        *flag = AMBIT_FLAG_NOT_CONVERGED;
    return cblas_ddot((int)fit->n_dims, fit->weights + column * fit->n_dims, 1, x, 1);
}

static const AmbitPrefixFit prefix = {.reset = reset, .add = add, .solve = solve, .answer = answer};

const AmbitPredictorType ambit_predictor_lasso = {
    .name = "lasso",
    .summary = "least squares with an l1 penalty, no intercept, one column per penalty",
    .source = "Garg et al. 2208.01066, section 4; Friedman, Hastie & Tibshirani, J. Stat. Softw. "
              "33 (2010); duality gap: Kim et al., IEEE J-STSP 1 (2007)",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .fini = fini,
    .bind = bind,
    .workspace_create = workspace_create,
    .workspace_destroy = workspace_destroy,
    .prefix = &prefix,
    .predict = ambit_prefix_predict};
