// SPDX-License-Identifier: MIT
// Gradient-boosted trees by libxgboost, trained on the points of every prefix anew. The library
// allocates as it works. If a call of it fails, the prediction is NaN, flagged NO_ANSWER.
#include "prefix.h"
#include "registry.h"

#include "ambit/memory.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <xgboost/c_api.h>

typedef struct Settings {
    int64_t n_estimators, max_depth;
    double learning_rate;
} Settings;

static const AmbitParameter parameters[] = {{.name = "n_estimators",
                                             .type = AMBIT_INT,
                                             .offset = offsetof(Settings, n_estimators),
                                             .fallback = 50.0,
                                             .minimum = 1.0,
                                             .maximum = 1e6,
                                             .help = "trees"},
                                            {.name = "max_depth",
                                             .type = AMBIT_INT,
                                             .offset = offsetof(Settings, max_depth),
                                             .fallback = 4.0,
                                             .minimum = 1.0,
                                             .maximum = 64.0,
                                             .help = "most splits between root and leaf"},
                                            {.name = "learning_rate",
                                             .type = AMBIT_REAL,
                                             .offset = offsetof(Settings, learning_rate),
                                             .fallback = 0.1,
                                             .minimum = DBL_MIN,
                                             .maximum = 1.0,
                                             .help = "factor on every tree"},
                                            {.name = NULL}};

typedef struct Fit {
    const Settings *settings;
    size_t n_dims, count;  // D, k
    BoosterHandle booster; // NULL before the first point, or if training failed
    float *x;              // [P + 1][D], the query last
    float *y;              // [P]
    double reals[];
} Fit;

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **workspace, AmbitError *error)
{
    size_t floats = (shape->n_points + 1) * (shape->n_dims + 1);
    AmbitStatus status =
        ambit_prefix_workspace(predictor, sizeof(Fit), floats / 2 + 1, workspace, error);
    if (status)
        return status;
    Fit *fit = *workspace;
    fit->settings = predictor->settings;
    fit->n_dims = shape->n_dims;
    fit->x = (float *)fit->reals;
    fit->y = fit->x + (shape->n_points + 1) * shape->n_dims;
    return AMBIT_OK;
}

static void drop_booster(Fit *fit)
{
    if (fit->booster)
        XGBoosterFree(fit->booster);
    fit->booster = NULL;
}

static void workspace_destroy(void *workspace)
{
    if (workspace)
        drop_booster(workspace);
    ambit_free(workspace);
}

static void reset(void *workspace)
{
    ((Fit *)workspace)->count = 0;
}

static void add(void *workspace, const double *x, double y)
{
    Fit *fit = workspace;
    for (size_t j = 0; j < fit->n_dims; j++)
        fit->x[fit->count * fit->n_dims + j] = (float)x[j];
    fit->y[fit->count++] = (float)y;
}

static bool set(const Fit *fit, const char *name, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.17g", value);
    return XGBoosterSetParam(fit->booster, name, text) == 0;
}

/* Trains on one thread, since the evaluation uses all. */
static bool train(Fit *fit, DMatrixHandle points)
{
    const Settings *s = fit->settings;
    if (XGDMatrixSetFloatInfo(points, "label", fit->y, fit->count) ||
        XGBoosterCreate(&points, 1, &fit->booster) ||
        !set(fit, "max_depth", (double)s->max_depth) || !set(fit, "eta", s->learning_rate) ||
        !set(fit, "nthread", 1.0) || !set(fit, "verbosity", 0.0))
        return false;
    for (int64_t i = 0; i < s->n_estimators; i++)
        if (XGBoosterUpdateOneIter(fit->booster, (int)i, points))
            return false;
    return true;
}

static void solve(void *workspace)
{
    Fit *fit = workspace;
    DMatrixHandle points;
    drop_booster(fit);
    if (fit->count == 0 ||
        XGDMatrixCreateFromMat_omp(fit->x, fit->count, fit->n_dims, NAN, &points, 1))
        return;
    if (!train(fit, points))
        drop_booster(fit);
    XGDMatrixFree(points);
}

/* Returns NaN if the library fails. */
static double ask(const Fit *fit, const float *x)
{
    static const char options[] = "{\"type\": 0, \"training\": false, \"iteration_begin\": 0, "
                                  "\"iteration_end\": 0, \"strict_shape\": false}";
    DMatrixHandle query;
    const bst_ulong *shape;
    bst_ulong rank;
    const float *output;
    double value = NAN;
    if (!fit->booster || XGDMatrixCreateFromMat_omp(x, 1, fit->n_dims, NAN, &query, 1))
        return NAN;
    if (!XGBoosterPredictFromDMatrix(fit->booster, query, options, &shape, &rank, &output))
        value = (double)*output;
    XGDMatrixFree(query);
    return value;
}

static double answer(const void *workspace, size_t column, const double *x, unsigned char *flag)
{
    const Fit *fit = workspace;
    (void)column;
    if (fit->count == 0)
        return 0.0;
    float *query = fit->x + fit->count * fit->n_dims;
    for (size_t j = 0; j < fit->n_dims; j++)
        query[j] = (float)x[j];
    double value = ask(fit, query);
    if (isnan(value))
        *flag = AMBIT_FLAG_NO_ANSWER;
    return value;
}

static const AmbitPrefixFit prefix = {.reset = reset, .add = add, .solve = solve, .answer = answer};

const AmbitPredictorType ambit_predictor_xgboost = {
    .name = "xgboost",
    .summary = "gradient-boosted regression trees; predicts 0 before the first point",
    .source = "Garg et al. 2208.01066, section 4; Chen & Guestrin 1603.02754",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .workspace_create = workspace_create,
    .workspace_destroy = workspace_destroy,
    .prefix = &prefix,
    .predict = ambit_prefix_predict};
