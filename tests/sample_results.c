// SPDX-License-Identifier: MIT
// A results file for tests.
#include "testing.h"

#include "ambit/memory.h"
#include "sample_results.h"
#include <stdlib.h>

const char sample_note[] = "it has no answers to these";
const char *const sample_columns[N_COLUMNS] = {"transformer", "least_squares", "lasso α=0.01",
                                               "zero"};

const AmbitProvenance sample_provenance = {.config = "training:\n  task: linear_regression\n",
                                           .command = "ambit evaluate run",
                                           .kernels = "reference",
                                           .seed = 7,
                                           .step = 5000};

static char *const model_names[] = {"transformer", "other"};
static const uint64_t model_seeds[] = {3, (uint64_t)1 << 63};
static const uint64_t model_sizes[] = {200, (uint64_t)1 << 40};
const AmbitModelNotes sample_models = {2, model_names, model_seeds, model_sizes};

typedef struct Settings {
    bool flip;
    int64_t rank;
    double scale;
    char *law;
    int basis;
    AmbitDoubles spectrum;
} Settings;

static const char *const bases[] = {"fixed", "haar", NULL};
static const AmbitParameter parameters[] = {
    {.name = "flip", .type = AMBIT_BOOL, .offset = offsetof(Settings, flip)},
    {.name = "rank", .type = AMBIT_INT, .offset = offsetof(Settings, rank)},
    {.name = "scale", .type = AMBIT_REAL, .offset = offsetof(Settings, scale)},
    {.name = "law", .type = AMBIT_TEXT, .offset = offsetof(Settings, law)},
    {.name = "basis", .type = AMBIT_CHOICE, .offset = offsetof(Settings, basis), .choices = bases},
    {.name = "spectrum", .type = AMBIT_REALS, .offset = offsetof(Settings, spectrum)},
    {.name = NULL}};
static const AmbitPromptDistributionType shifted = {.name = "shifted", .parameters = parameters};

static double spectrum[] = {1, 0.5};
static Settings settings = {true, 2, 0.25, "normal", 1, {spectrum, 2}};
static AmbitPromptDistribution distribution = {
    .type = &shifted, .n_dims = 4, .settings = &settings};
static char *labels[] = {"dense", "sparse"};
static double weights[] = {0.75, 0.25};
static AmbitMixture mixture = {.n_classes = 2, .labels = labels, .weights = weights};

double sample_values[] = {1, 2, 20};

/* A target whose parts are all borrowed; sweep NULL: none. */
AmbitTarget sample_target(const char *name, const char *sweep)
{
    return (AmbitTarget){.name = (char *)name,
                         .mixture = &mixture,
                         .distribution = &distribution,
                         .sweep = (char *)sweep,
                         .sweep_values = {sweep ? sample_values : NULL, sweep ? 3 : 0}};
}

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Statistics of result->error at one (sweep, column, query). */
static void fill_statistics(AmbitTargetResult *result, size_t row, size_t q)
{
    double sorted[N_PROMPTS], sum = 0;
    for (size_t n = 0; n < N_PROMPTS; n++)
        sum += sorted[n] = result->error[(row * N_PROMPTS + n) * N_QUERIES + q];
    qsort(sorted, N_PROMPTS, sizeof *sorted, compare_reals);
    size_t at = row * N_QUERIES + q;
    result->mean[at] = sum / N_PROMPTS;
    result->median[at] = (sorted[N_PROMPTS / 2 - 1] + sorted[N_PROMPTS / 2]) / 2;
    result->low[at] = 0.9 * result->mean[at];
    result->high[at] = 1.1 * result->mean[at];
}

static void assert_ok(AmbitStatus status, const AmbitError *error)
{
    if (status)
        fail_msg("%s", error->message);
}

static void set_axis(AmbitTargetResult *result, AmbitAxis axis, const char *name, size_t length,
                     const double *values, char *const *labels)
{
    const AmbitCaption words = {name, name, "1", name};
    AmbitError error;
    assert_ok(
        ambit_result_set_axis(result, axis, name ? &words : NULL, length, values, labels, &error),
        &error);
}

