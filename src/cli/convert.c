// SPDX-License-Identifier: MIT
// `ambit convert`: the contents of a results file as tables for spreadsheets, R and pandas.
#include "ambit/joined.h"
#include "ambit/memory.h"
#include "ambit/store.h"
#include "cli.h"
#include "csv.h"
#include "show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A table that is being written. */
typedef struct Table {
    FILE *out;
    size_t n_files;
    const char *const *paths;        // [n_files] of the results files
    AmbitResultsSummary **summaries; // [n_files]
    size_t file;                     // the one that rows are written of
    AmbitResultsSummary *summary;    // of this file
    AmbitJoined *joined;             // the runs that the summaries are of; NULL: files
    size_t *runs;                    // [n_files] of joined: the run of each summary
    const char **axes; // [n_axes] with --more: names of the measurements' axes, borrowed
    size_t n_axes;
} Table;

/* Writes the places of a joined run on its axes. */
static void put_run(const Table *table)
{
    const AmbitRuns *runs = &table->joined->runs;
    for (size_t a = 0; a < runs->n_axes; a++) {
        const AmbitResultAxis *axis = &runs->axes[a];
        size_t at = ambit_runs_place(runs, table->runs[table->file], a);
        char number[32];
        if (axis->values)
            ambit_real_text(axis->values[at], number, sizeof number);
        ambit_csv_text(table->out, axis->values ? number : axis->labels[at]);
        fputc(',', table->out);
    }
}

/* Writes run or file (of several), target, step, sweep and swept value of a row. */
static void put_condition(const Table *table, size_t target, size_t condition)
{
    const AmbitTargetResult *r = table->summary->results[target];
    const AmbitResultAxis *step = &r->axes[AMBIT_AXIS_STEP], *sweep = &r->axes[AMBIT_AXIS_SWEEP];
    const char *name = ambit_result_sweep(r);
    if (table->n_files > 1 && !table->joined) {
        ambit_csv_text(table->out, table->paths[table->file]);
        fputc(',', table->out);
    }
    ambit_csv_text(table->out, table->summary->names[target]);
    fputc(',', table->out);
    if (table->joined)
        put_run(table);
    if (step->values)
        fprintf(table->out, "%.0f", step->values[condition / r->n_sweep]);
    fputc(',', table->out);
    ambit_csv_text(table->out, name ? name : "");
    ambit_csv_number(table->out, name ? sweep->values[condition % r->n_sweep] : NAN);
    fputc(',', table->out);
}

/* Writes the statistics of one predictor. */
static void put_curve(const Table *table, size_t target, size_t condition, size_t column)
{
    const AmbitTargetResult *r = table->summary->results[target];
    for (size_t q = 0; q < r->n_queries; q++) {
        size_t at = (condition * r->n_columns + column) * r->n_queries + q;
        put_condition(table, target, condition);
        ambit_csv_text(table->out, r->axes[AMBIT_AXIS_PREDICTOR].labels[column]);
        ambit_csv_place(table->out, &r->axes[AMBIT_AXIS_QUERY], q);
        fprintf(table->out, ",%zu,%zu", q, r->n_examples);
        ambit_csv_number(table->out, r->mean[at]);
        ambit_csv_number(table->out, r->low[at]);
        ambit_csv_number(table->out, r->high[at]);
        ambit_csv_number(table->out, r->median ? r->median[at] : NAN);
        fputc('\n', table->out);
    }
}

/* Writes the errors of one predictor on every prompt. */
static void put_prompts(const Table *table, size_t target, size_t condition, size_t column)
{
    const AmbitTargetResult *r = table->summary->results[target];
    for (size_t i = 0; i < r->n_examples * r->n_queries; i++) {
        size_t q = i % r->n_queries, prompt = i / r->n_queries;
        size_t at = (condition * r->n_columns + column) * r->n_examples * r->n_queries + i;
        put_condition(table, target, condition);
        ambit_csv_text(table->out, r->axes[AMBIT_AXIS_PREDICTOR].labels[column]);
        fputc(',', table->out);
        ambit_csv_example(table->out, &r->axes[AMBIT_AXIS_EXAMPLE], prompt);
        ambit_csv_place(table->out, &r->axes[AMBIT_AXIS_QUERY], q);
        fprintf(table->out, ",%zu", q);
        ambit_csv_number(table->out, r->error[at]);
        fprintf(table->out, ",%d\n", r->flag[at]);
    }
}

