// SPDX-License-Identifier: MIT
// `ambit show`: prints the contents of a results file, a checkpoint or a run folder.
#include "show.h"
#include "cli.h"
#include "joined.h"

#include "ambit/memory.h"

static AmbitStatus show_grid(const char *folder, const AmbitShowOptions *options, AmbitError *error)
{
    char *joined;
    AmbitStatus status = ambit_cli_find_results(&joined, folder, error);
    if (!status)
        status = ambit_show_joined(stdout, joined, options, error);
    ambit_free(joined);
    return status;
}

static AmbitStatus show_path(const char *path, const AmbitShowOptions *options, AmbitError *error)
{
    AmbitContent content = AMBIT_RESULTS;
    if (ambit_cli_is_grid(path))
        return show_grid(path, options, error);
    bool is_folder = ambit_cli_is_folder(path);
    AmbitStatus status = is_folder ? AMBIT_OK : ambit_store_content(path, &content, error);
    if (status != AMBIT_OK)
        return status;
    if (content == AMBIT_JOINED)
        return ambit_show_joined(stdout, path, options, error);
    if (options->difference)
        return ambit_error_set(error, AMBIT_INVALID,
                               "%s: is of one run; --difference takes a file that `ambit collect` "
                               "joined",
                               path);
    if (is_folder)
        return ambit_show_run(stdout, path, options, error);
    if (content == AMBIT_CHECKPOINT)
        return ambit_show_checkpoint(stdout, path, error);
    return ambit_show_results(stdout, path, options, error);
}

/* Shows every path in turn. What cannot be read is said, and the others are shown; the code
 * returned is the largest. */
static int show_each(char *const *paths, size_t n_paths, const AmbitShowOptions *options)
{
    int code = 0;
    for (size_t i = 0; i < n_paths; i++) {
        AmbitError error = {0};
        if (i > 0)
            putchar('\n');
        AmbitStatus status = show_path(paths[i], options, &error);
        int failure = status ? ambit_cli_fail(status, &error) : 0;
        code = failure > code ? failure : code;
    }
    return code;
}

static bool are_folders(char *const *paths, size_t n_paths)
{
    for (size_t i = 0; i < n_paths; i++)
        if (!ambit_cli_is_folder(paths[i]))
            return false;
    return true;
}

static int show(const AmbitOptions *options)
{
    AmbitError error = {0};
    const AmbitShowOptions shown = {
        .k = options->k, .more = options->more, .difference = options->difference};
    char *const *paths = options->positional;
    size_t n_paths = options->n_positional;
    if (n_paths < 2 || options->more || options->difference || !are_folders(paths, n_paths))
        return show_each(paths, n_paths, &shown);
    AmbitStatus status = ambit_show_runs(stdout, paths, n_paths, &shown, &error);
    return status ? ambit_cli_fail(status, &error) : 0;
}

static const char about[] = "Prints the contents of a file or of a run folder.";

static const AmbitTerm terms[] = {
    {"FILE.h5", NULL,
     "a results file (tables and learning curves), the joined runs of a grid (means over seeds; of "
     "language models how often and when they generalize) or a checkpoint"},
    {"RUN", NULL,
     "a run folder: checkpoints, end of the log, results; several run folders are compared: "
     "mixture, seed, size, step, state, errors. Of files, or with --more, each is shown in turn. "
     "A folder of a grid's runs stands for its grid.h5"},
    {0}};

static const AmbitTable tables[] = {{NULL, terms}, {0}};

static const AmbitTerm taken[] = {
    {"--k", "N",
     "show sweeps at N in-context examples (default: the most there are), and compare runs at N "
     "(default: half of the most)"},
    {"--difference", "POINT:POINT",
     "of joined runs: the paired difference between two points of the grid, such as "
     "weight=0.1:weight=0.5"},
    {"--more", NULL,
     "also distances, posteriors and probes; differences from evaluation.reference are always "
     "there"},
    {0}};

static const char examples[] = "  ambit show runs/quickstart/results.h5\n"
                               "  ambit show runs/quickstart/results.h5 --k 4 --more\n"
                               "  ambit show runs/*\n"
                               "  ambit show runs/*/results.h5\n";

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
