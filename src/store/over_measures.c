// SPDX-License-Identifier: MIT
// What measures of the inside of language models say over runs: the point of the grid that each
// would choose, and its rank correlation with accuracy (Murty et al. 2305.18741, section 4: the
// depth that generalizes best is the one whose trees score highest).
#include "over_runs.h"

#include "ambit/memory.h"
#include "ambit/statistics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RESAMPLES = 10000, MOST = 64, NAME = 160 };

#define WORDS(name, long_name, description)                                                        \
    .words = {name, long_name, "1", description}, .shown = AMBIT_SHOWN_NOT

static const struct {
    unsigned shape;
    AmbitMeasure measure;
} arrays[AMBIT_OVER_CHOSEN - AMBIT_OVER_SUCCESSES] = {
    {AMBIT_OVER_ALL | AMBIT_OVER_MEASURES | AMBIT_OVER_PREDICTORS,
     {WORDS("run_measure", "measure of a run at the end", "in the measure's own unit")}},
    {AMBIT_OVER_POINTS | AMBIT_OVER_MEASURES | AMBIT_OVER_PREDICTORS,
     {WORDS("mean_measure", "mean of a measure over runs at the end", "in the measure's own unit"),
      .low = "mean_measure_low", .high = "mean_measure_high"}},
    {AMBIT_OVER_POINTS | AMBIT_OVER_MEASURES | AMBIT_OVER_PREDICTORS,
     {WORDS("mean_measure_low", "lower end of the interval of that mean",
            "90 % interval by Student's t over the runs")}},
    {AMBIT_OVER_POINTS | AMBIT_OVER_MEASURES | AMBIT_OVER_PREDICTORS,
     {WORDS("mean_measure_high", "upper end of the interval of that mean",
            "90 % interval by Student's t over the runs")}},
    {AMBIT_OVER_MEASURES | AMBIT_OVER_PREDICTORS,
     {WORDS("correlation", "rank correlation with accuracy on generalization",
            "Spearman's, over all runs at the end; NaN: fewer than two runs, or all the same"),
      .low = "correlation_low", .high = "correlation_high"}},
    {AMBIT_OVER_MEASURES | AMBIT_OVER_PREDICTORS,
     {WORDS("correlation_low", "lower end of the interval of the correlation",
            "90 % bootstrap interval, resampling runs; NaN: fewer than four runs")}},
    {AMBIT_OVER_MEASURES | AMBIT_OVER_PREDICTORS,
     {WORDS("correlation_high", "upper end of the interval of the correlation",
            "90 % bootstrap interval, resampling runs; NaN: fewer than four runs")}},
    {AMBIT_OVER_MEASURES | AMBIT_OVER_PREDICTORS,
     {WORDS("n_correlated", "runs in the correlation", "")}},
    {AMBIT_OVER_MEASURES | AMBIT_OVER_PREDICTORS,
     {WORDS("n_left_out", "runs left out of the correlation",
            "they are there, but the measure or the accuracy is NaN")}},
    {AMBIT_OVER_POINTS | AMBIT_OVER_MEASURES | AMBIT_OVER_STEPS | AMBIT_OVER_PREDICTORS,
     {WORDS("course_measure", "mean of a measure over runs at a training step",
            "in the measure's own unit")}},
    {AMBIT_OVER_MEASURES | AMBIT_OVER_PREDICTORS,
     {WORDS("correlation_learned", "rank correlation over the runs that learned their task",
            "as correlation"),
      .low = "correlation_learned_low", .high = "correlation_learned_high"}},
    {AMBIT_OVER_MEASURES | AMBIT_OVER_PREDICTORS,
     {WORDS("correlation_learned_low", "lower end of the interval of correlation_learned",
            "as correlation_low")}},
    {AMBIT_OVER_MEASURES | AMBIT_OVER_PREDICTORS,
     {WORDS("correlation_learned_high", "upper end of the interval of correlation_learned",
            "as correlation_high")}},
    {AMBIT_OVER_MEASURES | AMBIT_OVER_PREDICTORS,
     {WORDS("n_correlated_learned", "runs in correlation_learned", "")}},
};

/* One number of a run: an array of a target, at one entry of its second axis or the mean over it.
 */
typedef struct Source {
    const char *target, *array; // array NULL: the accuracy on generalization
    size_t entry, n_entries;    // of the second axis; 1 without one
    bool is_mean;               // over the entries that are numbers
    char name[NAME];
} Source;