/* The first axes; `split`: several queries share a k. */
static void set_axes(AmbitTargetResult *result, const char *sweep, bool split)
{
    double prompts[N_PROMPTS], k[N_QUERIES];
    for (size_t n = 0; n < N_PROMPTS; n++)
        prompts[n] = (double)n;
    for (size_t q = 0; q < N_QUERIES; q++)
        k[q] = (double)(split ? q / 2 : q);
    set_axis(result, AMBIT_AXIS_STEP, NULL, 1, NULL, NULL);
    set_axis(result, AMBIT_AXIS_SWEEP, sweep, 3, sample_values, NULL);
    set_axis(result, AMBIT_AXIS_PREDICTOR, "predictor", N_COLUMNS, NULL,
             (char *const *)sample_columns);
    set_axis(result, AMBIT_AXIS_EXAMPLE, "prompt", N_PROMPTS, prompts, NULL);
    set_axis(result, AMBIT_AXIS_QUERY, "k", N_QUERIES, k, NULL);
}

/* Errors that differ everywhere and fall with k, at `conditions` pairs of step and swept value. */
static void fill_errors(AmbitTargetResult *result, size_t conditions)
{
    size_t n_rows = conditions * N_COLUMNS;
    for (size_t i = 0; i < n_rows * N_QUERIES * N_PROMPTS; i++) {
        size_t q = i % N_QUERIES, n = i / N_QUERIES % N_PROMPTS, row = i / N_QUERIES / N_PROMPTS;
        double level = row % N_COLUMNS == 3 ? 1 : 1 - (double)q / (double)(N_QUERIES + row);
        double x = (double)(n * 7 % N_PROMPTS) / N_PROMPTS;
        result->error[i] = level * (0.5 + x * x);
        result->flag[i] = row == 2 && q < 2 ? AMBIT_FLAG_NOT_CONVERGED : 0;
    }
    for (size_t row = 0; row < n_rows; row++)
        for (size_t q = 0; q < N_QUERIES; q++)
            fill_statistics(result, row, q);
}

static AmbitTargetResult *result_of(const char *sweep, size_t conditions, bool split)
{
    AmbitTargetResult *result = ambit_alloc(1, sizeof *result);
    size_t n_statistics = conditions * N_COLUMNS * N_QUERIES;
    *result = (AmbitTargetResult){.metric = &ambit_squared_error, .normalizer_is_declared = !split};
    set_axes(result, sweep, split);
    result->notes = ambit_alloc(N_COLUMNS, sizeof *result->notes);
    result->normalizer = ambit_alloc(conditions, sizeof(double));
    result->error = ambit_alloc(n_statistics * N_PROMPTS, sizeof(double));
    result->flag = ambit_alloc(n_statistics * N_PROMPTS, 1);
    double **statistics[] = {&result->mean, &result->median, &result->low, &result->high};
    for (size_t i = 0; i < 4; i++)
        *statistics[i] = ambit_alloc(n_statistics, sizeof(double));
    result->seconds = ambit_alloc(N_COLUMNS, sizeof(double));
    for (size_t c = 0; c < N_COLUMNS; c++)
        result->seconds[c] = 0.25 * (double)c;
    if (split)
        result->notes[1] = ambit_strdup(sample_note);
    for (size_t s = 0; s < conditions; s++)
        result->normalizer[s] = 4 + (double)s;
    fill_errors(result, conditions);
    return result;
}

AmbitTargetResult *sample_result(const char *sweep, bool split)
{
    return result_of(sweep, sweep ? 3 : 1, split);
}

/* An array over the given axes; returns its values. */
static double *add_array(AmbitTargetResult *result, AmbitMeasure measure, size_t rank,
                         const size_t *axes)
{
    AmbitError error;
    size_t index;
    assert_ok(ambit_result_add_array(result, &measure, rank, axes, &index, &error), &error);
    return result->arrays[index].values;
}

/* Measurements over axes of all kinds: text, whole and real coordinates; one of single prompts, one
 * with an interval. */
