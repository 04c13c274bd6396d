// SPDX-License-Identifier: MIT
// `ambit show` of measurements beyond errors: tables as the record of each measurement says. The
// columns are the last axis of the measurement, or the sweep if there is one.
#include "show.h"

#include "ambit/memory.h"
#include <math.h>
#include <string.h>

/* One table of a measurement: rows × last axis. If each entry of the first axis has a table,
 * `outer` is the entry of this table. */
typedef struct View {
    const AmbitTargetResult *result;
    const AmbitResultArray *array;
    bool split;
    bool by_predictor; // the last axis is that of predictors, which are rows: there is one column
    size_t n_rows, n_last, outer;
    size_t left_out; // row that is not printed since it is the outer entry itself; n_rows: none
} View;

static const AmbitResultAxis *axis_of(const View *view, size_t place)
{
    return &view->result->axes[view->array->axes[place]];
}

/* Writes the label or number of one coordinate of an axis. */
static void name_place(const AmbitResultAxis *axis, size_t i, char *text, size_t size)
{
    if (axis->labels)
        snprintf(text, size, "%s", axis->labels[i]);
    else
        snprintf(text, size, "%g", axis->values[i]);
}

static double coordinate(const AmbitResultAxis *axis, size_t i)
{
    return axis->values ? axis->values[i] : (double)i;
}

/* Writes the label of a row: the coordinates on all axes but the last, and but the first if each
 * entry of the first has a table. */
static void label_row(const View *view, size_t row, char *text, size_t size)
{
    char place[128];
    size_t used = 0, rest = row, rows = view->n_rows;
    size_t end = view->array->rank - (view->by_predictor ? 0 : 1);
    *text = '\0';
    for (size_t i = view->split ? 1 : 0; i < end && used < size; i++) {
        rows /= axis_of(view, i)->length;
        name_place(axis_of(view, i), rest / rows, place, sizeof place);
        rest %= rows;
        used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "", place);
    }
}

static View view_of(const AmbitTargetResult *result, const AmbitResultArray *array)
{
    View view = {.result = result, .array = array};
    view.by_predictor = array->axes[array->rank - 1] == AMBIT_AXIS_PREDICTOR;
    view.n_last = view.by_predictor ? 1 : axis_of(&view, array->rank - 1)->length;
    view.n_rows = array->count / view.n_last;
    view.split = array->measure.shown != AMBIT_SHOWN_WHOLE && array->rank > 2;
    if (view.split)
        view.n_rows /= axis_of(&view, 0)->length;
    return view;
}

/* Finds the row of the outer entry itself: a predictor's difference from itself says nothing. */
static size_t find_itself(const View *view)
{
    char outer[256], row[256];
    size_t i = 0;
    if (view->array->measure.shown != AMBIT_SHOWN_EACH || !view->split)
        return view->n_rows;
    name_place(axis_of(view, 0), view->outer, outer, sizeof outer);
    for (; i < view->n_rows; i++) {
        label_row(view, i, row, sizeof row);
        if (strcmp(row, outer) == 0)
            break;
    }
    return i;
}

/* The last index whose coordinate is at most k (k < 0: the last index). */
static size_t find_place(const View *view, int64_t k)
{
    size_t place = 0;
    for (size_t i = 0; i < view->n_last; i++)
        if (k < 0 || coordinate(axis_of(view, view->array->rank - 1), i) <= (double)k)
            place = i;
    return place;
}

/* Fills numbers [rows][n_x] of the last training step. A sweep is shown at index `place` of the
 * last axis. */
static void fill(const View *view, const AmbitResultArray *array, const AmbitPanel *panel,
                 size_t place, double *numbers)
{
    const AmbitTargetResult *r = view->result;
    bool sweeps = ambit_result_sweep(r) != NULL;
    for (size_t x = 0; x < panel->n_x; x++) {
        size_t at = sweeps ? place : x,
               condition = (r->n_steps - 1) * r->n_sweep + (sweeps ? x : 0);
        const double *values =
            ambit_result_values(array, condition) + view->outer * view->n_rows * view->n_last;
        for (size_t row = 0; row < panel->n_rows; row++)
            numbers[row * panel->n_x + x] =
                values[(row + (row >= view->left_out)) * view->n_last + at];
    }
}

/* How a table belongs to its entry of the first axis: what is measured lies between two predictors,
 * or is that of the entry. */