typedef struct Sources {
    size_t n;
    Source source[MOST];
} Sources;

/* Whether tables show the array as one number for each predictor, or few with names, or one for
 * each layer. */
static bool is_measure(const AmbitTargetResult *result, const AmbitResultArray *array)
{
    const AmbitMeasure *measure = &array->measure;
    if (measure->fixed || measure->shown == AMBIT_SHOWN_NOT || array->rank < 1 || array->rank > 2 ||
        array->axes[0] != AMBIT_AXIS_PREDICTOR)
        return false;
    const AmbitResultAxis *second = array->rank == 2 ? &result->axes[array->axes[1]] : NULL;
    return !second || (array->axes[1] >= AMBIT_N_AXES &&
                       (second->labels || strcmp(second->words.name, "layer") == 0));
}

static bool has_name(const Sources *sources, const char *name)
{
    for (size_t i = 0; i < sources->n; i++)
        if (strcmp(sources->source[i].name, name) == 0)
            return true;
    return false;
}

/* Adds the entries of one array; of what a second target measures too, under its name. */
static void add_array(Sources *sources, const char *target, const AmbitTargetResult *result,
                      const AmbitResultArray *array)
{
    const AmbitResultAxis *second = array->rank == 2 ? &result->axes[array->axes[1]] : NULL;
    bool is_mean = second && !second->labels;
    size_t n = second ? second->length : 1;
    for (size_t i = 0; i < (is_mean ? 1 : n) && sources->n < MOST; i++) {
        Source source = {target, array->measure.words.name, i, n, is_mean, ""};
        int used = snprintf(source.name, NAME, "%.60s%s%.30s", source.array,
                            is_mean  ? ", mean over layers"
                            : second ? ", "
                                     : "",
                            second && !is_mean ? second->labels[i] : "");
        if (has_name(sources, source.name))
            snprintf(source.name + used, NAME - (size_t)used, " (%.40s)", target);
        sources->source[sources->n++] = source;
    }
}

/* What the first run with results measured. */
static void find_sources(const AmbitOver *over, Sources *sources)
{
    const AmbitOverInput *input = over->input;
    size_t run = 0;
    *sources = (Sources){.n = 1, .source[0].name = "accuracy on generalization"};
    while (!input->results[run])
        run++;
    for (size_t t = 0; t < input->results[run]->n_targets; t++) {
        const AmbitTargetResult *result = input->results[run]->results[t];
        for (size_t i = 0; i < result->n_arrays; i++)
            if (is_measure(result, &result->arrays[i]))
                add_array(sources, input->results[run]->names[t], result, &result->arrays[i]);
    }
}

/* The number of a run at a step; NaN if there is none. */
static double value_at(const AmbitOver *over, const Source *source, size_t run, size_t column,
                       size_t step)
{
    const char *target = source->array ? source->target : over->generalization;
    const AmbitTargetResult *result = ambit_over_find(over, target, run);
    if (!result || step >= result->n_steps)
        return NAN;
    if (!source->array)
        return ambit_over_accuracy(over, target, run, column, step);
    const AmbitResultArray *array = ambit_result_find(result, source->array);
    size_t c = ambit_over_column(over, result, column);
    if (!array || c == result->n_columns || array->count != result->n_columns * source->n_entries)
        return NAN;
    const double *values = ambit_result_values(array, step) + c * source->n_entries;
    double sum = 0, count = 0;
    for (size_t i = 0; i < source->n_entries; i++)
        if (source->is_mean ? !isnan(values[i]) : i == source->entry) {
            sum += values[i];
            count++;
        }
    return sum / count;
}

static double value_of(const AmbitOver *over, const Source *source, size_t run, size_t column)
{
    return value_at(over, source, run, column, over->n_steps - 1);
}

/* Whether two sources have the same numbers, but for rounding, in all runs. */
static bool is_same(const AmbitOver *over, const Source *a, const Source *b)
{
    size_t n_runs = over->input->runs->n_runs;
    for (size_t run = 0; run < n_runs * over->n_columns; run++) {
        double x = value_of(over, a, run % n_runs, run / n_runs);
        double y = value_of(over, b, run % n_runs, run / n_runs);
        if (isnan(x) != isnan(y) || fabs(x - y) > 1e-9 * fabs(x)) // NaN is not larger
            return false;
    }
    return true;
}

