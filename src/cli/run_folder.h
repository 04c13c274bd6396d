// SPDX-License-Identifier: MIT
// The folder of a run that trains: its lock, log and checkpoints. In a team the first process alone
// has one.
#ifndef AMBIT_CLI_RUN_FOLDER_H
#define AMBIT_CLI_RUN_FOLDER_H

#include "run.h"

typedef struct AmbitRunFolder {
    char *path, *log_path;
    FILE *log; // NULL before ambit_run_folder_begin
    AmbitCheckpoints checkpoints;
    AmbitRunLock *lock, *own_lock; // own_lock: taken here; NULL if the caller has the lock
    bool is_new; // made here, and nothing written into it yet but the lock: goes again when closed
} AmbitRunFolder;

/* Names the folder: `path`, or OUT_DIR/NAME of the config if that is NULL. lock: the folder's, if
 * the caller has it. To be closed also after a failure. */
AmbitStatus ambit_run_folder_open(AmbitRunFolder *folder, const char *path,
                                  const AmbitConfig *config, AmbitRunLock *lock, AmbitError *error);
void ambit_run_folder_close(AmbitRunFolder *folder);

/* Makes and locks the folder, then finds the checkpoint to resume or checks that the folder is
 * free. *taken: the steps of that checkpoint. */
AmbitStatus ambit_run_folder_enter(AmbitRunFolder *folder, const AmbitConfig *config, bool resumes,
                                   const AmbitKernels *kernels, int64_t *taken, AmbitError *error);

/* Reads that checkpoint into the trainer, and leaves in the folder what is known before the next
 * step. */
AmbitStatus ambit_run_folder_begin(AmbitRunFolder *folder, const AmbitConfig *config,
                                   AmbitTrainer *trainer, AmbitError *error);

/* Write a checkpoint, and the parameters alone for a later evaluation, unless the folder is no
 * longer this run's. */
AmbitStatus ambit_run_folder_save(AmbitRunFolder *folder, const AmbitRunSettings *settings,
                                  AmbitTrainer *trainer, const AmbitProvenance *provenance,
                                  AmbitError *error);
AmbitStatus ambit_run_folder_save_parameters(AmbitRunFolder *folder,
                                             const AmbitRunSettings *settings,
                                             AmbitTrainer *trainer,
                                             const AmbitProvenance *provenance, AmbitError *error);

#endif