static const char *relation(const View *view)
{
    if (view->array->measure.shown == AMBIT_SHOWN_NEAREST)
        return "* nearest to";
    bool between = view->array->measure.shown == AMBIT_SHOWN_FIRST ||
                   strcmp(axis_of(view, 0)->words.name, "reference") == 0;
    return between ? "from" : "of";
}

static void show_title(FILE *out, const View *view, size_t place)
{
    char line[512], outer[128];
    const AmbitMeasure *measure = &view->array->measure;
    int used = snprintf(line, sizeof line, "%s: %s", measure->words.name, measure->words.long_name);
    if (view->split && used > 0 && (size_t)used < sizeof line) {
        name_place(axis_of(view, 0), view->outer, outer, sizeof outer);
        used += snprintf(line + used, sizeof line - (size_t)used, ", %s %s", relation(view), outer);
    }
    if (ambit_result_sweep(view->result) && used > 0 && (size_t)used < sizeof line)
        snprintf(line + used, sizeof line - (size_t)used, ", at k = %g",
                 coordinate(axis_of(view, view->array->rank - 1), place));
    fputc('\n', out);
    ambit_show_paragraph(out, line);
}

/* Says what the columns are where they have names, which are too long for columns. */
static void show_legend(FILE *out, const AmbitResultAxis *axis)
{
    char line[1024];
    size_t used = (size_t)snprintf(line, sizeof line, "%.60s:", axis->words.name);
    for (size_t i = 0; i < axis->length && used < sizeof line; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, "%s %zu %.120s", i ? "," : "", i,
                                 axis->labels[i]);
    ambit_show_paragraph(out, line);
}

/* The array of an end of the interval, or NULL. */
static const AmbitResultArray *find_end(const View *view, const char *name)
{
    const AmbitResultArray *end = name ? ambit_result_find(view->result, name) : NULL;
    return end && end->count == view->array->count ? end : NULL;
}

static bool panel_alloc(AmbitPanel *panel, bool has_interval)
{
    size_t count = panel->n_rows * panel->n_x;
    panel->x = ambit_alloc(panel->n_x, sizeof *panel->x);
    panel->mean = ambit_alloc(count, sizeof *panel->mean);
    if (has_interval) {
        panel->low = ambit_alloc(count, sizeof *panel->low);
        panel->high = ambit_alloc(count, sizeof *panel->high);
    }
    return panel->x && panel->mean && (!has_interval || (panel->low && panel->high));
}

static void panel_free(AmbitPanel *panel)
{
    ambit_free(panel->x);
    ambit_free(panel->mean);
    ambit_free(panel->low);
    ambit_free(panel->high);
}

static void fill_panel(const View *view, AmbitPanel *panel, size_t place,
                       const AmbitResultArray *low, const AmbitResultArray *high)
{
    const AmbitResultAxis *sweep = &view->result->axes[AMBIT_AXIS_SWEEP];
    const AmbitResultAxis *last = axis_of(view, view->array->rank - 1);
    for (size_t x = 0; x < panel->n_x; x++)
        panel->x[x] = coordinate(sweep->words.name ? sweep : last, x);
    fill(view, view->array, panel, place, panel->mean);
    if (panel->low) {
        fill(view, low, panel, place, panel->low);
        fill(view, high, panel, place, panel->high);
    }
}

bool ambit_show_is_sentences(const AmbitTargetResult *result)
{
    return !result->metric->normalized;
}

/* Moves row `from` of numbers with their labels to row `to`. */
static void move_row(AmbitPanel *panel, char **labels, size_t from, size_t to)
{
    size_t n = panel->n_x;
    labels[to] = labels[from];
    memmove(panel->mean + to * n, panel->mean + from * n, n * sizeof *panel->mean);
    if (panel->low) {
        memmove(panel->low + to * n, panel->low + from * n, n * sizeof *panel->low);
        memmove(panel->high + to * n, panel->high + from * n, n * sizeof *panel->high);
    }
}

/* Leaves out rows without any number: of predictors that are no models, probes have none. */
static void drop_empty_rows(AmbitPanel *panel, char **labels)
{
    size_t kept = 0;
    for (size_t row = 0; row < panel->n_rows; row++) {
        bool empty = true;
        for (size_t x = 0; x < panel->n_x && empty; x++)
            empty = isnan(panel->mean[row * panel->n_x + x]);
        if (!empty)
            move_row(panel, labels, row, kept++);
    }
    panel->n_rows = kept;
}

