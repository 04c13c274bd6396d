// SPDX-License-Identifier: MIT
// Trainer: a state machine that `step` advances. It owns the model, the optimiser's state
// and the schedule; the curriculum belongs to the source. It knows nothing of files, terminals,
// prompts or function classes.
#ifndef AMBIT_TRAINER_H
#define AMBIT_TRAINER_H

#include "ambit/kernels.h"
#include "ambit/model.h"
#include "ambit/parameter.h"
#include "ambit/source.h"
#include "ambit/team.h"

enum {
    AMBIT_SCHEDULE_CONSTANT,
    AMBIT_SCHEDULE_INVERSE_SQRT, // linear warm-up, then peak·√(max(warmup, 1)/(step + 1))
    AMBIT_SCHEDULE_LINEAR,       // linear warm-up, hold, then linear to final_factor·peak
    AMBIT_SCHEDULE_COSINE        // linear warm-up, hold, then half a cosine to final_factor·peak
};

enum {
    AMBIT_OPTIMIZER_ADAM,
    AMBIT_OPTIMIZER_MUON // the matrices of the trunk's layers by Muon, the rest by Adam
};

typedef struct AmbitSchedule {
    int name;             // AMBIT_SCHEDULE_*
    int64_t warmup_steps; // steps of linear warm-up; 0: none
    int64_t hold_steps;   // steps at the peak after the warm-up (linear, cosine; Hu et al.
                          // 2404.06395, §4)
    double final_factor;  // learning rate at the last step, as a fraction of the peak
} AmbitSchedule;

typedef struct AmbitTrainingSettings {
    double learning_rate; // at the peak of the schedule
    int optimizer;        // AMBIT_OPTIMIZER_*
    double beta1, beta2, epsilon;
    double momentum; // of Muon
    double clip; // largest norm of the gradient that Adam sees; Muon takes it unclipped. 0: none
    double weight_decay; // of all parameters, times the learning rate and apart from the gradient
                         // (Loshchilov & Hutter, arXiv 1711.05101, algorithm 2)
    int64_t batch_size;  // sequences per step
    int64_t train_steps;
    int64_t shards; // least number of shards of a batch; changes rounding
    int64_t groups; // number of groups of shards, a power of two; 0 means 1; changes rounding
    int64_t skip_nonfinite; // most steps in a row that may be skipped because loss or gradient is
                            // not finite; 0: none
    AmbitSchedule schedule;
    uint64_t seed;
} AmbitTrainingSettings;

extern const AmbitParameter
    ambit_training_parameters[]; // Garg's `training.*` numbers and ambit's own
extern const AmbitParameter ambit_schedule_parameters[]; // `training.schedule.*`

double ambit_schedule_rate(const AmbitSchedule *schedule, double peak, int64_t step,
                           int64_t n_steps);

/* What a step measured. Steps count from 0. */
typedef struct AmbitStepReport {
    int64_t step;         // the one that was taken
    double loss;          // mean over all targets, unweighted
    double gradient_norm; // of the weighted loss, before clipping
    double learning_rate;
    const double *columns;   // what the source's column_values wrote; owned by the trainer
    bool skipped;            // loss or gradient was not finite, and the parameters did not change
    double *class_loss;      // [C] mean over a class's targets, NaN if none; owned by the trainer
    size_t *class_sequences; // [C] owned by the trainer
} AmbitStepReport;

/* One block of the state that a checkpoint keeps: an integer, or an array with values for every
 * tensor of the model. */
typedef struct AmbitStateBlock {
    const char *name;   // in files
    AmbitReal *tensors; // [block_size], laid out as the parameter block; NULL for an integer
    int64_t *integer;   // NULL for an array
    bool adam_only;     // files omit tensors that Muon moves
    bool optional;      // older files may lack the block; reading then leaves it unchanged
} AmbitStateBlock;

enum { AMBIT_MOST_BLOCKS = 8 };

/* All state that a checkpoint keeps, as views into a trainer or model. */
typedef struct AmbitState {
    const AmbitModel *model; // names and shapes of the tensors
    size_t n_blocks;
    AmbitStateBlock blocks[AMBIT_MOST_BLOCKS]; // [n_blocks] the parameters first
    uint64_t *run;        // random number that identifies the run, 0 if unknown; NULL: not kept
    double *wall_seconds; // that the run had taken, when read; NULL: not read
} AmbitState;