/* Leaves out means over layers that their target measures under another name, too. */
static void drop_repeated(const AmbitOver *over, Sources *sources)
{
    size_t kept = 0;
    for (size_t i = 0; i < sources->n; i++) {
        bool repeated = false;
        for (size_t k = 1; k < kept && sources->source[i].is_mean; k++)
            repeated |= is_same(over, &sources->source[k], &sources->source[i]);
        if (!repeated)
            sources->source[kept++] = sources->source[i];
    }
    sources->n = kept;
}

static AmbitStatus add_axis(const AmbitOver *over, Sources *sources, AmbitError *error)
{
    static const AmbitCaption words = {"measure", "measure of a model", "1",
                                       "of the inside by probes; the first is the accuracy"};
    char *labels[MOST];
    size_t axis;
    for (size_t i = 0; i < sources->n; i++)
        labels[i] = sources->source[i].name;
    return ambit_result_add_axis(over->result, &words, sources->n, NULL, labels, &axis, error);
}

static AmbitStatus add_arrays(const AmbitOver *over, AmbitError *error)
{
    const AmbitRuns *runs = over->input->runs;
    char name[NAME];
    AmbitStatus status = AMBIT_OK;
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays && !status; i++)
        status = ambit_over_add(over, &arrays[i].measure, arrays[i].shape, error);
    for (size_t i = 0; i < 2 * runs->n_axes && !status; i++) {
        size_t axis = i % runs->n_axes;
        bool learned = i >= runs->n_axes;
        snprintf(name, sizeof name, "chosen_%s%.100s", learned ? "learned_" : "",
                 runs->axes[axis].words.name);
        const AmbitMeasure chosen = {
            WORDS(name,
                  learned ? "place on the axis where that mean is highest, over the runs that "
                            "learned their task"
                          : "place on the axis where the mean of the measure over runs is highest",
                  "counted from 0; NaN: no number, one place, or several share the highest mean")};
        if (axis != runs->seed_axis)
            status =
                ambit_over_add(over, &chosen, AMBIT_OVER_MEASURES | AMBIT_OVER_PREDICTORS, error);
    }
    return status;
}

/* The place on an axis of the runs where the mean over all runs that have it is highest. */
static double choose(const AmbitOver *over, size_t axis, const double *values)
{
    const AmbitRuns *runs = over->input->runs;
    double best = NAN, chosen = NAN;
    for (size_t place = 0; place < runs->axes[axis].length && runs->axes[axis].length > 1;
         place++) {
        double sum = 0, count = 0;
        for (size_t run = 0; run < runs->n_runs; run++)
            if (ambit_runs_place(runs, run, axis) == place && !isnan(values[run])) {
                sum += values[run];
                count++;
            }
        if (count > 0 && sum / count == best)
            chosen = NAN;
        if (count > 0 && !(sum / count <= best)) {
            best = sum / count;
            chosen = (double)place;
        }
    }
    return chosen;
}

/* One measure at the end. Index `at` is that of the measure and the predictor. */
typedef struct Ends {
    size_t measure, column, n_measures, at;
    const double *values, *accuracy; // [n_runs]; those of `learned` NaN where a run did not learn
    bool learned;
} Ends;

static void fill_means(const AmbitOver *over, const Ends *ends)
{
    const AmbitRuns *runs = over->input->runs;
    size_t stride = ends->n_measures * over->n_columns;
    double *all = over->result->arrays[AMBIT_OVER_MEASURE_OF_RUN].values;
    for (size_t run = 0; run < runs->n_runs; run++)
        all[run * stride + ends->at] = ends->values[run];
    for (size_t point = 0; point < over->n_points; point++) {
        for (size_t s = 0; s < over->n_seeds; s++)
            over->scratch[s] = ends->values[ambit_over_run(runs, point, s)];
        ambit_over_mean(over, AMBIT_OVER_MEASURE, point * stride + ends->at);
    }
}

static void fill_choices(const AmbitOver *over, const Ends *ends)
{
    const AmbitRuns *runs = over->input->runs;
    size_t n_axes = runs->n_axes - (runs->seed_axis < runs->n_axes);
    AmbitResultArray *chosen =
        over->result->arrays + AMBIT_OVER_CHOSEN + (ends->learned ? n_axes : 0);
    for (size_t a = 0; a < runs->n_axes; a++)
        if (a != runs->seed_axis)
            (chosen++)->values[ends->at] = choose(over, a, ends->values);
}

