// SPDX-License-Identifier: MIT
// How often and when runs of language models generalize, point by point of a grid.
#include "over_runs.h"

#include "ambit/memory.h"
#include "ambit/statistics.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

#define WORDS(name, long_name, description)                                                        \
    .words = {name, long_name, "1", description}, .shown = AMBIT_SHOWN_NOT

static const struct {
    unsigned shape;
    AmbitMeasure measure;
} arrays[AMBIT_OVER_SUCCESSES] = {
    [AMBIT_OVER_RUNS] = {AMBIT_OVER_POINTS, {WORDS("n_runs", "runs that are there", "")}},
    [AMBIT_OVER_FIRST] =
        {AMBIT_OVER_ALL | AMBIT_OVER_PREDICTORS,
         {WORDS("first_above", "first evaluated step with an accuracy above the threshold",
                "on the target that the attribute `generalization` names; NaN: never, or the run "
                "is missing, or there are no steps")}},
    [AMBIT_OVER_EVER] = {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
                         {WORDS("ever_above",
                                "share of runs with an accuracy above the threshold at any step",
                                "of the evaluated steps"),
                          .low = "ever_above_low", .high = "ever_above_high"}},
    {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
     {WORDS("ever_above_low", "lower end of the interval of ever_above", "90 % Wilson interval")}},
    {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
     {WORDS("ever_above_high", "upper end of the interval of ever_above", "90 % Wilson interval")}},
    [AMBIT_OVER_END] = {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
                        {WORDS("end_above",
                               "share of runs with an accuracy above the threshold at the end", ""),
                         .low = "end_above_low", .high = "end_above_high"}},
    {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
     {WORDS("end_above_low", "lower end of the interval of end_above", "90 % Wilson interval")}},
    {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
     {WORDS("end_above_high", "upper end of the interval of end_above", "90 % Wilson interval")}},
    [AMBIT_OVER_NEVER] = {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
                          {WORDS("n_never_above", "runs that never came above the threshold", "")}},
    [AMBIT_OVER_MEDIAN] = {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
                           {WORDS("first_above_median", "median of first_above",
                                  "of the runs that came above the threshold")}},
    [AMBIT_OVER_EARLIEST] = {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
                             {WORDS("first_above_earliest", "least first_above", "")}},
    [AMBIT_OVER_LATEST] = {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
                           {WORDS("first_above_latest", "largest first_above",
                                  "of the runs that came above the threshold")}},
    [AMBIT_OVER_ACCURACY] = {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
                             {WORDS("generalization_accuracy",
                                    "accuracy on generalization at the end", "mean over runs"),
                              .low = "generalization_accuracy_low",
                              .high = "generalization_accuracy_high"}},
    {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
     {WORDS("generalization_accuracy_low", "lower end of the interval of that mean",
            "90 % interval by Student's t over the runs")}},
    {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
     {WORDS("generalization_accuracy_high", "upper end of the interval of that mean",
            "90 % interval by Student's t over the runs")}},
    [AMBIT_OVER_VALIDATION] = {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
                               {WORDS("validation_accuracy", "accuracy on validation at the end",
                                      "mean over runs"),
                                .low = "validation_accuracy_low",
                                .high = "validation_accuracy_high"}},
    {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
     {WORDS("validation_accuracy_low", "lower end of the interval of that mean",
            "90 % interval by Student's t over the runs")}},
    {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
     {WORDS("validation_accuracy_high", "upper end of the interval of that mean",
            "90 % interval by Student's t over the runs")}},
    [AMBIT_OVER_LOSS_OF_RUN] = {AMBIT_OVER_ALL,
                                {WORDS(
                                    "run_training_loss", "training loss at the end",
                                    "mean of the logged losses of the last tenth of the steps")}},
    [AMBIT_OVER_LOSS] = {AMBIT_OVER_POINTS,
                         {WORDS("training_loss", "training loss at the end",
                                "mean over runs of run_training_loss"),
                          .low = "training_loss_low", .high = "training_loss_high"}},
    {AMBIT_OVER_POINTS,
     {WORDS("training_loss_low", "lower end of the interval of that mean",
            "90 % interval by Student's t over the runs")}},
    {AMBIT_OVER_POINTS,
     {WORDS("training_loss_high", "upper end of the interval of that mean",
            "90 % interval by Student's t over the runs")}},
    [AMBIT_OVER_N_LEARNED] = {AMBIT_OVER_POINTS | AMBIT_OVER_PREDICTORS,
                              {WORDS("n_learned", "runs that learned their task",
                                     "accuracy on validation at the end at least the attribute "
                                     "`learned`; NaN: no target of that split")}},
};

