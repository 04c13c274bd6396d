// SPDX-License-Identifier: MIT
// `ambit show` of joined runs of language models: how often and when they generalize, whether they
// learned what they trained on, and what measures of their inside say.
#include "joined.h"

#include "ambit/memory.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum {
    LABEL = 11, // of a point of the grid
    MEASURE = 38,
    SHARE = 18,  // "0.80 [0.38, 0.96]" with a blank
    MEAN = 18,   // "0.823 ±0.019"
    CHOICE = 12, // the name of an axis
    MOST_CHOICES = 1
};

typedef struct View {
    FILE *out;
    const AmbitRuns *runs;
    const AmbitOverRuns *over;
    size_t column; // a predictor
    const char *metric;
} View;

/* Entry `at` over points or measures of an array over them and predictors; NaN without array. */
static double value_of(const View *view, const char *name, size_t at)
{
    const AmbitResultArray *array = ambit_result_find(view->over->result, name);
    size_t n = view->over->result->n_columns, place = at * n + view->column;
    return array && place < array->count ? ambit_result_values(array, 0)[place] : NAN;
}

static double loss_of(const View *view, const char *name, size_t point)
{
    const AmbitResultArray *array = ambit_result_find(view->over->result, name);
    return array && point < array->count ? ambit_result_values(array, 0)[point] : NAN;
}

static size_t n_points(const AmbitRuns *runs)
{
    return runs->n_runs / (runs->seed_axis < runs->n_axes ? runs->axes[runs->seed_axis].length : 1);
}

static void place_text(const AmbitResultAxis *axis, size_t place, char *text, size_t size)
{
    if (axis->values)
        snprintf(text, size, "%g", axis->values[place]);
    else
        snprintf(text, size, "%.40s", axis->labels[place]);
}

/* "2", the place on the only axis beside seeds, or "n_layer=2 weight=0.5". */
static void label_point(const View *view, size_t point, char *text, size_t size)
{
    const AmbitRuns *runs = view->runs;
    size_t used = 0, rest = point;
    size_t n_others = runs->n_axes - (runs->seed_axis < runs->n_axes), stride = n_points(runs);
    snprintf(text, size, "%s", n_others ? "" : "all");
    for (size_t a = 0; a < runs->n_axes && used < size; a++) {
        char place[64];
        if (a == runs->seed_axis)
            continue;
        stride /= runs->axes[a].length;
        place_text(&runs->axes[a], rest / stride, place, sizeof place);
        rest %= stride;
        used += n_others == 1 ? (size_t)snprintf(text, size, "%s", place)
                              : (size_t)snprintf(text + used, size - used, "%s%.20s=%s",
                                                 used ? " " : "", runs->axes[a].words.name, place);
    }
}

/* Prints text padded to `width` columns; longer text on a line of its own. */
static void show_label(FILE *out, const char *text, size_t width)
{
    size_t used = ambit_show_text_width(text);
    fputs("  ", out);
    ambit_show_text(out, text, 0);
    if (used < width)
        fprintf(out, "%*s", (int)(width - used), "");
    else
        fprintf(out, "\n%*s", (int)width + 2, "");
}

static void show_cell(FILE *out, const char *text, size_t width)
{
    int used = (int)ambit_show_text_width(text);
    fprintf(out, "%s%*s", text, (int)width > used ? (int)width - used : width > 0, "");
}

/* The name of the only axis beside seeds, or "runs". */
static const char *corner(const AmbitRuns *runs)
{
    const char *name = "runs";
    size_t count = 0;
    for (size_t a = 0; a < runs->n_axes; a++)
        if (a != runs->seed_axis) {
            name = runs->axes[a].words.name;
            count++;
        }
    return count == 1 ? name : "runs";
}

static void show_share(const View *view, const char *name, size_t point)
{
    char low[64], high[64], text[64] = "-";
    snprintf(low, sizeof low, "%s_low", name);
    snprintf(high, sizeof high, "%s_high", name);
    double share = value_of(view, name, point);
    if (!isnan(share))
        snprintf(text, sizeof text, "%.2f [%.2f, %.2f]", share, value_of(view, low, point),
                 value_of(view, high, point));
    show_cell(view->out, text, SHARE);
}

static void show_first(const View *view, size_t point)
{
    double median = value_of(view, "first_above_median", point);
    double never = value_of(view, "n_never_above", point);
    fprintf(view->out, "%5.0f  ", never);
    if (isnan(median))
        fputs("-\n", view->out);
    else
        fprintf(view->out, "%.0f (%.0f-%.0f)\n", median,
                value_of(view, "first_above_earliest", point),
                value_of(view, "first_above_latest", point));
}

