// SPDX-License-Identifier: MIT
// The trainer's fields and functions that the files of this room share.
#ifndef AMBIT_TRAINER_PRIVATE_H
#define AMBIT_TRAINER_PRIVATE_H

#include "ambit/gradient.h"
#include "ambit/trainer.h"

/* Memory that one thread needs for a shard. */
typedef struct Workspace {
    void *drawing; // workspace of the source
    AmbitActivations *activations;
    AmbitReal *output; // [S][n_outputs] outputs, which the loss replaces by their gradient
} Workspace;

/* A shard, with its sums in one piece of memory. */
typedef struct Shard {
    size_t first, count;     // sequences of the batch
    double *class_loss;      // [C] sum of losses
    size_t *class_scored;    // [C] number of scored rows
    size_t *class_sequences; // [C] number of sequences
} Shard;

static inline size_t ambit_shard_sums_size(size_t n_classes)
{
    return n_classes * (sizeof(double) + 2 * sizeof(size_t));
}

/* An item of work of an update: `count` parameters for Adam or, if `matrix` has rows, a matrix for
 * Muon. */
typedef struct UpdateItem {
    size_t offset, count;
    AmbitSubmatrix matrix;
    double cost; // about how long it takes, in FLOP
    bool joins;  // lies between the rows of the item before, so the same process takes both
} UpdateItem;

/* What is whose in a team of n processes: limits [n + 1], where process p has from limit p to limit
 * p + 1, except `end`. */
typedef struct Shares {
    size_t *first; // of parameters that a process updates
    size_t *end;   // of the gradient that a process sums, which begins at `first`
    size_t *chunk; // of chunks whose norm a process computes
    size_t *item;  // of items of the update
    size_t *shard; // of shards
} Shares;

typedef struct AmbitMuon {
    double learning_rate, momentum;
} AmbitMuon;

struct AmbitTrainer {
    AmbitTrainingSettings settings;
    AmbitKernels kernels;
    AmbitSource source;
    const AmbitTeam *team;
    size_t n_threads, n_shards, n_groups, n_workspaces, n_classes, n_chunks;
    size_t n_own_shards, n_own_groups; // of this process; all in a team of one
    size_t window;                     // groups that are worked on at a time, a power of two
    size_t first_group;                // of the present window, among this process's own
    AmbitModel *model;
    const AmbitHead *head;     // of the model
    AmbitPackedModel *packed;  // of the model, as passes read it
    AmbitGradientSum **groups; // [n_buffers] those of the window, then sums of 1, 2, 4 … windows;
                               // after a step the first holds the sum of all
    size_t n_buffers;
    AmbitReal *gradient;          // [block_size] of the first group
    AmbitReal *moment1, *moment2; // [block_size]
    int64_t step;
    int64_t n_skipped; // steps skipped in a row
    size_t n_scored;   // scored rows of the current step
    AmbitAdam adam;    // settings of the current step
    UpdateItem *items; // [n_items]
    size_t n_items;
    AmbitReal *muon;       // [n_threads][ambit_muon_largest_scratch()]; NULL with Adam alone
    Workspace *workspaces; // [n_workspaces]
    Shard *shards;         // [n_shards]
    double *shard_sums;    // memory of the shards, in order
    Shares shares;
    AmbitReal *received;     // [team][own part of the gradient]; NULL in a team of one
    double *chunk_squares;   // [n_chunks] squared norm of each chunk of the gradient
    double *class_loss;      // [C]
    size_t *class_sequences; // [C]
    double columns[AMBIT_MOST_COLUMNS];
};

/* Groups that are worked on at a time: enough that threads rarely wait at the end of a window. */
size_t ambit_training_window(size_t n_own_groups, size_t n_threads);

/* Adds the gradients of a window of groups to those of the windows before, pairwise in a fixed
 * binary tree over all groups: neighbours, then neighbours of neighbours, and so on. After the last
 * window the sum over all processes is the first buffer; in a team of several it is whole only
 * where the process needs it. No other function combines groups. */
void ambit_trainer_combine_groups(AmbitTrainer *trainer);

/* Cuts update and sum into shares of the processes, and makes memory for what they send. The items
 * of the update are there. */
AmbitStatus ambit_trainer_create_shares(AmbitTrainer *trainer, AmbitError *error);

/* The upper part of the tree: adds the sums of all processes. */
void ambit_trainer_sum_processes(AmbitTrainer *trainer);

/* Returns the squared norm of the gradient, the same in every process. */
double ambit_trainer_squares(AmbitTrainer *trainer);

/* Cuts the parameter block into the items of an update, and takes Muon's scratch. */
AmbitStatus ambit_trainer_create_update_items(AmbitTrainer *trainer, AmbitError *error);

/* Moves the parameters, by Adam, or by Muon and Adam; every process has all of them afterwards. */
void ambit_trainer_update(AmbitTrainer *trainer);

/* One step of Muon for a matrix; parameter, momentum and gradient have the same shape. scratch:
 * ambit_muon_scratch() reals. */
void ambit_muon(AmbitReal *parameter, AmbitReal *momentum, const AmbitReal *gradient,
                const AmbitSubmatrix *shape, const AmbitMuon *muon, const AmbitKernels *kernels,
                AmbitReal *scratch);
size_t ambit_muon_scratch(size_t rows, size_t columns);
size_t ambit_muon_largest_scratch(const AmbitModel *model);
double ambit_muon_flop(size_t rows, size_t columns); // of one step

/* Parameters in a chunk, which is one item of work. */
enum { AMBIT_CHUNK = 16384 };

#endif
