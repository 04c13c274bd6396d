// SPDX-License-Identifier: MIT
// ambit grid: lists the tasks of a file with `grid` and runs them, one or all that are not done.
// Who runs the tasks where is left to a shell, GNU parallel, make or Slurm.
#include "grid.h"
#include "run.h"

#include "ambit/file.h"

#include <stdio.h>

static AmbitStatus check_options(const AmbitOptions *o, AmbitError *error)
{
    int modes = (o->task >= 0) + o->all + (o->failed || o->missing) + o->json;
    if (modes > 1)
        return ambit_error_set(error, AMBIT_INVALID,
                               "grid: --task, --all, --json and the numbers of --failed and "
                               "--missing exclude each other; give one");
    return AMBIT_OK;
}

static AmbitStatus check_number(const AmbitGrid *grid, int64_t number, AmbitError *error)
{
    if (number < (int64_t)grid->n_tasks)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_INVALID,
                           "--task: found %lld, allowed are 0 to %zu: %s makes %zu tasks",
                           (long long)number, grid->n_tasks - 1, grid->file, grid->n_tasks);
}

/* Prints the numbers of failed or of missing tasks, one a line. */
static void print_numbers(const AmbitGrid *grid, const AmbitTask *tasks,
                          const AmbitOptions *options)
{
    for (size_t i = 0; i < grid->n_tasks; i++) {
        AmbitTaskState state = tasks[i].state;
        bool missing = state == AMBIT_TASK_NOT_BEGUN || state == AMBIT_TASK_STOPPED ||
                       state == AMBIT_TASK_EVALUATED_OTHERWISE;
        bool failed = state == AMBIT_TASK_FAILED || state == AMBIT_TASK_DONE_OTHERWISE;
        if ((options->missing && missing) || (options->failed && failed))
            printf("%zu\n", i);
    }
}

static AmbitStatus print(const AmbitGrid *grid, const AmbitOptions *options, AmbitError *error)
{
    AmbitTask *tasks = NULL;
    AmbitStatus status = ambit_tasks_read(&tasks, grid, error);
    if (!status && (options->failed || options->missing))
        print_numbers(grid, tasks, options);
    else if (!status)
        status = options->json ? ambit_grid_print_json(grid, tasks) : ambit_grid_print(grid, tasks);
    ambit_tasks_free(&tasks, grid);
    return status;
}

/* Prints what a task costs, of --task or the first, and for how many. */
static AmbitStatus print_cost(const AmbitGrid *grid, const AmbitOptions *options, AmbitError *error)
{
    AmbitConfig *config = NULL;
    AmbitKernels kernels;
    size_t task = options->task >= 0 ? (size_t)options->task : 0;
    AmbitStatus status = ambit_kernels_select(&kernels, options->kernels, error);
    if (!status)
        status = ambit_grid_config(grid, task, &config, error);
    if (!status)
        status = ambit_config_make_corpus(config, error);
    if (!status)
        printf("task %zu, one of %zu; training costs\n", task, grid->n_tasks);
    if (!status)
        status = ambit_run_print_cost(stdout, config, &kernels, options->n_threads, 0, 0, error);
    ambit_config_destroy(&config);
    return status;
}

/* Whether --all runs a task: not if it is done, or another process works on it. */
static AmbitStatus wants(const AmbitGrid *grid, size_t number, bool *wanted, bool *elsewhere,
                         AmbitError *error)
{
    AmbitTask task;
    AmbitStatus status = ambit_task_read(&task, grid, number, error);
    *elsewhere = !status && task.state == AMBIT_TASK_RUNNING;
    *wanted = !status && task.state != AMBIT_TASK_DONE && !*elsewhere;
    if (*wanted)
        ambit_cli_say("task %zu of %zu: %s", number, grid->n_tasks, task.folder);
    ambit_task_free(&task);
    return status;
}

/* Runs what is not done. A failure is said, and the next task begins. */
static AmbitStatus run_all(const AmbitGrid *grid, const AmbitOptions *options, AmbitError *error)
{
    size_t n_failed = 0, n_elsewhere = 0;
    char file[AMBIT_SHELL_WORD];
    ambit_shell_word(grid->file, file, sizeof file);
    for (size_t i = 0; i < grid->n_tasks; i++) {
        bool wanted, elsewhere;
        AmbitError own = {0};
        AmbitStatus status = wants(grid, i, &wanted, &elsewhere, error);
        if (status)
            return status;
        n_elsewhere += elsewhere;
        if (wanted)
            status = ambit_task_run(grid, i, options, &own);
        if (status == AMBIT_INTERRUPTED || ambit_cli_stop_requested())
            return ambit_error_set(error, AMBIT_INTERRUPTED, "stopped in task %zu; to continue: %s",
                                   i, options->command);
        if (status)
            ambit_cli_fail(status, &own);
        n_failed += status != AMBIT_OK;
    }
    if (n_failed || n_elsewhere)
        return ambit_error_set(error, AMBIT_IO,
                               "%zu of %zu tasks failed, %zu run elsewhere; ambit grid %s lists "
                               "them",
                               n_failed, grid->n_tasks, n_elsewhere, file);
    ambit_cli_say("all %zu tasks are done; next: ambit collect %s -o grid.h5", grid->n_tasks, file);
    return AMBIT_OK;
}

