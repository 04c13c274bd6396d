// SPDX-License-Identifier: MIT
// A pretraining run on disk: folder, log and checkpoints; and an estimate of its cost.
#ifndef AMBIT_CLI_RUN_H
#define AMBIT_CLI_RUN_H

#include "ambit/config.h"
#include "ambit/store.h"
#include "cli.h"
#include "run_source.h"

#include <stdio.h>

/* One line of log.jsonl, with the scores of a validation after the step unless that is NULL. It
 * holds nothing that depends on time or machine: two runs of one config write the same bytes. */
AmbitStatus ambit_run_log_append(FILE *log, const char *path, const AmbitStepReport *report,
                                 const AmbitRunSource *source, const AmbitValidation *validation,
                                 AmbitError *error);

/* Scores a language model that is being trained. Borrows config and model. */
typedef struct AmbitRunValidator AmbitRunValidator;
AmbitStatus ambit_run_validator_create(AmbitRunValidator **validator, const AmbitConfig *config,
                                       const AmbitModel *model, const AmbitKernels *kernels,
                                       size_t n_threads, AmbitError *error);
void ambit_run_validator_destroy(AmbitRunValidator **validator);
/* Scores the model as it is now. The numbers do not depend on the number of threads. */
AmbitStatus ambit_run_validate(AmbitRunValidator *validator, AmbitValidation *validation,
                               AmbitError *error);

/* Opens log.jsonl for appending, after dropping lines of steps ≥ `step`, which a resumed run writes
 * again, and lines that are not records. */
AmbitStatus ambit_run_log_open(FILE **log, const char *path, int64_t step, AmbitError *error);

/* Syncs the log to disk. If its name leads elsewhere by now, says so and goes on there. */
AmbitStatus ambit_run_log_sync(FILE *log, const char *path, AmbitError *error);

/* Locks the folder for this process, until it ends or unlocks. Returns AMBIT_IO, with a message
 * that names the holder, if another process of any machine holds it; after a kill on another
 * machine this takes seconds to tell. *lock is NULL on failure. */
typedef struct AmbitRunLock AmbitRunLock;
AmbitStatus ambit_run_lock(AmbitRunLock **lock, const char *folder, AmbitError *error);
void ambit_run_unlock(AmbitRunLock **lock);

/* Returns AMBIT_OK if the folder is still the one that `lock` holds. Otherwise the folder or its
 * .lock was removed or replaced, and another process may train there. */
AmbitStatus ambit_run_check_lock(const AmbitRunLock *lock, AmbitError *error);

/* Does what `ambit pretrain` does. config: the run's, which is taken; NULL: the options name a
 * file. lock: the run folder's; NULL: it is locked here. Returns AMBIT_INTERRUPTED where a signal
 * stopped the run. */
AmbitStatus ambit_run_pretrain(const AmbitOptions *options, AmbitConfig **config,
                               AmbitRunLock *lock, AmbitError *error);

/* Does what `ambit evaluate` does, but for the tables. */
AmbitStatus ambit_run_evaluate(const AmbitOptions *options, AmbitError *error);

/* Returns AMBIT_OK if a run whose checkpoint of `step` holds the config `kept` may continue as
 * `config` (ambit_config_may_continue). *kept_every receives the previous keep_every_steps. */
AmbitStatus ambit_run_may_continue(const AmbitConfig *config, const char *kept, const char *path,
                                   int64_t step, int64_t *kept_every, AmbitError *error);

/* The checkpoints of a run that have not been removed yet, milestones excepted. */
typedef struct AmbitCheckpoints {
    int64_t last[AMBIT_MOST_KEPT + 2]; // [n_last] steps, ascending
    size_t n_last, n_found;            // the first n_found were there before the run was resumed
    uint64_t run;                      // identity of the run, which its checkpoints carry
    int64_t kept_every_before;         // keep_every_steps before the run was resumed
    char *from;                        // path of the one to resume, owned; NULL: none
    int64_t from_step;                 // its step
    bool from_weights;                 // it has imported weights alone
    double wall_seconds;               // that the run had taken by then
} AmbitCheckpoints;

