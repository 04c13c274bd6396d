// SPDX-License-Identifier: MIT
// Ridge regression over all prefixes of a prompt, without intercept.
#include "oracle/oracle.h"
#include "prefix.h"
#include "registry.h"
#include "triangle.h"

#include "ambit/memory.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { GIVEN, BAYES };

static const char *const choices[] = {"given", "bayes", NULL};

typedef struct Settings {
    double penalty;
    int choose;
} Settings;

static const AmbitParameter parameters[] = {
    {.name = "penalty",
     .alias = "lambda",
     .type = AMBIT_REAL,
     .offset = offsetof(Settings, penalty),
     .fallback = 1.0,
     .minimum = DBL_MIN,
     .maximum = INFINITY,
     .help = "factor on the sum of squared weights; the loss is a sum over points"},
    {.name = "choose",
     .type = AMBIT_CHOICE,
     .offset = offsetof(Settings, choose),
     .choices = choices,
     .help = "penalty as given, or bayes: the target's noise variance over that of its weights"},
    {.name = NULL}};

typedef struct State {
    bool known; // false for targets that Bayes' rule gives no penalty for
    double penalty;
} State;

typedef struct Fit {
    double penalty;
    size_t n_dims;
    double *weights; // [D]
    double *row;     // [D] a point, to be rotated in
    double *triangle;
    double reals[];
} Fit;

static AmbitStatus init(AmbitPredictor *predictor, AmbitError *error)
{
    const Settings *s = predictor->settings;
    State *state = predictor->state = ambit_alloc(1, sizeof *state);
    if (!state)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %s", predictor->label);
    *state = (State){.known = s->choose != BAYES, .penalty = s->penalty};
    return AMBIT_OK;
}

static void fini(AmbitPredictor *predictor)
{
    ambit_free(predictor->state);
}

static AmbitStatus bind(AmbitPredictor *predictor, const AmbitPredictorContext *context,
                        AmbitError *error)
{
    if (((const Settings *)predictor->settings)->choose != BAYES)
        return AMBIT_OK;
    State *state = predictor->state;
    state->known = ambit_oracle_ridge_penalty(&state->penalty, context->target);
    ambit_predictor_clear_note(predictor, 0);
    if (state->known)
        return AMBIT_OK;
    return ambit_predictor_set_note(
        predictor, 0, "only dense linear functions have a penalty by Bayes' rule", error);
}

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **workspace, AmbitError *error)
{
    size_t dims = shape->n_dims, reals = 2 * dims + ambit_triangle_size(dims);
    AmbitStatus status = ambit_prefix_workspace(predictor, sizeof(Fit), reals, workspace, error);
    if (status)
        return status;
    Fit *fit = *workspace;
    fit->penalty = ((const State *)predictor->state)->penalty;
    fit->n_dims = dims;
    fit->weights = fit->reals;
    fit->row = fit->weights + dims;
    fit->triangle = fit->row + dims;
    return AMBIT_OK;
}

static void reset(void *workspace)
{
    Fit *fit = workspace;
    ambit_triangle_reset(fit->triangle, fit->n_dims, fit->penalty);
}

static void add(void *workspace, const double *x, double y)
{
    Fit *fit = workspace;
    memcpy(fit->row, x, fit->n_dims * sizeof *x);
    ambit_triangle_add(fit->triangle, fit->n_dims, fit->row, y);
}

static void solve(void *workspace)
{
    Fit *fit = workspace;
    ambit_triangle_solve(fit->triangle, fit->n_dims, fit->weights);
}

static double answer(const void *workspace, size_t column, const double *x, unsigned char *flag)
{
    const Fit *fit = workspace;
    (void)column, (void)flag;
    return cblas_ddot((int)fit->n_dims, fit->weights, 1, x, 1);
}

static const AmbitPrefixFit prefix = {.reset = reset, .add = add, .solve = solve, .answer = answer};

static void predict(const AmbitPredictor *predictor, const AmbitPromptBatch *batch, void *workspace,
                    double *prediction, unsigned char *flag)
{
    if (((const State *)predictor->state)->known)
        ambit_prefix_predict(predictor, batch, workspace, prediction, flag);
    else
        ambit_prefix_no_answers(batch->n_prompts * batch->n_queries, prediction, flag);
}

const AmbitPredictorType ambit_predictor_ridge = {
    .name = "ridge",
    .summary = "least squares with an l2 penalty, no intercept",
    .source = "Hoerl & Kennard, Technometrics 12 (1970); bayes: Raventos et al. 2306.15063, eq. 5",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .fini = fini,
    .bind = bind,
    .workspace_create = workspace_create,
    .workspace_destroy = ambit_free,
    .prefix = &prefix,
    .predict = predict};
