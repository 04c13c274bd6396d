// SPDX-License-Identifier: MIT
// `ambit show` of results about sentences: accuracies by metric and by category, and the course
// over training of all splits, with what early stopping would have left.
#include "show.h"

#include "ambit/memory.h"

#include <math.h>
#include <string.h>

enum {
    LABEL = 22, // least columns of the labels of rows, with a blank behind
    CELL = 14,
    LAST_CELL = CELL - 2, // of "0.823 ±0.019", where nothing follows
    COLUMNS = (AMBIT_SHOW_WIDTH - 2 - LABEL) / CELL,
    PLOT_COLUMNS = 72
};

/* Condition of the last training step; sentences have no sweep. */
static size_t last_condition(const AmbitTargetResult *result)
{
    return result->n_steps - 1;
}

/* "0.823 ±0.019": half of the interval, the longer half; "-" if there is no number. */
static void show_cell(FILE *out, double mean, double low, double high, bool last)
{
    char text[48] = "-";
    double half = fmax(high - mean, mean - low);
    if (half > 0) // false for NaN
        snprintf(text, sizeof text, "%.3f ±%.3f", mean, half);
    else if (!isnan(mean))
        snprintf(text, sizeof text, "%.3f", mean);
    fputs(text, out);
    if (!last)
        fprintf(out, "%*s", (int)CELL - (int)ambit_show_text_width(text), "");
}

/* A table of predictors (columns) over rows. Numbers of row i and predictor c lie at
 * [i·row_stride + c·column_stride]; `low` may be NULL. */
typedef struct Table {
    const AmbitTargetResult *result;
    const double *mean, *low, *high;
    size_t n_rows, row_stride, column_stride;
    char *const *labels;     // [n_rows]
    const char *const *kept; // [n_rows] entries NULL: rows that are left out; or NULL
} Table;

static bool row_is_empty(const Table *table, size_t row)
{
    for (size_t c = 0; c < table->result->n_columns; c++)
        if (!isnan(table->mean[row * table->row_stride + c * table->column_stride]))
            return false;
    return true;
}

/* Columns of the labels of a target's tables: as many as the names of its metrics need, if the
 * numbers leave them. */
static int label_columns(const AmbitTargetResult *result)
{
    const AmbitResultAxis *metrics = &result->axes[AMBIT_AXIS_QUERY];
    size_t shown = result->n_columns < COLUMNS ? result->n_columns : COLUMNS, columns = LABEL;
    size_t most = AMBIT_SHOW_WIDTH - 2 - LAST_CELL - (shown ? shown - 1 : 0) * CELL;
    for (size_t i = 0; i < metrics->length; i++) {
        size_t own = ambit_show_text_width(metrics->labels[i]) + 1;
        columns = own > columns ? own : columns;
    }
    return (int)(columns < most ? columns : most);
}

/* Prints the label of a row: whole, on a line of its own if it is too long. */
static void show_label(FILE *out, const Table *table, const char *label)
{
    int columns = label_columns(table->result), used = (int)ambit_show_text_width(label);
    fputs("  ", out);
    ambit_show_text(out, label, 0);
    if (used < columns)
        fprintf(out, "%*s", columns - used, "");
    else
        fprintf(out, "\n%*s", columns + 2, "");
}

static void show_header(FILE *out, const Table *table, const char *corner, size_t first, size_t end)
{
    char *const *names = table->result->axes[AMBIT_AXIS_PREDICTOR].labels;
    show_label(out, table, corner);
    for (size_t c = first; c < end; c++) {
        ambit_show_text(out, names[c], c + 1 < end ? CELL - 1 : 0);
        fputs(c + 1 < end ? " " : "\n", out);
    }
}

/* Prints the table in blocks of as many predictors as fit. Rows without a number are left out. */
static void show_table(FILE *out, const Table *table, const char *corner)
{
    size_t n = table->result->n_columns;
    for (size_t first = 0; first < n; first += COLUMNS) {
        size_t end = first + COLUMNS < n ? first + COLUMNS : n;
        if (*corner || first > 0)
            show_header(out, table, corner, first, end);
        for (size_t row = 0; row < table->n_rows; row++) {
            if (row_is_empty(table, row))
                continue;
            show_label(out, table, table->labels[row]);
            for (size_t c = first; c < end; c++) {
                size_t at = row * table->row_stride + c * table->column_stride;
                show_cell(out, table->mean[at], table->low ? table->low[at] : NAN,
                          table->high ? table->high[at] : NAN, c + 1 == end);
            }
            fputc('\n', out);
        }
    }
}

