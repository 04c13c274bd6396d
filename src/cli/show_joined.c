// SPDX-License-Identifier: MIT
// `ambit show` of joined results: means over the runs that differ in their seed alone, with the
// interval by Student's t over runs; a line for each value of the other axes, and each run thin.
#include "joined.h"

#include "ambit/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL = 160 };

/* One target of all runs. */
typedef struct View {
    const AmbitJoined *joined;
    const char *target;
    const AmbitTargetResult *like; // of the first run that has it
    double k;                      // of a query, where not all are shown
} View;

/* What the columns of a table are. */
typedef enum Columns { OVER_QUERIES, OVER_SWEEP, OVER_RUNS, OVER_STEPS } Columns;

typedef struct Table {
    Columns columns;
    size_t axis;     // OVER_RUNS: the axis of the runs
    size_t query;    // of a query axis with labels: the one that is shown
    const double *x; // [n_x]
    size_t n_x;
} Table;

/* The score of a predictor at a condition, counted from the last training step; NaN if the run is
 * missing. */
static double score(const View *view, size_t run, size_t column, size_t sweep, double k,
                    size_t query, size_t steps_before)
{
    const AmbitTargetResult *r = ambit_joined_find(view->joined, run, view->target, NULL);
    double sum = 0, count = 0;
    if (!r)
        return NAN;
    const AmbitResultAxis *axis = &r->axes[AMBIT_AXIS_QUERY];
    size_t condition = (r->n_steps - 1 - steps_before) * r->n_sweep + sweep;
    const double *mean = r->mean + (condition * r->n_columns + column) * r->n_queries;
    for (size_t q = 0; q < r->n_queries; q++)
        if (axis->values ? axis->values[q] == k : q == query) {
            sum += mean[q];
            count++;
        }
    return sum / count;
}

/* The run that has `place` on an axis and otherwise the places of `run`. */
static size_t run_at(const AmbitRuns *runs, size_t run, size_t axis, size_t place)
{
    size_t stride = 1;
    for (size_t a = axis + 1; a < runs->n_axes; a++)
        stride *= runs->axes[a].length;
    return run + stride * place - stride * ambit_runs_place(runs, run, axis);
}

static double score_at(const View *view, const Table *table, size_t run, size_t column, size_t x)
{
    const AmbitRuns *runs = &view->joined->runs;
    if (table->columns == OVER_QUERIES)
        return score(view, run, column, 0, table->x[x], x, 0);
    if (table->columns == OVER_SWEEP)
        return score(view, run, column, x, view->k, table->query, 0);
    if (table->columns == OVER_STEPS)
        return score(view, run, column, 0, view->k, table->query, table->n_x - 1 - x);
    return score(view, run_at(runs, run, table->axis, x), column, view->like->n_sweep - 1, view->k,
                 table->query, 0);
}

/* Mean and interval over the seeds of the runs that share the places of `run` elsewhere. */
static void summarize(const View *view, const Table *table, size_t run, size_t column, size_t x,
                      double *scratch, double *mean, double *low, double *high)
{
    const AmbitRuns *runs = &view->joined->runs;
    size_t n = runs->seed_axis < runs->n_axes ? runs->axes[runs->seed_axis].length : 1;
    for (size_t s = 0; s < n; s++)
        scratch[s] =
            score_at(view, table, n > 1 ? run_at(runs, run, runs->seed_axis, s) : run, column, x);
    ambit_runs_interval(scratch, n, mean, low, high);
}

/* Whether a predictor answers alike in all runs, as baselines on the same examples do. */
static bool is_constant(const View *view, size_t column)
{
    const AmbitTargetResult *a = view->like;
    size_t curve = a->n_queries, conditions = ambit_result_n_conditions(a);
    for (size_t run = 0; run < view->joined->runs.n_runs; run++) {
        const AmbitTargetResult *b = ambit_joined_find(view->joined, run, view->target, NULL);
        for (size_t c = 0; b && c < conditions; c++)
            if (memcmp(a->mean + (c * a->n_columns + column) * curve,
                       b->mean + (c * b->n_columns + column) * curve, curve * sizeof *a->mean) != 0)
                return false;
    }
    return true;
}

