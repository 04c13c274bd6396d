// SPDX-License-Identifier: MIT
// A task of a grid: how it stands follows from its run folder alone. RUN/unfinished.txt is there
// from the start of a task to the end of its evaluation, RUN/failed.txt holds the message of a
// failure until the task is run again.
#include "grid.h"
#include "run.h"

#include "ambit/file.h"
#include "ambit/memory.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char failed[] = "failed.txt", unfinished[] = "unfinished.txt";

const char *const ambit_task_words[AMBIT_N_TASK_STATES] = {"done", "running", "stopped", "failed",
                                                           "not begun"};

static AmbitStatus no_memory(AmbitError *error)
{
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a task");
}

static bool has_file(const char *folder, const char *name)
{
    char *path = ambit_cli_path(folder, name);
    bool there = path && access(path, F_OK) == 0;
    ambit_free(path);
    return there;
}

static void remove_file(const char *folder, const char *name)
{
    char *path = ambit_cli_path(folder, name);
    if (path)
        unlink(path);
    ambit_free(path);
}

static AmbitStatus write_file(const char *folder, const char *name, const char *text,
                              AmbitError *error)
{
    char *path = ambit_cli_path(folder, name);
    AmbitStatus status = path ? ambit_cli_write_text(path, text, error) : no_memory(error);
    ambit_free(path);
    return status;
}

/* Reads the message that a failed task left; false if there is none. */
static bool read_failure(const char *folder, char *message, size_t size)
{
    char *path = ambit_cli_path(folder, failed);
    FILE *file = path ? ambit_file_open(path) : NULL;
    ambit_free(path);
    if (!file)
        return false;
    size_t length = fread(message, 1, size - 1, file);
    fclose(file);
    while (length > 0 && message[length - 1] == '\n')
        length--;
    message[length] = '\0';
    return true;
}

static int64_t newest_step(const char *folder)
{
    int64_t *steps = NULL, newest = 0;
    size_t count = 0;
    if (!ambit_checkpoint_steps(folder, 1, &steps, &count, NULL) && count)
        newest = steps[count - 1];
    ambit_free(steps);
    return newest;
}

static bool has_begun(const AmbitTask *task)
{
    return task->step > 0 || has_file(task->folder, unfinished) ||
           has_file(task->folder, "config.yaml");
}

/* config: NULL if it is refused, for the reason in task->message. */
static AmbitTaskState state_of(AmbitTask *task, const AmbitConfig *config)
{
    if (ambit_run_is_running(task->folder))
        return AMBIT_TASK_RUNNING;
    if (!config || read_failure(task->folder, task->message, sizeof task->message))
        return AMBIT_TASK_FAILED;
    if (task->step >= config->training.train_steps && !has_file(task->folder, unfinished) &&
        (config->n_targets == 0 || has_file(task->folder, "results.h5")))
        return AMBIT_TASK_DONE;
    return has_begun(task) ? AMBIT_TASK_STOPPED : AMBIT_TASK_NOT_BEGUN;
}

static AmbitStatus find_folder(AmbitTask *task, const AmbitGrid *grid, size_t number,
                               AmbitError *error)
{
    *task = (AmbitTask){.number = number};
    char *name = ambit_grid_name(grid, number);
    task->folder = name ? ambit_cli_path(grid->folder, name) : NULL;
    ambit_free(name);
    return task->folder ? AMBIT_OK : no_memory(error);
}

AmbitStatus ambit_task_read(AmbitTask *task, const AmbitGrid *grid, size_t number,
                            AmbitError *error)
{
    AmbitConfig *config = NULL;
    AmbitError refusal = {0};
    AmbitStatus status = find_folder(task, grid, number, error);
    if (status)
        return status;
    status = ambit_grid_config(grid, number, &config, &refusal);
    if (status == AMBIT_INVALID)
        snprintf(task->message, sizeof task->message, "%s", refusal.message);
    else if (status)
        return ambit_error_set(error, status, "%s", refusal.message);
    task->step = newest_step(task->folder);
    task->state = state_of(task, config);
    ambit_config_destroy(&config);
    return AMBIT_OK;
}

void ambit_task_free(AmbitTask *task)
{
    ambit_free(task->folder);
    task->folder = NULL;
}

AmbitStatus ambit_tasks_read(AmbitTask **tasks, const AmbitGrid *grid, AmbitError *error)
{
    *tasks = ambit_alloc(grid->n_tasks, sizeof **tasks);
    AmbitStatus status = *tasks ? AMBIT_OK : no_memory(error);
    for (size_t i = 0; i < grid->n_tasks && !status; i++)
        status = ambit_task_read(&(*tasks)[i], grid, i, error);
    return status;
}