/* Writes the rows of all conditions and predictors of a target. */
static void put_predictors(const Table *table, size_t target,
                           void (*put)(const Table *, size_t, size_t, size_t))
{
    const AmbitTargetResult *r = table->summary->results[target];
    for (size_t condition = 0; condition < ambit_result_n_conditions(r); condition++)
        for (size_t column = 0; column < r->n_columns; column++)
            put(table, target, condition, column);
}

static AmbitStatus write_statistics(Table *table, AmbitError *error)
{
    (void)error;
    for (size_t t = 0; t < table->summary->n_targets; t++)
        put_predictors(table, t, put_curve);
    return AMBIT_OK;
}

static AmbitStatus write_prompts(Table *table, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    for (size_t t = 0; t < table->summary->n_targets && !status; t++) {
        status = table->joined
                     ? ambit_joined_read_raw(table->joined, table->runs[table->file], t,
                                             table->paths[0], error)
                     : ambit_results_read_raw(table->summary, t, table->paths[table->file], error);
        if (!status)
            put_predictors(table, t, put_prompts);
        ambit_results_drop_raw(table->summary->results[t]);
    }
    return status;
}

/* Index of `name` among the table's axes; n_axes if it is not among them. */
static size_t find_axis(const Table *table, const char *name)
{
    size_t i = 0;
    while (i < table->n_axes && strcmp(table->axes[i], name) != 0)
        i++;
    return i;
}

/* Adds the axes of a file's measurements that the table lacks. */
static void add_axes(Table *table, const AmbitResultsSummary *summary)
{
    for (size_t t = 0; t < summary->n_targets; t++) {
        const AmbitTargetResult *r = summary->results[t];
        for (size_t a = 0; a < r->n_arrays; a++)
            for (size_t i = 0; i < r->arrays[a].rank; i++) {
                const char *name = r->axes[r->arrays[a].axes[i]].words.name;
                if (find_axis(table, name) == table->n_axes)
                    table->axes[table->n_axes++] = name;
            }
    }
}

/* Collects the axes of all measurements, in order of first appearance. */
static AmbitStatus find_axes(Table *table, AmbitError *error)
{
    size_t most = 0, n_arrays = 0;
    for (size_t f = 0; f < table->n_files; f++)
        for (size_t t = 0; t < table->summaries[f]->n_targets; t++) {
            most += table->summaries[f]->results[t]->n_axes;
            n_arrays += table->summaries[f]->results[t]->n_arrays;
        }
    if (n_arrays == 0)
        return ambit_error_set(error, AMBIT_INVALID,
                               "%s: holds no measurements beyond errors; `probes` of an "
                               "evaluation target add some (ambit list settings)",
                               table->paths[0]);
    table->axes = ambit_alloc(most, sizeof *table->axes);
    if (!table->axes)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a table");
    for (size_t f = 0; f < table->n_files; f++)
        add_axes(table, table->summaries[f]);
    return AMBIT_OK;
}

/* Writes the row of one number of a measurement; `index` is its index in the array. */
static void put_measured(const Table *table, size_t target, const AmbitResultArray *array,
                         size_t condition, size_t index)
{
    const AmbitTargetResult *r = table->summary->results[target];
    size_t place[AMBIT_ARRAY_RANK], rest = index, query = r->n_queries;
    put_condition(table, target, condition);
    ambit_csv_text(table->out, array->measure.words.name);
    for (size_t i = array->rank; i-- > 0;) {
        size_t length = r->axes[array->axes[i]].length;
        place[i] = rest % length;
        rest /= length;
        if (array->axes[i] == AMBIT_AXIS_QUERY)
            query = place[i];
    }
    for (size_t column = 0; column < table->n_axes; column++) {
        size_t i = 0;
        while (i < array->rank &&
               strcmp(r->axes[array->axes[i]].words.name, table->axes[column]) != 0)
            i++;
        if (i < array->rank)
            ambit_csv_place(table->out, &r->axes[array->axes[i]], place[i]);
        else
            fputc(',', table->out);
    }
    ambit_csv_number(table->out, query < r->n_queries ? (double)query : NAN);
    ambit_csv_number(table->out, ambit_result_values(array, condition)[index]);
    fputc('\n', table->out);
}

/* Conditions of which a measurement has numbers of its own. */
static size_t n_conditions(const AmbitTargetResult *result, const AmbitResultArray *array)
{
    return array->measure.fixed ? 1 : ambit_result_n_conditions(result);
}

