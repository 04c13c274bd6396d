// SPDX-License-Identifier: MIT
// The transformer as a predictor. Queries that are context points are read at the tokens of x;
// queries of their own are branch tokens that see their prefix and themselves: one forward pass
// either way.
#include "ambit/predictor.h"

#include "ambit/memory.h"

static const AmbitParameter no_parameters[] = {{0}};

typedef struct State {
    const AmbitModel *model;
    AmbitPackedModel *packed;
} State;

typedef struct Workspace {
    AmbitActivations *activations;
    AmbitReal *tokens; // [B][T][D]
    AmbitReal *output; // [B][Q]
    size_t *seen;      // [Q] trunk tokens that each branch sees
    size_t *read;      // [Q] tokens that answer the queries
} Workspace;

static void workspace_destroy(void *memory)
{
    Workspace *workspace = memory;
    if (!workspace)
        return;
    ambit_activations_destroy(&workspace->activations);
    ambit_free(workspace->tokens);
    ambit_free(workspace->output);
    ambit_free(workspace->seen);
    ambit_free(workspace->read);
    ambit_free(workspace);
}

/* Positions run to 2·n_positions: a query after k < P examples takes position 2k. */
static AmbitStatus check_shape(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                               AmbitError *error)
{
    const State *state = predictor->state;
    const AmbitModelSettings *settings = ambit_model_settings(state->model);
    if (shape->n_dims != (size_t)settings->n_dims)
        return ambit_error_set(error, AMBIT_INVALID,
                               "%s: prompts have %zu dims, the model reads %lld; give prompts of "
                               "as many, or another model",
                               predictor->label, shape->n_dims, (long long)settings->n_dims);
    if (shape->n_points > (size_t)settings->n_positions)
        return ambit_error_set(error, AMBIT_INVALID,
                               "transformer: prompts take %zu points, the model has positions for "
                               "%lld; lower evaluation.n_points",
                               shape->n_points, (long long)settings->n_positions);
    return AMBIT_OK;
}

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **memory, AmbitError *error)
{
    const State *state = predictor->state;
    AmbitStatus status = check_shape(predictor, shape, error);
    if (status)
        return status;
    size_t tokens = ambit_prompt_batch_n_tokens(shape);
    Workspace *workspace = *memory = ambit_alloc(1, sizeof *workspace);
    if (!workspace)
        goto no_memory;
    status = ambit_activations_create(&workspace->activations, state->model, shape->n_prompts,
                                      tokens, false, error);
    if (status)
        goto fail;
    workspace->tokens =
        ambit_alloc(shape->n_prompts * tokens, shape->n_dims * sizeof *workspace->tokens);
    workspace->output = ambit_alloc(shape->n_prompts, shape->n_queries * sizeof *workspace->output);
    workspace->seen = ambit_alloc(shape->n_queries, sizeof *workspace->seen);
    workspace->read = ambit_alloc(shape->n_queries, sizeof *workspace->read);
    if (!workspace->tokens || !workspace->output || !workspace->seen || !workspace->read)
        goto no_memory;
    return AMBIT_OK;
no_memory:
    status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the transformer's tokens");
fail:
    workspace_destroy(workspace);
    *memory = NULL;
    return status;
}

static AmbitTokens set_tokens(Workspace *workspace, const AmbitPromptBatch *batch)
{
    for (size_t q = 0; q < batch->n_queries; q++)
        workspace->seen[q] = 2 * batch->seen[q];
    ambit_prompt_batch_reads(batch, workspace->read);
    ambit_prompt_batch_tokens(batch, workspace->tokens);
    return (AmbitTokens){.n_sequences = batch->n_prompts,
                         .n_tokens = ambit_prompt_batch_n_tokens(batch),
                         .n_trunk = 2 * batch->n_points,
                         .seen = workspace->seen,
                         .input = workspace->tokens,
                         .n_read = batch->n_queries,
                         .read = workspace->read};
}

static void predict(const AmbitPredictor *predictor, const AmbitPromptBatch *batch, void *memory,
                    double *prediction, unsigned char *flag)
{
    (void)flag;
    const State *state = predictor->state;
    Workspace *workspace = memory;
    AmbitTokens tokens = set_tokens(workspace, batch);
    ambit_model_forward(state->packed, &tokens, workspace->activations, workspace->output);
    for (size_t i = 0; i < batch->n_prompts * batch->n_queries; i++)
        prediction[i] = (double)workspace->output[i];
}

/* Branches see neither each other nor are they seen: with a derivative of 1 at each of them, what
 * comes back to a branch's input is the derivative of its own output. */
static AmbitStatus gradient(const AmbitPredictor *predictor, const AmbitPromptBatch *batch,
                            double *out, AmbitError *error)
{
    const State *state = predictor->state;
    size_t trunk = 2 * batch->n_points, n = ambit_prompt_batch_n_tokens(batch);
    size_t dims = batch->n_dims, inputs = batch->n_prompts * n * dims;
    Workspace *w = NULL;
    AmbitActivations *activations = NULL;
    AmbitStatus status = workspace_create(predictor, batch, (void **)&w, error);
    if (!status)
        status =
            ambit_activations_create(&activations, state->model, batch->n_prompts, n, true, error);
    AmbitReal *dinput = ambit_alloc(inputs, sizeof *dinput);
    if (!status && !dinput)
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the model's gradient");
    if (!status) {
        AmbitTokens tokens = set_tokens(w, batch);
        ambit_model_forward(state->packed, &tokens, activations, w->output);
        for (size_t i = 0; i < batch->n_prompts * batch->n_queries; i++)
            w->output[i] = 1;
        ambit_model_backward(state->packed, &tokens, activations, w->output, NULL, dinput);
        for (size_t i = 0; i < inputs; i++)
            if (i / dims % n >= trunk)
                *out++ = (double)dinput[i];
    }
    ambit_free(dinput);
    ambit_activations_destroy(&activations);
    workspace_destroy(w);
    return status;
}

static void fini(AmbitPredictor *predictor)
{
    State *state = predictor->state;
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
    .workspace_destroy = workspace_destroy,
    .predict = predict,
    .gradient = gradient,
};

AmbitStatus ambit_predictor_transformer_create(AmbitPredictor **predictor, const AmbitModel *model,
                                               const AmbitKernels *kernels, const char *label,
                                               AmbitError *error)
{
    AmbitStatus status = ambit_predictor_create(predictor, &transformer, error);
    if (status)
        return status;
    State *state = (*predictor)->state = ambit_alloc(1, sizeof *state);
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
    ambit_packed_model_update(((State *)predictor->state)->packed, n_threads);
}
