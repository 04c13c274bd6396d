// SPDX-License-Identifier: MIT
// The pass over the prefixes of prompts, and what fits keep of the points.
#include "prefix.h"

#include "ambit/memory.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static void predict_prompt(const AmbitPrefixFit *type, void *fit, const AmbitPromptBatch *batch,
                           size_t b, size_t n_columns, double *prediction, unsigned char *flag)
{
    size_t dims = batch->n_dims, queries = batch->n_queries;
    const double *x = batch->x + b * batch->n_points * dims;
    const double *y = batch->y + b * batch->n_points;
    size_t added = 0, solved = SIZE_MAX;
    type->reset(fit);
    for (size_t q = 0; q < queries; q++) {
        assert(batch->seen[q] <= batch->n_points);
        if (batch->seen[q] < added) {
            type->reset(fit);
            added = 0;
        }
        for (; added < batch->seen[q]; added++)
            type->add(fit, x + added * dims, y[added]);
        if (type->solve && solved != added)
            type->solve(fit);
        solved = added;
        const double *query = batch->x_query + (b * queries + q) * dims;
        for (size_t c = 0; c < n_columns; c++) {
            size_t i = (c * batch->n_prompts + b) * queries + q;
            prediction[i] = type->answer(fit, c, query, &flag[i]);
        }
        if (type->visit)
            type->visit(fit);
    }
}

void ambit_prefix_predict(const AmbitPredictor *predictor, const AmbitPromptBatch *batch,
                          void *workspace, double *prediction, unsigned char *flag)
{
    for (size_t b = 0; b < batch->n_prompts; b++)
        predict_prompt(predictor->type->prefix, workspace, batch, b, predictor->n_columns,
                       prediction, flag);
}

void ambit_prefix_no_answers(size_t n, double *prediction, unsigned char *flag)
{
    for (size_t i = 0; i < n; i++)
        prediction[i] = NAN;
    memset(flag, AMBIT_FLAG_NO_ANSWER, n);
}

AmbitStatus ambit_prefix_workspace(const AmbitPredictor *predictor, size_t header, size_t n_reals,
                                   void **workspace, AmbitError *error)
{
    size_t units = header / sizeof(double) + 1; // rounded up
    *workspace = ambit_alloc(units + n_reals, sizeof(double));
    if (*workspace)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %s (%zu numbers)",
                           predictor->label, n_reals);
}

double *ambit_points_init(AmbitPoints *points, size_t n_points, size_t n_dims, double *memory)
{
    *points = (AmbitPoints){n_dims, 0, memory, memory + n_points * n_dims};
    return points->y + n_points;
}

void ambit_points_add(AmbitPoints *points, const double *x, double y)
{
    memcpy(points->x + points->count * points->n_dims, x, points->n_dims * sizeof *x);
    points->y[points->count++] = y;
}
