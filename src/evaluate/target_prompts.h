// SPDX-License-Identifier: MIT
// The prompts of a target at one swept value.
#ifndef AMBIT_EVALUATE_TARGET_PROMPTS_H
#define AMBIT_EVALUATE_TARGET_PROMPTS_H

#include "plan.h"

typedef struct AmbitTargetPrompts {
    AmbitMixture *mixture;                 // NULL where the target's own serves
    AmbitPromptDistribution *distribution; // NULL where the target's own serves
    AmbitPromptSource source;
} AmbitTargetPrompts;

/* Turns to the swept value of this index and binds the plan's predictors to its prompts. Close also
 * after a failure. */
AmbitStatus ambit_target_prompts_open(AmbitTargetPrompts *prompts, const AmbitPlan *plan,
                                      size_t sweep, AmbitError *error);
void ambit_target_prompts_close(AmbitTargetPrompts *prompts);

#endif
