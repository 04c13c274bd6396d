// SPDX-License-Identifier: MIT
// Prompts as training data: the curriculum, the weights of losses, and the source that a trainer
// draws from.
#ifndef AMBIT_PROMPT_TRAINING_H
#define AMBIT_PROMPT_TRAINING_H

#include "ambit/parameter.h"
#include "ambit/prompt_distribution.h"
#include "ambit/source.h"

/* Garg et al.'s ramp: value = start + inc·⌊step/interval⌋, capped at end. With pause_steps > 0 the
 * steps stop counting for as many when the value first reaches pause_at, start ≤ pause_at ≤ end. */
typedef struct AmbitRamp {
    int64_t start, end, inc, interval, pause_at, pause_steps;
} AmbitRamp;

int64_t ambit_ramp_value(const AmbitRamp *ramp, int64_t step);
extern const AmbitParameter ambit_ramp_parameters[]; // `training.curriculum.{dims,points}.*`

/* Which of several places those in use are: the first ones, or some drawn for each prompt. */
enum { AMBIT_PLACES_FIRST, AMBIT_PLACES_RANDOM };

/* The prompts that a trainer draws. */
typedef struct AmbitPromptTraining {
    ambit_prompt_fill_fn fill; // draws prompts
    const void *prompts;       // first argument of `fill`, borrowed
    size_t n_dims;             // D
    size_t function_size;      // F
    size_t n_classes;          // C
    AmbitRamp dims, points;    // numbers of active dims and of points at a step
    int coordinates;       // AMBIT_PLACES_* of the active dims. x moves there after the labels are
                           // drawn, so the prompt shows a function of its class if that treats
                           // all coordinates alike
    int positions;         // AMBIT_PLACES_* of the points, among n_positions; random ones are in
                           // random order, where Ruoss et al. (2305.16843) have them ascend
    size_t n_positions;    // ≥ points.end; used with random positions alone
    double normalize_loss; // c > 0: the loss of a prompt has weight 1 / (c + its mean squared
                           // label); 0: it has weight 1
    const AmbitLoss *losses; // [C] borrowed; NULL: squared for all
} AmbitPromptTraining;

/* Returns settings without a curriculum: prompts of n_points, all dims active, squared loss. */
AmbitPromptTraining ambit_prompt_training(const AmbitPromptSource *prompts, size_t n_points);

extern const AmbitParameter ambit_prompt_training_parameters[]; // keys under `training`
extern const AmbitParameter ambit_curriculum_parameters[];      // `training.curriculum.*`

/* Returns a source that draws these prompts; the source borrows `training`. The log columns of the
 * source are n_points and active_dims. */
AmbitSource ambit_prompt_training_source(const AmbitPromptTraining *training);
enum { AMBIT_COLUMN_POINTS, AMBIT_COLUMN_DIMS };

#endif