static AmbitStatus run_grid(const AmbitGrid *grid, const AmbitOptions *options, AmbitError *error)
{
    AmbitStatus status = check_number(grid, options->task, error);
    if (status)
        return status;
    if (options->dry_run)
        return print_cost(grid, options, error);
    if (!options->all && options->task < 0)
        return print(grid, options, error);
    ambit_cli_outlive_readers();
    ambit_cli_catch_signals();
    return options->all ? run_all(grid, options, error)
                        : ambit_task_run(grid, (size_t)options->task, options, error);
}

static int grid(const AmbitOptions *options)
{
    AmbitError error = {0};
    AmbitGrid *read = NULL;
    AmbitStatus status = check_options(options, &error);
    if (!status)
        status = ambit_grid_load(&read, options->positional[0], options->overrides,
                                 options->n_overrides, &error);
    if (!status)
        status = run_grid(read, options, &error);
    ambit_grid_destroy(&read);
    return status ? ambit_cli_fail(status, &error) : 0;
}

static const char about[] =
    "Runs one file as many runs. Its key `grid` is a list of axes; an axis gives one or more "
    "dotted keys a list of values each, which advance together, or it has variants, each with its "
    "own settings; axes multiply, and the last one runs fastest. The tasks that this makes are "
    "numbered from 0, and each has a run folder OUT_DIR/NAME/AXIS=VALUE,…; NAME is wandb.name or, "
    "without one, the file's name without its extension. Values and names of variants alone name "
    "the folder, so that values may be added later: runs are kept, but their numbers change. Do "
    "not edit the file while an array of its tasks is queued or runs.\n\n"
    "Without options it lists number, values, folder and state of every task: done, running, "
    "stopped at step N, failed (with the message, which RUN/failed.txt keeps), not begun. A run "
    "that is done is compared with the file: `done with other settings` names the first setting "
    "that a resumed run could not change, and is neither run nor joined; `done, evaluated with "
    "other settings` is evaluated again when the task is given, if no results are lost by it. A "
    "task trains and then evaluates; it may be given again and again: one that is done ends at "
    "once, one that was stopped goes on. Two processes never work in one folder, on network file "
    "systems either.\n\n"
    "Exit codes: 0 done, 1 failed (of --all: some task failed or runs elsewhere), 2 refused "
    "settings, 75 stopped by a signal after a checkpoint, to be given again.";

static const AmbitTerm terms[] = {
    {"- {seed: [1, 2, 3]}", NULL, "an axis of three values, called seed"},
    {"- {model.n_layer: [1, 2], training.batch_size: [64, 32]}", NULL,
     "two values of two keys each; the axis is called n_layer, by the last part of its first key"},
    {"- {name: share, \"training.tasks[0].weight\": [0.1, 0.5]}", NULL,
     "an axis with another name; a key with brackets wants quotes inside braces"},
    {"- {name: part, variants: {all: {}, unclipped: {training.clip: 0}}}", NULL,
     "an axis of variants: names, each with the settings in which it differs from the file"},
    {0}};

static const AmbitTable tables[] = {{"In the config, under `grid`", terms}, {0}};

static const AmbitTerm taken[] = {
    {"--task", "N", "run task N: train it to its end, then evaluate it"},
    {"--all", NULL, "run all tasks that are not done, one after the other; go on after a failure"},
    {"--failed", NULL,
     "print the numbers of failed tasks, and of those done with other settings, one a line"},
    {"--missing", NULL,
     "print the numbers of tasks that are stopped, not begun, or to be evaluated again"},
    {"--json", NULL, "list the tasks as JSON"},
    {"--dry-run", NULL, "print what training a task would cost (--task, or the first)"},
    {"--threads", NULL, NULL},
    {"--kernels", NULL, NULL},
    {"--quiet", NULL, NULL},
    {0}};

#define FILE_NAME "grid.yaml"

static const char examples[] =
    "  ambit grid " FILE_NAME "\n"
    "  ambit grid " FILE_NAME " --all\n"
    "  ambit collect " FILE_NAME " -o grid.h5\n"
    "  # GNU parallel: two tasks at a time, of one thread each\n"
    "  ambit grid " FILE_NAME " --missing --failed |\n"
    "    parallel -j 2 ambit grid " FILE_NAME " --threads 1 --quiet --task {}\n"
    "  # Slurm (experiments/README.md: a script that requeues what was stopped)\n"
    "  sbatch --array=$(ambit grid " FILE_NAME " --missing --failed | paste -sd,) \\\n"
    "    --signal=TERM@120 --open-mode=append \\\n"
    "    --wrap='srun ambit grid " FILE_NAME " --task $SLURM_ARRAY_TASK_ID'\n"
    "  # a Makefile, for make -j 2 -k\n"
    "  tasks := $(shell ambit grid " FILE_NAME " --missing --failed)\n"
    "  all: $(tasks)\n"
    "  $(tasks): ; ambit grid " FILE_NAME " --threads 1 --quiet --task $@\n"
    "  .PHONY: all $(tasks)\n";

const AmbitCommand ambit_command_grid = {
    .name = "grid",
    .usage = "FILE.yaml [--task N|--all|--failed|--missing|--json] [OPTIONS]",
    .summary = "many runs of one file: weights × seeds, sizes, ablations",
    .about = about,
    .tables = tables,
    .options = taken,
    .setting = "override a setting of all tasks, e.g. --training.train_steps=100",
    .examples = examples,
    .least = 1,
    .most = 1,
    .run = grid};
