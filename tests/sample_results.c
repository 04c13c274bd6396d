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

typedef struct Settings {
    bool flip;
    int64_t rank;
    double scale;
    char *law;
    int basis;
    AmbitReals spectrum;
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

/* Statistics of result->squared_error at one (sweep, column, query). */
static void fill_statistics(AmbitTargetResult *result, size_t row, size_t q)
{
    double sorted[N_PROMPTS], sum = 0;
    for (size_t n = 0; n < N_PROMPTS; n++)
        sum += sorted[n] = result->squared_error[(row * N_PROMPTS + n) * N_QUERIES + q];
    qsort(sorted, N_PROMPTS, sizeof *sorted, compare_reals);
    size_t at = row * N_QUERIES + q;
    result->mean[at] = sum / N_PROMPTS;
    result->median[at] = (sorted[N_PROMPTS / 2 - 1] + sorted[N_PROMPTS / 2]) / 2;
    result->low[at] = 0.9 * result->mean[at];
    result->high[at] = 1.1 * result->mean[at];
}

/* Errors that differ everywhere and fall with k; `split`: several queries share a k. */
AmbitTargetResult *sample_result(size_t n_sweep, bool split)
{
    AmbitTargetResult *result = ambit_alloc(1, sizeof *result);
    size_t n_rows = n_sweep * N_COLUMNS, n_statistics = n_rows * N_QUERIES;
    *result = (AmbitTargetResult){.n_steps = 1,
                                  .n_sweep = n_sweep,
                                  .n_columns = N_COLUMNS,
                                  .n_prompts = N_PROMPTS,
                                  .n_queries = N_QUERIES,
                                  .normalizer_is_declared = !split};
    result->columns = ambit_alloc(N_COLUMNS, sizeof *result->columns);
    result->notes = ambit_alloc(N_COLUMNS, sizeof *result->notes);
    result->seen = ambit_alloc(N_QUERIES, sizeof *result->seen);
    result->normalizer = ambit_alloc(n_sweep, sizeof(double));
    result->squared_error = ambit_alloc(n_statistics * N_PROMPTS, sizeof(double));
    result->flag = ambit_alloc(n_statistics * N_PROMPTS, 1);
    double **statistics[] = {&result->mean, &result->median, &result->low, &result->high};
    for (size_t i = 0; i < 4; i++)
        *statistics[i] = ambit_alloc(n_statistics, sizeof(double));
    result->seconds = ambit_alloc(N_COLUMNS, sizeof(double));
    for (size_t c = 0; c < N_COLUMNS; c++) {
        result->columns[c] = ambit_strdup(sample_columns[c]);
        result->seconds[c] = 0.25 * (double)c;
    }
    if (split)
        result->notes[1] = ambit_strdup(sample_note);
    for (size_t s = 0; s < n_sweep; s++)
        result->normalizer[s] = 4 + (double)s;
    for (size_t q = 0; q < N_QUERIES; q++)
        result->seen[q] = split ? q / 2 : q;
    for (size_t i = 0; i < n_statistics * N_PROMPTS; i++) {
        size_t q = i % N_QUERIES, n = i / N_QUERIES % N_PROMPTS, row = i / N_QUERIES / N_PROMPTS;
        double level = row % N_COLUMNS == 3 ? 1 : 1 - (double)q / (double)(N_QUERIES + row);
        double x = (double)(n * 7 % N_PROMPTS) / N_PROMPTS;
        result->squared_error[i] = level * (0.5 + x * x);
        result->flag[i] = row == 2 && q < 2 ? AMBIT_FLAG_NOT_CONVERGED : 0;
    }
    for (size_t row = 0; row < n_rows; row++)
        for (size_t q = 0; q < N_QUERIES; q++)
            fill_statistics(result, row, q);
    return result;
}

static void assert_ok(AmbitStatus status, const AmbitError *error)
{
    if (status)
        fail_msg("%s", error->message);
}

/* Measurements over axes of all kinds: text, whole and real coordinates; one of single prompts. */
static void add_measures(AmbitTargetResult *result)
{
    static const AmbitWords words[] = {{"predictor_2", "other predictor", "1", "columns again"},
                                       {"grid", "place", "1", "on a line"},
                                       {"k_probe", "examples seen", "1", "by probes"},
                                       {"distance", "distance", "1", "of predictors"},
                                       {"slice", "slice", "1", "predictions on a line"},
                                       {"looks", "what a probe saw", "1", "mean over prompts"}};
    static const double grid[] = {-0.5, 0, 0.5}, k[] = {0, 4};
    AmbitError error;
    size_t distance[] = {AMBIT_AXIS_PREDICTOR, 0, AMBIT_AXIS_K}, index;
    size_t slice[] = {AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_PROMPT, 0};
    size_t looks[] = {AMBIT_AXIS_PREDICTOR, 0};
    assert_ok(ambit_result_add_axis(result, &words[0], N_COLUMNS, NULL, result->columns,
                                    &distance[1], &error),
              &error);
    assert_ok(ambit_result_add_axis(result, &words[1], 3, grid, NULL, &slice[2], &error), &error);
    assert_ok(ambit_result_add_axis(result, &words[2], 2, k, NULL, &looks[1], &error), &error);
    assert_ok(ambit_result_add_array(result, &words[3], false, 3, distance, &index, &error),
              &error);
    double *values = result->arrays[index].values;
    for (size_t i = 0; i < ambit_result_n_leads(result) * result->arrays[index].count; i++) {
        size_t a = i / N_QUERIES / N_COLUMNS % N_COLUMNS, b = i / N_QUERIES % N_COLUMNS;
        values[i] = a == b ? 0 : (double)((a + 1) * (b + 1) + i % N_QUERIES);
    }
    assert_ok(ambit_result_add_array(result, &words[4], true, 3, slice, &index, &error), &error);
    assert_ok(ambit_result_add_array(result, &words[5], false, 2, looks, &index, &error), &error);
    values = result->arrays[index].values;
    for (size_t i = 0; i < ambit_result_n_leads(result) * result->arrays[index].count; i++)
        values[i] = i ? 0.125 * (double)i : NAN;
}

AmbitStatus sample_add(AmbitResultsFile *file, const char *name, const char *sweep, bool split,
                       AmbitError *error)
{
    AmbitTarget target = sample_target(name, sweep);
    AmbitTargetResult *result = sample_result(sweep ? 3 : 1, split);
    AmbitStatus status = ambit_results_write_target(file, &target, result, error);
    ambit_target_result_destroy(&result);
    return status;
}

/* Two training steps over three sweep values, with measurements. */
AmbitTargetResult *sample_trained(void)
{
    AmbitTargetResult *result = sample_result(6, false);
    result->n_steps = 2;
    result->n_sweep = 3;
    result->steps = ambit_alloc(2, sizeof *result->steps);
    result->steps[0] = 500;
    result->steps[1] = 1000;
    result->binary = true;
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
    AmbitStatus status = ambit_results_create(&file, path, &sample_provenance, error);
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
