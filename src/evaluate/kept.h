// SPDX-License-Identifier: MIT
// Keeping what was asked and answered: prompts and predictions as arrays of the result, so that
// other programs can answer the same prompts.
#ifndef AMBIT_EVALUATE_KEPT_H
#define AMBIT_EVALUATE_KEPT_H

#include "plan.h"

enum { AMBIT_PROMPT_PARTS = 4, AMBIT_NO_ARRAY = AMBIT_MOST_ARRAYS };

/* Places in result->arrays; AMBIT_NO_ARRAY: not kept. */
typedef struct AmbitKept {
    size_t parts[AMBIT_PROMPT_PARTS], predictions;
} AmbitKept;

/* Declares the arrays if the settings ask for them. */
AmbitStatus ambit_kept_declare(AmbitKept *kept, const AmbitPlan *plan, const AmbitTally *tally,
                               const AmbitPromptDistribution *distribution, AmbitError *error);

/* A batch of the present condition, prompts from `first` on; then all predictions of the condition.
 */
void ambit_kept_prompts(const AmbitKept *kept, const AmbitTally *tally,
                        const AmbitPromptBatch *batch, size_t first);
/* Gathers prompts, of which process p keeps those from first[p] to first[p + 1]. */
void ambit_kept_gather(const AmbitKept *kept, const AmbitTally *tally, const AmbitTeam *team,
                       const size_t *first);
void ambit_kept_predictions(const AmbitKept *kept, const AmbitTally *tally);

#endif
