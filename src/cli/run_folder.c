// SPDX-License-Identifier: MIT
// The folder of a run that trains: who works in it, what it is resumed from, and what is saved.
#include "run_folder.h"

#include "ambit/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

static AmbitStatus no_memory(AmbitError *error)
{
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
}

AmbitStatus ambit_run_folder_open(AmbitRunFolder *folder, const char *path,
                                  const AmbitConfig *config, AmbitRunLock *lock, AmbitError *error)
{
    *folder = (AmbitRunFolder){.lock = lock};
    folder->path =
        path ? ambit_strdup(path) : ambit_cli_path(config->run.out_dir, config->run.name);
    folder->log_path = folder->path ? ambit_cli_path(folder->path, "log.jsonl") : NULL;
    return folder->log_path ? AMBIT_OK : no_memory(error);
}

void ambit_run_folder_close(AmbitRunFolder *folder)
{
    if (folder->log)
        fclose(folder->log);
    char *lock = folder->is_new && folder->own_lock ? ambit_cli_path(folder->path, ".lock") : NULL;
    if (lock)
        unlink(lock);
    ambit_run_unlock(&folder->own_lock);
    if (lock)
        unlinkat(AT_FDCWD, folder->path, AT_REMOVEDIR);
    ambit_free(lock);
    ambit_free(folder->checkpoints.from);
    ambit_free(folder->path);
    ambit_free(folder->log_path);
}

AmbitStatus ambit_run_folder_enter(AmbitRunFolder *folder, const AmbitConfig *config, bool resumes,
                                   const AmbitKernels *kernels, int64_t *taken, AmbitError *error)
{
    folder->is_new = access(folder->path, F_OK) != 0;
    AmbitStatus status = ambit_cli_make_folder(folder->path, error);
    if (!status && !folder->lock)
        status = ambit_run_lock(&folder->own_lock, folder->path, error);
    if (status)
        return status;
    folder->lock = folder->lock ? folder->lock : folder->own_lock;
    if (resumes)
        return ambit_run_find(&folder->checkpoints, folder->path, config, kernels, taken, error);
    status = ambit_run_refuse_used(folder->path, error);
    return status ? status : ambit_run_refuse_foreign(folder->path, config, error);
}

static AmbitState blocks(AmbitRunFolder *folder, AmbitTrainer *trainer)
{
    AmbitState state = ambit_trainer_blocks(trainer);
    state.run = &folder->checkpoints.run;
    state.wall_seconds = &folder->checkpoints.wall_seconds;
    return state;
}

AmbitStatus ambit_run_folder_begin(AmbitRunFolder *folder, const AmbitConfig *config,
                                   AmbitTrainer *trainer, AmbitError *error)
{
    const AmbitState state = blocks(folder, trainer);
    folder->is_new = false;
    AmbitStatus status =
        ambit_run_read(&folder->checkpoints, folder->path, &config->run, &state, error);
    uint64_t *identity = &folder->checkpoints.run;
    while (!status && *identity == 0)
        if (getrandom(identity, sizeof *identity, 0) != sizeof *identity)
            status = ambit_error_set(error, AMBIT_IO,
                                     "the system gives no random number to identify the run: %s",
                                     ambit_system_text(errno));
    char *path = ambit_cli_path(folder->path, "config.yaml");
    if (!status)
        status = path ? ambit_cli_write_text(path, config->resolved, error) : no_memory(error);
    ambit_free(path);
    if (!status)
        status = ambit_run_log_open(&folder->log, folder->log_path,
                                    *ambit_trainer_state(trainer).step, error);
    return status;
}

/* The log is synced first, so that it lacks no step before a checkpoint. */
AmbitStatus ambit_run_folder_save(AmbitRunFolder *folder, const AmbitRunSettings *settings,
                                  AmbitTrainer *trainer, const AmbitProvenance *provenance,
                                  AmbitError *error)
{
    const AmbitState state = blocks(folder, trainer);
    AmbitStatus status = ambit_run_check_lock(folder->lock, error);
    if (!status)
        status = ambit_run_log_sync(folder->log, folder->log_path, error);
    return status ? status
                  : ambit_run_save(&folder->checkpoints, folder->path, settings, &state, provenance,
                                   error);
}

AmbitStatus ambit_run_folder_save_parameters(AmbitRunFolder *folder,
                                             const AmbitRunSettings *settings,
                                             AmbitTrainer *trainer,
                                             const AmbitProvenance *provenance, AmbitError *error)
{
    const AmbitState state = blocks(folder, trainer);
    AmbitStatus status = ambit_run_check_lock(folder->lock, error);
    return status ? status
                  : ambit_run_save_parameters(folder->path, settings, &state, provenance, error);
}
