// SPDX-License-Identifier: MIT
// Memory of prompt batches, and prompts as rows of a model's batch.
#include "ambit/prompt_batch.h"

#include "ambit/memory.h"

#include <string.h>

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

struct AmbitPromptRows {
    size_t *offset, *prefix;          // [B + 1], [B]
    size_t *seen, *position, *scored; // [R], [R], [S]
    AmbitReal *vector;                // [R][D]
};

static size_t rows_of(const AmbitPromptBatch *shape)
{
    return 2 * shape->n_points + (ambit_prompt_batch_is_split(shape) ? shape->n_queries : 0);
}

AmbitBatchSizes ambit_prompt_rows_sizes(const AmbitPromptBatch *shape)
{
    return (AmbitBatchSizes){.n_sequences = shape->n_prompts,
                             .n_rows = shape->n_prompts * rows_of(shape),
                             .longest = rows_of(shape),
                             .n_scored = shape->n_prompts * shape->n_queries};
}

AmbitStatus ambit_prompt_rows_create(AmbitPromptRows **rows, const AmbitPromptBatch *shape,
                                     AmbitError *error)
{
    const AmbitBatchSizes sizes = ambit_prompt_rows_sizes(shape);
    AmbitPromptRows *r = *rows = ambit_alloc(1, sizeof *r);
    if (!r)
        goto fail;
    r->offset = ambit_alloc(sizes.n_sequences + 1, sizeof *r->offset);
    r->prefix = ambit_alloc(sizes.n_sequences, sizeof *r->prefix);
    r->seen =
        ambit_prompt_batch_is_split(shape) ? ambit_alloc(sizes.n_rows, sizeof *r->seen) : NULL;
    r->position = ambit_alloc(sizes.n_rows, sizeof *r->position);
    r->scored = ambit_alloc(sizes.n_scored, sizeof *r->scored);
    r->vector = ambit_alloc(sizes.n_rows, shape->n_dims * sizeof *r->vector);
    if (r->offset && r->prefix && (r->seen || !ambit_prompt_batch_is_split(shape)) && r->position &&
        r->scored && r->vector)
        return AMBIT_OK;
fail:
    ambit_prompt_rows_destroy(rows);
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the rows of %zu prompts",
                           shape->n_prompts);
}

void ambit_prompt_rows_destroy(AmbitPromptRows **rows)
{
    AmbitPromptRows *r = *rows;
    if (!r)
        return;
    ambit_free(r->offset);
    ambit_free(r->prefix);
    ambit_free(r->seen);
    ambit_free(r->position);
    ambit_free(r->scored);
    ambit_free(r->vector);
    ambit_free(r);
    *rows = NULL;
}

size_t ambit_prompt_rows_bytes(size_t n_prompts, size_t n_points, size_t n_dims)
{
    return n_prompts * (2 * n_points * (n_dims * sizeof(AmbitReal) + sizeof(size_t)) +
                        n_points * sizeof(size_t));
}

/* The vectors of one prompt. */
static AmbitReal *fill_vectors(AmbitReal *vector, const AmbitPromptBatch *prompts, size_t b)
{
    size_t dims = prompts->n_dims, points = prompts->n_points, queries = prompts->n_queries;
    const double *x = prompts->x + b * points * dims, *y = prompts->y + b * points;
    for (size_t p = 0; p < points; p++, vector += 2 * dims) {
        for (size_t d = 0; d < dims; d++)
            vector[d] = (AmbitReal)x[p * dims + d];
        memset(vector + dims, 0, dims * sizeof *vector);
        vector[dims] = (AmbitReal)y[p];
    }
    const double *x_query = prompts->x_query + b * queries * dims;
    for (size_t i = 0; ambit_prompt_batch_is_split(prompts) && i < queries * dims; i++)
        *vector++ = (AmbitReal)x_query[i];
    return vector;
}

void ambit_prompt_rows_fill(AmbitPromptRows *rows, const AmbitPromptBatch *prompts,
                            AmbitBatch *batch)
{
    bool split = ambit_prompt_batch_is_split(prompts);
    size_t n = rows_of(prompts), queries = prompts->n_queries, prefix = 2 * prompts->n_points;
    AmbitReal *vector = rows->vector;
    for (size_t b = 0; b < prompts->n_prompts; b++) {
        rows->offset[b] = b * n;
        rows->prefix[b] = prefix;
        for (size_t i = 0; i < prefix; i++)
            rows->position[b * n + i] = i;
        for (size_t q = 0; q < queries; q++)
            rows->scored[b * queries + q] = b * n + (split ? prefix + q : 2 * q);
        for (size_t q = 0; split && q < queries; q++)
            rows->seen[b * n + prefix + q] = rows->position[b * n + prefix + q] =
                2 * prompts->seen[q];
        vector = fill_vectors(vector, prompts, b);
    }
    rows->offset[prompts->n_prompts] = prompts->n_prompts * n;
    *batch = (AmbitBatch){.n_sequences = prompts->n_prompts,
                          .offset = rows->offset,
                          .prefix = rows->prefix,
                          .seen = rows->seen,
                          .position = rows->position,
                          .vector = rows->vector,
                          .class_label = prompts->class_label,
                          .n_scored = prompts->n_prompts * queries,
                          .scored = rows->scored,
                          .target = prompts->y_query};
}
