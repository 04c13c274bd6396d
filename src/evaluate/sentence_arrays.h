// SPDX-License-Identifier: MIT
// What a result has of sentences beside the outcomes of metrics: losses, log odds, accuracy by
// category, and what was read and answered.
#ifndef AMBIT_EVALUATE_SENTENCE_ARRAYS_H
#define AMBIT_EVALUATE_SENTENCE_ARRAYS_H

#include "plan.h"
#include "sentence_metrics.h"

/* A number per example, with the mean and its interval. */
typedef struct AmbitSentenceMean {
    double *values;              // [C][N] of the present condition
    size_t raw, mean, low, high; // arrays of the result; AMBIT_MOST_ARRAYS: not kept
} AmbitSentenceMean;

typedef struct AmbitSentenceArrays {
    const AmbitPlan *plan;
    AmbitTally *tally;
    const AmbitSentenceMetrics *metrics;
    AmbitSentenceMean loss, log_odds;
    const double *n_tokens;            // [N] losses that a sentence's is the mean of; the result's
    double *ones;                      // [N]
    size_t *category;                  // [N]
    size_t by_category, stops, output; // arrays of the result; AMBIT_MOST_ARRAYS: not kept
    char *shared; // [C][N][text_size] outputs, for processes that share the examples; NULL: no need
    size_t text_size;
} AmbitSentenceArrays;

/* Declares the arrays, fills those that no predictor changes, and gives the tally weights. `split`
 * and `index` [N] say which sentences are examples. Free also after a failure. */
AmbitStatus ambit_sentence_arrays_declare(AmbitSentenceArrays *arrays, const AmbitPlan *plan,
                                          AmbitTally *tally, const AmbitSentenceMetrics *metrics,
                                          const AmbitSplit *split, const size_t *index,
                                          AmbitError *error);
void ambit_sentence_arrays_free(AmbitSentenceArrays *arrays);

/* Keeps what a predictor says of one example. Called by several threads. */
AmbitStatus ambit_sentence_arrays_keep(const AmbitSentenceArrays *arrays, size_t column,
                                       size_t example, const AmbitAskedSentence *asked,
                                       const AmbitSentenceAnswer *answer);

/* Gathers what processes have kept, as AmbitExamplesType has it. */
void ambit_sentence_arrays_gather(const AmbitSentenceArrays *arrays, const AmbitTeam *team,
                                  const size_t *first);

/* Once all examples of a condition are answered: what does not vary with the step is copied, means
 * are taken. */
AmbitStatus ambit_sentence_arrays_finish(AmbitSentenceArrays *arrays, AmbitError *error);

#endif
