// SPDX-License-Identifier: MIT
// `ambit convert`: the statistics of a results file as a table for spreadsheets, R and pandas.
#include "ambit/store.h"
#include "cli.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Writes the errors of a results file as CSV, one row per target, training step, swept value,\n"
    "predictor and query: the mean over prompts, its 90 % bootstrap interval (low, high) and the\n"
    "median, where the zero predictor scores 1. k counts the examples seen; a query is one of\n"
    "several that share a k. Cells of axes that a target does not have are empty.\n\n"
    "  RESULTS.h5         a file that `ambit evaluate` wrote\n"
    "  OUT.csv            default: the terminal\n\n"
    "Examples\n"
    "  ambit convert runs/quickstart/results.h5 errors.csv\n"
    "  ambit convert runs/quickstart/results.h5 | column -s, -t | less\n";

/* Text as a cell (RFC 4180). */
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

/* A number after a comma; nothing after it if it is undefined. */
static void put_number(FILE *out, double value)
{
    char text[32];
    ambit_real_text(value, text, sizeof text);
    fprintf(out, ",%s", isnan(value) ? "" : text);
}

/* The rows of one predictor at lead `lead`, a pair of step and swept value. */
static void put_curve(FILE *out, const AmbitResultsSummary *summary, size_t target, size_t lead,
                      size_t column)
{
    const AmbitTargetResult *r = summary->results[target];
    const char *sweep = summary->sweeps[target];
    for (size_t q = 0; q < r->n_queries; q++) {
        size_t at = (lead * r->n_columns + column) * r->n_queries + q;
        put_text(out, summary->names[target]);
        fputc(',', out);
        if (r->steps)
            fprintf(out, "%" PRId64, r->steps[lead / r->n_sweep]);
        fputc(',', out);
        put_text(out, sweep ? sweep : "");
        put_number(out, sweep ? summary->sweep_values[target].values[lead % r->n_sweep] : NAN);
        fputc(',', out);
        put_text(out, r->columns[column]);
        fprintf(out, ",%zu,%zu,%zu", r->seen[q], q, r->n_prompts);
        put_number(out, r->mean[at]);
        put_number(out, r->low[at]);
        put_number(out, r->high[at]);
        put_number(out, r->median[at]);
        fputc('\n', out);
    }
}

static void put_table(FILE *out, const AmbitResultsSummary *summary)
{
    fputs("target,step,sweep,value,predictor,k,query,n_prompts,mean,low,high,median\n", out);
    for (size_t t = 0; t < summary->n_targets; t++) {
        const AmbitTargetResult *result = summary->results[t];
        for (size_t lead = 0; lead < ambit_result_n_leads(result); lead++)
            for (size_t column = 0; column < result->n_columns; column++)
                put_curve(out, summary, t, lead, column);
    }
}

static AmbitStatus write_table(const AmbitResultsSummary *summary, const char *path,
                               AmbitError *error)
{
    char *text = NULL;
    size_t size;
    FILE *out = path ? open_memstream(&text, &size) : stdout;
    if (out)
        put_table(out, summary);
    bool written = out && !ferror(out) && (path ? fclose(out) : fflush(out)) == 0;
    AmbitStatus status = AMBIT_OK;
    if (!written)
        status = ambit_error_set(error, path ? AMBIT_NO_MEMORY : AMBIT_IO,
                                 "the table cannot be written");
    else if (path)
        status = ambit_cli_refuse_other_kind(path, 0, "target,step,", error);
    if (!status && path)
        status = ambit_cli_write_text(path, text, error);
    free(text);
    return status;
}

static int convert(const AmbitOptions *options)
{
    AmbitError error = {0};
    AmbitResultsSummary *summary = NULL;
    AmbitStatus status = ambit_results_read(&summary, options->positional[0], &error);
    if (!status)
        status =
            write_table(summary, options->n_positional > 1 ? options->positional[1] : NULL, &error);
    ambit_results_summary_destroy(&summary);
    return status ? ambit_cli_fail(status, &error) : 0;
}

static const char *const taken[] = {NULL};

const AmbitCommand ambit_command_convert = {.name = "convert",
                                            .usage = "RESULTS.h5 [OUT.csv]",
                                            .summary = "errors as a table for R and pandas",
                                            .help = help,
                                            .options = taken,
                                            .least = 1,
                                            .most = 2,
                                            .run = convert};