/* Whether a run begins a row: it is the first along the axes that the table takes together. */
static bool begins_row(const View *view, const Table *table, size_t run)
{
    const AmbitRuns *runs = &view->joined->runs;
    bool first =
        runs->seed_axis == runs->n_axes || ambit_runs_place(runs, run, runs->seed_axis) == 0;
    return first && (table->columns != OVER_RUNS || ambit_runs_place(runs, run, table->axis) == 0);
}

/* "transformer weight=0.1", the axes that the row stands for. */
static void label_row(const View *view, const Table *table, size_t run, size_t column, char *text)
{
    const AmbitRuns *runs = &view->joined->runs;
    size_t used = (size_t)snprintf(text, LABEL, "%.60s",
                                   view->like->axes[AMBIT_AXIS_PREDICTOR].labels[column]);
    for (size_t a = 0; a < runs->n_axes && used < LABEL; a++) {
        const AmbitResultAxis *axis = &runs->axes[a];
        size_t at = ambit_runs_place(runs, run, a);
        if (a == runs->seed_axis || (table->columns == OVER_RUNS && a == table->axis))
            continue;
        if (axis->values)
            used += (size_t)snprintf(text + used, LABEL - used, " %.20s=%g", axis->words.name,
                                     axis->values[at]);
        else
            used += (size_t)snprintf(text + used, LABEL - used, " %.20s=%.30s", axis->words.name,
                                     axis->labels[at]);
    }
}

/* A panel of the table with room for all runs of all predictors. */
typedef struct Room {
    AmbitPanel panel;
    char (*texts)[LABEL];
    char **labels;
    double *scratch;
} Room;

static bool room_open(Room *room, const View *view, const Table *table)
{
    size_t most = view->joined->runs.n_runs * view->like->n_columns, n_x = table->n_x;
    *room = (Room){.texts = ambit_alloc(most, sizeof *room->texts),
                   .labels = ambit_alloc(most, sizeof *room->labels),
                   .scratch = ambit_alloc(view->joined->runs.n_runs, sizeof *room->scratch)};
    room->panel = (AmbitPanel){.n_x = n_x,
                               .labels = room->labels,
                               .x = (double *)table->x,
                               .mean = ambit_alloc(most, n_x * sizeof(double)),
                               .low = ambit_alloc(most, n_x * sizeof(double)),
                               .high = ambit_alloc(most, n_x * sizeof(double)),
                               .thin = ambit_alloc(most, n_x * sizeof(double))};
    return room->texts && room->labels && room->scratch && room->panel.mean && room->panel.low &&
           room->panel.high && room->panel.thin;
}

static void room_close(Room *room)
{
    ambit_free(room->texts);
    ambit_free(room->labels);
    ambit_free(room->scratch);
    ambit_free(room->panel.mean);
    ambit_free(room->panel.low);
    ambit_free(room->panel.high);
    ambit_free(room->panel.thin);
}

/* Adds the row of a predictor, and the runs behind it as thin lines. A predictor that answers alike
 * in all runs has one row; numbers that are equal for all seeds have no interval. */
static void add_row(Room *room, const View *view, const Table *table, size_t run, size_t column,
                    bool constant)
{
    const AmbitRuns *runs = &view->joined->runs;
    AmbitPanel *panel = &room->panel;
    size_t row = panel->n_rows++, n_x = panel->n_x;
    bool varies = false;
    room->labels[row] = room->texts[row];
    if (constant)
        snprintf(room->texts[row], LABEL, "%.60s",
                 view->like->axes[AMBIT_AXIS_PREDICTOR].labels[column]);
    else
        label_row(view, table, run, column, room->texts[row]);
    for (size_t x = 0; x < n_x; x++) {
        size_t at = row * n_x + x;
        summarize(view, table, run, column, x, room->scratch, &panel->mean[at], &panel->low[at],
                  &panel->high[at]);
        varies = varies || panel->high[at] - panel->low[at] > 1e-12 * fabs(panel->mean[at]);
    }
    for (size_t x = 0; x < n_x && !varies; x++) // an interval of equal numbers says nothing
        panel->low[row * n_x + x] = panel->high[row * n_x + x] = NAN;
    size_t n = runs->seed_axis < runs->n_axes ? runs->axes[runs->seed_axis].length : 1;
    for (size_t s = 0; s < n && !constant; s++, panel->n_thin++)
        for (size_t x = 0; x < n_x; x++)
            panel->thin[panel->n_thin * n_x + x] = score_at(
                view, table, n > 1 ? run_at(runs, run, runs->seed_axis, s) : run, column, x);
}

