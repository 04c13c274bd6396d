// SPDX-License-Identifier: MIT
// What is said over runs: Wilson's interval and Spearman's correlation against values computed
// elsewhere, axes of models of different depths, and success, first steps and choices of a grid of
// made-up runs.
#include "testing.h"

#include "ambit/joined.h"
#include "ambit/memory.h"
#include "ambit/statistics.h"

#include <math.h>
#include <string.h>

static void assert_near(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-12))
        fail_msg("found %.17g, expected %.17g", found, expected);
}

/* Roots of (share − p)² = z² p (1 − p) / n in p, by bisection. */
static void wilson_intervals(void **state)
{
    (void)state;
    static const struct {
        size_t successes, n;
        double low, high;
    } known[] = {{4, 5, 0.4352925534215434, 0.954037546119396},
                 {0, 5, 0, 0.35111650076510104},
                 {5, 5, 0.648883499234899, 1},
                 {1, 10, 0.022634908730867216, 0.3477186673358582}};
    double low, high;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ambit_wilson_interval(known[i].successes, known[i].n, &low, &high);
        assert_near(low, known[i].low);
        assert_near(high, known[i].high);
    }
    for (size_t n = 1; n < 300; n++) {
        ambit_wilson_interval(0, n, &low, &high);
        assert_true(low == 0 && high > 0 && high < 1);
        ambit_wilson_interval(n, n, &low, &high);
        assert_true(low > 0 && low < 1 && high == 1);
    }
    ambit_wilson_interval(0, 0, &low, &high);
    assert_true(isnan(low) && isnan(high));
}

static AmbitRankCorrelation correlate(const double *x, const double *y, size_t n, uint64_t seed)
{
    AmbitRankCorrelation c;
    AmbitError error = {0};
    const AmbitKey key = {seed, 0, AMBIT_EVALUATION};
    assert_int_equal(ambit_rank_correlation(&c, x, y, n, 2000, key, &error), AMBIT_OK);
    return c;
}

/* The values with and without ties are SciPy's. */
static void rank_correlations(void **state)
{
    (void)state;
    static const double tied[] = {1, 2, 2, 4, 5, 5, 7}, other[] = {3, 1, 4, 4, 6, 5, 5};
    static const double plain[] = {10, 20, 30, 40, 50}, mixed[] = {1, 3, 2, 5, 4};
    static const double same[] = {3, 3, 3, 3, 3}, holes[] = {10, NAN, 30, 40, 50, 7};
    static const double beside[] = {1, 9, 2, 5, 4, NAN};
    AmbitRankCorrelation c = correlate(tied, other, 7, 1);
    assert_near(c.value, 0.8333333333333335);
    assert_true(c.n_pairs == 7 && c.low < c.value && c.value < c.high && c.high <= 1 + 1e-12);
    assert_near(correlate(plain, mixed, 5, 1).value, 0.8);
    assert_near(correlate(plain, plain, 5, 1).value, 1);
    assert_near(correlate(plain, plain, 5, 1).low, 1);
    c = correlate(plain, same, 5, 1);
    assert_true(isnan(c.value) && isnan(c.low) && isnan(c.high) && c.n_pairs == 5);
    c = correlate(holes, beside, 6, 1);
    assert_near(c.value, 0.8); // of 10 30 40 50 with 1 2 5 4
    assert_int_equal(c.n_pairs, 4);
    assert_false(isnan(c.low));
    c = correlate(plain, mixed, 3, 1);
    assert_true(!isnan(c.value) && isnan(c.low) && isnan(c.high));
    assert_true(isnan(correlate(plain, mixed, 1, 1).value));
    assert_true(correlate(tied, other, 7, 1).low == correlate(tied, other, 7, 1).low);
}

/* Of n independent pairs the correlation has a standard deviation of 1/√(n − 1). */
static void correlation_interval_has_its_width(void **state)
{
    (void)state;
    enum { N = 400 };
    static double x[N], y[N];
    AmbitRandom random;
    ambit_random_open(&random, (AmbitKey){5, 0, AMBIT_TRAINING}, AMBIT_STREAM_NOISE, 0);
    for (size_t i = 0; i < N; i++) {
        x[i] = gsl_rng_uniform(&random.rng);
        y[i] = gsl_rng_uniform(&random.rng);
    }
    const AmbitRankCorrelation c = correlate(x, y, N, 1);
    double half = 1.645 / sqrt(N - 1.0);
    assert_true(fabs((c.high - c.low) / (2 * half) - 1) < 0.1);
    assert_true(fabs(c.value) < 4 / sqrt(N - 1.0));
    // Without ties, two seeds do not agree by chance.
    assert_true(correlate(x, y, N, 2).low != c.low);
}

