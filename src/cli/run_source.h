// SPDX-License-Identifier: MIT
// What a run draws from, by the head of its model, and what people call it.
#ifndef AMBIT_CLI_RUN_SOURCE_H
#define AMBIT_CLI_RUN_SOURCE_H

#include "ambit/config.h"

typedef struct AmbitRunSource {
    AmbitSource source;
    const char *const *classes; // [source.n_classes] names
    const char *examples;       // "prompts", "sentences"
    // What the source reads, owned:
    AmbitPromptDistribution *distribution;
    AmbitPromptSource prompts;
    AmbitPromptTraining training;
    AmbitCorpusTraining *corpus; // in place of these
} AmbitRunSource;

/* Makes the source of the config's run. Borrows the config, whose corpus must have been made. With
 * `at_end` the curriculum, if there is one, stands at its end. */
AmbitStatus ambit_run_source_create(AmbitRunSource **source, const AmbitConfig *config, bool at_end,
                                    AmbitError *error);
void ambit_run_source_destroy(AmbitRunSource **source);

/* What a model of sentences scores on a split; NaN: not known. */
typedef struct AmbitScores {
    double loss;     // mean of −log p over all words and end symbols
    double accuracy; // by the first metric of the language
} AmbitScores;

/* What is scored while training; the split `train` is not. */
typedef struct AmbitValidation {
    AmbitScores splits[AMBIT_N_SPLITS];
} AmbitValidation;

/* Known without a source: the names of the config's classes and their number, and the unit of
 * progress, "prompts/s" or "sentences/s". */
const char *const *ambit_run_classes(const AmbitConfig *config, size_t *n_classes);
const char *ambit_run_rate(const AmbitConfig *config);

#endif
