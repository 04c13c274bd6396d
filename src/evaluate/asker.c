// SPDX-License-Identifier: MIT
// Workspaces and answers of all predictors for one thread.
#include "asker.h"

#include "ambit/memory.h"

#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

AmbitStatus ambit_asker_init(AmbitAsker *asker, AmbitPredictor *const *predictors,
                             size_t n_predictors, const AmbitPromptBatch *shape, AmbitError *error)
{
    size_t n_columns = 0, n_classes = 0, answers = shape->n_prompts * shape->n_queries;
    *asker = (AmbitAsker){.predictors = predictors, .n_predictors = n_predictors};
    for (size_t p = 0; p < n_predictors; p++) {
        n_columns += predictors[p]->n_columns;
        n_classes += predictors[p]->n_classes;
    }
    asker->workspaces = ambit_alloc(n_predictors, sizeof *asker->workspaces);
    asker->seconds = ambit_alloc(n_predictors, sizeof *asker->seconds);
    asker->prediction = ambit_alloc(n_columns, answers * sizeof *asker->prediction);
    asker->flag = ambit_alloc(n_columns, answers);
    asker->posterior = ambit_alloc(n_classes, answers * sizeof *asker->posterior);
    if (!asker->workspaces || !asker->seconds || !asker->prediction || !asker->flag ||
        !asker->posterior)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu predictions",
                               n_columns * answers);
    AmbitStatus status = AMBIT_OK;
    for (size_t p = 0; p < n_predictors && !status; p++)
        if (predictors[p]->type->workspace_create)
            status = predictors[p]->type->workspace_create(predictors[p], shape,
                                                           &asker->workspaces[p], error);
    return status;
}

void ambit_asker_free(AmbitAsker *asker)
{
    for (size_t p = 0; asker->workspaces && p < asker->n_predictors; p++)
        if (asker->workspaces[p])
            asker->predictors[p]->type->workspace_destroy(asker->workspaces[p]);
    ambit_free(asker->workspaces);
    ambit_free(asker->seconds);
    ambit_free(asker->prediction);
    ambit_free(asker->flag);
    ambit_free(asker->posterior);
    *asker = (AmbitAsker){0};
}

void ambit_asker_predict(AmbitAsker *asker, size_t n_answering, const AmbitPromptBatch *batch)
{
    size_t answers = batch->n_prompts * batch->n_queries, at = 0;
    for (size_t p = 0; p < n_answering; p++) {
        const AmbitPredictor *predictor = asker->predictors[p];
        double start = now();
        memset(asker->flag + at, 0, predictor->n_columns * answers);
        predictor->type->predict(predictor, batch, asker->workspaces[p], asker->prediction + at,
                                 asker->flag + at);
        asker->seconds[p] += now() - start;
        at += predictor->n_columns * answers;
    }
}

void ambit_asker_weigh(AmbitAsker *asker, size_t n_answering, const AmbitPromptBatch *batch)
{
    double *posterior = asker->posterior;
    for (size_t p = 0; p < n_answering; p++) {
        const AmbitPredictor *predictor = asker->predictors[p];
        if (predictor->n_classes == 0)
            continue;
        predictor->type->posterior(predictor, batch, asker->workspaces[p], posterior);
        posterior += predictor->n_classes * batch->n_prompts * batch->n_queries;
    }
}