enum { N_STEPS = 3, N_DEPTHS = 2, N_SEEDS = 4, N_RUNS = N_DEPTHS * N_SEEDS };

/* A target with two predictors and one metric; accuracies [N_STEPS] are the second predictor's. */
static AmbitTargetResult *make_target(const double *accuracy)
{
    static const double steps[] = {100, 200, 300};
    static char *const predictors[] = {"rule", "model"}, *const metrics[] = {"first"};
    static const AmbitCaption words[] = {{"step", "", "1", ""},
                                         {"predictor", "", "1", ""},
                                         {"example", "", "1", ""},
                                         {"metric", "", "1", ""}};
    AmbitTargetResult *r = ambit_alloc(1, sizeof *r);
    AmbitError error = {0};
    assert_non_null(r);
    assert_int_equal(
        ambit_result_set_axis(r, AMBIT_AXIS_STEP, &words[0], N_STEPS, steps, NULL, &error) |
            ambit_result_set_axis(r, AMBIT_AXIS_SWEEP, NULL, 1, NULL, NULL, &error) |
            ambit_result_set_axis(r, AMBIT_AXIS_PREDICTOR, &words[1], 2, NULL, predictors, &error) |
            ambit_result_set_axis(r, AMBIT_AXIS_EXAMPLE, &words[2], 1, steps, NULL, &error) |
            ambit_result_set_axis(r, AMBIT_AXIS_QUERY, &words[3], 1, NULL, metrics, &error),
        AMBIT_OK);
    r->mean = ambit_alloc((size_t)N_STEPS * 2, sizeof *r->mean);
    assert_non_null(r->mean);
    for (size_t i = 0; i < N_STEPS; i++)
        r->mean[2 * i + 1] = accuracy[i];
    return r;
}

/* Adds norms: one number, and one for each of the layers 1 and 2, or for layer 2 alone; and a
 * number that is the same in all runs. */
static void add_norms(AmbitTargetResult *r, double norm, size_t layers)
{
    static const AmbitMeasure one = {.words = {"norm", "", "1", ""}, .shown = AMBIT_SHOWN_WHOLE};
    static const AmbitMeasure each = {.words = {"layer_norm", "", "1", ""},
                                      .shown = AMBIT_SHOWN_EACH};
    static const AmbitMeasure same = {.words = {"same", "", "1", ""}, .shown = AMBIT_SHOWN_WHOLE};
    static const AmbitCaption layer = {"layer", "", "1", ""};
    static const double numbers[] = {1, 2};
    size_t axes[] = {AMBIT_AXIS_PREDICTOR, 0}, index;
    AmbitError error = {0};
    assert_int_equal(
        ambit_result_add_axis(r, &layer, layers, numbers + 2 - layers, NULL, &axes[1], &error) |
            ambit_result_add_array(r, &one, 1, axes, &index, &error) |
            ambit_result_add_array(r, &each, 2, axes, &index, &error) |
            ambit_result_add_array(r, &same, 1, axes, &index, &error),
        AMBIT_OK);
    for (size_t i = 0; i < N_STEPS; i++)
        for (size_t c = 0; c < 2; c++) {
            r->arrays[2].values[i * 2 + c] = 5;
            r->arrays[0].values[i * 2 + c] = c ? norm + (double)i : NAN;
            for (size_t l = 0; l < layers; l++)
                r->arrays[1].values[(i * 2 + c) * layers + l] = c ? norm + (double)l : NAN;
        }
}

static AmbitResultsSummary *make_run(const double *accuracy, double norm, size_t layers,
                                     double validation)
{
    const double learned[] = {0.5, 1, validation};
    static const char *const names[] = {"validation", "other"};
    static const char *const splits[] = {"validation", "generalization"};
    AmbitResultsSummary *s = ambit_alloc(1, sizeof *s);
    assert_non_null(s);
    s->n_targets = 2;
    s->names = ambit_alloc(2, sizeof *s->names);
    s->splits = ambit_alloc(2, sizeof *s->splits);
    s->results = ambit_alloc(2, sizeof *s->results);
    s->trees = ambit_alloc(2, sizeof *s->trees);
    s->models.texts = ambit_alloc(1, sizeof *s->models.texts);
    assert_true(s->names && s->splits && s->results && s->trees && s->models.texts);
    for (size_t t = 0; t < 2; t++) {
        s->names[t] = ambit_strdup(names[t]);
        s->splits[t] = ambit_strdup(splits[t]);
        s->results[t] = make_target(t ? accuracy : learned);
    }
    s->models.count = 1;
    s->models.texts[0] = ambit_strdup("model");
    add_norms(s->results[0], norm, layers);
    if (norm == 5) { // the second seed of the first depth
        s->trees[1] = (AmbitTexts){ambit_alloc(2, sizeof(char *)), 2};
        assert_non_null(s->trees[1].texts);
        s->trees[1].texts[0] = ambit_strdup("((a b) c)");
        s->trees[1].texts[1] = ambit_strdup("(a (b c))");
    }
    return s;
}

