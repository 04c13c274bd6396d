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
    AmbitReal *output; // [B][P]; then its gradient
    size_t *read;      // [P] tokens of x
    AmbitReal *muon;   // scratch of ambit_muon; NULL with Adam alone
} Slot;

/* What a lane leaves behind. */
typedef struct Lane {
    atomic_size_t made;   // additions to the gradient
    double *class_loss;   // [C] sums of losses
    size_t *class_points; // [C]
} Lane;

/* A share of an update: `count` parameters for Adam or, if rows is not 0, a matrix for Muon whose
 * rows are `stride` apart. */
typedef struct Piece {
    size_t offset, count;
    size_t rows, columns, stride;
} Piece;

typedef struct AmbitMuon {
    double learning_rate, momentum;
} AmbitMuon;

struct AmbitTrainer {
    AmbitTrainingSettings settings;
    AmbitKernels kernels;
    ambit_prompt_fill_fn fill;
    const void *source;
    AmbitLoss *losses; // [C]
    size_t n_threads, n_lanes, n_slots, n_classes, n_chunks;
    AmbitModel *model;
    AmbitPackedModel *packed;     // as it is during a step
    AmbitReal *gradient;          // [block_size]
    AmbitReal *moment1, *moment2; // [block_size]
    int64_t step;
    int64_t n_skipped;             // steps in a row
    int64_t n_points, active_dims; // of the step under way
    AmbitAdam adam;                // of the step under way
    Piece *pieces;                 // [n_pieces]
    size_t n_pieces;
    Slot *slots;           // [n_slots]
    Lane *lanes;           // [n_lanes]
    double *chunk_squares; // [n_chunks] of the gradient
    double *class_loss;    // [C]
    size_t *class_prompts; // [C]
};

/* The squared norm of the gradient. */
double ambit_trainer_squares(AmbitTrainer *trainer);

/* Cuts the parameter block into the pieces of an update, and gives every slot Muon's scratch. */
AmbitStatus ambit_trainer_create_pieces(AmbitTrainer *trainer, AmbitError *error);

/* Adam, or Muon and Adam. */
void ambit_trainer_update(AmbitTrainer *trainer);

/* One step of Muon for a matrix [rows][columns] of a wider one with rows `stride` apart; parameter,
 * momentum and gradient alike. scratch: ambit_muon_scratch() reals. */
void ambit_muon(AmbitReal *parameter, AmbitReal *momentum, const AmbitReal *gradient, size_t rows,
                size_t columns, size_t stride, const AmbitMuon *muon, const AmbitKernels *kernels,
                AmbitReal *scratch);
size_t ambit_muon_scratch(size_t rows, size_t columns);

/* Parameters handled as one piece of work. */
enum { AMBIT_CHUNK = 16384 };

#endif
