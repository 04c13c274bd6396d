// SPDX-License-Identifier: MIT
// `ambit show` of joined runs of language models: measures of their inside, which point of the grid
// each would choose, and how well it goes with accuracy.
#include "show_over.h"

#include "ambit/memory.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum {
    MEASURE = 38,
    CHOICE = 12 // the name of an axis
};

/* Entry `measure` of an array whose name ends on `suffix`, of those that there are for all runs and
 * for those that learned. */
static double among_of(const AmbitOverView *view, bool learned, const char *suffix, size_t measure)
{
    char name[160];
    snprintf(name, sizeof name, "correlation%s%s", learned ? "_learned" : "", suffix);
    return ambit_over_value(view, name, measure);
}

static double n_correlated(const AmbitOverView *view, bool learned, size_t measure)
{
    return ambit_over_value(view, learned ? "n_correlated_learned" : "n_correlated", measure);
}

static void show_correlation(const AmbitOverView *view, bool learned, size_t measure)
{
    double value = among_of(view, learned, "", measure),
           low = among_of(view, learned, "_low", measure);
    double left_out = learned ? 0 : ambit_over_value(view, "n_left_out", measure);
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
                among_of(view, learned, "_high", measure));
    if (left_out > 0)
        fprintf(view->out, "  %.0f left out", left_out);
    fputc('\n', view->out);
}

/* Prints of a measure the place that it chooses on one axis. */
static void show_choice(const AmbitOverView *view, bool learned, const AmbitResultAxis *axis,
                        size_t measure)
{
    char name[128], text[64] = "-";
    snprintf(name, sizeof name, "chosen_%s%.100s", learned ? "learned_" : "", axis->words.name);
    double place = ambit_over_value(view, name, measure);
    if (place >= 0 && place < (double)axis->length)
        ambit_over_place(axis, (size_t)place, text, sizeof text);
    ambit_over_show_cell(view->out, text, measure ? CHOICE : 0);
}

static double most_correlated(const AmbitOverView *view, bool learned, size_t n)
{
    double most = 0;
    for (size_t m = 1; m < n; m++)
        most = fmax(most, n_correlated(view, learned, m));
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

static void title_measures(const AmbitOverView *view, bool learned, double most,
                           const AmbitResultAxis *choice)
{
    char line[512], which[128] = "";
    if (learned)
        snprintf(which, sizeof which, " that learned their task (%.60s %g or more)",
                 view->over->validation ? view->over->validation : "", view->over->learned);
    snprintf(line, sizeof line,
             "measures at the end over %.0f runs%s:%s%.40s%s Spearman's rank correlation with "
             "accuracy on %.60s%s",
             most, which, choice ? " the " : "", choice ? choice->words.name : "",
             choice ? " where the mean over runs is highest, and" : "", view->over->generalization,
             most < 4 ? "; fewer than 4 runs give no interval"
                      : ", 90 % interval by bootstrap of runs");
    fputc('\n', view->out);
    ambit_show_paragraph(view->out, line);
}

void ambit_over_show_measures(const AmbitOverView *view, bool learned)
{
    const AmbitTargetResult *result = view->over->result;
    size_t axis = ambit_result_find_axis(result, "measure");
    const AmbitResultAxis *choice = choice_axis(view->runs);
    if (axis == result->n_axes || !result->axes[axis].labels || result->axes[axis].length < 2)
        return;
    size_t n = result->axes[axis].length;
    double most = most_correlated(view, learned, n);
    if (learned && (most < 2 || most == most_correlated(view, false, n)))
        return; // an older file, too few, or all of them
    title_measures(view, learned, most, choice);
    ambit_over_show_label(view->out, "measure", MEASURE);
    if (choice)
        ambit_over_show_cell(view->out, choice->words.name, CHOICE);
    fputs("correlation\n", view->out);
    for (size_t m = 0; m < n; m++) {
        ambit_over_show_label(view->out, result->axes[axis].labels[m], MEASURE);
        if (choice)
            show_choice(view, learned, choice, m);
        show_correlation(view, learned, m);
    }
}

/* Of the places on the axis of choices: the smallest and the largest with runs, and the best by
 * mean accuracy; fills their points, ascending, and returns how many there are. Only where no other
 * axis varies. */
static size_t choose_points(const AmbitOverView *view, size_t points[3])
{
    double best = NAN;
    size_t first = SIZE_MAX, last = 0, chosen = 0, count = 0;
    for (size_t point = 0; point < ambit_over_n_points(view->runs); point++) {
        double accuracy = ambit_over_value(view, "generalization_accuracy", point);
        if (isnan(accuracy))
            continue;
        first = first == SIZE_MAX ? point : first;
        last = point;
        if (!(accuracy <= best)) {
            best = accuracy;
            chosen = point;
        }
    }
    if (first == SIZE_MAX || strcmp(ambit_over_corner(view->runs), "runs") == 0)
        return 0;
    points[count++] = first;
    if (chosen != first)
        points[count++] = chosen;
    if (last != chosen && last != first)
        points[count++] = last;
    return count;
}

/* A measure over the steps at some points. */
static AmbitStatus show_course(const AmbitOverView *view, size_t measure, const size_t *points,
                               size_t count, AmbitError *error)
{
    const AmbitTargetResult *result = view->over->result;
    const AmbitResultAxis *step = &result->axes[ambit_result_find_axis(result, "step")];
    size_t n_measures = result->axes[ambit_result_find_axis(result, "measure")].length;
    char texts[3][64], *labels[3];
    double *mean = ambit_alloc(count, step->length * sizeof *mean);
    for (size_t i = 0; mean && i < count * step->length; i++)
        mean[i] = ambit_over_value(
            view, "course_measure",
            (points[i / step->length] * n_measures + measure) * step->length + i % step->length);
    for (size_t i = 0; i < count; i++) {
        char place[48];
        ambit_over_label(view, points[i], place, sizeof place);
        snprintf(texts[i], sizeof texts[i], "%.15s=%s", ambit_over_corner(view->runs), place);
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
AmbitStatus ambit_over_show_courses(const AmbitOverView *view, AmbitError *error)
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
