// SPDX-License-Identifier: MIT
// `ambit convert`: the contents of a results file as tables for spreadsheets, R and pandas.
#include "convert.h"
#include "ambit/file.h"
#include "ambit/joined.h"
#include "ambit/memory.h"
#include "ambit/store.h"
#include "cli.h"
#include "show.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The results files, and the way that the table is asked for. */
typedef struct Request {
    const AmbitOptions *options;
    size_t n_files;
    char **paths; // [n_files]
    const char *output;
} Request;

/* Writes the rows of all runs that a joined file holds. */
static AmbitStatus write_joined(FILE *out, const Request *request, AmbitError *error)
{
    AmbitConvertTable table = {.out = out, .paths = (const char *const *)request->paths};
    AmbitStatus status = ambit_joined_read(&table.joined, request->paths[0], error);
    size_t n_runs = status ? 0 : table.joined->runs.n_runs;
    table.summaries = ambit_alloc(n_runs, sizeof *table.summaries);
    table.runs = ambit_alloc(n_runs, sizeof *table.runs);
    if (!status && !(table.summaries && table.runs))
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a table");
    for (size_t run = 0; run < n_runs && !status; run++)
        if (table.joined->results[run]) {
            table.runs[table.n_files] = run;
            table.summaries[table.n_files++] = table.joined->results[run];
        }
    if (!status)
        status = ambit_convert_rows(&table, request->options, error);
    ambit_free(table.summaries);
    ambit_free(table.runs);
    ambit_free(table.axes);
    ambit_joined_destroy(&table.joined);
    return status;
}

static bool is_joined(const char *path)
{
    AmbitContent content;
    AmbitError unheard = {0};
    return !ambit_store_content(path, &content, &unheard) && content == AMBIT_JOINED;
}

static AmbitStatus write_table(FILE *out, const void *context, AmbitError *error)
{
    const Request *request = context;
    if (request->n_files == 1 && is_joined(request->paths[0]))
        return write_joined(out, request, error);
    size_t n_files = request->n_files;
    AmbitConvertTable table = {.out = out,
                               .n_files = n_files,
                               .paths = (const char *const *)request->paths,
                               .summaries = ambit_alloc(n_files, sizeof *table.summaries)};
    AmbitStatus status = AMBIT_OK;
    if (!table.summaries)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a table");
    for (size_t f = 0; f < n_files && !status; f++)
        status = ambit_results_read(&table.summaries[f], request->paths[f], error);
    if (!status)
        status = ambit_convert_rows(&table, request->options, error);
    for (size_t f = 0; f < n_files; f++)
        ambit_results_summary_destroy(&table.summaries[f]);
    ambit_free(table.summaries);
    ambit_free(table.axes);
    return status;
}

/* Without -o, the second of two arguments is the output. */
static AmbitStatus read_request(Request *request, AmbitError *error)
{
    const AmbitOptions *options = request->options;
    size_t n = options->n_positional;
    request->output = options->output;
    if (!options->output && n == 2)
        request->output = options->positional[--n];
    if (!options->output && n > 2)
        return ambit_error_set(error, AMBIT_INVALID,
                               "convert: several results files go into one table, whose name is "
                               "given by -o OUT.csv (- for the terminal)");
    if (options->raw && options->more)
        return ambit_error_set(error, AMBIT_INVALID,
                               "convert: --raw and --more make different tables; give one");
    if (request->output && strcmp(request->output, "-") == 0)
        request->output = NULL;
    request->paths = ambit_alloc(n, sizeof *request->paths);
    if (!request->paths)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for paths");
    AmbitStatus status = AMBIT_OK;
    for (; request->n_files < n && !status; request->n_files++)
        status = ambit_cli_find_results(&request->paths[request->n_files],
                                        options->positional[request->n_files], error);
    return status;
}

static int convert(const AmbitOptions *options)
{
    AmbitError error = {0};
    Request request = {.options = options};
    AmbitStatus status = read_request(&request, &error);
    bool joined = !status && request.n_files == 1 && is_joined(request.paths[0]);
    const char *start = joined                ? "target,"
                        : request.n_files > 1 ? "file,target,step,"
                                              : "target,step,";
    if (!status && request.output)
        status = ambit_cli_refuse_other_kind(request.output, 0, start, &error);
    if (!status)
        status = request.output ? ambit_store_write(request.output, write_table, &request, &error)
                                : write_table(stdout, &request, &error);
    for (size_t i = 0; i < request.n_files; i++)
        ambit_free(request.paths[i]);
    ambit_free(request.paths);
    return status ? ambit_cli_fail(status, &error) : 0;
}

static const char about[] =
    "Writes the errors of a results file as CSV, one row per target, training step, swept "
    "value, predictor and query: the mean over prompts, its 90 % bootstrap interval (low, "
    "high) and the median, where the zero predictor scores 1. k counts the examples seen; "
    "a query is one of several that share a k. Cells of axes that a target does not have "
    "are empty. Of several files, a first column says which file a row is of; of joined runs, the "
    "grid's axes are columns after the target. Numbers have enough "
    "digits to be read back exactly: "
    "pandas.read_csv(\"errors.csv\", float_precision=\"round_trip\").";

static const AmbitTerm terms[] = {
    {"RESULTS.h5", NULL,
     "a file that `ambit evaluate` or `ambit collect` wrote, or the folder of a run or a grid"},
    {"OUT.csv", NULL, "default: the terminal; of several files given by -o"},
    {0}};

static const AmbitTable tables[] = {{NULL, terms}, {0}};

static const AmbitTerm taken[] = {
    {"-o", "OUT.csv", "the output, after any number of results files"},
    {"--raw", NULL,
     "one row for every prompt: error and flag (0, or a sum of not converged 1, singular 2, no "
     "answer 4)"},
    {"--more", NULL,
     "measurements beyond errors (evaluation.probes and others), one row per number, with the name "
     "of "
     "the measurement and a coordinate on every axis"},
    {0}};

static const char examples[] =
    "  ambit convert runs/quickstart/results.h5 errors.csv\n"
    "  ambit convert runs/*/results.h5 -o all.csv\n"
    "  ambit convert --raw runs/quickstart/results.h5 prompts.csv\n"
    "  ambit convert runs/quickstart/results.h5 | column -s, -t | less\n";

const AmbitCommand ambit_command_convert = {
    .name = "convert",
    .usage = "[--raw|--more] RESULTS.h5|RUN… [OUT.csv | -o OUT.csv]",
    .summary = "errors as a table for R and pandas",
    .about = about,
    .tables = tables,
    .options = taken,
    .examples = examples,
    .least = 1,
    .most = SIZE_MAX,
    .run = convert};
