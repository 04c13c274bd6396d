// SPDX-License-Identifier: MIT
// What commands share: options, errors, signals, small files.
#include "cli.h"

#include "ambit/lanes.h"
#include "ambit/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int ambit_cli_fail(AmbitStatus status, const AmbitError *error)
{
    fprintf(stderr, "ambit: %s\n", error->message[0] ? error->message : ambit_status_text(status));
    return status == AMBIT_INVALID ? 2 : 1;
}

static char *join(int argc, char **argv)
{
    size_t size = sizeof "ambit";
    for (int i = 0; i < argc; i++)
        size += strlen(argv[i]) + 1;
    char *text = ambit_alloc(size, 1);
    if (!text)
        return NULL;
    char *end = stpcpy(text, "ambit");
    for (int i = 0; i < argc; i++) {
        *end++ = ' ';
        end = stpcpy(end, argv[i]);
    }
    return text;
}

static AmbitStatus read_threads(AmbitOptions *options, const char *text, AmbitError *error)
{
    char *end;
    long count = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || count < 1 || count > 1024)
        return ambit_error_set(error, AMBIT_INVALID,
                               "--threads: found '%s', allowed are whole numbers from 1 to 1024",
                               text);
    options->n_threads = (size_t)count;
    return AMBIT_OK;
}

/* An option that takes a value, as "--name VALUE" or "--name=VALUE": returns the value (advancing
 * *i) or NULL if argv[*i] is another one. A missing value yields "". */
static const char *value_of(const char *name, int argc, char **argv, int *i)
{
    size_t length = strlen(name);
    if (strncmp(argv[*i], name, length) != 0)
        return NULL;
    if (argv[*i][length] == '=')
        return argv[*i] + length + 1;
    if (argv[*i][length] != '\0')
        return NULL;
    return *i + 1 < argc ? argv[++*i] : "";
}

static bool read_flag(AmbitOptions *options, const char *word)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--resume", &options->resume},
                 {"--dry-run", &options->dry_run},
                 {"--quiet", &options->quiet},
                 {"--help", &options->help},
                 {"-h", &options->help}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (strcmp(word, flags[i].name) == 0)
            return *flags[i].flag = true;
    }
    return false;
}

static AmbitStatus unknown_option(const char *word, AmbitError *error)
{
    static const char *const names[] = {"--resume",  "--dry-run", "--quiet", "--help",
                                        "--threads", "--kernels", NULL};
    const char *nearest = ambit_nearest_name(word, names);
    return ambit_error_set(error, AMBIT_INVALID,
                           "no option '%s'%s%s%s; settings of the config are "
                           "given as --key.sub=value",
                           word, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                           nearest ? "'?" : "");
}

AmbitStatus ambit_cli_options(AmbitOptions *options, int argc, char **argv, size_t most,
                              AmbitError *error)
{
    *options = (AmbitOptions){.kernels = "auto", .n_threads = ambit_hardware_threads()};
    options->overrides = ambit_alloc((size_t)argc, sizeof *options->overrides);
    options->command = join(argc, argv);
    if (!options->overrides || !options->command)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the command line");
    for (int i = 1; i < argc; i++) {
        const char *value;
        AmbitStatus status = AMBIT_OK;
        if (read_flag(options, argv[i]))
            continue;
        if ((value = value_of("--threads", argc, argv, &i)))
            status = read_threads(options, value, error);
        else if ((value = value_of("--kernels", argc, argv, &i)))
            options->kernels = value;
        else if ((value = value_of("-o", argc, argv, &i)))
            options->output = value;
        else if (strncmp(argv[i], "--", 2) == 0 && strchr(argv[i], '='))
            options->overrides[options->n_overrides++] = argv[i] + 2;
        else if (argv[i][0] == '-')
            status = unknown_option(argv[i], error);
        else if (options->n_positional < most)
            options->positional[options->n_positional++] = argv[i];
        else
            status = ambit_error_set(error, AMBIT_INVALID, "unexpected argument '%s'", argv[i]);
        if (status)
            return status;
    }
    if (options->output && !*options->output)
        return ambit_error_set(error, AMBIT_INVALID, "-o: the path is missing");
    return AMBIT_OK;
}

void ambit_cli_options_free(AmbitOptions *options)
{
    ambit_free(options->overrides);
    ambit_free(options->command);
}

static volatile sig_atomic_t stop_requested;

static void request_stop(int signal)
{
    (void)signal;
    stop_requested = 1;
}

void ambit_cli_catch_signals(void)
{
    struct sigaction action = {.sa_handler = request_stop, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
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
        if (mkdir(part, 0777) && !ambit_cli_is_folder(part))
            status = ambit_error_set(error, AMBIT_IO, "%s: cannot create the folder: %s", part,
                                     strerror(errno));
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

AmbitStatus ambit_cli_write_text(const char *path, const char *text, AmbitError *error)
{
    size_t size = strlen(path) + sizeof ".tmp";
    char *aside = ambit_alloc(size, 1);
    if (!aside)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    snprintf(aside, size, "%s.tmp", path);
    FILE *file = fopen(aside, "w");
    bool written = file && fputs(text, file) >= 0 && fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (file)
        written = fclose(file) == 0 && written;
    if (!written || rename(aside, path)) {
        ambit_error_set(error, AMBIT_IO, "%s: cannot write: %s", path, strerror(errno));
        unlink(aside);
        ambit_free(aside);
        return AMBIT_IO;
    }
    ambit_free(aside);
    return AMBIT_OK;
}
