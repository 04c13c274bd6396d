// SPDX-License-Identifier: MIT
// The commands of the program, and the functions that they share. A command returns the exit code:
// 0 done, 1 failed, 2 bad usage or bad input, 75 stopped by a signal with work left. No other room
// prints.
#ifndef AMBIT_CLI_H
#define AMBIT_CLI_H

#include "ambit/kernels.h"
#include "ambit/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { AMBIT_EXIT_STOPPED = 75 }; // EX_TEMPFAIL of sysexits.h: the same command goes on

/* Values of an option that may be given several times. */
typedef struct AmbitRepeated {
    const char **word; // [count]
    size_t count;
} AmbitRepeated;

/* A parsed command line. */
typedef struct AmbitOptions {
    char **positional; // [n_positional]
    size_t n_positional;
    char **overrides; // [n_overrides] "training.batch_size=8"
    size_t n_overrides;
    const char *output;     // -o
    const char *figures;    // --figures
    AmbitRepeated beside;   // --beside
    const char *difference; // --difference
    const char *kernels;    // --kernels, "auto" by default
    size_t n_threads;       // --threads, the machine's by default
    size_t bandwidth;       // --bandwidth, in Gbit/s
    int64_t k;              // --k, −1 by default
    int64_t task;           // --task, −1 by default
    bool replace, resume, dry_run, quiet, more, prompts, corpus, raw, json, all, failed, missing;
    char *command; // the whole command line
} AmbitOptions;

/* A row of help: an option, an argument or a setting, and what it means in one paragraph. */
typedef struct AmbitTerm {
    const char *name;  // "--threads", "RESULTS.h5"
    const char *value; // the value that follows an option: "N"; NULL: none follows
    const char *help;
} AmbitTerm;

typedef struct AmbitTable {
    const char *title;      // a line above it, or NULL
    const AmbitTerm *terms; // ended by name NULL
} AmbitTable;

/* A command of the program. Help, manual page and completion are generated from this record. */
typedef struct AmbitCommand {
    const char *name, *usage, *summary;
    const char *about;        // paragraphs, separated by empty lines
    const AmbitTable *tables; // of arguments and settings, ended by terms NULL; optional
    const AmbitTerm *options; // options that the command takes, ended by name NULL; optional. A row
                              // without `help` has the help of the program's table (options.c)
    const char *setting;      // help of --key.sub=value; NULL: the command takes no settings
    const char *const *words; // values that the first argument may have, NULL-ended; optional
    const char *examples;     // lines
    size_t least, most;       // number of arguments
    bool takes_team;          // several processes may share the work
    int (*run)(const AmbitOptions *options);
} AmbitCommand;

extern const AmbitCommand ambit_command_pretrain, ambit_command_evaluate, ambit_command_show,
    ambit_command_report, ambit_command_export, ambit_command_import, ambit_command_convert,
    ambit_command_watch, ambit_command_list, ambit_command_bench, ambit_command_grid,
    ambit_command_collect;

/* Parses the words of a command line. Returns AMBIT_INVALID for anything that the command does not
 * take; the message says what it takes. The caller frees options also after a failure. */
AmbitStatus ambit_cli_options(AmbitOptions *options, const AmbitCommand *command, int argc,
                              char **argv, AmbitError *error);
void ambit_cli_options_free(AmbitOptions *options);

/* Sets *term to option i of a command; the option for settings comes last. Returns false if the
 * command has no option i. */
bool ambit_cli_option(const AmbitCommand *command, size_t i, AmbitTerm *term);

/* Print a summary of all commands (NULL-ended), the help of one command, and the help of all
 * commands as JSON. */
void ambit_cli_print_usage(FILE *to, const AmbitCommand *const *commands);
void ambit_cli_print_help(const AmbitCommand *command);
AmbitStatus ambit_cli_print_json(const AmbitCommand *const *commands);

