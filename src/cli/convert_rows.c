// SPDX-License-Identifier: MIT
// The rows of the tables that `ambit convert` writes.
#include "ambit/memory.h"
#include "convert.h"
#include "csv.h"
#include "show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Writes the places of a joined run on its axes. */
static void put_run(const AmbitConvertTable *table)
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
static void put_condition(const AmbitConvertTable *table, size_t target, size_t condition)
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
static void put_curve(const AmbitConvertTable *table, size_t target, size_t condition,
                      size_t column)
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
static void put_prompts(const AmbitConvertTable *table, size_t target, size_t condition,
                        size_t column)
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
static void put_predictors(const AmbitConvertTable *table, size_t target,
                           void (*put)(const AmbitConvertTable *, size_t, size_t, size_t))
{
    const AmbitTargetResult *r = table->summary->results[target];
    for (size_t condition = 0; condition < ambit_result_n_conditions(r); condition++)
        for (size_t column = 0; column < r->n_columns; column++)
            put(table, target, condition, column);
}

static AmbitStatus write_statistics(AmbitConvertTable *table, AmbitError *error)
{
    (void)error;
    for (size_t t = 0; t < table->summary->n_targets; t++)
        put_predictors(table, t, put_curve);
    return AMBIT_OK;
}

static AmbitStatus write_prompts(AmbitConvertTable *table, AmbitError *error)
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
static size_t find_axis(const AmbitConvertTable *table, const char *name)
{
    size_t i = 0;
    while (i < table->n_axes && strcmp(table->axes[i], name) != 0)
        i++;
    return i;
}

/* Adds the axes of a file's measurements that the table lacks. */
static void add_axes(AmbitConvertTable *table, const AmbitResultsSummary *summary)
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
static AmbitStatus find_axes(AmbitConvertTable *table, AmbitError *error)
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
static void put_measured(const AmbitConvertTable *table, size_t target,
                         const AmbitResultArray *array, size_t condition, size_t index)
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

static AmbitStatus write_measurements(AmbitConvertTable *table, AmbitError *error)
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
static AmbitStatus check_kinds(const AmbitConvertTable *table, AmbitError *error)
{
    for (size_t f = 1; f < table->n_files; f++)
        if (holds_sentences(table->summaries[f]) != holds_sentences(table->summaries[0]))
            return ambit_error_set(error, AMBIT_INVALID,
                                   "some of these results are of prompts and some of sentences, "
                                   "whose tables differ; write one table of each kind");
    return AMBIT_OK;
}

static void put_head(const AmbitConvertTable *table, const AmbitOptions *options)
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

AmbitStatus ambit_convert_rows(AmbitConvertTable *table, const AmbitOptions *options,
                               AmbitError *error)
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
