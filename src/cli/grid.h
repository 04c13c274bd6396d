// SPDX-License-Identifier: MIT
// Tasks of a grid on disk: how each stands, and how one is run.
#ifndef AMBIT_CLI_GRID_H
#define AMBIT_CLI_GRID_H

#include "ambit/grid.h"
#include "cli.h"

typedef enum AmbitTaskState {
    AMBIT_TASK_DONE,
    AMBIT_TASK_EVALUATED_OTHERWISE, // done, but for an evaluation with the file's settings
    AMBIT_TASK_DONE_OTHERWISE,      // done with settings that no run of this file has
    AMBIT_TASK_RUNNING,
    AMBIT_TASK_STOPPED, // begun, and no process works on it
    AMBIT_TASK_FAILED,
    AMBIT_TASK_NOT_BEGUN,
    AMBIT_N_TASK_STATES
} AmbitTaskState;

typedef struct AmbitTask {
    size_t number;
    char *folder; // owned
    AmbitTaskState state;
    int64_t step;       // of the newest checkpoint
    char message[4096]; // of a failure; of a config that is refused before anything begins; of the
                        // setting by which a finished run differs
} AmbitTask;

/* Finds out how a task stands. To be freed also after a failure. */
AmbitStatus ambit_task_read(AmbitTask *task, const AmbitGrid *grid, size_t number,
                            AmbitError *error);
void ambit_task_free(AmbitTask *task);

/* Finds out how all tasks stand; free with ambit_tasks_free. */
AmbitStatus ambit_tasks_read(AmbitTask **tasks, const AmbitGrid *grid, AmbitError *error);
void ambit_tasks_free(AmbitTask **tasks, const AmbitGrid *grid);

/* Writes "stopped at step 40" and the like; the texts of ambit_task_words. */
void ambit_task_text(const AmbitTask *task, char *text, size_t size);
extern const char *const ambit_task_words[AMBIT_N_TASK_STATES];

/* Returns AMBIT_INVALID if a run with the settings `found` is none of the task's, by what a resumed
 * run may change. `config`, the task's, takes over what a corpus decides. */
AmbitStatus ambit_task_compare(const AmbitTask *task, AmbitConfig *config, const AmbitConfig *found,
                               AmbitError *error);

/* Trains what a task still lacks and evaluates it; a task that is done is left as it is. A failure
 * is kept in the run folder, but not that the settings are refused, which a run already there
 * outlives. Returns AMBIT_INTERRUPTED where a signal stopped it. */
AmbitStatus ambit_task_run(const AmbitGrid *grid, size_t number, const AmbitOptions *options,
                           AmbitError *error);

/* Prints all tasks as a table, or as JSON. */
AmbitStatus ambit_grid_print(const AmbitGrid *grid, const AmbitTask *tasks);
AmbitStatus ambit_grid_print_json(const AmbitGrid *grid, const AmbitTask *tasks);

#endif
