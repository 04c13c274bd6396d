// SPDX-License-Identifier: MIT
// `ambit show` of joined runs of language models: how often and when they generalize, whether they
// learned what they trained on, and what measures of their inside say.
#include "show_over.h"

#include <math.h>
#include <string.h>

enum {
    SHARE = 18, // "0.80 [0.38, 0.96]" with a blank
    MEAN = 18,  // "0.823 ±0.019"
    COUNT = 9   // "learned"
};

static double loss_of(const AmbitOverView *view, const char *name, size_t point)
{
    const AmbitResultArray *array = ambit_result_find(view->over->result, name);
    return array && point < array->count ? ambit_result_values(array, 0)[point] : NAN;
}

static void show_share(const AmbitOverView *view, const char *name, size_t point)
{
    char low[64], high[64], text[64] = "-";
    snprintf(low, sizeof low, "%s_low", name);
    snprintf(high, sizeof high, "%s_high", name);
    double share = ambit_over_value(view, name, point);
    if (!isnan(share))
        snprintf(text, sizeof text, "%.2f [%.2f, %.2f]", share, ambit_over_value(view, low, point),
                 ambit_over_value(view, high, point));
    ambit_over_show_cell(view->out, text, SHARE);
}

static void show_first(const AmbitOverView *view, size_t point)
{
    double median = ambit_over_value(view, "first_above_median", point);
    double never = ambit_over_value(view, "n_never_above", point);
    fprintf(view->out, "%5.0f  ", never);
    if (isnan(median))
        fputs("-\n", view->out);
    else
        fprintf(view->out, "%.0f (%.0f-%.0f)\n", median,
                ambit_over_value(view, "first_above_earliest", point),
                ambit_over_value(view, "first_above_latest", point));
}

static void show_success(const AmbitOverView *view)
{
    char line[512], label[256];
    snprintf(line, sizeof line,
             "runs with an accuracy (%.60s) above %g on %.60s: their share, with its 90 %% Wilson "
             "interval; how many never came there; the first such step of the others, median and "
             "range",
             view->metric, view->over->threshold, view->over->generalization);
    fputc('\n', view->out);
    ambit_show_paragraph(view->out, line);
    ambit_over_show_label(view->out, ambit_over_corner(view->runs), AMBIT_OVER_LABEL);
    fprintf(view->out, "%4s  %-*s%-*s%s  %s\n", "runs", SHARE, "ever", SHARE, "at the end", "never",
            "first at step");
    for (size_t point = 0; point < ambit_over_n_points(view->runs); point++) {
        ambit_over_label(view, point, label, sizeof label);
        ambit_over_show_label(view->out, label, AMBIT_OVER_LABEL);
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

static void count_text(double count, char *text, size_t size)
{
    snprintf(text, size, isnan(count) ? "-" : "%.0f", count);
}

static void show_ends(const AmbitOverView *view)
{
    char label[256], text[64];
    fputc('\n', view->out);
    ambit_show_paragraph(view->out,
                         "at the end, means over runs ± half of their 90 % interval by Student's "
                         "t; where few runs learned their task, training failed, whatever "
                         "generalization says");
    ambit_over_show_label(view->out, ambit_over_corner(view->runs), AMBIT_OVER_LABEL);
    ambit_over_show_cell(view->out, "learned", COUNT);
    ambit_over_show_cell(view->out, "validation", MEAN);
    ambit_over_show_cell(view->out, "generalization", MEAN);
    fputs("training loss\n", view->out);
    for (size_t point = 0; point < ambit_over_n_points(view->runs); point++) {
        ambit_over_label(view, point, label, sizeof label);
        ambit_over_show_label(view->out, label, AMBIT_OVER_LABEL);
        count_text(ambit_over_value(view, "n_learned", point), text, sizeof text);
        ambit_over_show_cell(view->out, text, COUNT);
        mean_text(ambit_over_value(view, "validation_accuracy", point),
                  ambit_over_value(view, "validation_accuracy_high", point), text, sizeof text);
        ambit_over_show_cell(view->out, text, MEAN);
        mean_text(ambit_over_value(view, "generalization_accuracy", point),
                  ambit_over_value(view, "generalization_accuracy_high", point), text, sizeof text);
        ambit_over_show_cell(view->out, text, MEAN);
        mean_text(loss_of(view, "training_loss", point), loss_of(view, "training_loss_high", point),
                  text, sizeof text);
        fprintf(view->out, "%s\n", text);
    }
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
    return ever && ever->count == ambit_over_n_points(runs) * over->result->n_columns;
}

AmbitStatus ambit_show_over(FILE *out, const AmbitJoined *joined, const AmbitShowOptions *options,
                            AmbitError *error)
{
    const AmbitOverRuns *over = joined->over;
    AmbitStatus status = AMBIT_OK;
    if (!over || !is_whole(&joined->runs, over))
        return AMBIT_OK;
    for (size_t column = 0; column < over->result->n_columns && !status; column++) {
        const AmbitOverView view = {out, &joined->runs, over, column, metric_of(joined)};
        fputc('\n', out);
        ambit_show_text(out, over->result->axes[AMBIT_AXIS_PREDICTOR].labels[column], 0);
        fprintf(out, " over %s\n", ambit_over_corner(&joined->runs));
        show_success(&view);
        show_ends(&view);
        ambit_over_show_measures(&view, false);
        ambit_over_show_measures(&view, true);
        if (options->more)
            status = ambit_over_show_courses(&view, error);
    }
    if (options->more && !status && over->tree_run)
        ambit_show_trees(out, &over->trees, over->tree_run);
    return status;
}