static AmbitStatus show_table(FILE *out, const View *view, const Table *table, const char *name,
                              bool plots, AmbitError *error)
{
    Room room;
    bool ok = room_open(&room, view, table);
    room.panel.x_name = name;
    for (size_t c = 0; ok && c < view->like->n_columns; c++) {
        bool constant = is_constant(view, c);
        if (constant && table->columns == OVER_STEPS)
            continue;
        for (size_t run = 0; run < view->joined->runs.n_runs; run++)
            if (begins_row(view, table, run)) {
                add_row(&room, view, table, run, c, constant);
                if (constant)
                    break;
            }
    }
    if (ok)
        ambit_show_table(out, &room.panel);
    if (ok && plots) {
        fputc('\n', out);
        ambit_show_plot(out, &room.panel);
    }
    room_close(&room);
    return ok ? AMBIT_OK : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
}

/* The last axis of the runs that has several numbers and is not that of seeds; n_axes: none. */
static size_t number_axis(const AmbitRuns *runs)
{
    for (size_t a = runs->n_axes; a-- > 0;)
        if (a != runs->seed_axis && runs->axes[a].values && runs->axes[a].length > 1)
            return a;
    return runs->n_axes;
}

static void show_heading(FILE *out, const View *view)
{
    const AmbitRuns *runs = &view->joined->runs;
    char line[256];
    fputc('\n', out);
    ambit_show_text(out, view->target, 0);
    fputc('\n', out);
    if (runs->seed_axis < runs->n_axes)
        snprintf(line, sizeof line,
                 "mean over %s, and its 90 %% interval by Student's t over the runs",
                 runs->axes[runs->seed_axis].words.name);
    else
        snprintf(line, sizeof line, "every run by itself: no axis of the grid is a seed");
    ambit_show_paragraph(out, line);
    if (view->like->axes[AMBIT_AXIS_STEP].values)
        fprintf(out, "  at step %.0f\n",
                view->like->axes[AMBIT_AXIS_STEP].values[view->like->n_steps - 1]);
}

/* The tables of a target whose query axis has numbers, such as k. */
static AmbitStatus show_curves(FILE *out, View *view, const double *seen, size_t n_seen,
                               const AmbitShowOptions *options, AmbitError *error)
{
    const AmbitRuns *runs = &view->joined->runs;
    const char *sweep = ambit_result_sweep(view->like);
    const char *query = view->like->axes[AMBIT_AXIS_QUERY].words.name;
    size_t axis = number_axis(runs), at = 0;
    while (at + 1 < n_seen &&
           (options->k < 0 ? 2 * seen[at] < seen[n_seen - 1] : seen[at] < (double)options->k))
        at++;
    view->k = seen[at];
    const Table curves = {.columns = sweep ? OVER_SWEEP : OVER_QUERIES,
                          .x = sweep ? view->like->axes[AMBIT_AXIS_SWEEP].values : seen,
                          .n_x = sweep ? view->like->n_sweep : n_seen};
    if (sweep)
        fprintf(out, "  at %s = %g\n", query, view->k);
    AmbitStatus status = show_table(out, view, &curves, sweep ? sweep : query, true, error);
    if (status || sweep || axis == runs->n_axes)
        return status;
    const Table over = {.columns = OVER_RUNS,
                        .axis = axis,
                        .x = runs->axes[axis].values,
                        .n_x = runs->axes[axis].length};
    fprintf(out, "\n  over %s, at %s = %g\n", runs->axes[axis].words.name, query, view->k);
    return show_table(out, view, &over, runs->axes[axis].words.name, true, error);
}

static bool all_constant(const View *view)
{
    for (size_t c = 0; c < view->like->n_columns; c++)
        if (!is_constant(view, c))
            return false;
    return true;
}

/* The course over training by the first metric: a line for each point of the grid, each run thin;
 * only of predictors that differ between runs. */
