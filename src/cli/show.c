// SPDX-License-Identifier: MIT
// `ambit show`: prints the contents of a results file, a checkpoint or a run folder.
#include "show.h"
#include "cli.h"

#include <errno.h>
#include <string.h>

static AmbitStatus show_path(const char *path, const AmbitShowOptions *options, AmbitError *error)
{
    AmbitContent content;
    if (ambit_cli_is_folder(path))
        return ambit_show_run(stdout, path, options, error);
    AmbitStatus status = ambit_store_content(path, &content, error);
    if (status != AMBIT_OK)
        return status;
    if (content == AMBIT_CHECKPOINT)
        return ambit_show_checkpoint(stdout, path, error);
    return ambit_show_results(stdout, path, options, error);
}

static int show(const AmbitOptions *options)
{
    AmbitError error = {0};
    const AmbitShowOptions shown = {.k = options->k, .more = options->more};
    AmbitStatus status =
        options->n_positional > 1
            ? ambit_show_runs(stdout, options->positional, options->n_positional, &error)
            : show_path(options->positional[0], &shown, &error);
    if (fflush(stdout) != 0 && status == AMBIT_OK)
        status = ambit_error_set(&error, AMBIT_IO, "cannot write the output: %s",
                                 ambit_system_text(errno));
    return status == AMBIT_OK ? 0 : ambit_cli_fail(status, &error);
}

static const char about[] = "Prints the contents of a file or of a run folder.";

static const AmbitTerm terms[] = {
    {"FILE.h5", NULL, "a results file (tables and learning curves) or a checkpoint"},
    {"RUN", NULL,
     "a run folder: checkpoints, end of the log, results; several run folders are compared: "
     "mixture, size, step, state, errors"},
    {0}};

static const AmbitTable tables[] = {{NULL, terms}, {0}};

static const AmbitTerm taken[] = {
    {"--k", "N", "show sweeps at N in-context examples (default: the most there are)"},
    {"--more", NULL,
     "also distances, posteriors and probes; differences from evaluation.reference are always "
     "there"},
    {0}};

static const char examples[] = "  ambit show runs/quickstart/results.h5\n"
                               "  ambit show runs/quickstart/results.h5 --k 4 --more\n"
                               "  ambit show runs/*\n";

const AmbitCommand ambit_command_show = {.name = "show",
                                         .usage = "FILE.h5|RUN… [--k N] [--more]",
                                         .summary = "tables and learning curves in the terminal",
                                         .about = about,
                                         .tables = tables,
                                         .options = taken,
                                         .examples = examples,
                                         .least = 1,
                                         .most = SIZE_MAX,
                                         .run = show};