static void show_success(const View *view)
{
    char line[512], label[256];
    snprintf(line, sizeof line,
             "runs with an accuracy (%.60s) above %g on %.60s: their share, with its 90 %% Wilson "
             "interval; how many never came there; the first such step of the others, median and "
             "range",
             view->metric, view->over->threshold, view->over->generalization);
    fputc('\n', view->out);
    ambit_show_paragraph(view->out, line);
    show_label(view->out, corner(view->runs), LABEL);
    fprintf(view->out, "%4s  %-*s%-*s%s  %s\n", "runs", SHARE, "ever", SHARE, "at the end", "never",
            "first at step");
    for (size_t point = 0; point < n_points(view->runs); point++) {
        label_point(view, point, label, sizeof label);
        show_label(view->out, label, LABEL);
        fprintf(view->out, "%4.0f  ", loss_of(view, "n_runs", point));
        show_share(view, "ever_above", point);
        show_share(view, "end_above", point);
        show_first(view, point);
    }
}

/* "0.823 ±0.019" */
static void mean_text(double mean, double high, char *text, size_t size)
{
    if (isnan(mean))
        snprintf(text, size, "-");
    else if (isnan(high))
        snprintf(text, size, "%.3f", mean);
    else
        snprintf(text, size, "%.3f ±%.3f", mean, high - mean);
}

static void show_ends(const View *view)
{
    char label[256], text[64];
    fputc('\n', view->out);
    ambit_show_paragraph(view->out,
                         "at the end, means over runs ± half of their 90 % interval by Student's "
                         "t; where validation or the training loss is poor, training failed, "
                         "whatever generalization says");
    show_label(view->out, corner(view->runs), LABEL);
    show_cell(view->out, "validation", MEAN);
    show_cell(view->out, "generalization", MEAN);
    fputs("training loss\n", view->out);
    for (size_t point = 0; point < n_points(view->runs); point++) {
        label_point(view, point, label, sizeof label);
        show_label(view->out, label, LABEL);
        mean_text(value_of(view, "validation_accuracy", point),
                  value_of(view, "validation_accuracy_high", point), text, sizeof text);
        show_cell(view->out, text, MEAN);
        mean_text(value_of(view, "generalization_accuracy", point),
                  value_of(view, "generalization_accuracy_high", point), text, sizeof text);
        show_cell(view->out, text, MEAN);
        mean_text(loss_of(view, "training_loss", point), loss_of(view, "training_loss_high", point),
                  text, sizeof text);
        fprintf(view->out, "%s\n", text);
    }
}

static void show_correlation(const View *view, size_t measure)
{
    double value = value_of(view, "correlation", measure);
    double low = value_of(view, "correlation_low", measure);
    double left_out = value_of(view, "n_left_out", measure);
    if (measure == 0) {
        fputc('\n', view->out);
        return;
    }
    if (isnan(value))
        fputs("-", view->out);
    else if (isnan(low))
        fprintf(view->out, "%5.2f", value);
    else
        fprintf(view->out, "%5.2f [%.2f, %.2f]", value, low,
                value_of(view, "correlation_high", measure));
    if (left_out > 0)
        fprintf(view->out, "  %.0f left out", left_out);
    fputc('\n', view->out);
}

/* Prints of a measure the place that it chooses on one axis. */
static void show_choice(const View *view, const AmbitResultAxis *axis, size_t measure)
{
    char name[128], text[64] = "-";
    snprintf(name, sizeof name, "chosen_%.100s", axis->words.name);
    double place = value_of(view, name, measure);
    if (place >= 0 && place < (double)axis->length)
        place_text(axis, (size_t)place, text, sizeof text);
    show_cell(view->out, text, measure ? CHOICE : 0);
}

static double most_correlated(const View *view, size_t n)
{
    double most = 0;
    for (size_t m = 1; m < n; m++)
        most = fmax(most, value_of(view, "n_correlated", m));
    return most;
}

/* The axis that choices are shown on: the first with several places, but that of seeds. */
static const AmbitResultAxis *choice_axis(const AmbitRuns *runs)
{
    for (size_t a = 0; a < runs->n_axes; a++)
        if (a != runs->seed_axis && runs->axes[a].length > 1)
            return &runs->axes[a];
    return NULL;
}

static void show_measures(const View *view)
{
    const AmbitTargetResult *result = view->over->result;
    size_t axis = ambit_result_find_axis(result, "measure");
    const AmbitResultAxis *choice = choice_axis(view->runs);
    char line[512];
    if (axis == result->n_axes || !result->axes[axis].labels || result->axes[axis].length < 2)
        return;
    size_t n = result->axes[axis].length;
    double most = most_correlated(view, n);
    snprintf(line, sizeof line,
             "measures at the end over %.0f runs:%s%.40s%s Spearman's rank correlation with "
             "accuracy on %.60s%s",
             most, choice ? " the " : "", choice ? choice->words.name : "",
             choice ? " where the mean over runs is highest, and" : "", view->over->generalization,
             most < 4 ? "; fewer than 4 runs give no interval"
                      : ", 90 % interval by bootstrap of runs");
    fputc('\n', view->out);
    ambit_show_paragraph(view->out, line);
    show_label(view->out, "measure", MEASURE);
    if (choice)
        show_cell(view->out, choice->words.name, CHOICE);
    fputs("correlation\n", view->out);
    for (size_t m = 0; m < n; m++) {
        show_label(view->out, result->axes[axis].labels[m], MEASURE);
        if (choice)
            show_choice(view, choice, m);
        show_correlation(view, m);
    }
}

