// SPDX-License-Identifier: MIT
// `ambit show` of what was measured beyond errors: a table per measurement, its last axis across,
// or the sweep where there is one. Distances are those of the first predictor.
#include "show.h"

#include "ambit/memory.h"
#include <string.h>

/* A measurement as it is shown: rows × its last axis, at one lead. Of regret, those of one
 * reference, at `outer` of the first axis; of distances, those of the first predictor. */
typedef struct View {
    const AmbitResultsSummary *summary;
    const AmbitTargetResult *result;
    const AmbitResultArray *array;
    size_t target, n_rows, n_last, outer;
} View;

/* The text or number at a place of an axis. */
static void name_place(const AmbitTargetResult *result, size_t axis, size_t i, char *text,
                       size_t size)
{
    const AmbitResultAxis *own = axis < AMBIT_N_AXES ? NULL : &result->axes[axis - AMBIT_N_AXES];
    if (axis == AMBIT_AXIS_PREDICTOR)
        snprintf(text, size, "%s", result->columns[i]);
    else if (own && own->labels)
        snprintf(text, size, "%s", own->labels[i]);
    else
        snprintf(text, size, "%g", own ? own->values[i] : (double)i);
}

static double coordinate(const AmbitTargetResult *result, size_t axis, size_t i)
{
    if (axis >= AMBIT_N_AXES && result->axes[axis - AMBIT_N_AXES].values)
        return result->axes[axis - AMBIT_N_AXES].values[i];
    return axis == AMBIT_AXIS_K ? (double)result->seen[i] : (double)i;
}

/* Whether the array has three axes of which this one is `name`. */
static bool axis_is(const View *view, size_t place, const char *name)
{
    size_t axis = view->array->rank == 3 ? view->array->axes[place] : 0;
    return axis >= AMBIT_N_AXES &&
           strcmp(view->result->axes[axis - AMBIT_N_AXES].words.name, name) == 0;
}

/* Whether the least of the distances is starred: it is that of the nearest predictor of one class.
 */
static bool has_nearest(const View *view)
{
    return axis_is(view, 1, "single_class");
}

static bool is_distance(const View *view)
{
    return axis_is(view, 1, "predictor_2") || has_nearest(view);
}

/* Whether each place of the first axis has a table of its own. */
static bool is_split(const View *view)
{
    return is_distance(view) || axis_is(view, 0, "reference");
}

/* The label of a row: its places on all axes but the last, and the first where that is split. */
static char *label_row(const View *view, size_t row)
{
    char text[256] = "", place[128];
    size_t used = 0, rest = row, rank = view->array->rank;
    size_t rows = view->n_rows;
    for (size_t i = is_split(view) ? 1 : 0; i + 1 < rank && used < sizeof text; i++) {
        size_t length = ambit_result_axis_length(view->result, view->array->axes[i]);
        rows /= length;
        name_place(view->result, view->array->axes[i], rest / rows, place, sizeof place);
        rest %= rows;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? " " : "", place);
    }
    return ambit_strdup(text);
}

/* The last place whose coordinate is at most k (k < 0: the last). */
static size_t find_place(const View *view, int64_t k)
{
    size_t axis = view->array->axes[view->array->rank - 1], place = 0;
    for (size_t i = 0; i < view->n_last; i++)
        if (k < 0 || coordinate(view->result, axis, i) <= (double)k)
            place = i;
    return place;
}

/* Fills a panel whose memory and labels are there; a sweep is shown at `place` of the last axis. */
static void fill_panel(const View *view, AmbitPanel *panel, size_t place)
{
    const AmbitTargetResult *r = view->result;
    const AmbitReals *sweep = &view->summary->sweep_values[view->target];
    size_t first = (r->n_steps - 1) * r->n_sweep;
    for (size_t x = 0; x < panel->n_x; x++) {
        size_t at = sweep->count ? place : x, lead = first + (sweep->count ? x : 0);
        const double *values = view->array->values + lead * view->array->count +
                               view->outer * view->n_rows * view->n_last;
        panel->x[x] = sweep->count ? sweep->values[x]
                                   : coordinate(r, view->array->axes[view->array->rank - 1], x);
        for (size_t row = 0; row < panel->n_rows; row++)
            panel->mean[row * panel->n_x + x] = values[row * view->n_last + at];
    }
}