/* None of accuracy, which goes with itself. */
static AmbitStatus fill_correlation(const AmbitOver *over, const Ends *ends, AmbitError *error)
{
    const AmbitKey key = {over->input->seed, 0, AMBIT_EVALUATION};
    AmbitResultArray *all = over->result->arrays;
    AmbitResultArray *three =
        all + (ends->learned ? AMBIT_OVER_LEARNED_CORRELATION : AMBIT_OVER_CORRELATION);
    AmbitRankCorrelation correlation;
    size_t there = 0, n_runs = over->input->runs->n_runs, at = ends->at;
    for (size_t run = 0; run < n_runs; run++)
        there += over->input->results[run] != NULL;
    AmbitStatus status = ends->measure == 0
                             ? AMBIT_OK
                             : ambit_rank_correlation(&correlation, ends->values, ends->accuracy,
                                                      n_runs, RESAMPLES, key, error);
    if (status || ends->measure == 0)
        return status;
    three[0].values[at] = correlation.value;
    three[1].values[at] = correlation.low;
    three[2].values[at] = correlation.high;
    three[3].values[at] = (double)correlation.n_pairs;
    if (!ends->learned)
        all[AMBIT_OVER_LEFT_OUT].values[at] = (double)(there - correlation.n_pairs);
    return status;
}

/* The mean over runs at every step. */
static void fill_course(const AmbitOver *over, const Source *source, size_t measure,
                        size_t n_measures, size_t column)
{
    AmbitResultArray *course = &over->result->arrays[AMBIT_OVER_COURSE];
    for (size_t i = 0; i < over->n_points * over->n_steps; i++) {
        size_t point = i / over->n_steps, step = i % over->n_steps;
        size_t at = (point * n_measures + measure) * over->n_steps + step;
        double low, high;
        for (size_t s = 0; s < over->n_seeds; s++) {
            size_t run = ambit_over_run(over->input->runs, point, s);
            over->scratch[s] = value_at(over, source, run, column, step);
        }
        ambit_runs_interval(over->scratch, over->n_seeds,
                            &course->values[at * over->n_columns + column], &low, &high);
    }
}

/* Of every measure at the end: means, choices and correlation over all runs, then the latter two
 * over those that learned their task. */
static AmbitStatus fill(const AmbitOver *over, const Sources *sources, double *values,
                        double *accuracy, AmbitError *error)
{
    size_t n_runs = over->input->runs->n_runs;
    AmbitStatus status = AMBIT_OK;
    for (size_t i = 0; i < over->n_columns * sources->n && !status; i++) {
        size_t m = i % sources->n, column = i / sources->n;
        double *to = m ? values : accuracy;
        Ends ends = {m, column, sources->n, m * over->n_columns + column, to, accuracy, false};
        for (size_t run = 0; run < n_runs; run++)
            to[run] = value_of(over, &sources->source[m], run, column);
        fill_course(over, &sources->source[m], m, sources->n, column);
        fill_means(over, &ends);
        fill_choices(over, &ends);
        status = fill_correlation(over, &ends, error);
        ends.learned = true;
        ends.values = over->scratch;
        for (size_t run = 0; run < n_runs; run++)
            over->scratch[run] = ambit_over_learned(over, run, column) ? to[run] : NAN;
        fill_choices(over, &ends);
        if (!status)
            status = fill_correlation(over, &ends, error);
    }
    return status;
}

AmbitStatus ambit_over_measures(const AmbitOver *over, AmbitError *error)
{
    size_t n_runs = over->input->runs->n_runs;
    Sources *sources = ambit_alloc(1, sizeof *sources);
    double *values = ambit_alloc(n_runs, sizeof *values);
    double *accuracy = ambit_alloc(n_runs, sizeof *accuracy);
    AmbitStatus status = sources && values && accuracy
                             ? AMBIT_OK
                             : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    if (!status) {
        find_sources(over, sources);
        drop_repeated(over, sources);
        status = add_axis(over, sources, error);
    }
    if (!status)
        status = add_arrays(over, error);
    if (!status)
        status = fill(over, sources, values, accuracy, error);
    ambit_free(sources);
    ambit_free(values);
    ambit_free(accuracy);
    return status;
}
