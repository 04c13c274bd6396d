// SPDX-License-Identifier: MIT
// A task of a grid: how it stands follows from its run folder and from the file's settings.
// RUN/unfinished.txt is there from the start of a task to the end of its evaluation, RUN/failed.txt
// holds the message of a failure until the task is run again, and RUN/config.yaml the settings that
// the run has.
#include "grid.h"
#include "run.h"

#include "ambit/file.h"
#include "ambit/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char failed[] = "failed.txt", unfinished[] = "unfinished.txt",
                  settings[] = "config.yaml";

const char *const ambit_task_words[AMBIT_N_TASK_STATES] = {"done",
                                                           "done, evaluated with other settings",
                                                           "done with other settings",
                                                           "running",
                                                           "stopped",
                                                           "failed",
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
    return task->step > 0 || has_file(task->folder, unfinished) || has_file(task->folder, settings);
}

AmbitStatus ambit_task_compare(const AmbitTask *task, AmbitConfig *config, const AmbitConfig *found,
                               AmbitError *error)
{
    AmbitStatus status = ambit_config_expect_corpus(config, found, error);
    if (!status)
        status = ambit_config_compare_runs(config, found, error);
    if (!status && config->training.train_steps < task->step)
        status = ambit_error_set(error, AMBIT_INVALID,
                                 "training.train_steps: found %lld, expected at least the %lld "
                                 "steps that the run has",
                                 (long long)config->training.train_steps, (long long)task->step);
    return status;
}

/* Whether two configs evaluate alike. */
static AmbitStatus same_evaluation(const AmbitConfig *a, const AmbitConfig *b, bool *same,
                                   AmbitError *error)
{
    char *one = NULL, *other = NULL;
    AmbitStatus status = ambit_config_evaluation_text(a, &one, error);
    if (!status)
        status = ambit_config_evaluation_text(b, &other, error);
    *same = !status && strcmp(one, other) == 0;
    free(one);
    free(other);
    return status;
}

/* Compares the config with the run's own; *found is to be destroyed whatever the status. */
static AmbitStatus compare_settings(const AmbitTask *task, AmbitConfig *config, AmbitConfig **found,
                                    bool *same, AmbitError *error)
{
    char *path = ambit_cli_path(task->folder, settings);
    AmbitStatus status = path ? ambit_config_load(found, path, NULL, 0, error) : no_memory(error);
    if (!status)
        status = ambit_task_compare(task, config, *found, error);
    if (!status)
        status = same_evaluation(config, *found, same, error);
    ambit_free(path);
    return status;
}

/* How a task stands whose run has all steps and results. */
static AmbitTaskState state_of_done(AmbitTask *task, AmbitConfig *config)
{
    AmbitConfig *found = NULL;
    AmbitError finding = {0};
    bool same = false;
    AmbitStatus status = compare_settings(task, config, &found, &same, &finding);
    ambit_config_destroy(&found);
    if (status)
        snprintf(task->message, sizeof task->message, "%s", finding.message);
    if (status)
        return AMBIT_TASK_DONE_OTHERWISE;
    return same || config->n_targets == 0 ? AMBIT_TASK_DONE : AMBIT_TASK_EVALUATED_OTHERWISE;
}

/* config: NULL if it is refused, for the reason in task->message. */
static AmbitTaskState state_of(AmbitTask *task, AmbitConfig *config)
{
    if (ambit_run_is_running(task->folder))
        return AMBIT_TASK_RUNNING;
    if (!config || read_failure(task->folder, task->message, sizeof task->message))
        return AMBIT_TASK_FAILED;
    if (task->step >= config->training.train_steps && !has_file(task->folder, unfinished) &&
        (config->n_targets == 0 || has_file(task->folder, "results.h5")))
        return state_of_done(task, config);
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
    if (task->state == AMBIT_TASK_FAILED || task->state == AMBIT_TASK_DONE_OTHERWISE)
        snprintf(text, size, "%s: %s", word, task->message);
    else if (task->state == AMBIT_TASK_STOPPED)
        snprintf(text, size, "%s at step %lld", word, (long long)task->step);
    else
        snprintf(text, size, "%s", word);
    for (char *end = text; (end = strchr(end, '\n')); end++) // of a config with several findings
        *end = ' ';
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
    char *config = ambit_cli_path(task->folder, settings);
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
        ambit_cli_warn("the failure is not kept: %s", own.message);
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

static AmbitStatus refuse(const AmbitTask *task, AmbitStatus status, const char *state,
                          const char *finding, AmbitError *error)
{
    return ambit_error_set(error, status,
                           "task %zu, %s, is %s with other settings: %s. For a grid with new "
                           "settings give --out_dir or --wandb.name",
                           task->number, task->folder, state, finding);
}

/* Reads the config of a task that is to run. One that the run of its folder does not have is
 * refused before anything is written. *found: the run's own settings so far; NULL: none. */
static AmbitStatus prepare(const AmbitTask *task, const AmbitGrid *grid, AmbitConfig **config,
                           AmbitConfig **found, AmbitError *error)
{
    bool same;
    AmbitError finding = {0};
    AmbitStatus status = ambit_grid_config(grid, task->number, config, error);
    if (!status)
        status = refuse_test_run(*config, grid, error);
    if (status || task->state == AMBIT_TASK_RUNNING || !has_file(task->folder, settings))
        return status; // the lock refuses a run at work
    status = ambit_config_make_corpus(*config, error);
    if (status)
        return status;
    status = compare_settings(task, *config, found, &same, &finding);
    return status ? refuse(task, status, "begun", finding.message, error) : AMBIT_OK;
}

/* Gives a finished run its own settings back after the evaluation with others was refused. */
static AmbitStatus restore(const AmbitTask *task, const AmbitConfig *found, AmbitError *error)
{
    AmbitStatus status = write_file(task->folder, settings, found->resolved, error);
    if (!status)
        remove_file(task->folder, unfinished);
    return status;
}

/* Runs a task under the folder's lock, and keeps a failure. */
static AmbitStatus lock_and_run(const AmbitTask *task, AmbitConfig **config,
                                const AmbitConfig *found, const AmbitOptions *options,
                                AmbitError *error)
{
    AmbitRunLock *lock = NULL;
    AmbitError own = {0};
    AmbitStatus status = ambit_cli_make_folder(task->folder, error);
    if (!status)
        status = ambit_run_lock(&lock, task->folder, error);
    if (status)
        return status;
    status = run_locked(task, config, options, lock, error);
    if (status == AMBIT_INVALID && task->state == AMBIT_TASK_EVALUATED_OTHERWISE) {
        if (restore(task, found, &own))
            ambit_cli_warn("the run's settings are not restored: %s", own.message);
    } else if (status && status != AMBIT_INTERRUPTED) {
        keep_failure(task, status, error);
    }
    ambit_run_unlock(&lock);
    return status;
}

AmbitStatus ambit_task_run(const AmbitGrid *grid, size_t number, const AmbitOptions *options,
                           AmbitError *error)
{
    AmbitTask task;
    AmbitConfig *config = NULL, *found = NULL;
    AmbitStatus status = ambit_task_read(&task, grid, number, error);
    if (!status && task.state == AMBIT_TASK_DONE_OTHERWISE)
        status = refuse(&task, AMBIT_INVALID, "done", task.message, error);
    if (!status && task.state != AMBIT_TASK_DONE) {
        status = prepare(&task, grid, &config, &found, error);
        if (!status)
            status = lock_and_run(&task, &config, found, options, error);
    }
    ambit_config_destroy(&found);
    ambit_config_destroy(&config);
    ambit_task_free(&task);
    return status;
}