static void show_title(FILE *out, const View *view, size_t place)
{
    char line[512];
    const char *sweep = view->summary->sweeps[view->target];
    size_t axis = view->array->axes[view->array->rank - 1];
    int used = snprintf(line, sizeof line, "%s: %s", view->array->words.name,
                        view->array->words.long_name);
    if (axis_is(view, 0, "reference") && used > 0 && (size_t)used < sizeof line) {
        char place_name[128];
        name_place(view->result, view->array->axes[0], view->outer, place_name, sizeof place_name);
        used += snprintf(line + used, sizeof line - (size_t)used, ", %s", place_name);
    }
    if (is_distance(view) && used > 0 && (size_t)used < sizeof line)
        used += snprintf(line + used, sizeof line - (size_t)used, ", %s %s",
                         has_nearest(view) ? "* nearest to" : "from", view->result->columns[0]);
    if (sweep && used > 0 && (size_t)used < sizeof line)
        snprintf(line + used, sizeof line - (size_t)used, ", at k = %g",
                 coordinate(view->result, axis, place));
    fputc('\n', out);
    ambit_show_paragraph(out, line);
}

static AmbitStatus show_array(FILE *out, const View *view, int64_t k, AmbitError *error)
{
    const char *sweep = view->summary->sweeps[view->target];
    size_t n_x = sweep ? view->result->n_sweep : view->n_last, place = find_place(view, k);
    char **labels = ambit_alloc(view->n_rows, sizeof *labels);
    AmbitPanel panel = {.x_name = sweep ? sweep : "k",
                        .n_rows = view->n_rows,
                        .n_x = n_x,
                        .labels = labels,
                        .least_is_best = has_nearest(view),
                        .x = ambit_alloc(n_x, sizeof *panel.x),
                        .mean = ambit_alloc(view->n_rows, n_x * sizeof *panel.mean)};
    bool ok = labels && panel.x && panel.mean;
    for (size_t row = 0; ok && row < view->n_rows; row++)
        ok = (labels[row] = label_row(view, row)) != NULL;
    if (ok) {
        fill_panel(view, &panel, place);
        show_title(out, view, place);
        ambit_show_table(out, &panel);
    }
    for (size_t row = 0; labels && row < view->n_rows; row++)
        ambit_free(labels[row]);
    ambit_free(labels);
    ambit_free(panel.x);
    ambit_free(panel.mean);
    return ok ? AMBIT_OK : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
}

/* The ends of intervals are not shown by themselves; flags are where the errors are. */
static bool is_shown_elsewhere(const char *name)
{
    size_t length = strlen(name);
    return strcmp(name, "flagged") == 0 || (length > 4 && strcmp(name + length - 4, "_low") == 0) ||
           (length > 5 && strcmp(name + length - 5, "_high") == 0);
}

AmbitStatus ambit_show_measures(FILE *out, const AmbitResultsSummary *summary, size_t target,
                                const AmbitShowOptions *options, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    const AmbitTargetResult *result = summary->results[target];
    char line[1024] = "also measured (--more):";
    size_t used = strlen(line);
    for (size_t i = 0; i < result->n_arrays && !status; i++) {
        const AmbitResultArray *array = &result->arrays[i];
        if (array->rank == 0 || is_shown_elsewhere(array->words.name))
            continue;
        size_t n_outer = 1;
        View view = {.summary = summary, .result = result, .array = array, .target = target};
        view.n_last = ambit_result_axis_length(result, array->axes[array->rank - 1]);
        view.n_rows = array->count / view.n_last;
        if (is_split(&view)) {
            n_outer = ambit_result_axis_length(result, array->axes[0]);
            view.n_rows /= n_outer;
        }
        if (is_distance(&view))
            n_outer = 1;
        for (; options->more && view.outer < n_outer && !status; view.outer++)
            status = show_array(out, &view, options->k, error);
        if (!options->more && used < sizeof line)
            used += (size_t)snprintf(line + used, sizeof line - used, " %s", array->words.name);
    }
    if (!options->more && strchr(line, ' ') && result->n_arrays) {
        fputc('\n', out);
        ambit_show_paragraph(out, line);
    }
    return status;
}
