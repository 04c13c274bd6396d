// SPDX-License-Identifier: MIT
// Workspaces and answers of all predictors for one thread.
#include "slot.h"

#include "ambit/memory.h"

#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

AmbitStatus ambit_slot_init(AmbitSlot *slot, AmbitPredictor *const *predictors, size_t n_predictors,
                            const AmbitPromptBatch *shape, AmbitError *error)
{
    size_t n_columns = 0, n_classes = 0, answers = shape->n_prompts * shape->n_queries;
    *slot = (AmbitSlot){.predictors = predictors, .n_predictors = n_predictors};
    for (size_t p = 0; p < n_predictors; p++) {
        n_columns += predictors[p]->n_columns;
        if (predictors[p]->n_classes > n_classes)
            n_classes = predictors[p]->n_classes;
    }
    slot->workspace = ambit_alloc(n_predictors, sizeof *slot->workspace);
    slot->seconds = ambit_alloc(n_predictors, sizeof *slot->seconds);
    slot->prediction = ambit_alloc(n_columns, answers * sizeof *slot->prediction);
    slot->flag = ambit_alloc(n_columns, answers);
    slot->posterior = ambit_alloc(n_classes, answers * sizeof *slot->posterior);
    if (!slot->workspace || !slot->seconds || !slot->prediction || !slot->flag || !slot->posterior)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu predictions",
                               n_columns * answers);
    for (size_t p = 0; p < n_predictors; p++) {
        const AmbitPredictorType *type = predictors[p]->type;
        AmbitStatus status = AMBIT_OK;
        if (type->workspace_create)
            status = type->workspace_create(predictors[p], shape, &slot->workspace[p], error);
        if (status)
            return status;
    }
    return AMBIT_OK;
}

void ambit_slot_free(AmbitSlot *slot)
{
    for (size_t p = 0; slot->workspace && p < slot->n_predictors; p++)
        if (slot->workspace[p])
            slot->predictors[p]->type->workspace_destroy(slot->workspace[p]);
    ambit_free(slot->workspace);
    ambit_free(slot->seconds);
    ambit_free(slot->prediction);
    ambit_free(slot->flag);
    ambit_free(slot->posterior);
    *slot = (AmbitSlot){0};
}

void ambit_slot_predict(AmbitSlot *slot, size_t n_answering, const AmbitPromptBatch *batch)
{
    size_t answers = batch->n_prompts * batch->n_queries, at = 0;
    for (size_t p = 0; p < n_answering; p++) {
        const AmbitPredictor *predictor = slot->predictors[p];
        double start = now();
        memset(slot->flag + at, 0, predictor->n_columns * answers);
        predictor->type->predict(predictor, batch, slot->workspace[p], slot->prediction + at,
                                 slot->flag + at);
        slot->seconds[p] += now() - start;
        at += predictor->n_columns * answers;
    }
}
