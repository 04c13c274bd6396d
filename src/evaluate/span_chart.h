// SPDX-License-Identifier: MIT
// Span charts of a language model: how similar a span's states are with and without the words
// before the span.
#ifndef AMBIT_EVALUATE_SPAN_CHART_H
#define AMBIT_EVALUATE_SPAN_CHART_H

#include "ambit/model.h"
#include "ambit/tree.h"

/* Memory for the charts of sentences of up to `longest` words, for one thread. */
typedef struct AmbitSpanCharts AmbitSpanCharts;

/* Borrows the model. */
AmbitStatus ambit_span_charts_create(AmbitSpanCharts **charts, const AmbitPackedModel *packed,
                                     const AmbitModel *model, size_t longest, AmbitError *error);
void ambit_span_charts_destroy(AmbitSpanCharts **charts);

/* Computes the chart of a sentence of n ≥ 1 words, which the model reads after the start symbol
 * id[0]; words are id[1 … n]. The similarity of the words i … j is the cosine of Σ v_t and Σ u_t
 * over t = i … j: v_t is the trunk's result at word t, u_t that of a pass in which attention
 * reaches the start symbol and the words i … j alone (arXiv 2211.01288, section 3, with masks in
 * all layers and sums for means, which have the same cosine). By causality u_t depends on i and not
 * on j, so one pass for each i computes all spans; i = 1 gives v.
 * The chart is a view of `charts`, valid until the next call. */
AmbitSpanChart ambit_span_chart(AmbitSpanCharts *charts, const int32_t *id, size_t n);

#endif
