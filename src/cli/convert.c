// SPDX-License-Identifier: MIT
// `ambit convert`: the contents of a results file as tables for spreadsheets, R and pandas.
#include "ambit/memory.h"
#include "ambit/store.h"
#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A table that is being written. */
typedef struct Table {
    FILE *out;
    const char *path; // of the results file
    AmbitResultsSummary *summary;
    const char **axes; // [n_axes] with --more: names of the measurements' axes, borrowed
    size_t n_axes;
} Table;

/* Writes text as a cell (RFC 4180). */
static void put_text(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++)
        fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', out);
}

/* Writes a comma and a number; only the comma if the number is undefined. */
static void put_number(FILE *out, double value)
{
    char text[32];
    ambit_real_text(value, text, sizeof text);
    fprintf(out, ",%s", isnan(value) ? "" : text);
}

/* Writes target, step, sweep and swept value of a row. */
static void put_condition(const Table *table, size_t target, size_t condition)
{
    const AmbitTargetResult *r = table->summary->results[target];
    const AmbitResultAxis *step = &r->axes[AMBIT_AXIS_STEP], *sweep = &r->axes[AMBIT_AXIS_SWEEP];
    const char *name = ambit_result_sweep(r);
    put_text(table->out, table->summary->names[target]);
    fputc(',', table->out);
    if (step->values)
        fprintf(table->out, "%.0f", step->values[condition / r->n_sweep]);
    fputc(',', table->out);
    put_text(table->out, name ? name : "");
    put_number(table->out, name ? sweep->values[condition % r->n_sweep] : NAN);
    fputc(',', table->out);
}

