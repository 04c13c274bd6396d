// SPDX-License-Identifier: MIT
// The walk over the prefixes of a batch's prompts.
#include "prefix.h"

#include <assert.h>

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
        if (solved != added)
            type->solve(fit);
        solved = added;
        const double *query = batch->x_query + (b * queries + q) * dims;
        for (size_t c = 0; c < n_columns; c++) {
            size_t place = (c * batch->n_prompts + b) * queries + q;
            prediction[place] = type->answer(fit, c, query, &flag[place]);
        }
    }
}

void ambit_prefix_predict(const AmbitPrefixFit *type, void *fit, const AmbitPromptBatch *batch,
                          size_t n_columns, double *prediction, unsigned char *flag)
{
    for (size_t b = 0; b < batch->n_prompts; b++)
        predict_prompt(type, fit, batch, b, n_columns, prediction, flag);
}
