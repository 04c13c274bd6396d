// SPDX-License-Identifier: MIT
// Functions that commands share: errors, signals, small files.
#include "cli.h"
#include "show.h"
#include "team.h"

#include "ambit/file.h"
#include "ambit/memory.h"
#include "ambit/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool quiet;

void ambit_cli_be_quiet(void)
{
    quiet = true;
}

bool ambit_cli_is_quiet(void)
{
    return quiet;
}

/* Prints a line that begins with `kind`. */
static void say(const char *kind, const char *format, va_list arguments)
{
    char brief[1024];
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(brief, sizeof brief, format, arguments);
    size_t size = length < 0 ? 0 : (size_t)length + 1;
    char *whole = size > sizeof brief ? ambit_alloc(size, 1) : NULL;
    if (whole)
        vsnprintf(whole, size, format, again);
    va_end(again);
    fputs(kind, stderr);
    for (const char *text = whole ? whole : brief; *text;) {
        if (*text == '\n')
            fputc(*text++, stderr);
        else
            text += ambit_show_character(stderr, text);
    }
    fputc('\n', stderr);
    ambit_free(whole);
}

void ambit_cli_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (ambit_cli_team()->index == 0)
        say("", format, arguments);
    va_end(arguments);
}

void ambit_cli_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!quiet && ambit_cli_team()->index == 0)
        say("note: ", format, arguments);
    va_end(arguments);
}

void ambit_cli_warn(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (ambit_cli_team()->index == 0)
        say("warning: ", format, arguments);
    va_end(arguments);
}

/* As ambit_cli_say, whichever process this is. */
static void say_here(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say("", format, arguments);
    va_end(arguments);
}

int ambit_cli_fail(AmbitStatus status, const AmbitError *error)
{
    const AmbitTeam *team = ambit_cli_team();
    int code = status == AMBIT_INVALID ? 2 : status == AMBIT_INTERRUPTED ? AMBIT_EXIT_STOPPED : 1;
    if (error->agreed && team->index > 0)
        return code;
    say_here("ambit: %s%s", error->message[0] ? error->message : ambit_status_text(status),
             status == AMBIT_NO_MEMORY ? "; end other programs, or ask for less (--help)" : "");
    if (team->count > 1 && !error->agreed)
        team->type->abort(team->state, code);
    return code;
}

static volatile sig_atomic_t stop_requested;

static void request_stop(int number)
{
    if (stop_requested) {
        signal(number, SIG_DFL);
        raise(number);
    }
    stop_requested = 1;
}

void ambit_cli_catch_signals(void)
{
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    const struct sigaction action = {.sa_handler = request_stop, .sa_flags = SA_RESTART};
    struct sigaction before;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
}

void ambit_cli_outlive_readers(void)
{
    signal(SIGPIPE, SIG_IGN);
}

bool ambit_cli_stop_requested(void)
{
    return stop_requested;
}

double ambit_cli_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

bool ambit_cli_is_folder(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

AmbitStatus ambit_cli_exists(const char *path, bool *there, AmbitError *error)
{
    *there = access(path, F_OK) == 0;
    if (*there || errno == ENOENT || errno == ENOTDIR)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_IO, "%s: %s", path, ambit_system_text(errno));
}

bool ambit_cli_is_grid(const char *path)
{
    char *config = ambit_cli_path(path, "config.yaml"), *joined = ambit_cli_path(path, "grid.h5");
    bool is_grid = config && joined && access(config, F_OK) != 0 && access(joined, F_OK) == 0;
    ambit_free(config);
    ambit_free(joined);
    return is_grid;
}

AmbitStatus ambit_cli_find_results(char **results, const char *path, AmbitError *error)
{
    bool is_folder = ambit_cli_is_folder(path);
    const char *name = ambit_cli_is_grid(path) ? "grid.h5" : "results.h5";
    char run[AMBIT_SHELL_WORD];
    *results = is_folder ? ambit_cli_path(path, name) : ambit_strdup(path);
    if (!*results)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    bool there = true;
    AmbitStatus status = is_folder ? ambit_cli_exists(*results, &there, error) : AMBIT_OK;
    if (!status && !there)
        return ambit_error_set(error, AMBIT_INVALID,
                               "%s: no results.h5 in it yet; next: ambit evaluate %s, or, of a "
                               "grid's runs, ambit collect",
                               path, ambit_shell_word(path, run, sizeof run));
    return status;
}

/* Makes the name of a new folder outlast a power cut. */
static bool sync_parent(const char *path)
{
    char *parent = ambit_strdup(path);
    char *slash = parent ? strrchr(parent, '/') : NULL;
    if (slash)
        slash[slash == parent] = '\0';
    int folder = parent ? open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool synced = folder >= 0 && (fsync(folder) == 0 || errno == EINVAL); // some cannot
    if (folder >= 0)
        close(folder);
    ambit_free(parent);
    return synced;
}

AmbitStatus ambit_cli_make_folder(const char *path, AmbitError *error)
{
    char *part = ambit_strdup(path);
    if (!part)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    AmbitStatus status = AMBIT_OK;
    for (char *end = part + 1; !status; end++) {
        if (*end != '/' && *end != '\0')
            continue;
        char kept = *end;
        *end = '\0';
        int failure = mkdir(part, 0777) ? errno : 0;
        if (failure && !ambit_cli_is_folder(part))
            status = failure == EEXIST
                         ? ambit_error_set(error, AMBIT_INVALID,
                                           "%s: is a file; give the name of a folder", part)
                         : ambit_error_set(error, AMBIT_IO, "%s: cannot create the folder: %s",
                                           part, ambit_system_text(failure));
        else if (!failure && !sync_parent(part))
            status =
                ambit_error_set(error, AMBIT_IO, "%s: the folder it is in cannot be synced: %s",
                                part, ambit_system_text(errno));
        *end = kept;
        if (kept == '\0')
            break;
    }
    ambit_free(part);
    return status;
}

char *ambit_cli_path(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = ambit_alloc(size, 1);
    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

AmbitStatus ambit_cli_refuse_other_kind(const char *path, long offset, const char *start,
                                        AmbitError *error)
{
    char found[16] = "";
    size_t count = strlen(start);
    AmbitStatus status = ambit_store_replaceable(path, error);
    if (status)
        return status;
    FILE *file = ambit_file_open(path);
    if (!file)
        return AMBIT_OK; // nothing to lose, or an error that writing will report
    bool own = fgetc(file) == EOF ||
               (fseek(file, offset, SEEK_SET) == 0 && fread(found, 1, count, file) == count &&
                memcmp(found, start, count) == 0);
    fclose(file);
    if (own)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_INVALID,
                           "%s: holds something else, which would be lost; give another name or "
                           "remove it",
                           path);
}

static AmbitStatus put_text(FILE *file, const void *text, AmbitError *error)
{
    (void)error;
    fputs(text, file);
    return AMBIT_OK;
}

AmbitStatus ambit_cli_write_text(const char *path, const char *text, AmbitError *error)
{
    return ambit_store_write(path, put_text, text, error);
}
