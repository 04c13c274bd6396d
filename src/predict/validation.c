// SPDX-License-Identifier: MIT
// The choice of columns by their squared errors on validation prompts.
#include "validation.h"

#include "ambit/memory.h"

typedef struct Trial {
    AmbitPromptBatch *batch;
    void *workspace;
    double *prediction; // [C][B][Q]
    unsigned char *flag;
    double *loss; // [C][P + 1] sum of squared errors
} Trial;

static void free_trial(const AmbitPredictor *predictor, Trial *trial)
{
    if (trial->workspace)
        predictor->type->workspace_destroy(trial->workspace);
    ambit_free(trial->prediction);
    ambit_free(trial->flag);
    ambit_free(trial->loss);
    ambit_prompt_batch_destroy(&trial->batch);
}

static AmbitStatus open_trial(const AmbitPredictor *predictor, const AmbitPredictorContext *context,
                              size_t n_prompts, Trial *trial, AmbitError *error)
{
    AmbitPromptSource source = {.mixture = context->target, .distribution = context->distribution};
    AmbitKey key = {context->key.seed, context->key.step, AMBIT_VALIDATION};
    AmbitStatus status =
        ambit_prompt_source_batch(&trial->batch, &source, n_prompts, context->n_points, error);
    if (status)
        return status;
    ambit_prompt_fill(&source, key, 0, trial->batch->n_dims, trial->batch);
    size_t answers = n_prompts * trial->batch->n_queries, columns = predictor->n_columns;
    trial->prediction = ambit_alloc(columns, answers * sizeof *trial->prediction);
    trial->flag = ambit_alloc(columns, answers);
    trial->loss = ambit_alloc(columns, (context->n_points + 1) * sizeof *trial->loss);
    if (!trial->prediction || !trial->flag || !trial->loss)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu validation prompts of %s",
                               n_prompts, predictor->label);
    if (!predictor->type->workspace_create)
        return AMBIT_OK;
    return predictor->type->workspace_create(predictor, trial->batch, &trial->workspace, error);
}

static void add_losses(const AmbitPredictor *predictor, size_t n_points, Trial *trial)
{
    const AmbitPromptBatch *batch = trial->batch;
    const double *prediction = trial->prediction;
    for (size_t c = 0; c < predictor->n_columns; c++)
        for (size_t b = 0; b < batch->n_prompts; b++)
            for (size_t q = 0; q < batch->n_queries; q++) {
                double error = *prediction++ - batch->y_query[b * batch->n_queries + q];
                trial->loss[c * (n_points + 1) + batch->seen[q]] += error * error;
            }
}

AmbitStatus ambit_validation_choose(const AmbitPredictor *predictor,
                                    const AmbitPredictorContext *context, size_t n_prompts,
                                    size_t *choice, AmbitError *error)
{
    Trial trial = {0};
    size_t n_points = context->n_points;
    AmbitStatus status = open_trial(predictor, context, n_prompts, &trial, error);
    if (!status) {
        predictor->type->predict(predictor, trial.batch, trial.workspace, trial.prediction,
                                 trial.flag);
        add_losses(predictor, n_points, &trial);
        for (size_t k = 0; k <= n_points; k++) {
            choice[k] = 0;
            for (size_t c = 1; c < predictor->n_columns; c++)
                if (trial.loss[c * (n_points + 1) + k] < trial.loss[choice[k] * (n_points + 1) + k])
                    choice[k] = c;
        }
    }
    free_trial(predictor, &trial);
    return status;
}
