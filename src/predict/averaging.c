// SPDX-License-Identifier: MIT
// The averaging estimator: w = (1/k) Σ x_i y_i, one step of gradient descent from 0.
#include "prefix.h"
#include "registry.h"

#include "ambit/memory.h"

#include <cblas.h>
#include <string.h>

typedef struct Fit {
    size_t n_dims, n_added; // D, k
    double sum[];           // [D] Σ x_i y_i
} Fit;

static const AmbitParameter parameters[] = {{.name = NULL}};

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **workspace, AmbitError *error)
{
    AmbitStatus status =
        ambit_prefix_workspace(predictor, sizeof(Fit), shape->n_dims, workspace, error);
    if (!status)
        ((Fit *)*workspace)->n_dims = shape->n_dims;
    return status;
}

static void reset(void *workspace)
{
    Fit *fit = workspace;
    fit->n_added = 0;
    memset(fit->sum, 0, fit->n_dims * sizeof *fit->sum);
}

static void add(void *workspace, const double *x, double y)
{
    Fit *fit = workspace;
    fit->n_added++;
    cblas_daxpy((int)fit->n_dims, y, x, 1, fit->sum, 1);
}

static double answer(const void *workspace, size_t column, const double *x, unsigned char *flag)
{
    const Fit *fit = workspace;
    (void)column, (void)flag;
    double n = fit->n_added ? (double)fit->n_added : 1.0;
    return cblas_ddot((int)fit->n_dims, fit->sum, 1, x, 1) / n;
}

static const AmbitPrefixFit prefix = {.reset = reset, .add = add, .answer = answer};

const AmbitPredictorType ambit_predictor_averaging = {
    .name = "averaging",
    .summary = "linear with weights (1/k) sum x_i y_i; predicts 0 before the first point",
    .source = "Garg et al. 2208.01066, section 3",
    .parameters = parameters,
    .workspace_create = workspace_create,
    .workspace_destroy = ambit_free,
    .prefix = &prefix,
    .predict = ambit_prefix_predict};
