// SPDX-License-Identifier: MIT
// ambit watch: follows the logs of runs until the runs end.
#include "log_record.h"
#include "run.h"
#include "train_line.h"

#include "ambit/file.h"
#include "ambit/memory.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A run that is watched. */
typedef struct Watch {
    const char *folder;
    char *log_path;
    long offset; // how far the log has been read
    AmbitConfig *config;
    AmbitTrainLine line;
    int64_t n_taken;                    // steps taken at the last line; 0: no line yet
    AmbitStepReport report;             // of the last line
    double columns[AMBIT_MOST_COLUMNS]; // of the last line
    bool started, running;
    AmbitProgress progress;
} Watch;

/* Reads an integer of the log; 0 if it is missing or out of bounds. */
static int64_t integer(const cJSON *record, const char *name, int64_t most)
{
    double value = ambit_log_number(record, name);
    return value >= 0 && value <= (double)most ? (int64_t)value : 0;
}

/* Reads the scores that a line has; others stay. */
static void read_validation(const cJSON *record, AmbitValidation *validation)
{
    for (size_t s = 0; s < AMBIT_N_SPLITS; s++) {
        const cJSON *split = cJSON_GetObjectItemCaseSensitive(record, ambit_split_names[s]);
        if (split)
            validation->splits[s] = (AmbitScores){.loss = ambit_log_number(split, "loss"),
                                                  .accuracy = ambit_log_number(split, "accuracy")};
    }
}

static AmbitStatus take_line(Watch *watch, const char *text, size_t length, AmbitError *error)
{
    cJSON *record;
    if (ambit_log_record(&record, text, length))
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a line of the log");
    if (record) {
        AmbitStepReport *report = &watch->report;
        watch->n_taken = 1 + integer(record, "step", watch->config->training.train_steps);
        report->loss = ambit_log_number(record, "loss");
        report->gradient_norm = ambit_log_number(record, "gradient_norm");
        report->learning_rate = ambit_log_number(record, "learning_rate");
        watch->columns[AMBIT_COLUMN_DIMS] =
            (double)integer(record, "active_dims", (int64_t)watch->config->prompts.n_dims);
        report->columns = watch->columns;
        const cJSON *losses = cJSON_GetObjectItemCaseSensitive(record, "class_loss");
        for (size_t c = 0; c < watch->line.n_classes; c++)
            report->class_loss[c] = ambit_log_number(losses, watch->line.classes[c]);
        AmbitValidation validation = watch->line.validation;
        read_validation(record, &validation);
        ambit_train_line_add(&watch->line, report, &validation);
    }
    cJSON_Delete(record);
    return AMBIT_OK;
}

/* Reads the complete lines that were added to the log. A shorter log was rewritten by a resumed run
 * and is read from its start. */
static AmbitStatus read_log(Watch *watch, AmbitError *error)
{
    FILE *log = ambit_file_open(watch->log_path);
    if (!log)
        return errno == ENOENT ? AMBIT_OK
                               : ambit_error_set(error, AMBIT_IO, "%s: cannot read: %s",
                                                 watch->log_path, ambit_system_text(errno));
    char *text = NULL;
    size_t capacity = 0;
    ssize_t length;
    if (fseek(log, 0, SEEK_END) == 0 && ftell(log) < watch->offset)
        watch->offset = 0;
    AmbitStatus status = AMBIT_OK;
    if (fseek(log, watch->offset, SEEK_SET) == 0)
        while (!status && (length = getline(&text, &capacity, log)) > 0 &&
               text[length - 1] == '\n') {
            status = take_line(watch, text, (size_t)length, error);
            watch->offset += length;
        }
    free(text);
    fclose(log);
    return status;
}

static void show(Watch *watch)
{
    if (isnan(watch->line.loss))
        return;
    if (!watch->started)
        ambit_cli_progress_start(&watch->progress, watch->n_taken,
                                 watch->config->training.train_steps);
    watch->started = true;
    ambit_cli_progress_show(&watch->progress, watch->n_taken, watch->line.details);
}

/* Whether all steps are logged and the last checkpoint, which comes later, is there. */
static bool is_done(const Watch *watch)
{
    int64_t last = watch->config->training.train_steps;
    char *path = watch->n_taken < last ? NULL : ambit_checkpoint_path(watch->folder, last);
    bool done = path && access(path, F_OK) == 0;
    ambit_free(path);
    return done;
}

/* Reads what a run has logged, and shows it if it is new. Whether the run goes on is asked before
 * the log is read, so that no last line is missed. */
static AmbitStatus look(Watch *watch, AmbitError *error)
{
    long before = watch->offset;
    watch->running = ambit_run_is_running(watch->folder);
    AmbitStatus status = read_log(watch, error);
    if (!status && (watch->offset != before || !watch->started))
        show(watch);
    watch->running = watch->running && !is_done(watch);
    return status;
}