static void show_accuracies(FILE *out, const AmbitTargetResult *result)
{
    size_t at = last_condition(result) * result->n_columns * result->n_queries;
    const Table table = {.result = result,
                         .mean = result->mean + at,
                         .low = result->low + at,
                         .high = result->high + at,
                         .n_rows = result->n_queries,
                         .row_stride = 1,
                         .column_stride = result->n_queries,
                         .labels = result->axes[AMBIT_AXIS_QUERY].labels};
    show_table(out, &table, "metric");
}

/* Prints one number per predictor with its interval, as a row under the metrics. */
static void show_mean(FILE *out, const AmbitTargetResult *result, const char *name,
                      const char *label)
{
    char low[64], high[64];
    snprintf(low, sizeof low, "%s_low", name);
    snprintf(high, sizeof high, "%s_high", name);
    const AmbitResultArray *mean = ambit_result_find(result, name),
                           *from = ambit_result_find(result, low),
                           *to = ambit_result_find(result, high);
    if (!mean || !from || !to || mean->count != result->n_columns)
        return;
    size_t at = last_condition(result);
    char *labels[] = {(char *)label};
    const Table table = {.result = result,
                         .mean = ambit_result_values(mean, at),
                         .low = ambit_result_values(from, at),
                         .high = ambit_result_values(to, at),
                         .n_rows = 1,
                         .column_stride = 1,
                         .labels = labels};
    if (!row_is_empty(&table, 0))
        show_table(out, &table, "");
}

/* Prints the accuracy by the first metric of each category. */
static void show_categories(FILE *out, const AmbitTargetResult *result)
{
    const AmbitResultArray *by = ambit_result_find(result, "category_accuracy");
    size_t inner = result->n_columns * result->n_queries;
    if (!by || by->rank != 3 || inner == 0 || by->count % inner != 0 ||
        !result->axes[by->axes[0]].labels) // a damaged file
        return;
    const Table table = {.result = result,
                         .mean = ambit_result_values(by, last_condition(result)),
                         .n_rows = by->count / inner,
                         .row_stride = inner,
                         .column_stride = result->n_queries,
                         .labels = result->axes[by->axes[0]].labels};
    char corner[64];
    snprintf(corner, sizeof corner, "\n  %.40s by category",
             result->axes[AMBIT_AXIS_QUERY].labels[0]);
    fprintf(out, "%s\n", corner);
    show_table(out, &table, "category");
}

/* Whether a predictor has a score by any metric. */
static bool answers(const AmbitTargetResult *result, size_t column)
{
    const double *mean =
        result->mean + (last_condition(result) * result->n_columns + column) * result->n_queries;
    size_t q = 0;
    while (q < result->n_queries && isnan(mean[q]))
        q++;
    return q < result->n_queries;
}

static void show_target(FILE *out, const AmbitResultsSummary *summary, size_t target)
{
    const AmbitTargetResult *result = summary->results[target];
    const AmbitResultAxis *step = &result->axes[AMBIT_AXIS_STEP];
    char line[256], at[48] = "";
    fputc('\n', out);
    ambit_show_text(out, summary->names[target], 0);
    fputc('\n', out);
    ambit_show_paragraph(out, summary->descriptions[target]);
    if (step->values)
        snprintf(at, sizeof at, " at step %.0f", step->values[result->n_steps - 1]);
    snprintf(line, sizeof line,
             "%zu sentences%s; accuracy by each metric, ± half of its 90 %% interval",
             result->n_examples, at);
    ambit_show_paragraph(out, line);
    fputc('\n', out);
    show_accuracies(out, result);
    show_mean(out, result, "mean_loss", "loss per word");
    show_mean(out, result, "mean_log_odds", "log odds of hierarchy");
    show_categories(out, result);
    for (size_t c = 0; c < result->n_columns; c++) {
        const char *note = result->notes[c] && *result->notes[c] ? result->notes[c] : NULL;
        if (!note && !answers(result, c))
            note = "no answers: it says nothing of these sentences";
        if (!note)
            continue;
        snprintf(line, sizeof line, "%.60s: %.180s", result->axes[AMBIT_AXIS_PREDICTOR].labels[c],
                 note);
        ambit_show_paragraph(out, line);
    }
}

