// SPDX-License-Identifier: MIT
// The trainer's parts, shared by the files of this room.
#ifndef AMBIT_TRAINER_PRIVATE_H
#define AMBIT_TRAINER_PRIVATE_H

#include "ambit/trainer.h"

/* What one thread needs to take a lane. */
typedef struct Slot {
    AmbitPromptBatch *batch;
    AmbitActivations *activations;
    AmbitReal *tokens; // [B][T][D]
    AmbitReal *output; // [B][T]; then its gradient
} Slot;

/* What a lane leaves behind. */
typedef struct Lane {
    AmbitReal *gradient;  // [block_size]
    double *class_loss;   // [C] sums of losses
    size_t *class_points; // [C]
} Lane;

struct AmbitTrainer {
    AmbitTrainingSettings settings;
    AmbitKernels kernels;
    ambit_prompt_fill_fn fill;
    const void *source;
    AmbitLoss *losses; // [C]
    size_t n_threads, n_lanes, n_slots, n_classes, n_chunks;
    AmbitModel *model;
    AmbitReal *moment1, *moment2; // [block_size]
    int64_t step;
    int64_t n_points, active_dims; // of the step under way
    AmbitAdam adam;                // of the step under way
    Slot *slots;                   // [n_slots]
    Lane *lanes;                   // [n_lanes]
    double *chunk_squares;         // [n_chunks] of the combined gradient
    double *class_loss;            // [C]
    size_t *class_prompts;         // [C]
};

/* Combines the lanes' gradients into lane 0's by a fixed binary tree; returns its squared norm. */
double ambit_trainer_combine(AmbitTrainer *trainer);

/* Adam with lane 0's gradient. */
void ambit_trainer_update(AmbitTrainer *trainer);

/* Parameters handled as one piece of work by combine and update. */
enum { AMBIT_CHUNK = 16384 };

#endif