/* Two depths of four seeds; the last run of each depth is missing, and one of the second has no
 * accuracy. */
typedef struct Grid {
    AmbitRuns runs;
    AmbitResultsSummary *results[N_RUNS];
    double training_loss[N_RUNS];
    AmbitOverRuns *over;
} Grid;

/* The index of a run; its seeds may be the first axis, or the last. */
static size_t run_of(const Grid *grid, size_t depth, size_t seed)
{
    return grid->runs.seed_axis == 0 ? seed * N_DEPTHS + depth : depth * N_SEEDS + seed;
}

static void add_runs(Grid *grid)
{
    static const double accuracies[N_DEPTHS][N_SEEDS - 1][N_STEPS] = {
        {{0.1, 0.9, 0.7}, {0.2, 0.8, 0.8}, {0.1, 0.3, 0.81}},
        {{0.85, 0.2, 0.9}, {0, 0, 0.1}, {NAN, NAN, NAN}}};
    static const double norms[N_DEPTHS][N_SEEDS - 1] = {{4, 5, 6}, {1, NAN, 2}};
    for (size_t depth = 0; depth < N_DEPTHS; depth++)
        for (size_t seed = 0; seed < N_SEEDS; seed++) {
            size_t run = run_of(grid, depth, seed);
            grid->training_loss[run] = seed < 3 ? 1.0 + (double)(3 * depth + seed) : 9;
            if (seed < 3)
                grid->results[run] = make_run(accuracies[depth][seed], norms[depth][seed],
                                              depth + 1, seed == 2 ? 0.9 : AMBIT_LEARNED);
        }
}

static void open_grid(Grid *grid, size_t seed_axis)
{
    static double depths[] = {1, 2}, seeds[] = {7, 8, 9, 10};
    static char *names[N_RUNS] = {"first", "-", "second", "-", "-", "-", "-", "-"};
    *grid = (Grid){.runs = {.n_axes = 2, .n_runs = N_RUNS, .seed_axis = seed_axis, .names = names}};
    grid->runs.axes[1 - seed_axis] =
        (AmbitResultAxis){.words = {"depth", "", "1", ""}, .length = 2, .values = depths};
    grid->runs.axes[seed_axis] =
        (AmbitResultAxis){.words = {"seed", "", "1", ""}, .length = 4, .values = seeds};
    add_runs(grid);
    const AmbitOverInput input = {.runs = &grid->runs,
                                  .results = grid->results,
                                  .training_loss = grid->training_loss,
                                  .threshold = AMBIT_GENERALIZES,
                                  .seed = 3};
    AmbitError error = {0};
    assert_int_equal(ambit_runs_align(&grid->runs, grid->results, &error), AMBIT_OK);
    assert_int_equal(ambit_over_runs(&grid->over, &input, &error), AMBIT_OK);
    assert_non_null(grid->over);
}

static void close_grid(Grid *grid)
{
    ambit_over_runs_destroy(&grid->over);
    for (size_t run = 0; run < N_RUNS; run++)
        ambit_results_summary_destroy(&grid->results[run]);
}

/* Asserts the numbers of an array; NaN means NaN. */
static void assert_array(const Grid *grid, const char *name, size_t count, const double *expected)
{
    const AmbitResultArray *array = ambit_result_find(grid->over->result, name);
    if (!array || array->count != count)
        fail_msg("no array %s of %zu numbers", name, count);
    for (size_t i = 0; i < count; i++)
        if (!(isnan(expected[i]) ? isnan(array->values[i])
                                 : fabs(array->values[i] - expected[i]) <= 1e-12))
            fail_msg("%s[%zu] is %.17g, expected %.17g", name, i, array->values[i], expected[i]);
}

/* What does not depend on the order of the axes. */
static void assert_points(const Grid *grid)
{
    double ends[4];
    assert_array(grid, "n_runs", 2, (double[]){3, 3});
    assert_array(grid, "ever_above", 2, (double[]){2. / 3, 0.5});
    assert_array(grid, "end_above", 2, (double[]){1. / 3, 0.5});
    assert_array(grid, "n_never_above", 2, (double[]){1, 1});
    assert_array(grid, "first_above_median", 2, (double[]){250, 100});
    assert_array(grid, "first_above_earliest", 2, (double[]){200, 100});
    assert_array(grid, "first_above_latest", 2, (double[]){300, 100});
    assert_array(grid, "generalization_accuracy", 2, (double[]){(0.7 + 0.8 + 0.81) / 3, 0.5});
    assert_array(grid, "validation_accuracy", 2, (double[]){(1.9 + 0.9) / 3, (1.9 + 0.9) / 3});
    assert_array(grid, "n_learned", 2, (double[]){2, 2});
    assert_array(grid, "training_loss", 2, (double[]){2, 5});
    ambit_wilson_interval(2, 3, &ends[0], &ends[2]);
    ambit_wilson_interval(1, 2, &ends[1], &ends[3]);
    assert_array(grid, "ever_above_low", 2, ends);
    assert_array(grid, "ever_above_high", 2, ends + 2);
}