static double accuracy_at(const AmbitTargetResult *result, size_t step)
{
    return result->mean[step * result->n_columns * result->n_queries];
}

static double loss_at(const AmbitTargetResult *result, size_t step)
{
    const AmbitResultArray *loss = ambit_result_find(result, "mean_loss");
    return loss ? ambit_result_values(loss, step)[0] : NAN;
}

/* Whether the target has a course over training of a model in its first column. */
static bool has_course(const AmbitTargetResult *result)
{
    return result->axes[AMBIT_AXIS_STEP].values && result->n_steps > 1 && result->n_queries > 0;
}

/* Prints accuracy and loss of every target over the steps. */
static void show_course(FILE *out, const AmbitResultsSummary *summary)
{
    enum { MOST = 3 };
    const AmbitTargetResult *first = summary->results[0];
    const double *steps = first->axes[AMBIT_AXIS_STEP].values;
    size_t n = summary->n_targets < MOST ? summary->n_targets : MOST;
    fprintf(out, "\n%s over training: accuracy, loss per word\n\n  %9s",
            first->axes[AMBIT_AXIS_PREDICTOR].labels[0], "step");
    for (size_t t = 0; t < n; t++) {
        fputs("      ", out);
        ambit_show_text(out, summary->names[t], t + 1 < n ? 16 : 0);
    }
    fputc('\n', out);
    for (size_t i = 0; i < first->n_steps; i++) {
        fprintf(out, "  %9.0f", steps[i]);
        for (size_t t = 0; t < n; t++) {
            const AmbitTargetResult *result = summary->results[t];
            if (i < result->n_steps)
                fprintf(out, "      %.3f   %-8.4g", accuracy_at(result, i), loss_at(result, i));
        }
        fputc('\n', out);
    }
}

/* The target whose split one stops by, and the first other one; n_targets if there is none. */
static void find_splits(const AmbitResultsSummary *summary, size_t *validation, size_t *other)
{
    *validation = *other = summary->n_targets;
    for (size_t t = 0; t < summary->n_targets; t++)
        if (*validation == summary->n_targets && strcmp(summary->names[t], "validation") == 0)
            *validation = t;
    for (size_t t = 0; t < summary->n_targets; t++)
        if (*other == summary->n_targets && t != *validation)
            *other = t;
}

static void show_stops(FILE *out, const AmbitTargetResult *validation,
                       const AmbitTargetResult *other, const char *name)
{
    static const char *const says[AMBIT_N_STOPS] = {
        [AMBIT_STOP_BEST_ACCURACY] = "first best validation accuracy",
        [AMBIT_STOP_LEAST_LOSS] = "least validation loss",
        [AMBIT_STOP_END] = "end of training"};
    const double *steps = validation->axes[AMBIT_AXIS_STEP].values;
    fprintf(out, "\n  %-32s %9s  validation  ", "stopped at the", "step");
    ambit_show_text(out, name, 0);
    fputc('\n', out);
    for (int stop = 0; stop < AMBIT_N_STOPS; stop++) {
        size_t i = ambit_stop_index(validation, 0, (AmbitStop)stop);
        if (i < validation->n_steps && i < other->n_steps)
            fprintf(out, "  %-32s %9.0f  %10.3f  %.3f\n", says[stop], steps[i],
                    accuracy_at(validation, i), accuracy_at(other, i));
    }
}

/* Draws both accuracies over the steps on a logarithmic axis. A dotted line at the step of early
 * stopping spans what is gained from there to the end. */
