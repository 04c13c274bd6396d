// SPDX-License-Identifier: MIT
// Predictions made elsewhere, of the prompts that `ambit export --prompts` wrote. The context of
// the evaluation reads the file; here the answers are looked up by the index of the prompt.
#include "prefix.h"

#include "ambit/memory.h"

#include <math.h>
#include <string.h>

typedef struct Settings {
    char *path;
} Settings;

static const AmbitParameter parameters[] = {
    {.name = "path",
     .type = AMBIT_TEXT,
     .offset = offsetof(Settings, path),
     .help = "HDF5 file with attribute seed and /targets/NAME/prediction (sweep, prompt, k)",
     .required = true},
    {.name = NULL}};

typedef struct State {
    size_t n_prompts, n_queries;
    double *prediction; // [n_prompts][n_queries]
} State;

static void forget(State *state)
{
    ambit_free(state->prediction);
    *state = (State){0};
}

static AmbitStatus init(AmbitPredictor *predictor, AmbitError *error)
{
    const char *path = ((const Settings *)predictor->settings)->path;
    if (!path || !*path)
        return ambit_error_parameter(error, "path", "found none; name the file of predictions");
    predictor->state = ambit_alloc(1, sizeof(State));
    return predictor->state ? AMBIT_OK
                            : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a predictor");
}

static void fini(AmbitPredictor *predictor)
{
    if (predictor->state)
        forget(predictor->state);
    ambit_free(predictor->state);
}

static AmbitStatus bind(AmbitPredictor *predictor, const AmbitPredictorContext *context,
                        AmbitError *error)
{
    const char *path = ((const Settings *)predictor->settings)->path;
    State *state = predictor->state;
    forget(state);
    if (!context->answers)
        return ambit_error_set(error, AMBIT_INVALID,
                               "%s: nothing here reads predictions; give the context `answers`",
                               path);
    state->n_prompts = context->n_prompts;
    state->n_queries =
        ambit_prompt_distribution_n_queries(context->distribution, context->n_points);
    state->prediction = ambit_alloc(state->n_prompts, state->n_queries * sizeof(double));
    if (!state->prediction)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the predictions of %s", path);
    return context->answers(path, context, state->n_queries, state->prediction, error);
}

/* Prompts that were not drawn by index (those of probes) have no answer. */
static void predict(const AmbitPredictor *predictor, const AmbitPromptBatch *batch, void *workspace,
                    double *prediction, unsigned char *flag)
{
    (void)workspace;
    const State *state = predictor->state;
    size_t answers = batch->n_prompts * batch->n_queries;
    if (batch->first < state->n_prompts && batch->n_prompts <= state->n_prompts - batch->first &&
        batch->n_queries == state->n_queries) {
        memcpy(prediction, state->prediction + batch->first * state->n_queries,
               answers * sizeof *prediction);
        return;
    }
    ambit_prefix_no_answers(answers, prediction, flag);
}

const AmbitPredictorType ambit_predictor_file = {
    .name = "file",
    .summary = "predictions made elsewhere, of the prompts that `ambit export --prompts` wrote",
    .source = "another program",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .fini = fini,
    .bind = bind,
    .predict = predict};
