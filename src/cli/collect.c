// SPDX-License-Identifier: MIT
// ambit collect: joins the results and logs of a grid's runs into one file.
#include "collect.h"
#include "grid.h"

#include "ambit/file.h"
#include "ambit/memory.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* State of a running command. */
typedef struct Collection {
    const AmbitOptions *options;
    AmbitGrid *grid;
    AmbitTask *tasks;
    AmbitRuns runs; // borrows from the grid, but for the list of names
    char *output;
    AmbitJoinedFile *file;
    AmbitResultsSummary **summaries; // [n_runs] of the runs that are done; else NULL
    double *training_loss;           // [n_runs] at the end
    uint64_t seed;                   // of the first run's evaluation
    char **examples; // [n_examples] texts of the evaluations so far; their index numbers them
    size_t n_examples, n_joined;
    double started;
} Collection;

static AmbitStatus no_memory(AmbitError *error)
{
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory to join runs");
}

static void describe_runs(Collection *c)
{
    const AmbitGrid *grid = c->grid;
    _Static_assert((int)AMBIT_MOST_GRID_AXES <= (int)AMBIT_MOST_RUN_AXES, "a grid fits in a file");
    c->runs = (AmbitRuns){.n_axes = grid->n_axes,
                          .n_runs = grid->n_tasks,
                          .seed_axis = grid->n_axes,
                          .names = c->runs.names,
                          .grid = grid->text};
    for (size_t a = 0; a < grid->n_axes; a++) {
        const AmbitGridAxis *axis = &grid->axes[a];
        c->runs.axes[a] =
            (AmbitResultAxis){.words = {axis->name, axis->key, "1", "setting of the runs"},
                              .length = axis->length,
                              .values = axis->values,
                              .labels = axis->values ? NULL : axis->labels};
        if (strcmp(axis->key, "seed") == 0 || strcmp(axis->name, "seed") == 0)
            c->runs.seed_axis = a;
    }
}

static AmbitStatus open_grid(Collection *c, AmbitError *error)
{
    const AmbitOptions *o = c->options;
    AmbitStatus status =
        ambit_grid_load(&c->grid, o->positional[0], o->overrides, o->n_overrides, error);
    if (!status)
        status = ambit_tasks_read(&c->tasks, c->grid, error);
    if (status)
        return status;
    c->output = o->output ? ambit_strdup(o->output) : ambit_cli_path(c->grid->folder, "grid.h5");
    c->runs.names = ambit_alloc(c->grid->n_tasks, sizeof *c->runs.names);
    c->summaries = ambit_alloc(c->grid->n_tasks, sizeof *c->summaries);
    c->training_loss = ambit_alloc(c->grid->n_tasks, sizeof *c->training_loss);
    if (!c->output || !c->runs.names || !c->summaries || !c->training_loss)
        return no_memory(error);
    for (size_t i = 0; i < c->grid->n_tasks; i++) {
        c->runs.names[i] = c->tasks[i].folder;
        c->training_loss[i] = NAN;
    }
    describe_runs(c);
    return AMBIT_OK;
}

/* Numbers an evaluation: the same text draws the same examples. */
static AmbitStatus number_examples(Collection *c, const AmbitConfig *config, int64_t *number,
                                   AmbitError *error)
{
    char *text = NULL;
    AmbitStatus status = ambit_config_evaluation_text(config, &text, error);
    size_t i = 0;
    while (!status && i < c->n_examples && strcmp(c->examples[i], text) != 0)
        i++;
    if (!status && i == c->n_examples) {
        char **more = realloc(c->examples, (i + 1) * sizeof *more);
        if (more) {
            c->examples = more;
            c->examples[c->n_examples++] = text;
            text = NULL;
        } else {
            status = no_memory(error);
        }
    }
    free(text);
    *number = (int64_t)i;
    return status;
}