static AmbitStatus show_curves(FILE *out, const AmbitTargetResult *validation,
                               const AmbitTargetResult *other, const char *name, AmbitError *error)
{
    char *labels[] = {(char *)name, (char *)"validation"};
    const double *steps = validation->axes[AMBIT_AXIS_STEP].values;
    size_t n = validation->n_steps,
           stop = ambit_stop_index(validation, 0, AMBIT_STOP_BEST_ACCURACY);
    double *x = ambit_alloc(PLOT_COLUMNS, sizeof *x),
           *mean = ambit_alloc((size_t)2 * PLOT_COLUMNS, sizeof *mean),
           *low = ambit_alloc(PLOT_COLUMNS, sizeof *low),
           *high = ambit_alloc(PLOT_COLUMNS, sizeof *high);
    AmbitStatus status = x && mean && low && high
                             ? AMBIT_OK
                             : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    for (size_t c = 0; c < PLOT_COLUMNS && !status; c++) {
        x[c] = steps[0] * pow(steps[n - 1] / steps[0], (double)c / (PLOT_COLUMNS - 1));
        mean[c] = mean[PLOT_COLUMNS + c] = low[c] = high[c] = NAN;
    }
    for (size_t i = 0; i < n && i < other->n_steps && !status; i++) {
        double place = log(steps[i] / steps[0]) / log(steps[n - 1] / steps[0]);
        size_t c = (size_t)round(place * (PLOT_COLUMNS - 1));
        mean[c] = accuracy_at(other, i);
        mean[PLOT_COLUMNS + c] = accuracy_at(validation, i);
        if (i == stop) {
            low[c] = fmin(accuracy_at(other, i), accuracy_at(other, other->n_steps - 1));
            high[c] = fmax(accuracy_at(other, i), accuracy_at(other, other->n_steps - 1));
        }
    }
    const AmbitPanel panel = {.x_name = "step, logarithmic",
                              .n_rows = 2,
                              .n_x = PLOT_COLUMNS,
                              .labels = labels,
                              .x = x,
                              .mean = mean,
                              .low = low,
                              .high = high,
                              .band = stop + 1 < n
                                          ? "from first best validation accuracy to the end"
                                          : "first best validation accuracy is at the end"};
    if (!status) {
        fputc('\n', out);
        ambit_show_plot(out, &panel);
    }
    ambit_free(x);
    ambit_free(mean);
    ambit_free(low);
    ambit_free(high);
    return status;
}

bool ambit_show_ends(const AmbitResultsSummary *summary, AmbitSentenceEnds *ends)
{
    size_t v, other;
    find_splits(summary, &v, &other);
    if (v == summary->n_targets || other == summary->n_targets ||
        !ambit_show_is_sentences(summary->results[v]) || summary->results[v]->n_queries == 0 ||
        summary->results[other]->n_queries == 0)
        return false;
    const AmbitTargetResult *validation = summary->results[v], *result = summary->results[other];
    size_t stop = ambit_stop_index(validation, 0, AMBIT_STOP_BEST_ACCURACY);
    bool known = stop < validation->n_steps && stop < result->n_steps;
    *ends =
        (AmbitSentenceEnds){.validation = accuracy_at(validation, validation->n_steps - 1),
                            .stop = known ? validation->axes[AMBIT_AXIS_STEP].values[stop] : NAN,
                            .at_stop = known ? accuracy_at(result, stop) : NAN,
                            .at_end = accuracy_at(result, result->n_steps - 1)};
    return true;
}

AmbitStatus ambit_show_sentences(FILE *out, const AmbitResultsSummary *summary,
                                 const AmbitShowOptions *options, AmbitError *error)
{
    size_t validation, other;
    AmbitStatus status = AMBIT_OK;
    for (size_t t = 0; t < summary->n_targets && !status; t++) {
        show_target(out, summary, t);
        status = ambit_show_measures(out, summary, t, options, error);
        if (!status && options->more)
            ambit_show_trees(out, &summary->trees[t],
                             summary->results[t]->axes[AMBIT_AXIS_PREDICTOR].labels[0]);
    }
    if (status || summary->n_targets == 0 || !has_course(summary->results[0]))
        return status;
    show_course(out, summary);
    find_splits(summary, &validation, &other);
    if (validation == summary->n_targets || other == summary->n_targets ||
        !has_course(summary->results[other]))
        return status;
    show_stops(out, summary->results[validation], summary->results[other], summary->names[other]);
    return show_curves(out, summary->results[validation], summary->results[other],
                       summary->names[other], error);
}