/* Writes the statistics of one predictor. */
static void put_curve(const Table *table, size_t target, size_t condition, size_t column)
{
    const AmbitTargetResult *r = table->summary->results[target];
    for (size_t q = 0; q < r->n_queries; q++) {
        size_t at = (condition * r->n_columns + column) * r->n_queries + q;
        put_condition(table, target, condition);
        put_text(table->out, r->axes[AMBIT_AXIS_PREDICTOR].labels[column]);
        fprintf(table->out, ",%g,%zu,%zu", r->axes[AMBIT_AXIS_QUERY].values[q], q, r->n_examples);
        put_number(table->out, r->mean[at]);
        put_number(table->out, r->low[at]);
        put_number(table->out, r->high[at]);
        put_number(table->out, r->median ? r->median[at] : NAN);
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
        put_text(table->out, r->axes[AMBIT_AXIS_PREDICTOR].labels[column]);
        fprintf(table->out, ",%zu,%g,%zu", prompt, r->axes[AMBIT_AXIS_QUERY].values[q], q);
        put_number(table->out, r->error[at]);
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
    fputs("target,step,sweep,value,predictor,k,query,n_prompts,mean,low,high,median\n", table->out);
    for (size_t t = 0; t < table->summary->n_targets; t++)
        put_predictors(table, t, put_curve);
    return AMBIT_OK;
}

static AmbitStatus write_prompts(Table *table, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    fputs("target,step,sweep,value,predictor,prompt,k,query,error,flag\n", table->out);
    for (size_t t = 0; t < table->summary->n_targets && !status; t++) {
        status = ambit_results_read_raw(table->summary, t, table->path, error);
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

/* Collects the axes of all measurements, in order of first appearance. */
static AmbitStatus find_axes(Table *table, AmbitError *error)
{
    size_t most = 0;
    for (size_t t = 0; t < table->summary->n_targets; t++)
        most += table->summary->results[t]->n_axes;
    table->axes = ambit_alloc(most, sizeof *table->axes);
    if (!table->axes)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a table");
    for (size_t t = 0; t < table->summary->n_targets; t++) {
        const AmbitTargetResult *r = table->summary->results[t];
        for (size_t a = 0; a < r->n_arrays; a++)
            for (size_t i = 0; i < r->arrays[a].rank; i++) {
                const char *name = r->axes[r->arrays[a].axes[i]].words.name;
                if (find_axis(table, name) == table->n_axes)
                    table->axes[table->n_axes++] = name;
            }
    }
    return AMBIT_OK;
}

/* Writes the cell of an axis: the label or number at index `i`. */
static void put_place(FILE *out, const AmbitResultAxis *axis, size_t i)
{
    if (axis->labels) {
        fputc(',', out);
        put_text(out, axis->labels[i]);
    } else {
        put_number(out, axis->values[i]);
    }
}

/* Writes the row of one number of a measurement; `index` is its index in the array. */
static void put_measured(const Table *table, size_t target, const AmbitResultArray *array,
                         size_t condition, size_t index)
{
    const AmbitTargetResult *r = table->summary->results[target];
    size_t place[AMBIT_ARRAY_RANK], rest = index, query = r->n_queries;
    put_condition(table, target, condition);
    put_text(table->out, array->measure.words.name);
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
            put_place(table->out, &r->axes[array->axes[i]], place[i]);
        else
            fputc(',', table->out);
    }
    put_number(table->out, query < r->n_queries ? (double)query : NAN);
    put_number(table->out, ambit_result_values(array, condition)[index]);
    fputc('\n', table->out);
}

static AmbitStatus write_measurements(Table *table, AmbitError *error)
{
    size_t n_arrays = 0;
    AmbitStatus status = find_axes(table, error);
    if (status)
        return status;
    fputs("target,step,sweep,value,measurement", table->out);
    for (size_t i = 0; i < table->n_axes; i++) {
        fputc(',', table->out);
        put_text(table->out, table->axes[i]);
    }
    fputs(",query,measured\n", table->out);
    for (size_t t = 0; t < table->summary->n_targets; t++) {
        const AmbitTargetResult *r = table->summary->results[t];
        n_arrays += r->n_arrays;
        for (size_t a = 0; a < r->n_arrays; a++)
            for (size_t i = 0; i < ambit_result_n_conditions(r) * r->arrays[a].count; i++)
                put_measured(table, t, &r->arrays[a], i / r->arrays[a].count,
                             i % r->arrays[a].count);
    }
    return n_arrays ? AMBIT_OK
                    : ambit_error_set(error, AMBIT_INVALID,
                                      "%s: holds no measurements beyond errors; `probes` of an "
                                      "evaluation target add some (ambit list settings)",
                                      table->path);
}

static AmbitStatus write_table(FILE *out, const void *context, AmbitError *error)
{
    const AmbitOptions *options = context;
    Table table = {.out = out, .path = options->positional[0]};
    AmbitStatus status = ambit_results_read(&table.summary, table.path, error);
    if (!status)
        status = options->raw    ? write_prompts(&table, error)
                 : options->more ? write_measurements(&table, error)
                                 : write_statistics(&table, error);
    ambit_free(table.axes);
    ambit_results_summary_destroy(&table.summary);
    return status;
}

static int convert(const AmbitOptions *options)
{
    AmbitError error = {0};
    const char *path = options->n_positional > 1 ? options->positional[1] : NULL;
    AmbitStatus status = AMBIT_OK;
    if (ambit_cli_is_folder(options->positional[0]))
        status = ambit_error_set(&error, AMBIT_INVALID, "%s: is a folder; give %s/results.h5",
                                 options->positional[0], options->positional[0]);
    if (!status && options->raw && options->more)
        status = ambit_error_set(&error, AMBIT_INVALID,
                                 "convert: --raw and --more make different tables; give one");
    if (!status && path)
        status = ambit_cli_refuse_other_kind(path, 0, "target,step,", &error);
    if (!status)
        status = path ? ambit_store_write(path, write_table, options, &error)
                      : write_table(stdout, options, &error);
    return status ? ambit_cli_fail(status, &error) : 0;
}

static const char about[] =
    "Writes the errors of a results file as CSV, one row per target, training step, swept "
    "value, predictor and query: the mean over prompts, its 90 % bootstrap interval (low, "
    "high) and the median, where the zero predictor scores 1. k counts the examples seen; "
    "a query is one of several that share a k. Cells of axes that a target does not have "
    "are empty. Numbers have enough digits to be read back exactly: "
    "pandas.read_csv(\"errors.csv\", float_precision=\"round_trip\").";

static const AmbitTerm terms[] = {{"RESULTS.h5", NULL, "a file that `ambit evaluate` wrote"},
                                  {"OUT.csv", NULL, "default: the terminal"},
                                  {0}};

static const AmbitTable tables[] = {{NULL, terms}, {0}};

static const AmbitTerm taken[] = {
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
    "  ambit convert --raw runs/quickstart/results.h5 prompts.csv\n"
    "  ambit convert runs/quickstart/results.h5 | column -s, -t | less\n";

const AmbitCommand ambit_command_convert = {.name = "convert",
                                            .usage = "[--raw|--more] RESULTS.h5 [OUT.csv]",
                                            .summary = "errors as a table for R and pandas",
                                            .about = about,
                                            .tables = tables,
                                            .options = taken,
                                            .examples = examples,
                                            .least = 1,
                                            .most = 2,
                                            .run = convert};
