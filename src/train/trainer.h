// SPDX-License-Identifier: MIT
// The trainer's parts, shared by the files of this room.
#ifndef AMBIT_TRAINER_PRIVATE_H
#define AMBIT_TRAINER_PRIVATE_H

#include "ambit/gradient.h"
#include "ambit/trainer.h"

/* What one thread needs for a shard, and for its share of an update. */
typedef struct Workspace {
    void *drawing; // the source's
    AmbitActivations *activations;
    AmbitReal *output; // [S][n_outputs]; then its gradient
    AmbitReal *muon;   // scratch of ambit_muon; NULL with Adam alone
} Workspace;

/* What a shard leaves behind. */
typedef struct Shard {
    double *class_loss;      // [C] sums of losses
    size_t *class_scored;    // [C]
    size_t *class_sequences; // [C]
} Shard;

/* An item of an update: `count` parameters for Adam or, if it has rows, a matrix for Muon. */
typedef struct UpdateItem {
    size_t offset, count;
    AmbitSubmatrix matrix;
} UpdateItem;

typedef struct AmbitMuon {
    double learning_rate, momentum;
} AmbitMuon;

struct AmbitTrainer {
    AmbitTrainingSettings settings;
    AmbitKernels kernels;
    AmbitSource source;
    size_t n_threads, n_shards, n_groups, n_workspaces, n_classes, n_chunks;
    AmbitModel *model;
    AmbitPackedModel *packed;     // the parameters during a step
    AmbitGradientSum **groups;    // [n_groups]; after a step's passes the first holds their sum
    AmbitReal *gradient;          // [block_size] of the first group
    AmbitReal *moment1, *moment2; // [block_size]
    int64_t step;
    int64_t n_skipped; // steps in a row
    size_t n_scored;   // targets of the step under way
    AmbitAdam adam;    // of the step under way
    UpdateItem *items; // [n_items]
    size_t n_items;
    Workspace *workspaces;   // [n_workspaces]
    Shard *shards;           // [n_shards]
    double *chunk_squares;   // [n_chunks] of the gradient
    double *class_loss;      // [C]
    size_t *class_sequences; // [C]
    double columns[AMBIT_MOST_COLUMNS];
};

/* Adds the groups' gradients into the first group's, pairwise in a fixed binary tree: neighbours,
 * then neighbours of neighbours, and so on. The one place where gradients of groups meet. */
void ambit_trainer_combine_groups(AmbitTrainer *trainer);

/* The squared norm of the gradient. */
double ambit_trainer_squares(AmbitTrainer *trainer);

/* Cuts the parameter block into the items of an update, and gives every workspace Muon's scratch.
 */
AmbitStatus ambit_trainer_create_update_items(AmbitTrainer *trainer, AmbitError *error);

/* Adam, or Muon and Adam. */
void ambit_trainer_update(AmbitTrainer *trainer);

/* One step of Muon for a matrix; parameter, momentum and gradient have the same shape. scratch:
 * ambit_muon_scratch() reals. */
void ambit_muon(AmbitReal *parameter, AmbitReal *momentum, const AmbitReal *gradient,
                const AmbitSubmatrix *shape, const AmbitMuon *muon, const AmbitKernels *kernels,
                AmbitReal *scratch);
size_t ambit_muon_scratch(size_t rows, size_t columns);

/* Parameters handled as one item of work. */
enum { AMBIT_CHUNK = 16384 };

#endif
