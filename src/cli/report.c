// SPDX-License-Identifier: MIT
// `ambit report`: hands a results file to the exporter of notebooks_export/, a Python program that
// executes the notebooks there and writes one HTML page. Becomes that program; no shell between.
#include "cli.h"

#include "ambit/memory.h"
#include "ambit/store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: ambit report RESULTS.h5|RUN_DIR [-o PAGE.html] [--figures DIR]\n"
    "  RESULTS.h5     a file that `ambit evaluate` wrote; of a run folder, its results.h5\n"
    "  -o PAGE.html   the page; default: report.html beside the results\n"
    "  --figures DIR  also write every figure there, as PNG and PDF\n";

static const char system_python[] = "/usr/bin/python3"; // sees Debian's packages, others may not

typedef struct Arguments {
    const char *results, *output, *figures; // the latter two may be NULL
} Arguments;

/* The value of option `name` at argv[*i], as "NAME VALUE" or "NAME=VALUE"; "" if it is missing,
 * NULL if this is another word. */
static const char *option(const char *name, char **argv, int *i)
{
    size_t length = strlen(name);
    if (strncmp(argv[*i], name, length) != 0)
        return NULL;
    if (argv[*i][length] == '=')
        return argv[*i] + length + 1;
    if (argv[*i][length] != '\0')
        return NULL;
    return argv[*i + 1] ? argv[++*i] : "";
}

static AmbitStatus parse(int argc, char **argv, Arguments *arguments, AmbitError *error)
{
    *arguments = (Arguments){0};
    for (int i = 1; i < argc; i++) {
        const char *value;
        if ((value = option("-o", argv, &i)))
            arguments->output = value;
        else if ((value = option("--figures", argv, &i)))
            arguments->figures = value;
        else if (argv[i][0] == '-')
            return ambit_error_set(error, AMBIT_INVALID, "report has no option %s\n%s", argv[i],
                                   usage);
        else if (arguments->results)
            return ambit_error_set(error, AMBIT_INVALID, "report takes one file, not also %s",
                                   argv[i]);
        else
            arguments->results = argv[i];
        if (value && !*value)
            return ambit_error_set(error, AMBIT_INVALID, "%s needs a path\n%s", argv[i], usage);
    }
    return arguments->results
               ? AMBIT_OK
               : ambit_error_set(error, AMBIT_INVALID, "report needs a results file\n%s", usage);
}

/* Fails early, with the store's words, on what the exporter could not read. */
static AmbitStatus check_results(const char *path, AmbitError *error)
{
    AmbitContent content;
    AmbitStatus status = ambit_store_content(path, &content, error);
    if (!status && content != AMBIT_RESULTS)
        status = ambit_error_set(error, AMBIT_INVALID,
                                 "%s: a checkpoint; `ambit evaluate` makes results of it", path);
    return status;
}

/* The exporter: ../share/ambit beside an installed program, else the source tree of the build, else
 * where the build was to install it. */
static AmbitStatus find_exporter(char path[PATH_MAX], AmbitError *error)
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (length > 0) {
        static const char beside[] = "/../share/ambit/notebooks_export/export.py";
        path[length] = '\0';
        char *end = strrchr(path, '/');
        if (end && (size_t)(end - path) + sizeof beside <= PATH_MAX) {
            memcpy(end, beside, sizeof beside);
            if (access(path, R_OK) == 0)
                return AMBIT_OK;
        }
    }
    static const char *const folders[] = {AMBIT_NOTEBOOKS_SOURCE, AMBIT_NOTEBOOKS_INSTALLED};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        int size = snprintf(path, PATH_MAX, "%s/export.py", folders[i]);
        if (size < PATH_MAX && access(path, R_OK) == 0)
            return AMBIT_OK;
    }
    return ambit_error_set(error, AMBIT_IO,
                           "the exporter is not there; looked in ../share/ambit beside the "
                           "program, %s and %s; install ambit again",
                           folders[0], folders[1]);
}

/* Becomes the exporter; returns only if there is no Python. */
static AmbitStatus export_page(const Arguments *arguments, char *exporter, AmbitError *error)
{
    const char *words[8] = {system_python, exporter, arguments->results};
    size_t n = 3;
    if (arguments->output) {
        words[n++] = "-o";
        words[n++] = arguments->output;
    }
    if (arguments->figures) {
        words[n++] = "--figures";
        words[n++] = arguments->figures;
    }
    // exec takes words it may not change as char *const []
    execv(system_python, (char *const *)(void *)words);
    words[0] = "python3";
    execvp("python3", (char *const *)(void *)words);
    return ambit_error_set(error, AMBIT_IO,
                           "report needs Python: %s, and python3 in PATH: %s; apt-get install "
                           "python3",
                           system_python, strerror(errno));
}

static AmbitStatus report(Arguments *arguments, AmbitError *error)
{
    char exporter[PATH_MAX], *inside = NULL;
    if (ambit_cli_is_folder(arguments->results)) {
        inside = ambit_cli_path(arguments->results, "results.h5");
        if (!inside)
            return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
        arguments->results = inside;
    }
    AmbitStatus status = check_results(arguments->results, error);
    if (!status)
        status = find_exporter(exporter, error);
    if (!status)
        status = export_page(arguments, exporter, error);
    ambit_free(inside);
    return status;
}

int ambit_cli_report(int argc, char **argv)
{
    AmbitError error = {0};
    Arguments arguments;
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return 0;
    }
    AmbitStatus status = parse(argc, argv, &arguments, &error);
    if (!status)
        status = report(&arguments, &error);
    return status ? ambit_cli_fail(status, &error) : 0;
}
