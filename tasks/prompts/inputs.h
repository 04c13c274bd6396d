// SPDX-License-Identifier: MIT
// What several prompt distributions share: inputs to start from, checks, and orthogonal vectors.
#ifndef AMBIT_TASKS_PROMPTS_INPUTS_H
#define AMBIT_TASKS_PROMPTS_INPUTS_H

#include "ambit/prompt_distribution.h"

/* Draws x [P][D] of the prompt by the family's own distribution, as in pretraining. */
void ambit_prompts_draw_standard(const AmbitPromptDraw *prompt);

/* A `check` that refuses classes whose inputs are not from N(0, I). */
AmbitStatus ambit_prompts_need_normal(const AmbitPromptDistribution *distribution,
                                      const AmbitMixture *mixture, size_t n_points,
                                      AmbitError *error);

/* Refuses (AMBIT_INVALID) inputs of fewer than `least` dims. */
AmbitStatus ambit_prompts_need_dims(const AmbitPromptDistribution *distribution, size_t least,
                                    AmbitError *error);

/* Makes row `row` of `rows` [row + 1][D] orthogonal to the rows above it, which are orthogonal to
 * each other, and gives it this norm. Rows drawn from N(0, I) so treated have Haar-distributed
 * directions. */
void ambit_orthogonalize(double *rows, size_t row, size_t dims, double norm);

#endif