static AmbitStatus show_steps(FILE *out, const View *view, AmbitError *error)
{
    const AmbitTargetResult *like = view->like;
    const Table table = {
        .columns = OVER_STEPS, .x = like->axes[AMBIT_AXIS_STEP].values, .n_x = like->n_steps};
    if (!table.x || like->n_steps < 2 || like->n_queries == 0 || all_constant(view))
        return AMBIT_OK;
    fputs("\n  over training steps: ", out);
    ambit_show_text(out, like->axes[AMBIT_AXIS_QUERY].labels[0], 0);
    fputc('\n', out);
    return show_table(out, view, &table, "step", true, error);
}

/* The tables of a target whose query axis has labels, such as metrics: one for each label. */
static AmbitStatus show_labels(FILE *out, const View *view, AmbitError *error)
{
    static const double lone[] = {0};
    const AmbitRuns *runs = &view->joined->runs;
    const AmbitResultAxis *query = &view->like->axes[AMBIT_AXIS_QUERY];
    size_t axis = number_axis(runs);
    AmbitStatus status = AMBIT_OK;
    for (size_t q = 0; q < query->length && !status; q++) {
        const Table table = {.columns = axis < runs->n_axes ? OVER_RUNS : OVER_SWEEP,
                             .axis = axis,
                             .query = q,
                             .x = axis < runs->n_axes ? runs->axes[axis].values : lone,
                             .n_x = axis < runs->n_axes ? runs->axes[axis].length : 1};
        fputs("\n  ", out);
        ambit_show_text(out, query->labels[q], 0);
        fputc('\n', out);
        status = show_table(out, view, &table,
                            axis < runs->n_axes ? runs->axes[axis].words.name : "", false, error);
    }
    return status ? status : show_steps(out, view, error);
}

static AmbitStatus show_target(FILE *out, const AmbitJoined *joined, const char *target,
                               const AmbitShowOptions *options, AmbitError *error)
{
    View view = {.joined = joined, .target = target};
    for (size_t run = 0; run < joined->runs.n_runs && !view.like; run++)
        view.like = ambit_joined_find(joined, run, target, NULL);
    if (!view.like)
        return AMBIT_OK;
    show_heading(out, &view);
    if (!view.like->axes[AMBIT_AXIS_QUERY].values)
        return show_labels(out, &view, error);
    size_t n_seen;
    double *seen = ambit_show_distinct(view.like, &n_seen);
    AmbitStatus status = seen ? show_curves(out, &view, seen, n_seen, options, error)
                              : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    ambit_free(seen);
    return status;
}

static void show_runs(FILE *out, const AmbitJoined *joined)
{
    const AmbitRuns *runs = &joined->runs;
    size_t there = 0;
    for (size_t run = 0; run < runs->n_runs; run++)
        there += joined->results[run] != NULL;
    fprintf(out, "\n  %zu of %zu runs:", there, runs->n_runs);
    for (size_t a = 0; a < runs->n_axes; a++) {
        fputs(a ? " × " : " ", out);
        ambit_show_text(out, runs->axes[a].words.name, 0);
        fprintf(out, " (%zu)", runs->axes[a].length);
    }
    fputc('\n', out);
    for (size_t run = 0; run < runs->n_runs; run++)
        if (!joined->results[run]) {
            fputs("  missing: ", out);
            ambit_show_text(out, runs->names[run], 0);
            fputc('\n', out);
        }
}

AmbitStatus ambit_show_joined(FILE *out, const char *path, const AmbitShowOptions *options,
                              AmbitError *error)
{
    AmbitJoined *joined = NULL;
    AmbitStatus status = ambit_joined_read(&joined, path, error);
    if (!status) {
        ambit_show_origin(out, path, "evaluation seed", &joined->origin);
        show_runs(out, joined);
        status = ambit_show_parameters(out, joined, error);
    }
    if (!status && !options->difference)
        status = ambit_show_over(out, joined, options, error);
    if (!status && options->difference)
        status = ambit_show_difference(out, joined, path, options->difference, error);
    else
        for (size_t t = 0; !status && t < joined->n_targets; t++)
            status = show_target(out, joined, joined->targets[t], options, error);
    ambit_joined_destroy(&joined);
    return status;
}
