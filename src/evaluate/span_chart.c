// SPDX-License-Identifier: MIT
// Span charts: one batch per sentence, with a sequence for each first word of a span.
#include "span_chart.h"

#include "ambit/memory.h"

#include <math.h>

struct AmbitSpanCharts {
    const AmbitPackedModel *packed;
    size_t longest, width;
    AmbitActivations *activations;
    size_t *offset;     // [longest + 1]
    size_t *prefix;     // [longest]
    size_t *position;   // [R]
    int32_t *id;        // [R]
    double *full, *own; // [longest + 1][E] sums of the states of words 1 … t
    double *similarity; // [longest][longest]
};

/* Rows of all passes: those that begin at word i have the start symbol and n − i + 1 words. */
static size_t n_rows(size_t n)
{
    return n * (n + 3) / 2;
}

AmbitStatus ambit_span_charts_create(AmbitSpanCharts **charts, const AmbitPackedModel *packed,
                                     const AmbitModel *model, size_t longest, AmbitError *error)
{
    size_t rows = n_rows(longest), width = (size_t)ambit_model_settings(model)->trunk.n_embd;
    AmbitBatchSizes sizes = {
        .n_sequences = longest, .n_rows = rows, .longest = longest + 1, .n_scored = rows};
    AmbitStatus status = AMBIT_NO_MEMORY;
    AmbitSpanCharts *c = *charts = ambit_alloc(1, sizeof *c);
    if (!c)
        return ambit_error_set(error, status, "no memory for charts of spans");
    *c = (AmbitSpanCharts){.packed = packed, .longest = longest, .width = width};
    c->offset = ambit_alloc(longest + 1, sizeof *c->offset);
    c->prefix = ambit_alloc(longest, sizeof *c->prefix);
    c->position = ambit_alloc(rows, sizeof *c->position);
    c->id = ambit_alloc(rows, sizeof *c->id);
    c->full = ambit_alloc(longest + 1, width * sizeof *c->full);
    c->own = ambit_alloc(longest + 1, width * sizeof *c->own);
    c->similarity = ambit_alloc(longest, longest * sizeof *c->similarity);
    if (c->offset && c->prefix && c->position && c->id && c->full && c->own && c->similarity)
        status = ambit_activations_create(&c->activations, model, &sizes, false, error);
    else
        status = ambit_error_set(error, status, "no memory for charts of spans");
    if (status)
        ambit_span_charts_destroy(charts);
    return status;
}

void ambit_span_charts_destroy(AmbitSpanCharts **charts)
{
    AmbitSpanCharts *c = *charts;
    if (!c)
        return;
    ambit_activations_destroy(&c->activations);
    ambit_free(c->offset);
    ambit_free(c->prefix);
    ambit_free(c->position);
    ambit_free(c->id);
    ambit_free(c->full);
    ambit_free(c->own);
    ambit_free(c->similarity);
    ambit_free(c);
    *charts = NULL;
}

/* Sequence i reads the start symbol and the words i + 1 … n, at the positions they have in the
 * whole sentence. */
static AmbitBatch lay_out(AmbitSpanCharts *c, const int32_t *id, size_t n)
{
    size_t row = 0;
    for (size_t i = 0; i < n; i++) {
        c->offset[i] = row;
        c->prefix[i] = n - i + 1;
        for (size_t t = 0; t <= n; t++) {
            if (t > 0 && t <= i)
                continue;
            c->id[row] = id[t];
            c->position[row++] = t;
        }
    }
    c->offset[n] = row;
    return (AmbitBatch){.n_sequences = n,
                        .offset = c->offset,
                        .prefix = c->prefix,
                        .position = c->position,
                        .id = c->id,
                        .n_scored = row};
}

/* sums [t]: Σ of the states of the words first … t, for t ≥ first; sums [first − 1] is 0. `state`
 * has a row for the start symbol, and then one for each of these words. */
static void sum_states(double *sums, const AmbitReal *state, size_t first, size_t n, size_t width)
{
    for (size_t e = 0; e < width; e++)
        sums[(first - 1) * width + e] = 0;
    for (size_t t = first; t <= n; t++)
        for (size_t e = 0; e < width; e++)
            sums[t * width + e] =
                sums[(t - 1) * width + e] + (double)state[(t - first + 1) * width + e];
}

/* The cosine of full[last] − full[first − 1] and own[last]. */
static double cosine(const AmbitSpanCharts *c, size_t first, size_t last)
{
    const double *end = c->full + last * c->width, *begin = c->full + (first - 1) * c->width;
    const double *own = c->own + last * c->width;
    double product = 0, square = 0, own_square = 0;
    for (size_t e = 0; e < c->width; e++) {
        double v = end[e] - begin[e];
        product += v * own[e];
        square += v * v;
        own_square += own[e] * own[e];
    }
    return product / sqrt(square * own_square);
}

AmbitSpanChart ambit_span_chart(AmbitSpanCharts *c, const int32_t *id, size_t n)
{
    const AmbitBatch batch = lay_out(c, id, n);
    const AmbitReal *states = ambit_model_states(c->packed, &batch, c->activations);
    sum_states(c->full, states, 1, n, c->width);
    for (size_t i = 1; i <= n; i++) {
        sum_states(c->own, states + c->offset[i - 1] * c->width, i, n, c->width);
        for (size_t j = i; j <= n; j++)
            c->similarity[(i - 1) * n + j - 1] = i == 1 ? 1 : cosine(c, i, j);
    }
    return (AmbitSpanChart){.n = n, .similarity = c->similarity};
}
