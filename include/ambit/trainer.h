// SPDX-License-Identifier: MIT
// Trainer: a state machine that `step` advances. It owns the model, the optimiser's state, the
// schedule and the curriculum; it knows nothing of files, terminals, prompts or function
// classes.
#ifndef AMBIT_TRAINER_H
#define AMBIT_TRAINER_H

#include "ambit/kernels.h"
#include "ambit/model.h"
#include "ambit/parameter.h"
#include "ambit/source.h"

enum {
    AMBIT_SCHEDULE_CONSTANT,
    AMBIT_SCHEDULE_INVERSE_SQRT, // linear warm-up, then peak·√(warmup/step)
    AMBIT_SCHEDULE_LINEAR,       // linear warm-up, hold, then linear to final_factor·peak
    AMBIT_SCHEDULE_COSINE        // linear warm-up, hold, then half a cosine to final_factor·peak
};

enum {
    AMBIT_OPTIMIZER_ADAM,
    AMBIT_OPTIMIZER_MUON // the matrices of the trunk's blocks by Muon, the rest by Adam
};

typedef struct AmbitSchedule {
    int name;             // AMBIT_SCHEDULE_*
    int64_t warmup_steps; // steps of linear warm-up; 0: none
    int64_t hold_steps;   // at the peak after it (linear, cosine; Hu et al. 2404.06395, §4)
    double final_factor;  // of the peak, at the last step
} AmbitSchedule;

typedef struct AmbitTrainingSettings {
    double learning_rate; // peak
    int optimizer;        // AMBIT_OPTIMIZER_*
    double beta1, beta2, epsilon;
    double momentum; // Muon's
    double clip;     // largest gradient norm; 0: no clipping
    int64_t batch_size;
    int64_t train_steps;
    int64_t shards;         // shards of a batch; part of the numbers
    int64_t groups;         // of shards, a power of two; part of the numbers. 0: 1
    int64_t skip_nonfinite; // most steps in a row left out for not being finite; 0: none
    AmbitSchedule schedule;
    uint64_t seed;
} AmbitTrainingSettings;

extern const AmbitParameter
    ambit_training_parameters[]; // Garg's `training.*` numbers and ambit's own
extern const AmbitParameter ambit_schedule_parameters[]; // `training.schedule.*`

double ambit_schedule_rate(const AmbitSchedule *schedule, double peak, int64_t step,
                           int64_t n_steps);

/* What a step measured. Steps count from 0; `step` is the one that was taken. */
typedef struct AmbitStepReport {
    int64_t step;
    double loss;          // mean over all targets, unweighted
    double gradient_norm; // of what is trained on, before clipping
    double learning_rate;
    const double *columns; // the source's numbers of the step; owned by the trainer
    bool skipped;       // loss or gradient was not finite, and the parameters stayed as they were
    double *class_loss; // [C] mean over the class's targets; NaN where it had none; the trainer's
    size_t *class_sequences; // [C] the trainer's
} AmbitStepReport;

/* One block of the state that a checkpoint keeps: an array with values for every tensor of the
 * model, or an integer. */
typedef struct AmbitStateBlock {
    const char *name;   // in files
    AmbitReal *tensors; // [block_size], laid out as the model's block; NULL: an integer
    int64_t *integer;   // NULL: an array
    bool adam_only;     // files omit tensors that Muon moves
    bool optional;      // may be missing in files of older versions and then keeps its value
} AmbitStateBlock;

enum { AMBIT_MOST_BLOCKS = 8 };

/* All state that a checkpoint keeps, as views into a trainer or model. The parameters come first.
 */
typedef struct AmbitState {
    const AmbitModel *model; // its table says the tensors
    size_t n_blocks;
    AmbitStateBlock blocks[AMBIT_MOST_BLOCKS]; // [n_blocks] the parameters first
} AmbitState;

/* Views into the trainer, for tests and reports. */
typedef struct AmbitTrainerState {
    AmbitModel *model;         // its block: parameters
    AmbitReal *moment1;        // [block_size]; Muon's momentum where it is used
    AmbitReal *moment2;        // [block_size]; 0 where Muon is used
    int64_t *step;             // steps taken = the next step
    const AmbitReal *gradient; // [block_size] combined gradient of the last step; not kept
} AmbitTrainerState;

typedef struct AmbitTrainer AmbitTrainer;

/* A trainer at step 0 with an initialised model. Copies settings and source; what the source's
 * state points to is borrowed. */
AmbitStatus ambit_trainer_create(AmbitTrainer **trainer, const AmbitModelSettings *model,
                                 const AmbitTrainingSettings *training, const AmbitKernels *kernels,
                                 const AmbitSource *source, size_t n_threads, AmbitError *error);
void ambit_trainer_destroy(AmbitTrainer **trainer);

/* One optimiser step. AMBIT_NUMERICAL, with the parameters untouched, if the loss or a gradient is
 * not finite; the message names the first tensor. Where settings allow to skip such a step, it is
 * counted as taken, and the message stands in `error` all the same. */
AmbitStatus ambit_trainer_step(AmbitTrainer *trainer, AmbitStepReport *report, AmbitError *error);

AmbitTrainerState ambit_trainer_state(AmbitTrainer *trainer);

/* All state that the next step depends on: `parameters`, `moment1`, `moment2`, `step`, `n_skipped`.
 */
AmbitState ambit_trainer_blocks(AmbitTrainer *trainer);

/* The parameters of a model alone. */
AmbitState ambit_model_blocks(AmbitModel *model);

/* Bytes a trainer of these settings holds. */
size_t ambit_trainer_bytes(const AmbitModelSettings *model, const AmbitTrainingSettings *training,
                           const AmbitKernels *kernels, const AmbitSource *source,
                           size_t n_threads);

/* AMBIT_INVALID unless the groups are a power of two that divides the shards. */
AmbitStatus ambit_training_check(const AmbitTrainingSettings *training, AmbitError *error);

#endif
