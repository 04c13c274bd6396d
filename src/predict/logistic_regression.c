// SPDX-License-Identifier: MIT
// Logistic regression over all prefixes of a prompt, on the signs of the labels: damped Newton
// steps from the solution one point earlier. The l2 penalty keeps weights finite on separable
// data.
#include "prefix.h"
#include "registry.h"

#include "ambit/memory.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <string.h>

typedef struct Settings {
    double penalty;
    double tolerance;
    int64_t max_iterations;
} Settings;

static const AmbitParameter parameters[] = {
    {.name = "penalty",
     .type = AMBIT_REAL,
     .offset = offsetof(Settings, penalty),
     .fallback = 0.01,
     .minimum = DBL_MIN,
     .maximum = INFINITY,
     .help = "factor on half the sum of squared weights; the loss is a sum over points"},
    {.name = "tolerance",
     .type = AMBIT_REAL,
     .offset = offsetof(Settings, tolerance),
     .fallback = 1e-12,
     .minimum = 0.0,
     .maximum = INFINITY,
     .help = "largest norm of the gradient, per point"},
    {.name = "max_iterations",
     .type = AMBIT_INT,
     .offset = offsetof(Settings, max_iterations),
     .fallback = 100.0,
     .minimum = 1.0,
     .maximum = INFINITY,
     .help = "most Newton steps; beyond, the prediction is flagged"},
    {.name = NULL}};

typedef struct Fit {
    const Settings *settings;
    AmbitPoints points;
    bool converged;
    double *weights, *trial, *gradient, *step; // [D]
    double *hessian;                           // [D][D]; its Cholesky factor below the diagonal
    double reals[];
} Fit;

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **workspace, AmbitError *error)
{
    size_t dims = shape->n_dims, points = shape->n_points;
    size_t reals = points * (dims + 1) + dims * (dims + 4);
    AmbitStatus status = ambit_prefix_workspace(predictor, sizeof(Fit), reals, workspace, error);
    if (status)
        return status;
    Fit *fit = *workspace;
    fit->settings = predictor->settings;
    fit->weights = ambit_points_init(&fit->points, points, dims, fit->reals);
    fit->trial = fit->weights + dims;
    fit->gradient = fit->trial + dims;
    fit->step = fit->gradient + dims;
    fit->hessian = fit->step + dims;
    return AMBIT_OK;
}

static void reset(void *workspace)
{
    Fit *fit = workspace;
    fit->points.count = 0;
    memset(fit->weights, 0, fit->points.n_dims * sizeof *fit->weights);
}

static void add(void *workspace, const double *x, double y)
{
    ambit_points_add(&((Fit *)workspace)->points, x, copysign(1.0, y));
}

/* y_i·wᵀx_i. */
static double margin(const Fit *fit, size_t i, const double *w)
{
    const AmbitPoints *e = &fit->points;
    return e->y[i] * cblas_ddot((int)e->n_dims, w, 1, e->x + i * e->n_dims, 1);
}

/* Σ log(1 + exp(−margin)) + ½·penalty·‖w‖². */
static double loss(const Fit *fit, const double *w)
{
    int dims = (int)fit->points.n_dims;
    double sum = 0.5 * fit->settings->penalty * cblas_ddot(dims, w, 1, w, 1);
    for (size_t i = 0; i < fit->points.count; i++) {
        double m = margin(fit, i, w);
        sum += log1p(exp(-fabs(m))) + (m < 0.0 ? -m : 0.0);
    }
    return sum;
}

/* Computes gradient and Hessian of the loss at the weights. */
static void differentiate(Fit *fit)
{
    size_t dims = fit->points.n_dims;
    int n = (int)dims;
    memset(fit->hessian, 0, dims * dims * sizeof *fit->hessian);
    for (size_t j = 0; j < dims; j++) {
        fit->gradient[j] = fit->settings->penalty * fit->weights[j];
        fit->hessian[j * dims + j] = fit->settings->penalty;
    }
    for (size_t i = 0; i < fit->points.count; i++) {
        const double *x = fit->points.x + i * dims;
        double wrong = 1.0 / (1.0 + exp(margin(fit, i, fit->weights)));
        cblas_daxpy(n, -fit->points.y[i] * wrong, x, 1, fit->gradient, 1);
        for (size_t j = 0; j < dims; j++)
            cblas_daxpy((int)j + 1, wrong * (1.0 - wrong) * x[j], x, 1, fit->hessian + j * dims, 1);
    }
}

/* step = hessian⁻¹·gradient, by a Cholesky factorisation in place. */
static void newton_step(Fit *fit)
{
    size_t dims = fit->points.n_dims;
    for (size_t i = 0; i < dims; i++) {
        double *row = fit->hessian + i * dims;
        for (size_t j = 0; j <= i; j++) {
            const double *above = fit->hessian + j * dims;
            double rest = row[j] - cblas_ddot((int)j, row, 1, above, 1);
            row[j] = j < i ? rest / above[j] : sqrt(fmax(rest, DBL_MIN));
        }
        fit->step[i] = (fit->gradient[i] - cblas_ddot((int)i, row, 1, fit->step, 1)) / row[i];
    }
    for (size_t i = dims; i-- > 0;) {
        const double *row = fit->hessian + i * dims;
        fit->step[i] /= row[i];
        cblas_daxpy((int)i, -fit->step[i], row, 1, fit->step, 1);
    }
}

/* Halves the step until the loss falls (Armijo's rule). */
static void line_search(Fit *fit)
{
    int dims = (int)fit->points.n_dims;
    double start = loss(fit, fit->weights);
    double slope = cblas_ddot(dims, fit->gradient, 1, fit->step, 1);
    for (double length = 1.0; length > 1e-10; length *= 0.5) {
        cblas_dcopy(dims, fit->weights, 1, fit->trial, 1);
        cblas_daxpy(dims, -length, fit->step, 1, fit->trial, 1);
        if (loss(fit, fit->trial) <= start - 1e-4 * length * slope + 1e-14 * start)
            break;
    }
    cblas_dcopy(dims, fit->trial, 1, fit->weights, 1);
}

static void solve(void *workspace)
{
    Fit *fit = workspace;
    double target = fit->settings->tolerance * (double)fit->points.count;
    for (int64_t i = 0;; i++) {
        differentiate(fit);
        fit->converged = cblas_dnrm2((int)fit->points.n_dims, fit->gradient, 1) <= target;
        if (fit->converged || i == fit->settings->max_iterations)
            return;
        newton_step(fit);
        line_search(fit);
    }
}

static double answer(const void *workspace, size_t column, const double *x, unsigned char *flag)
{
    const Fit *fit = workspace;
    (void)column;
    if (!fit->converged)
        *flag = AMBIT_FLAG_NOT_CONVERGED;
    return cblas_ddot((int)fit->points.n_dims, fit->weights, 1, x, 1);
}

static const AmbitPrefixFit prefix = {.reset = reset, .add = add, .solve = solve, .answer = answer};

const AmbitPredictorType ambit_predictor_logistic_regression = {
    .name = "logistic_regression",
    .summary = "linear classifier of least logistic loss; predicts the logit, as the model does",
    .source = "Garg et al. 2208.01066, code; Newton steps: Hastie, Tibshirani & Friedman, 4.4.1",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .workspace_create = workspace_create,
    .workspace_destroy = ambit_free,
    .prefix = &prefix,
    .predict = ambit_prefix_predict};