static AmbitStatus create_file(Collection *c, const AmbitOrigin *origin, AmbitError *error)
{
    if (c->file)
        return AMBIT_OK;
    const AmbitProvenance provenance = {.config = origin->config,
                                        .command = c->options->command,
                                        .kernels = origin->kernels,
                                        .seed = origin->seed,
                                        .step = origin->step};
    c->seed = origin->seed;
    return ambit_joined_create(&c->file, c->output, &provenance, &c->runs, error);
}

static const AmbitTarget *find_target(const AmbitConfig *config, const char *name)
{
    for (size_t i = 0; i < config->n_targets; i++)
        if (strcmp(config->targets[i].name, name) == 0)
            return &config->targets[i];
    return NULL;
}

static AmbitStatus add_targets(Collection *c, size_t run, const char *path,
                               AmbitResultsSummary *summary, const AmbitConfig *config,
                               AmbitError *error)
{
    int64_t examples = 0;
    const AmbitModelNotes models = {.count = summary->n_parameters ? summary->models.count : 0,
                                    .names = summary->models.texts,
                                    .n_parameters = summary->n_parameters};
    AmbitStatus status = number_examples(c, config, &examples, error);
    for (size_t t = 0; t < summary->n_targets && !status; t++) {
        const AmbitTarget *target = find_target(config, summary->names[t]);
        if (!target)
            status = ambit_error_set(error, AMBIT_INVALID,
                                     "%s: target %s is not in the file's config; evaluate again",
                                     path, summary->names[t]);
        if (!status)
            status = ambit_results_read_raw(summary, t, path, error);
        if (!status)
            status = ambit_joined_add(c->file, run, target, summary->results[t], examples, &models,
                                      error);
        ambit_results_drop_raw(summary->results[t]);
    }
    return status;
}

/* Refuses results of a model that the file's settings do not make. */
static AmbitStatus check_settings(const Collection *c, size_t run, const char *path,
                                  const AmbitConfig *found, AmbitError *error)
{
    AmbitConfig *config = NULL;
    AmbitError finding = {0};
    AmbitStatus status = ambit_grid_config(c->grid, run, &config, &finding);
    if (!status)
        status = ambit_task_compare(&c->tasks[run], config, found, &finding);
    if (status)
        status = ambit_error_set(error, status, "%s: %s", path, finding.message);
    ambit_config_destroy(&config);
    return status;
}

static AmbitStatus add_run(Collection *c, size_t run, AmbitError *error)
{
    AmbitResultsSummary *summary = c->summaries[run];
    AmbitConfig *config = NULL;
    AmbitError finding = {0};
    char *path = ambit_cli_path(c->tasks[run].folder, "results.h5");
    AmbitStatus status = path ? AMBIT_OK : no_memory(error);
    if (!status)
        status =
            ambit_config_load_text(&config, summary->origin.config, path, NULL, NULL, 0, error);
    if (!status)
        status = check_settings(c, run, path, config, error);
    if (!status) // targets of sentences say what they are of
        status = ambit_config_make_corpus(config, error);
    if (!status)
        status = create_file(c, &summary->origin, error);
    if (!status)
        status = add_targets(c, run, path, summary, config, &finding);
    if (status && *finding.message)
        status = ambit_error_set(error, status, "%s: %s", path, finding.message);
    ambit_config_destroy(&config);
    ambit_free(path);
    return status;
}

static AmbitStatus stopped(AmbitError *error)
{
    return ambit_error_set(error, AMBIT_INTERRUPTED, "stopped; nothing is written: join again");
}

static AmbitStatus read_run(Collection *c, size_t run, AmbitError *error)
{
    char *path = ambit_cli_path(c->tasks[run].folder, "results.h5");
    AmbitStatus status =
        path ? ambit_results_read(&c->summaries[run], path, error) : no_memory(error);
    c->n_joined += !status;
    ambit_free(path);
    return status;
}

/* Reads the runs that are done, without the values of single examples, and says which are missing:
 * the first by name, the others by their number. */