/* Follows the logs until all runs end. On a terminal each run has a line, which is redrawn. */
static AmbitStatus follow(Watch *watches, size_t n_runs, AmbitError *error)
{
    const struct timespec pause = {.tv_nsec = 200000000};
    bool lines = n_runs > 1 && isatty(STDERR_FILENO) && !ambit_cli_is_quiet(), running = true;
    AmbitStatus status = AMBIT_OK;
    ambit_cli_catch_signals();
    while (!status && running && !ambit_cli_stop_requested()) {
        running = false;
        for (size_t i = 0; i < n_runs && !status; i++) {
            status = look(&watches[i], error);
            running |= watches[i].running;
            if (lines)
                fputc('\n', stderr);
        }
        if (running && lines)
            fprintf(stderr, "\033[%zuA", n_runs);
        if (running)
            nanosleep(&pause, NULL);
    }
    if (running && lines) // stopped
        fprintf(stderr, "\033[%zuB", n_runs);
    else if (!lines && watches[0].started)
        ambit_cli_progress_end(&watches[0].progress);
    return status;
}

static AmbitStatus open_run(Watch *watch, AmbitError *error)
{
    char *path = ambit_cli_path(watch->folder, "config.yaml");
    watch->log_path = ambit_cli_path(watch->folder, "log.jsonl");
    AmbitStatus status = AMBIT_OK;
    if (!path || !watch->log_path)
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    else if (!ambit_cli_is_folder(watch->folder))
        status = ambit_error_set(error, AMBIT_INVALID,
                                 "%s: not a run folder; `ambit pretrain` "
                                 "makes them",
                                 watch->folder);
    else
        status = ambit_config_load(&watch->config, path, NULL, 0, error);
    ambit_free(path);
    if (status)
        return status;
    watch->progress = (AmbitProgress){.unit = "step",
                                      .rate = ambit_run_rate(watch->config),
                                      .rate_factor = (double)watch->config->training.batch_size};
    status = ambit_train_line_create(&watch->line, watch->config, 0.3, error);
    if (!status)
        watch->report.class_loss = ambit_alloc(watch->line.n_classes, sizeof(double));
    if (!status && !watch->report.class_loss)
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for losses");
    return status;
}

/* Says how the run stands, and the next step. */
static int conclude(const Watch *watch)
{
    char run[AMBIT_SHELL_WORD];
    ambit_shell_word(watch->folder, run, sizeof run);
    if (is_done(watch)) {
        ambit_cli_say("%s: the run has finished; next: ambit evaluate %s", watch->folder, run);
        return 0;
    }
    if (ambit_run_is_running(watch->folder))
        return 0;
    ambit_cli_say("%s: no process trains this run, and %lld of %lld steps are logged%s; to "
                  "continue: ambit pretrain %s/config.yaml -o %s --resume",
                  watch->folder, (long long)watch->n_taken,
                  (long long)watch->config->training.train_steps,
                  watch->n_taken < watch->config->training.train_steps
                      ? ""
                      : ", but the last checkpoint is missing",
                  run, run);
    return 1;
}

static void close_run(Watch *watch)
{
    ambit_train_line_free(&watch->line);
    ambit_free(watch->report.class_loss);
    ambit_config_destroy(&watch->config);
    ambit_free(watch->log_path);
}

static int watch(const AmbitOptions *options)
{
    AmbitError error = {0};
    size_t n_runs = options->n_positional;
    Watch *watches = ambit_alloc(n_runs, sizeof *watches);
    AmbitStatus status =
        watches ? AMBIT_OK : ambit_error_set(&error, AMBIT_NO_MEMORY, "no memory for runs");
    for (size_t i = 0; i < n_runs && !status; i++) {
        watches[i].folder = options->positional[i];
        status = open_run(&watches[i], &error);
        if (n_runs > 1)
            watches[i].progress.unit = watches[i].folder;
    }
    if (!status)
        status = follow(watches, n_runs, &error);
    int code = status ? ambit_cli_fail(status, &error) : 0;
    for (size_t i = 0; watches && i < n_runs; i++) {
        if (!status && conclude(&watches[i]))
            code = 1;
        close_run(&watches[i]);
    }
    ambit_free(watches);
    return code;
}

static const char about[] =
    "Follows a run that another `ambit pretrain` trains, and ends when the run ends: one "
    "line that is redrawn on a terminal, plain lines elsewhere. Losses are running means over "
    "the lines of the log. For a run that has ended, it prints how far the run came. Several runs "
    "have a line each, and it ends when all of them end.";

static const AmbitTerm taken[] = {{"--quiet", NULL, "wait, and print only how the run ended"}, {0}};

static const char examples[] = "  ambit watch runs/quickstart\n"
                               "  ambit watch runs/*\n"
                               "  ambit watch runs/quickstart && ambit evaluate runs/quickstart\n";

const AmbitCommand ambit_command_watch = {.name = "watch",
                                          .usage = "RUN… [--quiet]",
                                          .summary = "follow runs from another terminal",
                                          .about = about,
                                          .options = taken,
                                          .examples = examples,
                                          .least = 1,
                                          .most = SIZE_MAX,
                                          .run = watch};