static void add_measures(AmbitTargetResult *result)
{
    static const AmbitCaption other = {"predictor_2", "other predictor", "1", "columns again"};
    static const AmbitCaption place = {"grid", "place", "1", "on a line"};
    static const AmbitCaption probed = {"k_probe", "examples seen", "1", "by probes"};
    static const AmbitCaption reference = {"reference", "reference", "1", "that is subtracted"};
    static char *const zero[] = {"zero"};
    static const double grid[] = {-0.5, 0, 0.5}, k[] = {0, 4};
    AmbitError error;
    size_t distance[] = {AMBIT_AXIS_PREDICTOR, 0, AMBIT_AXIS_QUERY};
    size_t slice[] = {AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_EXAMPLE, 0};
    size_t looks[] = {AMBIT_AXIS_PREDICTOR, 0};
    size_t difference[] = {0, AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_QUERY};
    assert_ok(ambit_result_add_axis(result, &other, N_COLUMNS, NULL,
                                    result->axes[AMBIT_AXIS_PREDICTOR].labels, &distance[1],
                                    &error),
              &error);
    assert_ok(ambit_result_add_axis(result, &place, 3, grid, NULL, &slice[2], &error), &error);
    assert_ok(ambit_result_add_axis(result, &probed, 2, k, NULL, &looks[1], &error), &error);
    assert_ok(ambit_result_add_axis(result, &reference, 1, NULL, zero, &difference[0], &error),
              &error);
    size_t conditions = ambit_result_n_conditions(result);
    double *values = add_array(
        result,
        (AmbitMeasure){.words = {"distance", "distance", "1", "x"}, .shown = AMBIT_SHOWN_FIRST}, 3,
        distance);
    for (size_t i = 0; i < conditions * N_COLUMNS * N_COLUMNS * N_QUERIES; i++) {
        size_t a = i / N_QUERIES / N_COLUMNS % N_COLUMNS, b = i / N_QUERIES % N_COLUMNS;
        values[i] = a == b ? 0 : (double)((a + 1) * (b + 1) + i % N_QUERIES);
    }
    add_array(result, (AmbitMeasure){.words = {"slice", "slice", "1", "x"}, .raw = true}, 3, slice);
    values = add_array(result, (AmbitMeasure){.words = {"looks", "what a probe saw", "1", "x"}}, 2,
                       looks);
    for (size_t i = 0; i < conditions * N_COLUMNS * 2; i++)
        values[i] = i ? 0.125 * (double)i : NAN;
    const AmbitMeasure measures[] = {
        {.words = {"difference", "paired difference", "1", "x"},
         .headline = true,
         .shown = AMBIT_SHOWN_EACH,
         .low = "difference_low",
         .high = "difference_high"},
        {.words = {"difference_low", "low", "1", "x"}, .shown = AMBIT_SHOWN_NOT},
        {.words = {"difference_high", "high", "1", "x"}, .shown = AMBIT_SHOWN_NOT}};
    for (size_t m = 0; m < 3; m++) {
        values = add_array(result, measures[m], 3, difference);
        for (size_t i = 0; i < conditions * N_COLUMNS * N_QUERIES; i++) // 2·column ± 0.5
            values[i] = 2.0 * (double)(i / N_QUERIES % N_COLUMNS) + (m == 0   ? 0
                                                                     : m == 1 ? -0.5
                                                                              : 0.5);
    }
}

AmbitStatus sample_add(AmbitResultsFile *file, const char *name, const char *sweep, bool split,
                       AmbitError *error)
{
    AmbitTarget target = sample_target(name, sweep);
    AmbitTargetResult *result = sample_result(sweep, split);
    AmbitStatus status = ambit_results_write_target(file, &target, result, error);
    ambit_target_result_destroy(&result);
    return status;
}

AmbitTargetResult *sample_trained(void)
{
    static const double steps[] = {500, 1000};
    AmbitTargetResult *result = result_of("families[0].distance", 6, false);
    set_axis(result, AMBIT_AXIS_STEP, "step", 2, steps, NULL);
    result->metric = &ambit_misclassification;
    add_measures(result);
    return result;
}

static AmbitStatus add_trained(AmbitResultsFile *file, AmbitError *error)
{
    AmbitTarget target = sample_target("trained", "families[0].distance");
    target.probes = 5;
    AmbitTargetResult *result = sample_trained();
    AmbitStatus status = ambit_results_write_target(file, &target, result, error);
    ambit_target_result_destroy(&result);
    return status;
}

AmbitStatus sample_write(const char *path, AmbitError *error)
{
    AmbitResultsFile *file = NULL;
    AmbitStatus status =
        ambit_results_create(&file, path, &sample_provenance, &sample_models, error);
    if (status == AMBIT_OK)
        status = sample_add(file, "dense", NULL, false, error);
    if (status == AMBIT_OK)
        status = sample_add(file, "sparsity", "sparsity", false, error);
    if (status == AMBIT_OK)
        status = sample_add(file, "named like a dataset", "mean", false, error);
    if (status == AMBIT_OK)
        status = sample_add(file, "split", NULL, true, error);
    if (status == AMBIT_OK)
        status = add_trained(file, error);
    if (status != AMBIT_OK) {
        ambit_results_abandon(&file);
        return status;
    }
    return ambit_results_close(&file, 12.5, error);
}