static AmbitStatus read_runs(Collection *c, AmbitError *error)
{
    enum { MOST_NAMED = 20 };
    AmbitStatus status = AMBIT_OK;
    size_t n_missing = 0;
    char file[AMBIT_SHELL_WORD];
    ambit_shell_word(c->grid->file, file, sizeof file);
    for (size_t run = 0; run < c->runs.n_runs && !status; run++) {
        const AmbitTask *task = &c->tasks[run];
        char text[1200];
        ambit_task_text(task, text, sizeof text);
        if (task->state == AMBIT_TASK_EVALUATED_OTHERWISE)
            ambit_cli_warn("task %zu, %s: %s", run, task->folder, text);
        if (task->state == AMBIT_TASK_DONE_OTHERWISE)
            status =
                ambit_error_set(error, AMBIT_INVALID, "task %zu, %s: %s", run, task->folder, text);
        else if (task->state == AMBIT_TASK_DONE || task->state == AMBIT_TASK_EVALUATED_OTHERWISE)
            status = read_run(c, run, error);
        else if (n_missing++ < MOST_NAMED)
            ambit_cli_say("missing: task %zu, %s: %s", run, task->folder, text);
        if (!status && ambit_cli_stop_requested())
            status = stopped(error);
    }
    if (!status && n_missing > MOST_NAMED)
        ambit_cli_say("missing: %zu more; `ambit grid %s` lists them", n_missing - MOST_NAMED,
                      file);
    if (!status && !c->n_joined)
        status =
            ambit_error_set(error, AMBIT_INVALID,
                            "%s: no task is done yet, so that there is nothing to join; `ambit "
                            "grid %s --all` runs them",
                            c->grid->file, file);
    return status;
}

static AmbitStatus add_runs(Collection *c, AmbitError *error)
{
    AmbitStatus status = ambit_runs_align(&c->runs, c->summaries, error);
    for (size_t run = 0; run < c->runs.n_runs && !status; run++) {
        if (c->summaries[run])
            status = add_run(c, run, error);
        if (!status && ambit_cli_stop_requested())
            status = stopped(error);
    }
    return status;
}

/* Adds the losses of a run, and warns of a joined one that has none. */
static AmbitStatus add_log(Collection *c, size_t run, const AmbitLogs *logs, const char *path,
                           AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    AmbitTargetResult *log = NULL;
    const char *lack = "holds no losses";
    if (access(path, R_OK) != 0) {
        lack = strerror(errno);
    } else if (ambit_logs_n_steps(logs) > 0) {
        status = ambit_logs_read(logs, path, &log, error);
        if (!status)
            status = ambit_joined_add_log(c->file, run, log, error);
        if (!status)
            c->training_loss[run] = ambit_logs_final_loss(log);
    }
    if (!status && c->summaries[run] && isnan(c->training_loss[run]))
        ambit_cli_warn("task %zu: %s: %s; its losses are missing in the joined file", run, path,
                       lack);
    ambit_target_result_destroy(&log);
    return status;
}

static AmbitStatus add_logs(Collection *c, AmbitError *error)
{
    AmbitLogs *logs = NULL;
    char **paths = ambit_alloc(c->runs.n_runs, sizeof *paths);
    AmbitStatus status = paths ? AMBIT_OK : no_memory(error);
    for (size_t run = 0; run < c->runs.n_runs && !status; run++)
        if (!(paths[run] = ambit_cli_path(c->tasks[run].folder, "log.jsonl")))
            status = no_memory(error);
    if (!status)
        status = ambit_logs_create(&logs, &c->runs, paths, error);
    for (size_t run = 0; run < c->runs.n_runs && !status; run++) {
        status = add_log(c, run, logs, paths[run], error);
        if (!status && ambit_cli_stop_requested())
            status = stopped(error);
    }
    ambit_logs_destroy(&logs);
    for (size_t run = 0; paths && run < c->runs.n_runs; run++)
        ambit_free(paths[run]);
    ambit_free(paths);
    return status;
}