void ambit_tasks_free(AmbitTask **tasks, const AmbitGrid *grid)
{
    for (size_t i = 0; *tasks && i < grid->n_tasks; i++)
        ambit_task_free(&(*tasks)[i]);
    ambit_free(*tasks);
    *tasks = NULL;
}

void ambit_task_text(const AmbitTask *task, char *text, size_t size)
{
    const char *word = ambit_task_words[task->state];
    if (task->state == AMBIT_TASK_FAILED)
        snprintf(text, size, "%s: %s", word, task->message);
    else if (task->state == AMBIT_TASK_STOPPED)
        snprintf(text, size, "%s at step %lld", word, (long long)task->step);
    else
        snprintf(text, size, "%s", word);
}

static AmbitStatus pretrain(const AmbitTask *task, AmbitConfig **config,
                            const AmbitOptions *options, AmbitRunLock *lock, AmbitError *error)
{
    AmbitOptions own = *options;
    own.output = task->folder;
    own.resume = true;
    return ambit_run_pretrain(&own, config, lock, error);
}

/* The run's config.yaml counts for the evaluation, since it may have changed after the checkpoint.
 */
static AmbitStatus evaluate(const AmbitTask *task, const AmbitOptions *options, AmbitError *error)
{
    AmbitOptions own = *options;
    char *config = ambit_cli_path(task->folder, "config.yaml");
    char *positional[] = {task->folder, config};
    own.positional = positional;
    own.n_positional = 2;
    own.n_overrides = 0;
    AmbitStatus status = config ? ambit_run_evaluate(&own, error) : no_memory(error);
    ambit_free(config);
    return status;
}

/* Runs a task whose folder is locked. */
static AmbitStatus run_locked(const AmbitTask *task, AmbitConfig **config,
                              const AmbitOptions *options, AmbitRunLock *lock, AmbitError *error)
{
    bool has_targets = (*config)->n_targets > 0;
    AmbitStatus status = write_file(task->folder, unfinished, "begun\n", error);
    if (status)
        return status;
    remove_file(task->folder, failed);
    status = pretrain(task, config, options, lock, error);
    if (!status && has_targets)
        status = evaluate(task, options, error);
    if (!status)
        status = ambit_run_check_lock(lock, error);
    if (!status)
        remove_file(task->folder, unfinished);
    return status;
}

/* Keeps the message of a failure. Failing to is said, and does not hide the failure. */
static void keep_failure(const AmbitTask *task, AmbitStatus status, const AmbitError *error)
{
    char text[sizeof error->message + 1];
    AmbitError own = {0};
    snprintf(text, sizeof text, "%s\n",
             *error->message ? error->message : ambit_status_text(status));
    AmbitStatus kept = ambit_cli_make_folder(task->folder, &own);
    if (!kept)
        kept = write_file(task->folder, failed, text, &own);
    if (kept)
        ambit_cli_say("note: the failure is not kept: %s", own.message);
}

static AmbitStatus refuse_test_run(const AmbitConfig *config, const AmbitGrid *grid,
                                   AmbitError *error)
{
    return config->run.test_run
               ? ambit_error_set(error, AMBIT_INVALID,
                                 "%s: test_run: found true, allowed is false in a grid, whose "
                                 "tasks keep their runs",
                                 grid->file)
               : AMBIT_OK;
}

AmbitStatus ambit_task_run(const AmbitGrid *grid, size_t number, const AmbitOptions *options,
                           AmbitError *error)
{
    AmbitTask task;
    AmbitConfig *config = NULL;
    AmbitRunLock *lock = NULL;
    AmbitStatus status = ambit_task_read(&task, grid, number, error);
    bool is_done = !status && task.state == AMBIT_TASK_DONE;
    if (!status && !is_done) {
        status = ambit_grid_config(grid, number, &config, error);
        if (!status)
            status = refuse_test_run(config, grid, error);
        if (status == AMBIT_INVALID)
            keep_failure(&task, status, error);
    }
    if (!status && !is_done)
        status = ambit_cli_make_folder(task.folder, error);
    if (!status && !is_done)
        status = ambit_run_lock(&lock, task.folder, error);
    if (lock) {
        status = run_locked(&task, &config, options, lock, error);
        if (status && status != AMBIT_INTERRUPTED)
            keep_failure(&task, status, error);
    }
    ambit_run_unlock(&lock);
    ambit_config_destroy(&config);
    ambit_task_free(&task);
    return status;
}