/* The share of `count` runs, with its interval, at index `at` of three arrays. */
static void put_share(const AmbitOver *over, size_t array, size_t at, size_t count, size_t n)
{
    AmbitResultArray *three = over->result->arrays + array;
    if (n == 0)
        return;
    three[0].values[at] = (double)count / (double)n;
    ambit_wilson_interval(count, n, &three[1].values[at], &three[2].values[at]);
}

/* Whether and when one run came above the threshold. */
typedef struct Rise {
    bool there, ever, at_end;
    double step; // NaN: never, or there are no steps
} Rise;

static Rise find_rise(const AmbitOver *over, size_t run, size_t column)
{
    const AmbitTargetResult *result = ambit_over_find(over, over->generalization, run);
    Rise rise = {.step = NAN};
    for (size_t step = 0; result && step < result->n_steps; step++) {
        double accuracy = ambit_over_accuracy(over, over->generalization, run, column, step);
        rise.there |= !isnan(accuracy);
        rise.at_end = accuracy > over->input->threshold;
        if (rise.at_end && !rise.ever && result->axes[AMBIT_AXIS_STEP].values)
            rise.step = result->axes[AMBIT_AXIS_STEP].values[step];
        rise.ever |= rise.at_end;
    }
    return rise;
}

static void put_steps(const AmbitOver *over, size_t at, size_t n)
{
    AmbitResultArray *all = over->result->arrays;
    if (n == 0)
        return;
    gsl_sort(over->scratch, 1, n);
    all[AMBIT_OVER_MEDIAN].values[at] = gsl_stats_median_from_sorted_data(over->scratch, 1, n);
    all[AMBIT_OVER_EARLIEST].values[at] = over->scratch[0];
    all[AMBIT_OVER_LATEST].values[at] = over->scratch[n - 1];
}

static void fill_success(const AmbitOver *over, size_t point, size_t column)
{
    AmbitResultArray *all = over->result->arrays;
    size_t at = point * over->n_columns + column, n_steps = 0;
    size_t there = 0, ever = 0, at_end = 0, learned = 0;
    for (size_t s = 0; s < over->n_seeds; s++) {
        size_t run = ambit_over_run(over->input->runs, point, s);
        const Rise rise = find_rise(over, run, column);
        there += rise.there;
        ever += rise.ever;
        at_end += rise.at_end;
        learned += ambit_over_learned(over, run, column);
        all[AMBIT_OVER_FIRST].values[run * over->n_columns + column] = rise.step;
        if (!isnan(rise.step))
            over->scratch[n_steps++] = rise.step;
    }
    put_share(over, AMBIT_OVER_EVER, at, ever, there);
    put_share(over, AMBIT_OVER_END, at, at_end, there);
    all[AMBIT_OVER_NEVER].values[at] = (double)(there - ever);
    if (over->validation)
        all[AMBIT_OVER_N_LEARNED].values[at] = (double)learned;
    put_steps(over, at, n_steps);
}

static void fill_accuracy(const AmbitOver *over, const char *target, size_t array, size_t point,
                          size_t column)
{
    for (size_t s = 0; s < over->n_seeds; s++) {
        size_t run = ambit_over_run(over->input->runs, point, s);
        const AmbitTargetResult *result = ambit_over_find(over, target, run);
        over->scratch[s] =
            result ? ambit_over_accuracy(over, target, run, column, result->n_steps - 1) : NAN;
    }
    ambit_over_mean(over, array, point * over->n_columns + column);
}