int64_t ambit_run_newest(const AmbitCheckpoints *checkpoints); // −1: none

/* Finds the newest intact checkpoint of the folder, and checks that the run may go on from it.
 * *taken: its step; without checkpoints the run starts at step 0. */
AmbitStatus ambit_run_find(AmbitCheckpoints *checkpoints, const char *folder,
                           const AmbitConfig *config, const AmbitKernels *kernels, int64_t *taken,
                           AmbitError *error);

/* Reads the checkpoint found, if there is one, into `state`. */
AmbitStatus ambit_run_read(AmbitCheckpoints *checkpoints, const char *folder,
                           const AmbitRunSettings *settings, const AmbitState *state,
                           AmbitError *error);

/* Writes a checkpoint of `state`, then removes older ones except the last keep_last and the
 * milestones. */
AmbitStatus ambit_run_save(AmbitCheckpoints *checkpoints, const char *folder,
                           const AmbitRunSettings *settings, const AmbitState *state,
                           const AmbitProvenance *provenance, AmbitError *error);

/* Writes the parameters alone, for an evaluation at this step, unless its checkpoint stays for
 * good.
 */
AmbitStatus ambit_run_save_parameters(const char *folder, const AmbitRunSettings *settings,
                                      const AmbitState *state, const AmbitProvenance *provenance,
                                      AmbitError *error);

/* The files of a whole run that are left at its end. */
typedef struct AmbitRunFiles {
    int64_t n_checkpoints; // of the state
    int64_t n_parameters;  // of the parameters alone
} AmbitRunFiles;

AmbitRunFiles ambit_run_files(const AmbitConfig *config);

/* Refuses a folder that holds checkpoints, intact or not: nothing is trained or imported over them.
 */
AmbitStatus ambit_run_refuse_used(const char *folder, AmbitError *error);

/* Refuses a folder without checkpoints whose config.yaml or log.jsonl would be lost: a config.yaml
 * that no run wrote which `run` may continue, or a log without its config. */
AmbitStatus ambit_run_refuse_foreign(const char *folder, const AmbitConfig *run, AmbitError *error);

/* Whether a process is training in this folder, on any machine. */
bool ambit_run_is_running(const char *folder);

/* Prints the cost of training: parameters, memory, FLOP per step, and a time estimated from a few
 * steps whose result is discarded. All processes of a team call this function, and the first
 * prints. bandwidth: for what more processes would gain, in Gbit/s; 0: that is left out. Of a run
 * that has taken steps, the time is that of the others. */
AmbitStatus ambit_run_print_cost(FILE *out, const AmbitConfig *config, const AmbitKernels *kernels,
                                 size_t n_threads, size_t bandwidth, int64_t taken,
                                 AmbitError *error);

/* Prints what the config allows and what to expect of more processes, where a step takes `seconds`
 * in one of n_threads threads. */
void ambit_run_print_team_cost(FILE *out, const AmbitTrainingSettings *training, size_t n_shards,
                               size_t n_parameters, size_t n_threads, double seconds,
                               size_t bandwidth);

/* Seconds of steps. */
typedef struct RunStepTimes {
    double median; // without the first step
    double all;
    size_t n_steps;
} RunStepTimes;

/* Measures steps at the end of the curriculum for about `patience` seconds, at least three steps
 * after one for warm-up; of steps that take longer than that, one. The steps are discarded. */
AmbitStatus ambit_run_time_step(RunStepTimes *taken, const AmbitConfig *config,
                                const AmbitKernels *kernels, size_t n_threads, double patience,
                                AmbitError *error);

/* A trainer of the config's run. */
AmbitStatus ambit_run_trainer(AmbitTrainer **trainer, const AmbitConfig *config,
                              const AmbitKernels *kernels, const AmbitSource *source,
                              size_t n_threads, AmbitError *error);

#endif