/* Prints a line to stderr. Control characters of the message, except line ends, become "?", since
 * names from files and folders must not control the terminal. */
#ifdef __GNUC__
__attribute__((format(printf, 1, 2)))
#endif
void ambit_cli_say(const char *format, ...);

/* The same for remarks, "note: …", which --quiet silences, and for what the results should be read
 * with, "warning: …", which nothing silences. */
#ifdef __GNUC__
__attribute__((format(printf, 1, 2)))
#endif
void ambit_cli_note(const char *format, ...);
#ifdef __GNUC__
__attribute__((format(printf, 1, 2)))
#endif
void ambit_cli_warn(const char *format, ...);

/* Silences notes and progress from here on. */
void ambit_cli_be_quiet(void);
bool ambit_cli_is_quiet(void);

/* Prints "ambit: MESSAGE" to stderr and returns the exit code for `status`; AMBIT_INTERRUPTED means
 * that a signal stopped work. In a team, a message on which the processes agree is printed by
 * process 0; any other ends all processes. */
int ambit_cli_fail(AmbitStatus status, const AmbitError *error);

/* SIGINT, SIGTERM and SIGHUP (where nohup does not ignore them) ask for an orderly stop; a second
 * one ends the process at once. */
void ambit_cli_catch_signals(void);

/* Ignores SIGPIPE, so that work goes on when nobody reads the progress any more. */
void ambit_cli_outlive_readers(void);
bool ambit_cli_stop_requested(void);

/* Progress: on a terminal one line that is redrawn, elsewhere a plain line every few seconds. */
typedef struct AmbitProgress {
    const char *unit;   // name of what is counted: "step", "prompts"
    double rate_factor; // units of the rate per counted unit (prompts per step)
    const char *rate;   // "prompts/s"
    int64_t first, total;
    double started, shown;
    bool quiet, terminal;
} AmbitProgress;

void ambit_cli_progress_start(AmbitProgress *progress, int64_t first, int64_t total);
/* Shows a count. `details` (NULL-ended, most important first) stand between count and rate, as many
 * as fit into the terminal's width. */
void ambit_cli_progress_show(AmbitProgress *progress, int64_t done, const char *const *details);
void ambit_cli_progress_end(AmbitProgress *progress);

/* Writes the line of `seconds` after the start, in at most `columns` columns. */
void ambit_cli_progress_text(const AmbitProgress *progress, int64_t done, double seconds,
                             const char *const *details, size_t columns, char *text, size_t size);

/* Returns the seconds of a steady clock. */
double ambit_cli_seconds(void);

/* Writes "1:02:03" into text of at least 32 bytes; returns text. */
char *ambit_cli_duration(double seconds, char *text);

/* Creates a folder and its parents. */
AmbitStatus ambit_cli_make_folder(const char *path, AmbitError *error);

/* Returns FOLDER/NAME, to be freed with ambit_free; NULL if there is no memory. */
char *ambit_cli_path(const char *folder, const char *name);

/* Returns AMBIT_OK if `path` may be replaced by a file that has the bytes `start` at `offset`: path
 * is missing, empty, or has these bytes there, too. */
AmbitStatus ambit_cli_refuse_other_kind(const char *path, long offset, const char *start,
                                        AmbitError *error);

/* Calls ambit_store_write for a text. */
AmbitStatus ambit_cli_write_text(const char *path, const char *text, AmbitError *error);

bool ambit_cli_is_folder(const char *path);

/* Whether a folder holds the joined runs of a grid, and is no run itself. */
bool ambit_cli_is_grid(const char *path);

/* Finds out whether anything has this path; a failure where the system does not tell. */
AmbitStatus ambit_cli_exists(const char *path, bool *there, AmbitError *error);

/* The results of a path, owned by the caller: a file, RUN/results.h5, or a grid's joined file. */
AmbitStatus ambit_cli_find_results(char **results, const char *path, AmbitError *error);

#endif
