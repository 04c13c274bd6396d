// SPDX-License-Identifier: MIT
// A pretraining run on disk: its folder, its log, its checkpoints, and what it is about to cost.
#ifndef AMBIT_CLI_RUN_H
#define AMBIT_CLI_RUN_H

#include "ambit/config.h"
#include "ambit/store.h"
#include "cli.h"

#include <stdio.h>

/* One line of log.jsonl; `columns` are the source's names. It holds nothing that depends on time or
 * machine: two runs of one config write the same bytes. */
AmbitStatus ambit_run_log_append(FILE *log, const char *path, const AmbitStepReport *report,
                                 const AmbitMixture *mixture, const char *const *columns,
                                 AmbitError *error);

/* Opens log.jsonl for appending, after dropping the lines of steps ≥ `step` (a resumed run writes
 * them again). */
AmbitStatus ambit_run_log_open(FILE **log, const char *path, int64_t step, AmbitError *error);

/* Brings the log to the disk. */
AmbitStatus ambit_run_log_sync(FILE *log, const char *path, AmbitError *error);

/* Locks the folder for this process; *lock is to be closed, if it is not negative. AMBIT_IO, with a
 * message that names the other, if another process holds it. */
AmbitStatus ambit_run_lock(int *lock, const char *folder, AmbitError *error);

/* Whether a run whose checkpoint of `step` holds `kept` may go on as `config`: only what a user may
 * change differs. The message names the first difference. *kept_every receives keep_every_steps so
 * far. */
AmbitStatus ambit_run_may_continue(const AmbitConfig *config, const char *kept, const char *path,
                                   int64_t step, int64_t *kept_every, AmbitError *error);

/* The last checkpoints that this run has written. */
typedef struct AmbitCheckpoints {
    int64_t last[AMBIT_MOST_KEPT + 2]; // [n_last] steps, ascending
    size_t n_last, n_found;            // the first n_found were there before the run was resumed
    int64_t kept_every_before;         // keep_every_steps before the run was resumed
} AmbitCheckpoints;

int64_t ambit_run_newest(const AmbitCheckpoints *checkpoints); // −1: none

/* Continues from the folder's newest whole checkpoint; without any, from step 0. */
AmbitStatus ambit_run_resume(AmbitCheckpoints *checkpoints, const char *folder,
                             const AmbitConfig *config, const char *kernels,
                             const AmbitState *state, AmbitError *error);

/* Writes the checkpoint of the steps taken so far, then removes the oldest but the last
 * keep_last and the milestones. */
AmbitStatus ambit_run_save(AmbitCheckpoints *checkpoints, const char *folder,
                           const AmbitRunSettings *settings, const AmbitState *state,
                           const AmbitProvenance *provenance, AmbitError *error);

/* A folder with checkpoints, whole or not, is never trained or imported over. */
AmbitStatus ambit_run_refuse_used(const char *folder, AmbitError *error);

/* Whether a process trains in this folder: it holds the lock on RUN/.lock. */
bool ambit_run_is_running(const char *folder);

/* Prints what training will cost: parameters, memory, FLOP per step, and an estimate of the time
 * from a few steps taken and thrown away. */
AmbitStatus ambit_run_print_cost(FILE *out, const AmbitConfig *config, const AmbitKernels *kernels,
                                 size_t n_threads, AmbitError *error);

/* The median time of a step at the end of the curriculum, from steps that are thrown away, in
 * `patience` seconds (at least three steps, after one that warms up). */
AmbitStatus ambit_run_time_step(double *seconds, const AmbitConfig *config,
                                const AmbitKernels *kernels, size_t n_threads, double patience,
                                AmbitError *error);

/* The source of the config's run: `training` is filled in from the config and draws from
 * `prompts`; both must outlive what draws from the source. */
AmbitSource ambit_run_source(AmbitPromptTraining *training, const AmbitConfig *config,
                             const AmbitPromptSource *prompts);

/* A trainer of the config's run. */
AmbitStatus ambit_run_trainer(AmbitTrainer **trainer, const AmbitConfig *config,
                              const AmbitKernels *kernels, const AmbitSource *source,
                              size_t n_threads, AmbitError *error);

/* The standard prompt distribution that pretraining draws from. */
AmbitStatus ambit_run_distribution(AmbitPromptDistribution **distribution,
                                   const AmbitConfig *config, AmbitError *error);

#endif