/* Of the places on the axis of choices: the smallest and the largest with runs, and the best by
 * mean accuracy; fills their points, ascending, and returns how many there are. Only where no other
 * axis varies. */
static size_t choose_points(const View *view, size_t points[3])
{
    double best = NAN;
    size_t first = SIZE_MAX, last = 0, chosen = 0, count = 0;
    for (size_t point = 0; point < n_points(view->runs); point++) {
        double accuracy = value_of(view, "generalization_accuracy", point);
        if (isnan(accuracy))
            continue;
        first = first == SIZE_MAX ? point : first;
        last = point;
        if (!(accuracy <= best)) {
            best = accuracy;
            chosen = point;
        }
    }
    if (first == SIZE_MAX || strcmp(corner(view->runs), "runs") == 0)
        return 0;
    points[count++] = first;
    if (chosen != first)
        points[count++] = chosen;
    if (last != chosen && last != first)
        points[count++] = last;
    return count;
}

/* A measure over the steps at some points. */
static AmbitStatus show_course(const View *view, size_t measure, const size_t *points, size_t count,
                               AmbitError *error)
{
    const AmbitTargetResult *result = view->over->result;
    const AmbitResultAxis *step = &result->axes[ambit_result_find_axis(result, "step")];
    size_t n_measures = result->axes[ambit_result_find_axis(result, "measure")].length;
    char texts[3][64], *labels[3];
    double *mean = ambit_alloc(count, step->length * sizeof *mean);
    for (size_t i = 0; mean && i < count * step->length; i++)
        mean[i] = value_of(view, "course_measure",
                           (points[i / step->length] * n_measures + measure) * step->length +
                               i % step->length);
    for (size_t i = 0; i < count; i++) {
        char place[48];
        label_point(view, points[i], place, sizeof place);
        snprintf(texts[i], sizeof texts[i], "%.15s=%s", corner(view->runs), place);
        labels[i] = texts[i];
    }
    const AmbitPanel panel = {.x_name = "step",
                              .n_rows = count,
                              .n_x = step->length,
                              .labels = labels,
                              .x = step->values,
                              .mean = mean};
    if (mean)
        ambit_show_table(view->out, &panel);
    ambit_free(mean);
    return mean ? AMBIT_OK : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
}

/* Measures over training for the smallest, the best and the largest place on an axis. */
static AmbitStatus show_courses(const View *view, AmbitError *error)
{
    const AmbitTargetResult *result = view->over->result;
    size_t step = ambit_result_find_axis(result, "step"), points[3];
    size_t measure = ambit_result_find_axis(result, "measure"), count = choose_points(view, points);
    AmbitStatus status = AMBIT_OK;
    if (count == 0 || step == result->n_axes || !result->axes[step].values ||
        result->axes[step].length < 2 || measure == result->n_axes || !result->axes[measure].labels)
        return AMBIT_OK;
    fputc('\n', view->out);
    ambit_show_paragraph(view->out, "measures over training, means over runs: of the smallest, the "
                                    "largest and the best by accuracy at the end");
    for (size_t m = 0; m < result->axes[measure].length && !status; m++) {
        fputs("\n  ", view->out);
        ambit_show_text(view->out, result->axes[measure].labels[m], 0);
        fputc('\n', view->out);
        status = show_course(view, m, points, count, error);
    }
    return status;
}

/* The metric that accuracies are by: the first. */
static const char *metric_of(const AmbitJoined *joined)
{
    const AmbitTargetResult *result = NULL;
    for (size_t run = 0; run < joined->runs.n_runs && !result; run++)
        result = ambit_joined_find(joined, run, joined->over->generalization, NULL);
    return result && result->axes[AMBIT_AXIS_QUERY].labels
               ? result->axes[AMBIT_AXIS_QUERY].labels[0]
               : "";
}

/* Whether the arrays have the sizes that the axes of the runs say. */
static bool is_whole(const AmbitRuns *runs, const AmbitOverRuns *over)
{
    const AmbitResultArray *ever = ambit_result_find(over->result, "ever_above");
    return ever && ever->count == n_points(runs) * over->result->n_columns;
}

AmbitStatus ambit_show_over(FILE *out, const AmbitJoined *joined, const AmbitShowOptions *options,
                            AmbitError *error)
{
    const AmbitOverRuns *over = joined->over;
    AmbitStatus status = AMBIT_OK;
    if (!over || !is_whole(&joined->runs, over))
        return AMBIT_OK;
    for (size_t column = 0; column < over->result->n_columns && !status; column++) {
        const View view = {out, &joined->runs, over, column, metric_of(joined)};
        fputc('\n', out);
        ambit_show_text(out, over->result->axes[AMBIT_AXIS_PREDICTOR].labels[column], 0);
        fprintf(out, " over %s\n", corner(&joined->runs));
        show_success(&view);
        show_ends(&view);
        show_measures(&view);
        if (options->more)
            status = show_courses(&view, error);
    }
    return status;
}
