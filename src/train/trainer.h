// SPDX-License-Identifier: MIT
// The trainer's fields and functions that the files of this room share.
#ifndef AMBIT_TRAINER_PRIVATE_H
#define AMBIT_TRAINER_PRIVATE_H

#include "ambit/gradient.h"
#include "ambit/trainer.h"

/* Memory that one thread needs for a shard and for items of an update. */
typedef struct Workspace {
    void *drawing; // workspace of the source
    AmbitActivations *activations;
    AmbitReal *output; // [S][n_outputs] outputs, which the loss replaces by their gradient
    AmbitReal *muon;   // scratch of ambit_muon; NULL with Adam alone
} Workspace;

/* Sums over a shard. */
typedef struct Shard {
    double *class_loss;      // [C] sum of losses
    size_t *class_scored;    // [C] number of scored rows
    size_t *class_sequences; // [C] number of sequences
} Shard;

/* An item of work of an update: `count` parameters for Adam or, if `matrix` has rows, a matrix for
 * Muon. */
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
    AmbitPackedModel *packed;     // of the model, as passes read it
    AmbitGradientSum **groups;    // [n_groups] after a step's passes the first holds the sum of all
    AmbitReal *gradient;          // [block_size] of the first group
    AmbitReal *moment1, *moment2; // [block_size]
    int64_t step;
    int64_t n_skipped; // steps skipped in a row
    size_t n_scored;   // scored rows of the current step
    AmbitAdam adam;    // settings of the current step
    UpdateItem *items; // [n_items]
    size_t n_items;
    Workspace *workspaces;   // [n_workspaces]
    Shard *shards;           // [n_shards]
    double *chunk_squares;   // [n_chunks] squared norm of each chunk of the gradient
    double *class_loss;      // [C]
    size_t *class_sequences; // [C]
    double columns[AMBIT_MOST_COLUMNS];
};

/* Adds the groups' gradients into the first group's, pairwise in a fixed binary tree: neighbours,
 * then neighbours of neighbours, and so on. No other function combines groups. */
void ambit_trainer_combine_groups(AmbitTrainer *trainer);

/* Returns the squared norm of the gradient. */
double ambit_trainer_squares(AmbitTrainer *trainer);

/* Cuts the parameter block into the items of an update, and gives every workspace Muon's scratch.
 */
AmbitStatus ambit_trainer_create_update_items(AmbitTrainer *trainer, AmbitError *error);

/* Moves the parameters, by Adam, or by Muon and Adam. */
void ambit_trainer_update(AmbitTrainer *trainer);

/* One step of Muon for a matrix; parameter, momentum and gradient have the same shape. scratch:
 * ambit_muon_scratch() reals. */
void ambit_muon(AmbitReal *parameter, AmbitReal *momentum, const AmbitReal *gradient,
                const AmbitSubmatrix *shape, const AmbitMuon *muon, const AmbitKernels *kernels,
                AmbitReal *scratch);
size_t ambit_muon_scratch(size_t rows, size_t columns);

/* Parameters in a chunk, which is one item of work. */
enum { AMBIT_CHUNK = 16384 };

#endif