/* Says why there is no number, as far as the measurement's description does. */
static void show_absence(FILE *out, const AmbitMeasure *measure)
{
    static const char mark[] = "NaN: ";
    char line[512];
    const char *why = measure->words.description;
    why = why ? strstr(why, mark) : NULL;
    snprintf(line, sizeof line, "no number: %s",
             why ? why + strlen(mark) : "no predictor here is a model that the probe can ask");
    ambit_show_paragraph(out, line);
}

static const char *x_name(const View *view)
{
    const char *sweep = ambit_result_sweep(view->result);
    const AmbitResultAxis *last = axis_of(view, view->array->rank - 1);
    return sweep ? sweep : view->by_predictor ? "" : last->words.name;
}

/* Prints a table with its title. One of several that has no number is left out. */
static void show_panel(FILE *out, const View *view, const AmbitPanel *panel, size_t place)
{
    const AmbitResultAxis *last = axis_of(view, view->array->rank - 1);
    if (panel->n_rows == 0 && view->split)
        return;
    show_title(out, view, place);
    if (panel->n_rows == 0) {
        show_absence(out, &view->array->measure);
        return;
    }
    if (!ambit_result_sweep(view->result) && last->labels && !view->by_predictor)
        show_legend(out, last);
    ambit_show_table(out, panel);
}

static AmbitStatus show_view(FILE *out, const View *view, int64_t k, AmbitError *error)
{
    const char *sweep = ambit_result_sweep(view->result);
    const AmbitResultArray *low = find_end(view, view->array->measure.low);
    const AmbitResultArray *high = find_end(view, view->array->measure.high);
    size_t place = find_place(view, k), n_rows = view->n_rows - (view->left_out < view->n_rows);
    char(*texts)[256] = ambit_alloc(n_rows, sizeof *texts);
    char **labels = ambit_alloc(n_rows, sizeof *labels);
    AmbitPanel panel = {.x_name = x_name(view),
                        .n_rows = n_rows,
                        .n_x = sweep ? view->result->n_sweep : view->n_last,
                        .labels = labels,
                        .starred = view->array->measure.shown == AMBIT_SHOWN_NEAREST};
    bool ok = texts && labels && panel_alloc(&panel, low && high);
    for (size_t row = 0; ok && row < n_rows; row++) {
        label_row(view, row + (row >= view->left_out), texts[row], sizeof texts[row]);
        labels[row] = texts[row];
    }
    if (ok) {
        fill_panel(view, &panel, place, low, high);
        if (ambit_show_is_sentences(view->result))
            drop_empty_rows(&panel, labels);
        show_panel(out, view, &panel, place);
    }
    ambit_free(texts);
    ambit_free(labels);
    panel_free(&panel);
    return ok ? AMBIT_OK : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
}

static AmbitStatus show_array(FILE *out, const AmbitTargetResult *result,
                              const AmbitResultArray *array, int64_t k, AmbitError *error)
{
    View view = view_of(result, array);
    bool each = view.split && array->measure.shown == AMBIT_SHOWN_EACH;
    size_t n_outer = each ? axis_of(&view, 0)->length : 1;
    AmbitStatus status = AMBIT_OK;
    for (; view.outer < n_outer && !status; view.outer++) {
        view.left_out = find_itself(&view);
        status = show_view(out, &view, k, error);
    }
    return status;
}

AmbitStatus ambit_show_measures(FILE *out, const AmbitResultsSummary *summary, size_t target,
                                const AmbitShowOptions *options, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    const AmbitTargetResult *result = summary->results[target];
    char line[1024] = "also measured (--more):";
    size_t used = strlen(line);
    bool any = false;
    for (size_t i = 0; i < result->n_arrays && !status; i++) {
        const AmbitResultArray *array = &result->arrays[i];
        if (array->rank == 0 || array->measure.shown == AMBIT_SHOWN_NOT)
            continue;
        if (options->more || array->measure.headline) {
            status = show_array(out, result, array, options->k, error);
        } else if (used < sizeof line) {
            used +=
                (size_t)snprintf(line + used, sizeof line - used, " %s", array->measure.words.name);
            any = true;
        }
    }
    if (any && !status) {
        fputc('\n', out);
        ambit_show_paragraph(out, line);
    }
    return status;
}