static AmbitStatus add_over_runs(const Collection *c, AmbitError *error)
{
    const AmbitOverInput input = {.runs = &c->runs,
                                  .results = c->summaries,
                                  .training_loss = c->training_loss,
                                  .threshold = AMBIT_GENERALIZES,
                                  .seed = c->seed};
    AmbitOverRuns *over = NULL;
    AmbitStatus status = ambit_over_runs(&over, &input, error);
    if (!status && over)
        status = ambit_joined_add_over(c->file, over, error);
    ambit_over_runs_destroy(&over);
    return status;
}

static AmbitStatus run_command(Collection *c, AmbitError *error)
{
    char output[AMBIT_SHELL_WORD];
    c->started = ambit_cli_seconds();
    ambit_cli_catch_signals();
    AmbitStatus status = open_grid(c, error);
    if (!status)
        status = ambit_collect_check_output(c->output, error);
    if (!status)
        status = read_runs(c, error);
    if (!status)
        status = add_runs(c, error);
    if (!status)
        status = add_logs(c, error);
    if (!status)
        status = add_over_runs(c, error);
    if (!status && !c->options->replace)
        status = ambit_collect_refuse_loss(c->output, &c->runs, c->summaries, error);
    if (status)
        ambit_joined_abandon(&c->file);
    else
        status = ambit_joined_close(&c->file, ambit_cli_seconds() - c->started, error);
    if (!status)
        ambit_cli_say("%zu of %zu runs are joined in %s; next: ambit show %s", c->n_joined,
                      c->runs.n_runs, c->output,
                      ambit_shell_word(c->output, output, sizeof output));
    return status;
}

static int collect(const AmbitOptions *options)
{
    AmbitError error = {0};
    Collection c = {.options = options};
    AmbitStatus status = run_command(&c, &error);
    for (size_t i = 0; i < c.n_examples; i++)
        free(c.examples[i]);
    free(c.examples);
    for (size_t i = 0; c.summaries && i < c.runs.n_runs; i++)
        ambit_results_summary_destroy(&c.summaries[i]);
    ambit_free(c.summaries);
    ambit_free(c.training_loss);
    ambit_free(c.runs.names);
    ambit_free(c.output);
    if (c.grid)
        ambit_tasks_free(&c.tasks, c.grid);
    ambit_grid_destroy(&c.grid);
    return status ? ambit_cli_fail(status, &error) : 0;
}

static const char about[] =
    "Joins the results of a grid's runs that are done: one file with the groups of a results file, "
    "whose datasets have the grid's axes in front, also for xarray "
    "(xarray.open_dataset(\"grid.h5\", "
    "group=\"targets/NAME\")). Runs that are missing are named, and NaN in the file. The group log "
    "has the losses over training. Over an axis of seeds, runs_mean, runs_low and runs_high are "
    "the "
    "mean over runs and its 90 % interval by Student's t. Of language models the group over_runs "
    "says how often and when runs come above an accuracy of 0.8 on generalization, and which "
    "value of an axis each probe (weight_norm, …) would choose.";

static const AmbitTerm taken[] = {
    {"-o", "FILE.h5", "the joined file; default: grid.h5 in the folder of the run folders"},
    {"--replace", NULL, "replace a file with runs that are missing now; else it is kept"},
    {0}};

static const char examples[] = "  ambit collect experiments/small/mixture_weights.yaml -o grid.h5\n"
                               "  ambit show grid.h5\n"
                               "  ambit convert grid.h5 grid.csv\n";

const AmbitCommand ambit_command_collect = {
    .name = "collect",
    .usage = "FILE.yaml [-o FILE.h5] [--replace] [OPTIONS]",
    .summary = "join the results of a grid's runs into one file",
    .about = about,
    .options = taken,
    .setting = "the settings that `ambit grid` was given, e.g. --out_dir=elsewhere",
    .examples = examples,
    .least = 1,
    .most = 1,
    .run = collect};
