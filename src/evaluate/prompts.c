// SPDX-License-Identifier: MIT
// Keeping what was asked and answered: prompts and predictions as arrays of the result, so that
// other programs can answer the same prompts.
#include "run.h"

#include "ambit/memory.h"

#include <string.h>

/* Values of one prompt in an array, where that is kept. */
typedef struct Part {
    AmbitWords words;
    const double *(*of)(const AmbitPromptBatch *batch);
    size_t rank;
    size_t axes[3];
    bool split; // only of prompts whose queries are inputs of their own
} Part;

static const double *x_of(const AmbitPromptBatch *batch)
{
    return batch->x;
}

static const double *y_of(const AmbitPromptBatch *batch)
{
    return batch->y;
}

static const double *x_query_of(const AmbitPromptBatch *batch)
{
    return batch->x_query;
}

static const double *y_query_of(const AmbitPromptBatch *batch)
{
    return batch->y_query;
}

enum { POINT = AMBIT_N_AXES, DIM, N_PARTS = AMBIT_PROMPT_PARTS };

static const Part parts[N_PARTS] = {
    {{"x", "input", "1", "inputs of the in-context examples"},
     x_of,
     3,
     {AMBIT_AXIS_PROMPT, POINT, DIM},
     false},
    {{"y", "label", "1", "labels of the in-context examples"},
     y_of,
     2,
     {AMBIT_AXIS_PROMPT, POINT},
     false},
    {{"x_query", "query", "1", "inputs asked for after the first k examples"},
     x_query_of,
     3,
     {AMBIT_AXIS_PROMPT, AMBIT_AXIS_K, DIM},
     true},
    {{"y_query", "answer", "1",
      "what a perfect predictor answers after the first k examples; without x_query the query is "
      "the input x at point k"},
     y_query_of,
     2,
     {AMBIT_AXIS_PROMPT, AMBIT_AXIS_K},
     false}};

static AmbitStatus add_index_axis(AmbitRun *run, const AmbitWords *words, size_t length,
                                  size_t *axis, AmbitError *error)
{
    double *values = ambit_alloc(length, sizeof *values);
    if (!values)
        return ambit_run_no_memory(run, error);
    for (size_t i = 0; i < length; i++)
        values[i] = (double)i;
    AmbitStatus status =
        ambit_result_add_axis(run->result, words, length, values, NULL, axis, error);
    ambit_free(values);
    return status;
}

AmbitStatus ambit_prompts_declare(AmbitRun *run, AmbitError *error)
{
    static const AmbitWords point = {"point", "in-context example", "1", "place in the prompt"};
    static const AmbitWords dim = {"dim", "coordinate", "1", "coordinate of an input"};
    static const AmbitWords words = {"prediction", "prediction", "1",
                                     "what the predictor answers after k examples"};
    static const size_t over[] = {AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_PROMPT, AMBIT_AXIS_K};
    const AmbitPromptDistribution *d = run->source.distribution;
    size_t own[2], axes[3];
    if (!run->settings->keep_prompts)
        return AMBIT_OK;
    AmbitStatus status =
        add_index_axis(run, &point, (size_t)run->settings->n_points, &own[0], error);
    if (!status)
        status = add_index_axis(run, &dim, d->n_dims, &own[1], error);
    for (size_t i = 0; i < N_PARTS && !status; i++) {
        run->parts[i] = AMBIT_NO_ARRAY;
        if (parts[i].split && !d->type->own_queries)
            continue;
        for (size_t a = 0; a < parts[i].rank; a++)
            axes[a] = parts[i].axes[a] < POINT ? parts[i].axes[a] : own[parts[i].axes[a] - POINT];
        status = ambit_result_add_array(run->result, &parts[i].words, true, parts[i].rank, axes,
                                        &run->parts[i], error);
    }
    return status
               ? status
               : ambit_result_add_array(run->result, &words, true, 3, over, &run->answers, error);
}

void ambit_prompts_keep(const AmbitRun *run, const AmbitPromptBatch *chunk, size_t first)
{
    for (size_t i = 0; run->settings->keep_prompts && i < N_PARTS; i++) {
        if (run->parts[i] == AMBIT_NO_ARRAY)
            continue;
        size_t size = run->result->arrays[run->parts[i]].count / run->result->n_prompts;
        memcpy(ambit_run_values(run, run->parts[i]) + first * size, parts[i].of(chunk),
               chunk->n_prompts * size * sizeof(double));
    }
}

void ambit_prompts_finish(const AmbitRun *run)
{
    if (run->settings->keep_prompts)
        memcpy(ambit_run_values(run, run->answers), run->prediction,
               run->result->arrays[run->answers].count * sizeof *run->prediction);
}
