// SPDX-License-Identifier: MIT
// Prompt batch: several prompts as drawn, and as rows for a model. Every predictor answers the same
// prompt batches.
#ifndef AMBIT_PROMPT_BATCH_H
#define AMBIT_PROMPT_BATCH_H

#include "ambit/batch.h"
#include "ambit/random.h"
#include "ambit/status.h"
#include <stdbool.h>
#include <stddef.h>

/* B prompts of P in-context examples in D dims, and Q queries per prompt. Query q is answered from
 * the first seen[q] points. For ordinary prompts query q is context point q itself: Q = P,
 * seen[q] = q and x_query == x. The batch owns its memory, which is sized at creation; n_prompts,
 * n_points and n_queries may be lowered later, which changes the strides; for ordinary prompts
 * n_queries must stay equal to n_points. */
typedef struct AmbitPromptBatch {
    size_t n_prompts;     // B
    size_t n_points;      // P
    size_t n_queries;     // Q
    size_t n_dims;        // D
    size_t function_size; // F, number of doubles that describe a function
    double *x;            // [B][P][D]
    double *y;            // [B][P] labels, as the context shows them
    double *x_query;      // [B][Q][D]; == x unless the queries differ from the context
    double *y_query;      // [B][Q] what a perfect predictor answers
    size_t *seen;         // [Q]
    int *class_label;     // [B] index of the class in its mixture
    double *function;     // [B][F] the drawn functions
    size_t first;         // index by which the first prompt was drawn; SIZE_MAX: it has none
} AmbitPromptBatch;

/* Draws prompts first … first + batch->n_prompts − 1 of `key` into `batch`, each with
 * batch->n_points points. `active_dims` ≤ n_dims: later coordinates of x are 0 (curriculum).
 * Must be safe to call from several threads at once on different batches. */
typedef void (*ambit_prompt_fill_fn)(const void *source, AmbitKey key, size_t first,
                                     size_t active_dims, AmbitPromptBatch *batch);

/* Makes a batch of the given sizes. With `split` the queries have inputs of their own, and
 * n_queries may differ from n_points; without, n_queries is ignored and is n_points. seen[q] is set
 * to min(q, n_points). */
AmbitStatus ambit_prompt_batch_create(AmbitPromptBatch **batch, size_t n_prompts, size_t n_points,
                                      size_t n_queries, size_t n_dims, size_t function_size,
                                      bool split, AmbitError *error);
void ambit_prompt_batch_destroy(AmbitPromptBatch **batch);

/* Returns whether the queries have inputs of their own, not those of the context points. */
bool ambit_prompt_batch_is_split(const AmbitPromptBatch *batch);

/* Returns a view of prompts first … first + count − 1. The view shares the batch's memory: never
 * destroy it. */
AmbitPromptBatch ambit_prompt_batch_view(const AmbitPromptBatch *batch, size_t first, size_t count);

/* Memory for the rows by which a model reads prompts (Garg et al. 2208.01066, §3). The prefix is
 * x_1, y_1, x_2, y_2 …, with y_i in coordinate 0 of a vector of zeros. In a split batch the prefix
 * is followed by one query row per query, which sees the rows of the first seen[q] points. The
 * scored rows are those of the queries. */
typedef struct AmbitPromptRows AmbitPromptRows;

/* Allocates memory for batches of this shape, or with fewer prompts or points. */
AmbitStatus ambit_prompt_rows_create(AmbitPromptRows **rows, const AmbitPromptBatch *shape,
                                     AmbitError *error);
void ambit_prompt_rows_destroy(AmbitPromptRows **rows);
/* Returns about how many bytes the rows of prompts without separate queries take. */
size_t ambit_prompt_rows_bytes(size_t n_prompts, size_t n_points, size_t n_dims);

AmbitBatchSizes ambit_prompt_rows_sizes(const AmbitPromptBatch *shape);

/* Fills in `batch`, which becomes a view of `rows` and of `prompts`. Sets loss, weight, key,
 * dropout and first to 0 or NULL: they are left to the caller. */
void ambit_prompt_rows_fill(AmbitPromptRows *rows, const AmbitPromptBatch *prompts,
                            AmbitBatch *batch);

#endif
