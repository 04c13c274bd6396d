// SPDX-License-Identifier: MIT
// The transformer as a predictor: one forward pass over the rows of the prompts, as in training.
// Queries that are context points are answered at their own rows; queries of their own are query
// rows, which see the points before them and themselves.
#include "transformer.h"
#include "ambit/head.h"
#include "ambit/memory.h"

static const AmbitParameter no_parameters[] = {{0}};

/* The context holds the prefix: a query after k < P points takes position 2k. */
static AmbitStatus check_shape(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                               AmbitError *error)
{
    const AmbitTransformer *state = predictor->state;
    const AmbitModelSettings *settings = ambit_model_settings(state->model);
    if (settings->head.type != &ambit_head_regression)
        return ambit_error_set(
            error, AMBIT_INVALID,
            "%s: the model answers sentences, not prompts; evaluate a model with "
            "a regression head",
            predictor->label);
    size_t dims = (size_t)ambit_regression_settings(&settings->head)->n_dims;
    size_t points = (size_t)settings->trunk.n_context / 2;
    if (shape->n_dims != dims)
        return ambit_error_set(error, AMBIT_INVALID,
                               "%s: prompts have %zu dims, the model reads %zu; give prompts of "
                               "as many, or another model",
                               predictor->label, shape->n_dims, dims);
    if (shape->n_points > points)
        return ambit_error_set(error, AMBIT_INVALID,
                               "transformer: prompts take %zu points, the model has positions for "
                               "%zu; lower evaluation.n_points",
                               shape->n_points, points);
    return AMBIT_OK;
}

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **memory, AmbitError *error)
{
    AmbitTransformerWork *work = NULL;
    AmbitStatus status = check_shape(predictor, shape, error);
    const AmbitBatchSizes sizes = ambit_prompt_rows_sizes(shape);
    if (!status)
        status = ambit_transformer_work_create(&work, predictor->state, &sizes, error);
    if (!status)
        status = ambit_prompt_rows_create(&work->rows, shape, error);
    if (status) {
        ambit_transformer_work_destroy(work);
        work = NULL;
    }
    *memory = work;
    return status;
}

static void predict(const AmbitPredictor *predictor, const AmbitPromptBatch *batch, void *memory,
                    double *prediction, unsigned char *flag)
{
    (void)flag;
    const AmbitTransformer *state = predictor->state;
    AmbitTransformerWork *workspace = memory;
    AmbitBatch rows;
    ambit_prompt_rows_fill(workspace->rows, batch, &rows);
    ambit_model_forward(state->packed, &rows, workspace->activations, workspace->output);
    for (size_t i = 0; i < batch->n_prompts * batch->n_queries; i++)
        prediction[i] = (double)workspace->output[i];
}

/* Query rows see neither each other nor are they seen: with a derivative of 1 at each of them, what
 * comes back to a query row's vector is the derivative of its own output. */
static AmbitStatus gradient(const AmbitPredictor *predictor, const AmbitPromptBatch *batch,
                            double *out, AmbitError *error)
{
    const AmbitTransformer *state = predictor->state;
    const AmbitBatchSizes sizes = ambit_prompt_rows_sizes(batch);
    size_t dims = batch->n_dims;
    AmbitTransformerWork *w = NULL;
    AmbitActivations *activations = NULL;
    AmbitStatus status = workspace_create(predictor, batch, (void **)&w, error);
    if (!status)
        status = ambit_activations_create(&activations, state->model, &sizes, true, error);
    AmbitReal *dvector = ambit_alloc(sizes.n_rows, dims * sizeof *dvector);
    if (!status && !dvector)
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the model's gradient");
    if (!status) {
        AmbitBatch rows;
        ambit_prompt_rows_fill(w->rows, batch, &rows);
        ambit_model_forward(state->packed, &rows, activations, w->output);
        for (size_t i = 0; i < sizes.n_scored; i++)
            w->output[i] = 1;
        ambit_model_backward(state->packed, &rows, activations, w->output, NULL, dvector);
        for (size_t s = 0; s < sizes.n_scored; s++)
            for (size_t d = 0; d < dims; d++)
                *out++ = (double)dvector[rows.scored[s] * dims + d];
    }
    ambit_free(dvector);
    ambit_activations_destroy(&activations);
    ambit_transformer_work_destroy(w);
    return status;
}

static void fini(AmbitPredictor *predictor)
{
    AmbitTransformer *state = predictor->state;
    if (state)
        ambit_packed_model_destroy(&state->packed);
    ambit_free(state);
}

static const AmbitPredictorType transformer = {
    .name = "transformer",
    .summary = "the pretrained model",
    .source = "Garg et al. 2208.01066, §3",
    .parameters = no_parameters,
    .settings_size = 0,
    .fini = fini,
    .workspace_create = workspace_create,
    .workspace_destroy = ambit_transformer_work_destroy,
    .predict = predict,
    .gradient = gradient,
    .sentences = &ambit_transformer_sentences,
};

AmbitStatus ambit_predictor_transformer_create(AmbitPredictor **predictor, const AmbitModel *model,
                                               const AmbitKernels *kernels, const char *label,
                                               AmbitError *error)
{
    AmbitStatus status = ambit_predictor_create(predictor, &transformer, error);
    if (status)
        return status;
    AmbitTransformer *state = (*predictor)->state = ambit_alloc(1, sizeof *state);
    char *name = ambit_strdup(label);
    if (!state || !name)
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the transformer predictor");
    if (!status) {
        state->model = model;
        status = ambit_packed_model_create(&state->packed, model, kernels, false, error);
    }
    if (status) {
        ambit_free(name);
        ambit_predictor_destroy(predictor);
        return status;
    }
    ambit_free((*predictor)->label);
    (*predictor)->label = name;
    return ambit_predictor_finish(*predictor, error);
}

void ambit_predictor_transformer_update(AmbitPredictor *predictor, size_t n_threads)
{
    ambit_packed_model_update(((AmbitTransformer *)predictor->state)->packed, n_threads);
}
