// SPDX-License-Identifier: MIT
// The commands of the program, and what they share. Each command takes the arguments after its name
// (argv[0] is the command) and returns the exit code: 0 done, 1 failed, 2 bad usage or bad input.
// Only this room prints.
#ifndef AMBIT_CLI_H
#define AMBIT_CLI_H

#include "ambit/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int ambit_cli_pretrain(int argc, char **argv);
int ambit_cli_evaluate(int argc, char **argv);
int ambit_cli_show(int argc, char **argv);
int ambit_cli_report(int argc, char **argv);
int ambit_cli_list(int argc, char **argv);

/* Prints "ambit: MESSAGE" to stderr and returns the exit code that `status` stands for. */
int ambit_cli_fail(AmbitStatus status, const AmbitError *error);

/* Options of pretrain and evaluate, as typed. */
typedef struct AmbitOptions {
    char *positional[2];
    size_t n_positional;
    const char *output;   // -o
    const char *kernels;  // --kernels, "auto" by default
    size_t n_threads;     // --threads, the machine's by default
    bool resume, dry_run; // --resume, --dry-run
    bool quiet;           // --quiet
    bool help;            // --help
    char **overrides;     // [n_overrides] "training.batch_size=8"; the array is owned
    size_t n_overrides;
    char *command; // the whole command line, owned
} AmbitOptions;

/* AMBIT_INVALID for an unknown option or too many arguments (at most `most`). */
AmbitStatus ambit_cli_options(AmbitOptions *options, int argc, char **argv, size_t most,
                              AmbitError *error);
void ambit_cli_options_free(AmbitOptions *options);

/* SIGINT and SIGTERM ask for an orderly stop; a second one ends the process at once. */
void ambit_cli_catch_signals(void);
bool ambit_cli_stop_requested(void);

/* Progress: one line drawn over on a terminal, plain lines a few seconds apart elsewhere. */
typedef struct AmbitProgress {
    const char *unit;   // what is counted: "step", "prompts"
    double rate_factor; // units of the rate per count (prompts per step)
    const char *rate;   // "prompts/s"
    int64_t first, total;
    double started, shown;
    bool quiet, terminal;
} AmbitProgress;

void ambit_cli_progress_start(AmbitProgress *progress, int64_t first, int64_t total, bool quiet);
/* `detail` stands between the count and the rate ("loss 0.1234"). */
void ambit_cli_progress_show(AmbitProgress *progress, int64_t done, const char *detail);
void ambit_cli_progress_end(AmbitProgress *progress);

/* Seconds of a steady clock. */
double ambit_cli_seconds(void);

/* "1:02:03" into text of at least 32 bytes; returns text. */
char *ambit_cli_duration(double seconds, char *text);

/* Creates a folder and its parents. */
AmbitStatus ambit_cli_make_folder(const char *path, AmbitError *error);

/* FOLDER/NAME; free with ambit_free. NULL without memory. */
char *ambit_cli_path(const char *folder, const char *name);

/* Writes a small text file aside and renames it. */
AmbitStatus ambit_cli_write_text(const char *path, const char *text, AmbitError *error);

bool ambit_cli_is_folder(const char *path);

#endif