static void fill_point(const AmbitOver *over, size_t point)
{
    double there = 0;
    for (size_t column = 0; column < over->n_columns; column++) {
        fill_success(over, point, column);
        fill_accuracy(over, over->generalization, AMBIT_OVER_ACCURACY, point, column);
        fill_accuracy(over, over->validation, AMBIT_OVER_VALIDATION, point, column);
    }
    for (size_t s = 0; s < over->n_seeds; s++) {
        size_t run = ambit_over_run(over->input->runs, point, s);
        bool is_there = over->input->results[run] != NULL; // else it may be under way
        there += is_there;
        over->scratch[s] = is_there ? over->input->training_loss[run] : NAN;
        over->result->arrays[AMBIT_OVER_LOSS_OF_RUN].values[run] = over->scratch[s];
    }
    ambit_over_mean(over, AMBIT_OVER_LOSS, point);
    over->result->arrays[AMBIT_OVER_RUNS].values[point] = there;
}

/* The first target of a split in any run, or NULL. */
static const char *find_target(const AmbitOverInput *input, const char *split)
{
    for (size_t run = 0; run < input->runs->n_runs; run++) {
        const AmbitResultsSummary *summary = input->results[run];
        for (size_t t = 0; summary && t < summary->n_targets; t++)
            if (summary->splits[t] && strcmp(summary->splits[t], split) == 0 &&
                summary->results[t]->n_queries > 0)
                return summary->names[t];
    }
    return NULL;
}

/* Predictors are the models; in files that do not say which are, all. Steps are those of the
 * target; one that was evaluated at the newest checkpoint alone has the step 0. */
static AmbitStatus set_axes(AmbitOver *over, AmbitError *error)
{
    static const AmbitCaption steps = {"step", "training step", "1",
                                       "optimiser steps that the model had taken"};
    static const double lone[] = {0};
    const AmbitTargetResult *result = NULL;
    const AmbitResultsSummary *summary = NULL;
    size_t index;
    for (size_t run = 0; run < over->input->runs->n_runs && !result; run++) {
        summary = over->input->results[run];
        result = ambit_over_find(over, over->generalization, run);
    }
    const AmbitResultAxis *axis = &result->axes[AMBIT_AXIS_PREDICTOR];
    bool known = summary->models.count > 0;
    AmbitStatus status = ambit_result_set_axis(over->result, AMBIT_AXIS_PREDICTOR, &axis->words,
                                               known ? summary->models.count : axis->length, NULL,
                                               known ? summary->models.texts : axis->labels, error);
    axis = &result->axes[AMBIT_AXIS_STEP];
    over->n_steps = result->n_steps;
    return status ? status
                  : ambit_result_add_axis(over->result, &steps, result->n_steps,
                                          axis->values ? axis->values : lone, NULL, &index, error);
}

static AmbitStatus add_axes(AmbitOver *over, AmbitError *error)
{
    static const AmbitAxis none[] = {AMBIT_AXIS_STEP, AMBIT_AXIS_SWEEP, AMBIT_AXIS_EXAMPLE,
                                     AMBIT_AXIS_QUERY};
    const AmbitRuns *runs = over->input->runs;
    AmbitStatus status = AMBIT_OK;
    size_t index;
    for (size_t i = 0; i < sizeof none / sizeof *none && !status; i++)
        status = ambit_result_set_axis(over->result, none[i], NULL, 1, NULL, NULL, error);
    if (!status)
        status = set_axes(over, error);
    for (size_t a = 0; a < runs->n_axes && !status; a++)
        status = ambit_result_add_axis(over->result, &runs->axes[a].words, runs->axes[a].length,
                                       runs->axes[a].values, runs->axes[a].labels, &index, error);
    over->n_columns = over->result->n_columns;
    return status;
}

static AmbitStatus fill(AmbitOver *over, AmbitError *error)
{
    AmbitStatus status = over->scratch ? add_axes(over, error)
                                       : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < AMBIT_OVER_SUCCESSES && !status; i++)
        status = ambit_over_add(over, &arrays[i].measure, arrays[i].shape, error);
    for (size_t point = 0; point < over->n_points && !status; point++)
        fill_point(over, point);
    return status ? status : ambit_over_measures(over, error);
}

