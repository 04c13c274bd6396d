// SPDX-License-Identifier: MIT
// A few steps of gradient descent on ½‖y − Xw‖² from w = 0, which a transformer with linear
// attention can make, one per layer.
#include "prefix.h"
#include "registry.h"

#include "ambit/memory.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <string.h>

typedef struct Settings {
    int64_t steps;
    double step_size;
} Settings;

static const AmbitParameter parameters[] = {
    {.name = "steps",
     .type = AMBIT_INT,
     .offset = offsetof(Settings, steps),
     .fallback = 1.0,
     .minimum = 1.0,
     .maximum = INFINITY,
     .help = "gradient steps from w = 0"},
    {.name = "step_size",
     .type = AMBIT_REAL,
     .offset = offsetof(Settings, step_size),
     .fallback = 0.01,
     .minimum = DBL_MIN,
     .maximum = INFINITY,
     .help = "factor on the gradient, a sum over points; steps that blow up are flagged"},
    {.name = NULL}};

typedef struct Fit {
    const Settings *settings;
    size_t n_dims;
    bool diverges;
    double *gram;     // [D][D] XᵀX
    double *xty;      // [D] Xᵀy
    double *weights;  // [D]
    double *gradient; // [D]
    double reals[];
} Fit;

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **workspace, AmbitError *error)
{
    size_t dims = shape->n_dims;
    AmbitStatus status =
        ambit_prefix_workspace(predictor, sizeof(Fit), dims * (dims + 3), workspace, error);
    if (status)
        return status;
    Fit *fit = *workspace;
    fit->settings = predictor->settings;
    fit->n_dims = dims;
    fit->gram = fit->reals;
    fit->xty = fit->gram + dims * dims;
    fit->weights = fit->xty + dims;
    fit->gradient = fit->weights + dims;
    return AMBIT_OK;
}

static void reset(void *workspace)
{
    Fit *fit = workspace;
    memset(fit->gram, 0, fit->n_dims * (fit->n_dims + 1) * sizeof *fit->gram);
}

static void add(void *workspace, const double *x, double y)
{
    Fit *fit = workspace;
    int dims = (int)fit->n_dims;
    cblas_daxpy(dims, y, x, 1, fit->xty, 1);
    for (size_t i = 0; i < fit->n_dims; i++)
        cblas_daxpy(dims, x[i], x, 1, fit->gram + i * fit->n_dims, 1);
}

/* gradient = xty − gram·w. */
static void descend(Fit *fit)
{
    int dims = (int)fit->n_dims;
    for (size_t i = 0; i < fit->n_dims; i++)
        fit->gradient[i] =
            fit->xty[i] - cblas_ddot(dims, fit->gram + i * fit->n_dims, 1, fit->weights, 1);
    cblas_daxpy(dims, fit->settings->step_size, fit->gradient, 1, fit->weights, 1);
}

/* The gradient grows only if the step size exceeds 2 over the largest curvature. */
static void solve(void *workspace)
{
    Fit *fit = workspace;
    double before = cblas_dnrm2((int)fit->n_dims, fit->xty, 1);
    memset(fit->weights, 0, fit->n_dims * sizeof *fit->weights);
    for (int64_t i = 0; i < fit->settings->steps; i++)
        descend(fit);
    fit->diverges = !(cblas_dnrm2((int)fit->n_dims, fit->gradient, 1) <= before);
}

static double answer(const void *workspace, size_t column, const double *x, unsigned char *flag)
{
    const Fit *fit = workspace;
    (void)column;
    if (fit->diverges)
        *flag = AMBIT_FLAG_NOT_CONVERGED;
    return cblas_ddot((int)fit->n_dims, fit->weights, 1, x, 1);
}

static const AmbitPrefixFit prefix = {.reset = reset, .add = add, .solve = solve, .answer = answer};

const AmbitPredictorType ambit_predictor_gradient_descent = {
    .name = "gradient_descent",
    .summary = "linear, after `steps` gradient steps on half the sum of squared errors",
    .source = "von Oswald et al. 2212.07677, section 3",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .workspace_create = workspace_create,
    .workspace_destroy = ambit_free,
    .prefix = &prefix,
    .predict = ambit_prefix_predict};