static AmbitStatus write_measurements(Table *table, AmbitError *error)
{
    (void)error;
    for (size_t t = 0; t < table->summary->n_targets; t++) {
        const AmbitTargetResult *r = table->summary->results[t];
        for (size_t a = 0; a < r->n_arrays; a++)
            for (size_t i = 0; i < n_conditions(r, &r->arrays[a]) * r->arrays[a].count; i++)
                put_measured(table, t, &r->arrays[a], i / r->arrays[a].count,
                             i % r->arrays[a].count);
    }
    return AMBIT_OK;
}

static bool holds_sentences(const AmbitResultsSummary *summary)
{
    return summary->n_targets > 0 && ambit_show_is_sentences(summary->results[0]);
}

/* Refuses prompts and sentences in one table, whose columns differ. */
static AmbitStatus check_kinds(const Table *table, AmbitError *error)
{
    for (size_t f = 1; f < table->n_files; f++)
        if (holds_sentences(table->summaries[f]) != holds_sentences(table->summaries[0]))
            return ambit_error_set(error, AMBIT_INVALID,
                                   "some of these results are of prompts and some of sentences, "
                                   "whose tables differ; write one table of each kind");
    return AMBIT_OK;
}

static void put_head(const Table *table, const AmbitOptions *options)
{
    bool sentences = holds_sentences(table->summaries[0]);
    const char *columns = "measurement";
    if (options->raw)
        columns = sentences ? "predictor,example,metric,query,outcome,flag"
                            : "predictor,prompt,k,query,error,flag";
    else if (!options->more)
        columns = sentences ? "predictor,metric,query,n_examples,mean,low,high,median"
                            : "predictor,k,query,n_prompts,mean,low,high,median";
    fputs(table->n_files > 1 && !table->joined ? "file,target," : "target,", table->out);
    for (size_t a = 0; table->joined && a < table->joined->runs.n_axes; a++) {
        ambit_csv_text(table->out, table->joined->runs.axes[a].words.name);
        fputc(',', table->out);
    }
    fprintf(table->out, "step,sweep,value,%s", columns);
    for (size_t i = 0; i < table->n_axes; i++) {
        fputc(',', table->out);
        ambit_csv_text(table->out, table->axes[i]);
    }
    fputs(options->more ? ",query,measured\n" : "\n", table->out);
}

/* The results files, and the way that the table is asked for. */
typedef struct Request {
    const AmbitOptions *options;
    size_t n_files;
    char **paths; // [n_files]
    const char *output;
} Request;

static AmbitStatus write_rows(Table *table, const AmbitOptions *options, AmbitError *error)
{
    AmbitStatus status = check_kinds(table, error);
    if (!status && options->more)
        status = find_axes(table, error);
    if (!status)
        put_head(table, options);
    for (table->file = 0; table->file < table->n_files && !status; table->file++) {
        table->summary = table->summaries[table->file];
        status = options->raw    ? write_prompts(table, error)
                 : options->more ? write_measurements(table, error)
                                 : write_statistics(table, error);
    }
    return status;
}

/* Writes the rows of all runs that a joined file holds. */
static AmbitStatus write_joined(FILE *out, const Request *request, AmbitError *error)
{
    Table table = {.out = out, .paths = (const char *const *)request->paths};
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
        status = write_rows(&table, request->options, error);
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
    Table table = {.out = out,
                   .n_files = n_files,
                   .paths = (const char *const *)request->paths,
                   .summaries = ambit_alloc(n_files, sizeof *table.summaries)};
    AmbitStatus status = AMBIT_OK;
    if (!table.summaries)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a table");
    for (size_t f = 0; f < n_files && !status; f++)
        status = ambit_results_read(&table.summaries[f], request->paths[f], error);
    if (!status)
        status = write_rows(&table, request->options, error);
    for (size_t f = 0; f < n_files; f++)
        ambit_results_summary_destroy(&table.summaries[f]);
    ambit_free(table.summaries);
    ambit_free(table.axes);
    return status;
}

/* The results file of a path: RUN/results.h5 of a run folder. */
static AmbitStatus find_results(char **results, const char *path, AmbitError *error)
{
    bool is_run = ambit_cli_is_folder(path);
    *results = is_run ? ambit_cli_path(path, "results.h5") : ambit_strdup(path);
    if (!*results)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    if (is_run && access(*results, F_OK) != 0)
        return ambit_error_set(error, AMBIT_INVALID,
                               "%s: the folder has no results.h5; `ambit evaluate %s` makes it",
                               path, path);
    return AMBIT_OK;
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
        status = find_results(&request->paths[request->n_files],
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
     "a file that `ambit evaluate` or `ambit collect` wrote, or a run folder with results.h5"},
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
