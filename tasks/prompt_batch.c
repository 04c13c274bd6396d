// SPDX-License-Identifier: MIT
// Memory of prompt batches.
#include "ambit/prompt_batch.h"

#include "ambit/memory.h"

AmbitStatus ambit_prompt_batch_create(AmbitPromptBatch **batch, size_t n_prompts, size_t n_points,
                                      size_t n_queries, size_t n_dims, size_t function_size,
                                      bool split, AmbitError *error)
{
    *batch = ambit_alloc(1, sizeof **batch);
    if (!*batch)
        goto fail;
    size_t queries = split ? n_queries : n_points;
    AmbitPromptBatch *b = *batch;
    b->n_prompts = n_prompts;
    b->n_points = n_points;
    b->n_queries = queries;
    b->n_dims = n_dims;
    b->function_size = function_size;
    b->first = SIZE_MAX;
    b->x = ambit_alloc(n_prompts, n_points * n_dims * sizeof *b->x);
    b->y = ambit_alloc(n_prompts, n_points * sizeof *b->y);
    b->x_query = split ? ambit_alloc(n_prompts, queries * n_dims * sizeof *b->x) : b->x;
    b->y_query = ambit_alloc(n_prompts, queries * sizeof *b->y);
    b->seen = ambit_alloc(queries, sizeof *b->seen);
    b->class_label = ambit_alloc(n_prompts, sizeof *b->class_label);
    b->function = ambit_alloc(n_prompts, function_size * sizeof *b->function);
    if (!b->x || !b->y || !b->x_query || !b->y_query || !b->seen || !b->class_label || !b->function)
        goto fail;
    for (size_t q = 0; q < queries; q++)
        b->seen[q] = q < n_points ? q : n_points;
    return AMBIT_OK;
fail:
    ambit_prompt_batch_destroy(batch);
    return ambit_error_set(error, AMBIT_NO_MEMORY,
                           "no memory for a batch of %zu prompts of %zu points in %zu dims",
                           n_prompts, n_points, n_dims);
}

void ambit_prompt_batch_destroy(AmbitPromptBatch **batch)
{
    AmbitPromptBatch *b = *batch;
    if (!b)
        return;
    if (b->x_query != b->x)
        ambit_free(b->x_query);
    ambit_free(b->x);
    ambit_free(b->y);
    ambit_free(b->y_query);
    ambit_free(b->seen);
    ambit_free(b->class_label);
    ambit_free(b->function);
    ambit_free(b);
    *batch = NULL;
}

bool ambit_prompt_batch_is_split(const AmbitPromptBatch *batch)
{
    return batch->x_query != batch->x;
}

AmbitPromptBatch ambit_prompt_batch_view(const AmbitPromptBatch *batch, size_t first, size_t count)
{
    AmbitPromptBatch view = *batch;
    view.n_prompts = count;
    view.first += batch->first == SIZE_MAX ? 0 : first;
    view.x += first * batch->n_points * batch->n_dims;
    view.y += first * batch->n_points;
    view.x_query += first * batch->n_queries * batch->n_dims;
    view.y_query += first * batch->n_queries;
    view.class_label += first;
    view.function += first * batch->function_size;
    return view;
}
