// SPDX-License-Identifier: MIT
// `ambit show`: what a results file, a checkpoint or a run folder holds, in the terminal.
#include "show.h"
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: ambit show FILE.h5|RUN_DIR [--k N] [--more]\n"
    "  FILE.h5  a results file (tables and learning curves) or a checkpoint\n"
    "  RUN_DIR  a run folder: its checkpoints, the end of its log, its results\n"
    "  --k N    show sweeps at N in-context examples (default: the most there are)\n"
    "  --more   also distances, regret, posteriors and probes\n";

typedef struct Arguments {
    const char *path;
    AmbitShowOptions options;
} Arguments;

static AmbitStatus parse_k(const char *text, int64_t *k, AmbitError *error)
{
    char *end = NULL;
    errno = 0;
    long long value = text ? strtoll(text, &end, 10) : -1;
    if (!text || end == text || *end || errno || value < 0)
        return ambit_error_set(error, AMBIT_INVALID, "--k takes a count of examples, found \"%s\"",
                               text ? text : "");
    *k = value;
    return AMBIT_OK;
}

static AmbitStatus parse(int argc, char **argv, Arguments *arguments, AmbitError *error)
{
    *arguments = (Arguments){.options = {.k = -1}};
    AmbitStatus status = AMBIT_OK;
    for (int i = 1; status == AMBIT_OK && i < argc; i++) {
        if (strcmp(argv[i], "--k") == 0)
            status = parse_k(++i < argc ? argv[i] : NULL, &arguments->options.k, error);
        else if (strncmp(argv[i], "--k=", 4) == 0)
            status = parse_k(argv[i] + 4, &arguments->options.k, error);
        else if (strcmp(argv[i], "--more") == 0)
            arguments->options.more = true;
        else if (argv[i][0] == '-')
            status =
                ambit_error_set(error, AMBIT_INVALID, "show has no option %s\n%s", argv[i], usage);
        else if (arguments->path)
            status = ambit_error_set(error, AMBIT_INVALID, "show takes one file or folder, not %s",
                                     argv[i]);
        else
            arguments->path = argv[i];
    }
    if (status == AMBIT_OK && !arguments->path)
        status =
            ambit_error_set(error, AMBIT_INVALID, "show needs a file or a run folder\n%s", usage);
    return status;
}

static AmbitStatus show(const Arguments *arguments, AmbitError *error)
{
    AmbitContent content;
    if (ambit_cli_is_folder(arguments->path))
        return ambit_show_run(stdout, arguments->path, &arguments->options, error);
    AmbitStatus status = ambit_store_content(arguments->path, &content, error);
    if (status != AMBIT_OK)
        return status;
    if (content == AMBIT_CHECKPOINT)
        return ambit_show_checkpoint(stdout, arguments->path, error);
    return ambit_show_results(stdout, arguments->path, &arguments->options, error);
}

int ambit_cli_show(int argc, char **argv)
{
    AmbitError error = {0};
    Arguments arguments;
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return 0;
    }
    AmbitStatus status = parse(argc, argv, &arguments, &error);
    if (status == AMBIT_OK)
        status = show(&arguments, &error);
    if (fflush(stdout) != 0 && status == AMBIT_OK)
        status = ambit_error_set(&error, AMBIT_IO, "cannot write the output: %s", strerror(errno));
    return status == AMBIT_OK ? 0 : ambit_cli_fail(status, &error);
}
