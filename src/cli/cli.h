// SPDX-License-Identifier: MIT
// The commands of the program, and what they share. A command returns the exit code: 0 done,
// 1 failed, 2 bad usage or bad input. No other room prints.
#ifndef AMBIT_CLI_H
#define AMBIT_CLI_H

#include "ambit/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A parsed command line. */
typedef struct AmbitOptions {
    char **positional; // [n_positional]
    size_t n_positional;
    char **overrides; // [n_overrides] "training.batch_size=8"
    size_t n_overrides;
    const char *output;  // -o
    const char *figures; // --figures
    const char *kernels; // --kernels, "auto" by default
    size_t n_threads;    // --threads, the machine's by default
    int64_t k;           // --k, −1 by default
    bool resume, dry_run, quiet, more, prompts, raw, json;
    char *command; // the whole command line
} AmbitOptions;

/* A row of help: an option, an argument or a setting, and what it means in one paragraph. */
typedef struct AmbitTerm {
    const char *name;  // "--threads", "RESULTS.h5"
    const char *value; // what follows an option: "N"; NULL where nothing does
    const char *help;
} AmbitTerm;

typedef struct AmbitTable {
    const char *title;      // a line above it, or NULL
    const AmbitTerm *terms; // ended by name NULL
} AmbitTable;

/* A command of the program. Help, manual page and completion are made of it. */
typedef struct AmbitCommand {
    const char *name, *usage, *summary;
    const char *about;        // paragraphs, an empty line between them
    const AmbitTable *tables; // of arguments and settings, ended by terms NULL; optional
    const AmbitTerm *options; // that it takes, ended by name NULL; optional. A row without `help`
                              // stands for that of the program's table (options.c)
    const char *setting;      // help of --key.sub=value; NULL: it takes no settings
    const char *const *words; // what its first argument may be, NULL-ended; optional
    const char *examples;     // lines
    size_t least, most;       // how many arguments
    int (*run)(const AmbitOptions *options);
} AmbitCommand;

extern const AmbitCommand ambit_command_pretrain, ambit_command_evaluate, ambit_command_show,
    ambit_command_report, ambit_command_export, ambit_command_import, ambit_command_convert,
    ambit_command_watch, ambit_command_list, ambit_command_bench;

/* Parses the words of a command line. AMBIT_INVALID, with what the command takes, for anything that
 * it does not take. The caller frees options also after a failure. */
AmbitStatus ambit_cli_options(AmbitOptions *options, const AmbitCommand *command, int argc,
                              char **argv, AmbitError *error);
void ambit_cli_options_free(AmbitOptions *options);

/* Sets *term to option i of a command, the one for settings last. Returns false if there are fewer.
 */
bool ambit_cli_option(const AmbitCommand *command, size_t i, AmbitTerm *term);

/* Print what the commands (NULL-ended) are for, the help of one, and the help of all as JSON. */
void ambit_cli_print_usage(FILE *to, const AmbitCommand *const *commands);
void ambit_cli_print_help(const AmbitCommand *command);
AmbitStatus ambit_cli_print_json(const AmbitCommand *const *commands);

/* Prints a line to stderr, control characters of the message but line ends as "?". */
void ambit_cli_say(const char *before, const char *message, const char *after);

/* Prints "ambit: MESSAGE" to stderr and returns the exit code that `status` stands for. */
int ambit_cli_fail(AmbitStatus status, const AmbitError *error);

/* SIGINT, SIGTERM and SIGHUP (where nohup does not ignore them) ask for an orderly stop; a second
 * one ends the process at once. */
void ambit_cli_catch_signals(void);

/* Work goes on when nobody reads the progress any more. */
void ambit_cli_outlive_readers(void);
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
/* `details` (NULL-ended, most telling first) stand between the count and the rate, as many as fit
 * the terminal. */
void ambit_cli_progress_show(AmbitProgress *progress, int64_t done, const char *const *details);
void ambit_cli_progress_end(AmbitProgress *progress);

/* The line, `seconds` after the start, in at most `columns` columns. */
void ambit_cli_progress_text(const AmbitProgress *progress, int64_t done, double seconds,
                             const char *const *details, size_t columns, char *text, size_t size);

/* Seconds of a steady clock. */
double ambit_cli_seconds(void);

/* "1:02:03" into text of at least 32 bytes; returns text. */
char *ambit_cli_duration(double seconds, char *text);

/* Creates a folder and its parents. */
AmbitStatus ambit_cli_make_folder(const char *path, AmbitError *error);

/* FOLDER/NAME; free with ambit_free. NULL without memory. */
char *ambit_cli_path(const char *folder, const char *name);

/* AMBIT_OK if `path` may be replaced by a file that has `start` at `offset`: it is missing, empty,
 * or of that kind itself. */
AmbitStatus ambit_cli_refuse_other_kind(const char *path, long offset, const char *start,
                                        AmbitError *error);

/* ambit_store_write of a text. */
AmbitStatus ambit_cli_write_text(const char *path, const char *text, AmbitError *error);

bool ambit_cli_is_folder(const char *path);

#endif