/* Views into the trainer, for tests and reports. A process of a team has only its own share of the
 * gradient and, until ambit_trainer_gather, of the moments. */
typedef struct AmbitTrainerState {
    AmbitModel *model;         // holds the parameters
    AmbitReal *moment1;        // [block_size]; at tensors that Muon moves, the momentum
    AmbitReal *moment2;        // [block_size]; at tensors that Muon moves, 0
    int64_t *step;             // number of steps taken, which is the index of the next step
    const AmbitReal *gradient; // [block_size] of the last step: sum over all shards
} AmbitTrainerState;

typedef struct AmbitTrainer AmbitTrainer;

/* Makes a trainer at step 0 with an initialised model. Copies settings and source; source->state is
 * borrowed. */
AmbitStatus ambit_trainer_create(AmbitTrainer **trainer, const AmbitModelSettings *model,
                                 const AmbitTrainingSettings *training, const AmbitKernels *kernels,
                                 const AmbitSource *source, size_t n_threads, AmbitError *error);
/* As ambit_trainer_create, for one process of a team. The process computes the gradients of an
 * aligned block of groups and updates a share of the parameters. The results have the same bits as
 * with a single process. The team is borrowed. */
AmbitStatus ambit_trainer_create_in_team(AmbitTrainer **trainer, const AmbitModelSettings *model,
                                         const AmbitTrainingSettings *training,
                                         const AmbitKernels *kernels, const AmbitSource *source,
                                         size_t n_threads, const AmbitTeam *team,
                                         AmbitError *error);
void ambit_trainer_destroy(AmbitTrainer **trainer);

/* Takes one optimiser step. Returns AMBIT_NUMERICAL, and no report, if a pass breaks the contract
 * of ambit/gradient.h. If the loss or the gradient is not finite, the parameters do not change and
 * `error` names the first tensor at fault. The status is then AMBIT_NUMERICAL or, if the settings
 * allow skipping, AMBIT_OK; a skipped step counts as taken. */
AmbitStatus ambit_trainer_step(AmbitTrainer *trainer, AmbitStepReport *report, AmbitError *error);

/* Completes the moments in every process of a team. Call it before reading the moments. */
void ambit_trainer_gather(AmbitTrainer *trainer);
/* Copies the state of process 0 to all other processes, after process 0 has read it from a file. */
void ambit_trainer_share(AmbitTrainer *trainer);

AmbitTrainerState ambit_trainer_state(AmbitTrainer *trainer);
/* Returns all state that the next step depends on: `parameters`, `moment1`, `moment2`, `step` and
 * `n_skipped`. */
AmbitState ambit_trainer_blocks(AmbitTrainer *trainer);
/* Returns the state of a model without a trainer: `parameters`. */
AmbitState ambit_model_blocks(AmbitModel *model);

/* Returns about how many bytes a trainer with these settings allocates in each of n_processes; 0 if
 * the model cannot be made. */
size_t ambit_trainer_bytes(const AmbitModelSettings *model, const AmbitTrainingSettings *training,
                           const AmbitKernels *kernels, const AmbitSource *source, size_t n_threads,
                           size_t n_processes);

/* Returns how many shards a step has: settings->shards, or more where these would be long. The same
 * on every machine. */
size_t ambit_training_n_shards(const AmbitTrainingSettings *training,
                               const AmbitModelSettings *model, const AmbitSource *source);

/* Returns how many gradient buffers a trainer holds. */
size_t ambit_training_n_buffers(const AmbitTrainingSettings *training, size_t n_threads,
                                size_t n_processes);

/* Returns AMBIT_INVALID unless groups is a power of two that divides the shards. */
AmbitStatus ambit_training_check(const AmbitTrainingSettings *training, AmbitError *error);
/* Returns AMBIT_INVALID unless n_processes is a power of two that divides the groups. */
AmbitStatus ambit_training_check_team(const AmbitTrainingSettings *training, size_t n_processes,
                                      AmbitError *error);

#endif
