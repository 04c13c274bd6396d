// SPDX-License-Identifier: MIT
// `ambit report`: runs the exporter of notebooks_export/ on a results file. The exporter, a Python
// program, executes the notebooks and writes one HTML page. This process becomes the exporter by
// exec, without a shell.
#include "cli.h"
#include "resources.h"

#include "ambit/file.h"
#include "ambit/joined.h"
#include "ambit/memory.h"
#include "ambit/store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char system_python[] =
    "/usr/bin/python3"; // finds Debian's packages; other Pythons may not

/* Refuses files that the exporter could not read, with the store's message: links, arrays kept in
 * other files, and files that are not as `ambit evaluate` writes them. */
static AmbitStatus check_results(const char *path, AmbitError *error)
{
    AmbitContent content;
    AmbitResultsSummary *summary = NULL;
    AmbitJoined *joined = NULL;
    AmbitStatus status = ambit_store_content(path, &content, error);
    if (!status && content == AMBIT_CHECKPOINT)
        status = ambit_error_set(error, AMBIT_INVALID,
                                 "%s: a checkpoint; `ambit evaluate` makes results of it", path);
    if (!status && content == AMBIT_JOINED)
        status = ambit_joined_read(&joined, path, error);
    else if (!status)
        status = ambit_results_read(&summary, path, error);
    ambit_joined_destroy(&joined);
    ambit_results_summary_destroy(&summary);
    return status;
}

/* Refuses an output that cannot be written, before the notebooks are executed. */
static AmbitStatus check_output(const char *path, AmbitError *error)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    AmbitStatus status = ambit_cli_refuse_other_kind(path, 0, "<!DOCTYPE html>", error);
    if (status)
        return status;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    if (access(folder, W_OK) == 0)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_IO, "%s: cannot be created: %s", path,
                           ambit_system_text(errno));
}

/* Finds the exporter: in ../share/ambit beside an installed program, else in the source tree of the
 * build, else in the build's installation folder. */
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
static AmbitStatus export_pages(const AmbitOptions *options, char *const *results, char *exporter,
                                AmbitError *error)
{
    const char **words =
        ambit_alloc(options->n_positional + 2 * options->beside.count + 9, sizeof *words);
    size_t n = 0;
    if (!words)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for paths");
    words[n++] = system_python;
    words[n++] = exporter;
    if (options->output) {
        words[n++] = "-o";
        words[n++] = options->output;
    }
    if (options->figures) {
        words[n++] = "--figures";
        words[n++] = options->figures;
    }
    for (size_t i = 0; i < options->beside.count; i++) {
        words[n++] = "--beside";
        words[n++] = options->beside.word[i];
    }
    if (ambit_cli_is_quiet())
        words[n++] = "--quiet";
    words[n++] = "--";
    for (size_t i = 0; i < options->n_positional; i++)
        words[n++] = results[i];
    // exec takes words it may not change as char *const []
    execv(system_python, (char *const *)(void *)words);
    words[0] = "python3";
    execvp("python3", (char *const *)(void *)words);
    ambit_free(words);
    return ambit_error_set(error, AMBIT_IO,
                           "report needs Python: %s, and python3 in PATH: %s; apt-get install "
                           "python3",
                           system_python, ambit_system_text(errno));
}

static AmbitStatus check_page(const AmbitOptions *options, const char *results, AmbitError *error)
{
    if (options->output)
        return check_output(options->output, error);
    const char *slash = strrchr(results, '/');
    char *folder = ambit_strdup(slash ? results : ".");
    if (folder && slash)
        folder[slash == results ? 1 : slash - results] = '\0';
    char *page = folder ? ambit_cli_path(folder, "report.html") : NULL;
    AmbitStatus status = page ? check_output(page, error)
                              : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    ambit_free(page);
    ambit_free(folder);
    return status;
}

static AmbitStatus find_results(const AmbitOptions *options, const char *path, char **results,
                                AmbitError *error)
{
    AmbitStatus status = ambit_cli_find_results(results, path, error);
    if (!status)
        status = check_results(*results, error);
    return status ? status : check_page(options, *results, error);
}

static int report(const AmbitOptions *options)
{
    AmbitError error = {0};
    size_t n = options->n_positional;
    char exporter[PATH_MAX], **results = ambit_alloc(n, sizeof *results);
    AmbitStatus status =
        results ? AMBIT_OK : ambit_error_set(&error, AMBIT_NO_MEMORY, "no memory for paths");
    if (!status && n > 1 && (options->output || options->figures))
        status = ambit_error_set(&error, AMBIT_INVALID,
                                 "%s: takes one results file; of several, each has its page beside "
                                 "it",
                                 options->output ? "-o" : "--figures");
    for (size_t i = 0; i < options->beside.count && !status; i++)
        if (access(options->beside.word[i], R_OK) != 0)
            status = ambit_error_set(&error, AMBIT_INVALID, "--beside: %s: %s",
                                     options->beside.word[i], ambit_system_text(errno));
    for (size_t i = 0; i < n && !status; i++)
        status = find_results(options, options->positional[i], &results[i], &error);
    if (!status)
        status = find_exporter(exporter, &error);
    if (!status)
        status = ambit_cli_check_exporter(&error);
    if (!status)
        status = export_pages(options, results, exporter, &error);
    for (size_t i = 0; results && i < n; i++)
        ambit_free(results[i]);
    ambit_free(results);
    return status ? ambit_cli_fail(status, &error) : 0;
}

static const char about[] =
    "Executes the notebooks that fit the results and writes one page: run, settings, "
    "headline table and figures with captions. Of several results each has its page; `ambit "
    "collect` "
    "joins the results of a grid, whose page compares its runs. Needs Debian's Python packages, "
    "which it "
    "names.";

static const AmbitTerm terms[] = {
    {"RESULTS.h5", NULL,
     "a file that `ambit evaluate` or `ambit collect` wrote, or the folder of a run or a grid"},
    {0}};

static const AmbitTable tables[] = {{NULL, terms}, {0}};

static const AmbitTerm taken[] = {
    {"-o", "PAGE.html", "the page; default: report.html beside the results"},
    {"--figures", "DIR", "also write every figure there, as PNG, PDF and SVG"},
    {"--beside", "FILE.csv",
     "draw its curves beside those of the same targets: published ones and those of finished runs "
     "(experiments/reference), or what `ambit convert` writes of another run; may be repeated"},
    {"--quiet", NULL, "no progress (which a terminal shows); errors remain"},
    {0}};

static const char examples[] =
    "  ambit report runs/quickstart\n"
    "  ambit report runs/*\n"
    "  ambit report runs/murty_question_formation \\\n"
    "    --beside experiments/reference/murty_question_formation.csv\n"
    "  ambit report runs/mine --beside experiments/reference/yadlowsky_fig2.csv \\\n"
    "    --beside other.csv\n"
    "  ambit report results.h5 -o page.html --figures paper/figures\n";

const AmbitCommand ambit_command_report = {
    .name = "report",
    .usage = "RESULTS.h5|RUN… [-o PAGE.html] [--figures DIR] [OPTIONS]",
    .summary = "figures, captions and tables as one HTML page",
    .about = about,
    .tables = tables,
    .options = taken,
    .examples = examples,
    .least = 1,
    .most = SIZE_MAX,
    .run = report};
