// SPDX-License-Identifier: MIT
// Prediction by fits that grow example by example: what predictors over all prefixes of a prompt
// share. Sees to it that a query is answered from its first seen[q] examples and no others.
#ifndef AMBIT_PREDICT_PREFIX_H
#define AMBIT_PREDICT_PREFIX_H

#include "ambit/prompt_batch.h"

/* `fit` is the predictor's workspace. */
typedef struct AmbitPrefixFit {
    void (*reset)(void *fit); // to no examples
    void (*add)(void *fit, const double *x, double y);
    void (*solve)(void *fit); // before answers, for the examples added so far
    /* Column c's prediction at x [D]; sets *flag, which is 0, to AMBIT_FLAG_* where due. */
    double (*answer)(const void *fit, size_t column, const double *x, unsigned char *flag);
} AmbitPrefixFit;

/* prediction, flag [C][B][Q]. One pass over each prompt if seen[q] does not decrease; a query that
 * sees fewer examples than the one before it starts the prompt anew. */
void ambit_prefix_predict(const AmbitPrefixFit *type, void *fit, const AmbitPromptBatch *batch,
                          size_t n_columns, double *prediction, unsigned char *flag);

#endif
