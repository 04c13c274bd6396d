// SPDX-License-Identifier: MIT
// Measures of the inside of language models: what parameters, attention and states look like at a
// training step, beside what the model answers (Murty et al. 2305.18741, section 4).
#ifndef AMBIT_EVALUATE_INSIDE_H
#define AMBIT_EVALUATE_INSIDE_H

#include "../predict/transformer.h"
#include "plan.h"
#include "sentence_metrics.h"

enum { AMBIT_INSIDE_ARRAYS = 12 };

/* What measures read: inputs without final stop and marker, each behind the start symbol. A
 * sentence of n words has the rows offset[i] … offset[i] + n. */
typedef struct AmbitInsideSentences {
    size_t count;    // N'
    size_t longest;  // most words of a sentence
    size_t *offset;  // [N' + 1]
    int32_t *id;     // [offset[N']]
    AmbitSpan *gold; // [offset[N']] the n − 1 spans of sentence i begin at offset[i]; NULL: the
                     // language has no trees
} AmbitInsideSentences;

/* The sentences that predictors answer. */
typedef struct AmbitInsideExamples {
    const AmbitSentenceMetrics *metrics;
    const AmbitSplit *split;
    const size_t *index; // [N] into the split
} AmbitInsideExamples;

typedef struct AmbitInside {
    const AmbitPlan *plan;
    const AmbitTally *tally;
    const AmbitLanguage *language;
    AmbitInsideExamples examples;
    AmbitInsideSentences sentences;
    size_t n_layers; // L, most of any model
    struct {
        size_t index[AMBIT_INSIDE_ARRAYS]; // of arrays in the result, in the order of the measure
    } * arrays;                            // [types] parallel to ambit_inside_types
} AmbitInside;

struct AmbitInsideType {
    const char *name, *summary, *source;
    /* Adds arrays to the result; over predictors they are NaN for all but transformers. Fills in
     * those that no predictor changes. */
    AmbitStatus (*declare)(const AmbitInside *inside, size_t *arrays, AmbitError *error);
    /* Measures the model in column `column` of the present condition. */
    AmbitStatus (*measure)(const AmbitInside *inside, const size_t *arrays, size_t column,
                           const AmbitTransformer *transformer, AmbitError *error);
};

extern const AmbitInsideType ambit_inside_weight_norm, ambit_inside_attention_sparsity,
    ambit_inside_tree_projection, ambit_inside_silent_heads;

/* Chooses the sentences, and declares the arrays of the target's probes. Free also after a failure.
 */
AmbitStatus ambit_inside_open(AmbitInside *inside, const AmbitPlan *plan, const AmbitTally *tally,
                              AmbitInsideExamples examples, AmbitError *error);
void ambit_inside_free(AmbitInside *inside);

/* Measures every model at the present condition. */
AmbitStatus ambit_inside_run(const AmbitInside *inside, AmbitError *error);

/* The values of an array over predictors that belong to one column, at the present condition. */
double *ambit_inside_values(const AmbitInside *inside, size_t array, size_t column);

/* The model of a predictor; NULL if it is no transformer of sentences. */
const AmbitTransformer *ambit_inside_transformer(const AmbitPredictor *predictor);

/* Add an axis with the coordinates 1 … count; that of layers has L. */
AmbitStatus ambit_inside_numbers(const AmbitInside *inside, const AmbitCaption *caption,
                                 size_t count, size_t *axis, AmbitError *error);
AmbitStatus ambit_inside_layers(const AmbitInside *inside, size_t *axis, AmbitError *error);

#endif