static void success_over_runs(void **state)
{
    (void)state;
    Grid grid;
    open_grid(&grid, 1);
    assert_string_equal(grid.over->generalization, "other");
    assert_string_equal(grid.over->validation, "validation");
    assert_array(&grid, "first_above", 8, (double[]){200, NAN, 300, NAN, 100, NAN, NAN, NAN});
    assert_points(&grid);
    close_grid(&grid);
    open_grid(&grid, 0);
    assert_array(&grid, "first_above", 8, (double[]){200, 100, NAN, NAN, 300, NAN, NAN, NAN});
    assert_points(&grid);
    close_grid(&grid);
}

static void measures_over_runs(void **state)
{
    (void)state;
    Grid grid;
    open_grid(&grid, 1);
    size_t axis = ambit_result_find_axis(grid.over->result, "measure");
    const AmbitResultAxis *measures = &grid.over->result->axes[axis];
    assert_int_equal(measures->length, 4);
    assert_string_equal(measures->labels[0], "accuracy on generalization");
    assert_string_equal(measures->labels[1], "norm");
    assert_string_equal(measures->labels[2], "layer_norm, mean over layers");
    // norms at the end are 6 7 8, then 3 NaN 4; layers are 4 5 6, then 1 and 2, NaN, 2 and 3
    assert_array(&grid, "run_measure", 32,
                 (double[]){0.7, 6, 4,   5, 0.8, 7,   5,   5, 0.81, 8, 6,   5, NAN, NAN, NAN, NAN,
                            0.9, 3, 1.5, 5, 0.1, NAN, NAN, 5, NAN,  4, 2.5, 5, NAN, NAN, NAN, NAN});
    assert_array(&grid, "mean_measure", 8,
                 (double[]){(0.7 + 0.8 + 0.81) / 3, 7, 5, 5, 0.5, 3.5, 2, 5});
    assert_array(&grid, "chosen_depth", 4, (double[]){0, 0, 0, NAN});
    // of ranks 2 3 4 1 and 1 2 3 4
    assert_array(&grid, "correlation", 4, (double[]){NAN, -0.2, -0.2, NAN});
    assert_array(&grid, "n_correlated", 4, (double[]){NAN, 4, 4, 5});
    assert_array(&grid, "n_left_out", 4, (double[]){NAN, 2, 2, 1});
    // without the third seed: norms of ranks 2 3 1 beside accuracies of ranks 1 2 3
    assert_array(&grid, "chosen_learned_depth", 4, (double[]){0, 0, 0, NAN});
    assert_array(&grid, "correlation_learned", 4, (double[]){NAN, -0.5, -0.5, NAN});
    assert_array(&grid, "n_correlated_learned", 4, (double[]){NAN, 3, 3, 4});
    // at steps 100, 200, 300: accuracy, norm, its layers, and the same; then of the second depth
    assert_array(&grid, "course_measure", 24,
                 (double[]){0.4 / 3, 2.0 / 3, 2.31 / 3, 5,   6,   7,   5, 5, 5, 5, 5, 5,
                            0.425,   0.1,     0.5,      1.5, 2.5, 3.5, 2, 2, 2, 5, 5, 5});
    const AmbitResultArray *layers = ambit_result_find(grid.results[0]->results[0], "layer_norm");
    assert_int_equal(layers->count, 4);
    assert_true(isnan(layers->values[2]) && layers->values[3] == 4);
    close_grid(&grid);
}

/* Of the first run at the best point that has any. */
static void trees_over_runs(void **state)
{
    (void)state;
    Grid grid;
    open_grid(&grid, 0);
    assert_string_equal(grid.over->tree_run, "second");
    assert_int_equal(grid.over->trees.count, 2);
    assert_string_equal(grid.over->trees.texts[0], "((a b) c)");
    assert_string_equal(grid.over->trees.texts[1], "(a (b c))");
    close_grid(&grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson_intervals),
        cmocka_unit_test(rank_correlations),
        cmocka_unit_test(correlation_interval_has_its_width),
        cmocka_unit_test(success_over_runs),
        cmocka_unit_test(measures_over_runs),
        cmocka_unit_test(trees_over_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
