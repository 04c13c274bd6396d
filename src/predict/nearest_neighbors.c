// SPDX-License-Identifier: MIT
// Nearest neighbours: the mean label of the nearest points, all with the same weight.
#include "prefix.h"
#include "registry.h"

#include "ambit/memory.h"

typedef struct Settings {
    int64_t n_neighbors;
} Settings;

static const AmbitParameter parameters[] = {
    {.name = "n_neighbors",
     .type = AMBIT_INT,
     .offset = offsetof(Settings, n_neighbors),
     .fallback = 3.0,
     .minimum = 1.0,
     .maximum = 1024.0,
     .help = "points averaged over; all of them while there are fewer"},
    {.name = NULL}};

typedef struct Fit {
    size_t n_neighbors;
    AmbitPoints points;
    double *distance; // [n_neighbors] the smallest so far, ascending
    double *label;    // [n_neighbors] of the same points
    double reals[];
} Fit;

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **workspace, AmbitError *error)
{
    size_t n = (size_t)((const Settings *)predictor->settings)->n_neighbors;
    size_t reals = shape->n_points * (shape->n_dims + 1) + 2 * n;
    AmbitStatus status = ambit_prefix_workspace(predictor, sizeof(Fit), reals, workspace, error);
    if (status)
        return status;
    Fit *fit = *workspace;
    fit->n_neighbors = n;
    fit->distance = ambit_points_init(&fit->points, shape->n_points, shape->n_dims, fit->reals);
    fit->label = fit->distance + n;
    return AMBIT_OK;
}

static void reset(void *workspace)
{
    ((Fit *)workspace)->points.count = 0;
}

static void add(void *workspace, const double *x, double y)
{
    ambit_points_add(&((Fit *)workspace)->points, x, y);
}

static double squared_distance(const double *a, const double *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

/* Inserts a point into the sorted list of the `n` nearest so far. Returns their new number. */
static size_t insert(const Fit *fit, size_t n, double distance, double label)
{
    size_t at = n < fit->n_neighbors ? n : n - 1;
    if (at == n - 1 && distance >= fit->distance[at])
        return n;
    for (; at > 0 && fit->distance[at - 1] > distance; at--) {
        fit->distance[at] = fit->distance[at - 1];
        fit->label[at] = fit->label[at - 1];
    }
    fit->distance[at] = distance;
    fit->label[at] = label;
    return n < fit->n_neighbors ? n + 1 : n;
}

static double answer(const void *workspace, size_t column, const double *x, unsigned char *flag)
{
    const Fit *fit = workspace;
    const AmbitPoints *e = &fit->points;
    (void)column, (void)flag;
    size_t n = 0;
    for (size_t i = 0; i < e->count; i++)
        n = insert(fit, n, squared_distance(x, e->x + i * e->n_dims, e->n_dims), e->y[i]);
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += fit->label[i];
    return n ? sum / (double)n : 0.0;
}

static const AmbitPrefixFit prefix = {.reset = reset, .add = add, .answer = answer};

const AmbitPredictorType ambit_predictor_nearest_neighbors = {
    .name = "nearest_neighbors",
    .summary = "mean label of the nearest points; predicts 0 before the first",
    .source = "Garg et al. 2208.01066, section 3",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .workspace_create = workspace_create,
    .workspace_destroy = ambit_free,
    .prefix = &prefix,
    .predict = ambit_prefix_predict};