static AmbitStatus set_texts(AmbitOverRuns *result, const AmbitOver *over, AmbitError *error)
{
    result->threshold = over->input->threshold;
    result->learned = AMBIT_LEARNED;
    result->generalization = ambit_strdup(over->generalization);
    result->validation = over->validation ? ambit_strdup(over->validation) : NULL;
    return result->generalization && !result->validation == !over->validation
               ? AMBIT_OK
               : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
}

/* The point with the best mean accuracy of the first predictor; n_points if there is none. */
static size_t best_point(const AmbitOver *over)
{
    const double *accuracy = over->result->arrays[AMBIT_OVER_ACCURACY].values;
    size_t best = over->n_points;
    for (size_t point = 0; point < over->n_points; point++)
        if (!isnan(accuracy[point * over->n_columns]) &&
            (best == over->n_points ||
             accuracy[point * over->n_columns] > accuracy[best * over->n_columns]))
            best = point;
    return best;
}

static bool copy_trees(AmbitOverRuns *result, const char *run, const AmbitTexts *trees)
{
    result->tree_run = ambit_strdup(run);
    result->trees.texts = ambit_alloc(trees->count, sizeof *trees->texts);
    bool ok = result->tree_run && result->trees.texts;
    for (; ok && result->trees.count < trees->count; result->trees.count++)
        ok = (result->trees.texts[result->trees.count] =
                  ambit_strdup(trees->texts[result->trees.count]));
    return ok;
}

/* Keeps the trees of the first run at the best point that has any. */
static AmbitStatus keep_trees(AmbitOverRuns *result, const AmbitOver *over, AmbitError *error)
{
    size_t point = best_point(over);
    for (size_t s = 0; s < over->n_seeds && point < over->n_points; s++) {
        size_t run = ambit_over_run(over->input->runs, point, s);
        const AmbitResultsSummary *summary = over->input->results[run];
        for (size_t t = 0; summary && summary->trees && t < summary->n_targets; t++)
            if (summary->trees[t].count)
                return copy_trees(result, over->input->runs->names[run], &summary->trees[t])
                           ? AMBIT_OK
                           : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    }
    return AMBIT_OK;
}

AmbitStatus ambit_over_runs(AmbitOverRuns **pointer, const AmbitOverInput *input, AmbitError *error)
{
    const AmbitRuns *runs = input->runs;
    AmbitOver over = {.input = input,
                      .generalization = find_target(input, "generalization"),
                      .validation = find_target(input, "validation"),
                      .n_seeds =
                          runs->seed_axis < runs->n_axes ? runs->axes[runs->seed_axis].length : 1};
    *pointer = NULL;
    if (!over.generalization)
        return AMBIT_OK;
    over.n_points = runs->n_runs / over.n_seeds;
    AmbitOverRuns *result = ambit_alloc(1, sizeof *result);
    if (result)
        over.result = result->result = ambit_alloc(1, sizeof *over.result);
    over.scratch = ambit_alloc(runs->n_runs, sizeof *over.scratch);
    AmbitStatus status = over.result ? set_texts(result, &over, error)
                                     : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    if (!status)
        status = fill(&over, error);
    if (!status)
        status = keep_trees(result, &over, error);
    ambit_free(over.scratch);
    if (status)
        ambit_over_runs_destroy(&result);
    *pointer = result;
    return status;
}

void ambit_over_runs_destroy(AmbitOverRuns **pointer)
{
    AmbitOverRuns *over = pointer ? *pointer : NULL;
    if (!over)
        return;
    ambit_free(over->generalization);
    ambit_free(over->validation);
    ambit_free(over->tree_run);
    for (size_t i = 0; i < over->trees.count; i++)
        ambit_free(over->trees.texts[i]);
    ambit_free(over->trees.texts);
    ambit_target_result_destroy(&over->result);
    ambit_free(over);
    *pointer = NULL;
}
