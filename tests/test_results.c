// SPDX-License-Identifier: MIT
// Results files: what is written comes back, nothing is replaced by less, files that are not ours
// are told apart, and `ambit show` fits 80 columns. With a path as argument it writes the sample
// file there instead, which check_results.py opens with h5py and xarray.
#include "testing.h"

#include "../src/cli/show.h"
#include "ambit/memory.h"
#include "ambit/store.h"
#include "scratch.h"
#include <float.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_COLUMNS = 4, N_PROMPTS = 40, N_QUERIES = 11 };

static const char *const columns[N_COLUMNS] = {"transformer", "least_squares", "lasso α=0.01",
                                               "zero"};

static const AmbitProvenance provenance = {.config = "training:\n  task: linear_regression\n",
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

static double values[] = {1, 2, 20};

/* A target whose parts are all borrowed; sweep NULL: none. */
static AmbitTarget make_target(const char *name, const char *sweep)
{
    return (AmbitTarget){.name = (char *)name,
                         .mixture = &mixture,
                         .distribution = &distribution,
                         .sweep = (char *)sweep,
                         .sweep_values = {sweep ? values : NULL, sweep ? 3 : 0}};
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
static AmbitTargetResult *make_result(size_t n_sweep, bool split)
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
    result->seen = ambit_alloc(N_QUERIES, sizeof *result->seen);
    result->normalizer = ambit_alloc(n_sweep, sizeof(double));
    result->squared_error = ambit_alloc(n_statistics * N_PROMPTS, sizeof(double));
    result->flag = ambit_alloc(n_statistics * N_PROMPTS, 1);
    double **statistics[] = {&result->mean, &result->median, &result->low, &result->high};
    for (size_t i = 0; i < 4; i++)
        *statistics[i] = ambit_alloc(n_statistics, sizeof(double));
    result->seconds = ambit_alloc(N_COLUMNS, sizeof(double));
    for (size_t c = 0; c < N_COLUMNS; c++) {
        result->columns[c] = ambit_strdup(columns[c]);
        result->seconds[c] = 0.25 * (double)c;
    }
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

static AmbitStatus add(AmbitResultsFile *file, const char *name, const char *sweep, bool split,
                       AmbitError *error)
{
    AmbitTarget target = make_target(name, sweep);
    AmbitTargetResult *result = make_result(sweep ? 3 : 1, split);
    AmbitStatus status = ambit_results_write_target(file, &target, result, error);
    ambit_target_result_destroy(&result);
    return status;
}

static AmbitStatus write_sample(const char *path, AmbitError *error)
{
    AmbitResultsFile *file = NULL;
    AmbitStatus status = ambit_results_create(&file, path, &provenance, error);
    if (status == AMBIT_OK)
        status = add(file, "dense", NULL, false, error);
    if (status == AMBIT_OK)
        status = add(file, "sparsity", "sparsity", false, error);
    if (status == AMBIT_OK)
        status = add(file, "named like a dataset", "mean", false, error);
    if (status == AMBIT_OK)
        status = add(file, "split", NULL, true, error);
    if (status != AMBIT_OK) {
        ambit_results_abandon(&file);
        return status;
    }
    return ambit_results_close(&file, 12.5, error);
}

static void assert_reals_equal(const double *a, const double *b, size_t count)
{
    assert_memory_equal(a, b, count * sizeof *a);
}

static void round_trip(void **scratch)
{
    const char *path = scratch_path(*scratch, "results.h5");
    AmbitError error = {0};
    AmbitResultsSummary *found = NULL;
    AmbitTargetResult *expected = make_result(3, false);
    assert_int_equal(write_sample(path, &error), AMBIT_OK);
    assert_int_equal(ambit_results_read(&found, path, &error), AMBIT_OK);
    assert_int_equal(found->n_targets, 4);
    assert_string_equal(found->names[0], "dense");
    assert_null(found->sweeps[0]);
    assert_string_equal(found->descriptions[0], "0.75 dense + 0.25 sparse, shifted prompts");
    assert_string_equal(found->sweeps[1], "sparsity");
    assert_string_equal(found->sweeps[2], "mean");
    assert_int_equal(found->sweep_values[1].count, 3);
    assert_reals_equal(found->sweep_values[1].values, values, 3);
    const AmbitTargetResult *result = found->results[1];
    size_t count = 3 * N_COLUMNS * N_QUERIES;
    assert_reals_equal(result->mean, expected->mean, count);
    assert_reals_equal(result->median, expected->median, count);
    assert_reals_equal(result->low, expected->low, count);
    assert_reals_equal(result->high, expected->high, count);
    assert_reals_equal(result->normalizer, expected->normalizer, 3);
    assert_reals_equal(result->seconds, expected->seconds, N_COLUMNS);
    assert_memory_equal(result->seen, expected->seen, N_QUERIES * sizeof *result->seen);
    assert_int_equal(result->n_prompts, N_PROMPTS);
    assert_true(result->normalizer_is_declared);
    assert_false(found->results[3]->normalizer_is_declared);
    for (size_t q = 0; q < N_QUERIES; q++)
        assert_int_equal(found->results[3]->seen[q], q / 2);
    for (size_t c = 0; c < N_COLUMNS; c++)
        assert_string_equal(result->columns[c], columns[c]);
    assert_true(found->origin.seed == 7 && found->origin.step == 5000);
    assert_true(found->origin.wall_seconds == 12.5);
    assert_string_equal(found->origin.config, provenance.config);
    ambit_results_summary_destroy(&found);
    ambit_target_result_destroy(&expected);
}

/* Neither an empty file nor an abandoned one takes the place of results. */
static void never_less(void **scratch)
{
    const char *path = scratch_path(*scratch, "results.h5");
    AmbitError error = {0};
    AmbitResultsFile *file = NULL;
    AmbitResultsSummary *found = NULL;
    assert_int_equal(write_sample(path, &error), AMBIT_OK);
    assert_int_equal(ambit_results_create(&file, path, &provenance, &error), AMBIT_OK);
    assert_int_equal(ambit_results_close(&file, 1, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "no target"));
    assert_null(file);
    assert_int_equal(ambit_results_create(&file, path, &provenance, &error), AMBIT_OK);
    assert_int_equal(add(file, "other", NULL, false, &error), AMBIT_OK);
    ambit_results_abandon(&file);
    assert_null(file);
    assert_int_equal(scratch_count(*scratch), 1);
    assert_int_equal(ambit_results_read(&found, path, &error), AMBIT_OK);
    assert_int_equal(found->n_targets, 4);
    ambit_results_summary_destroy(&found);
    assert_int_equal(ambit_results_create(&file, "/nowhere/r.h5", &provenance, &error), AMBIT_IO);
    assert_non_null(strstr(error.message, "/nowhere/r.h5"));
}

/* A target that cannot be written leaves the others as they are. */
static void bad_targets(void **scratch)
{
    const char *path = scratch_path(*scratch, "results.h5");
    AmbitError error = {0};
    AmbitResultsFile *file = NULL;
    AmbitResultsSummary *found = NULL;
    assert_int_equal(ambit_results_create(&file, path, &provenance, &error), AMBIT_OK);
    assert_int_equal(add(file, "dense", NULL, false, &error), AMBIT_OK);
    assert_int_equal(add(file, "dense", NULL, false, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "two of this name"));
    assert_int_equal(add(file, "a/b", NULL, false, &error), AMBIT_INVALID);
    AmbitTarget target = make_target("short", "sparsity");
    AmbitTargetResult *result = make_result(1, false);
    assert_int_equal(ambit_results_write_target(file, &target, result, &error), AMBIT_INVALID);
    ambit_target_result_destroy(&result);
    assert_int_equal(ambit_results_close(&file, 1, &error), AMBIT_OK);
    assert_int_equal(ambit_results_read(&found, path, &error), AMBIT_OK);
    assert_int_equal(found->n_targets, 1);
    ambit_results_summary_destroy(&found);
}

static void assert_refused(const char *path, const char *words)
{
    AmbitError error = {0};
    AmbitResultsSummary *found = NULL;
    assert_int_equal(ambit_results_read(&found, path, &error), AMBIT_INVALID);
    assert_null(found);
    if (!strstr(error.message, path) || !strstr(error.message, words))
        fail_msg("message \"%s\" lacks \"%s\"", error.message, words);
}

/* The sample with /targets/dense/NAME replaced by another dataset, or by nothing (rank 0). */
static void replace(const char *path, const char *name, hid_t type, int rank, const hsize_t *shape)
{
    AmbitError error;
    assert_int_equal(write_sample(path, &error), AMBIT_OK);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t group = H5Gopen2(file, "/targets/dense", H5P_DEFAULT);
    assert_true(H5Ldelete(group, name, H5P_DEFAULT) >= 0);
    if (rank > 0) {
        hid_t space = H5Screate_simple(rank, shape, NULL);
        H5Dclose(H5Dcreate2(group, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        H5Sclose(space);
    }
    H5Gclose(group);
    H5Fclose(file);
}

static void wrong_files(void **scratch)
{
    const char *path = scratch_path(*scratch, "results.h5");
    const hsize_t right[] = {N_COLUMNS, N_QUERIES}, wrong[] = {N_QUERIES, N_COLUMNS};
    const hsize_t vast = (hsize_t)1 << 40;
    assert_refused(path, "No such file");
    scratch_write(path, "not results");
    assert_refused(path, "not an HDF5 file");
    replace(path, "mean", -1, 0, NULL);
    assert_refused(path, "dataset mean is missing");
    replace(path, "mean", H5T_IEEE_F64LE, 2, wrong);
    assert_refused(path, "/targets/dense/mean: found another shape");
    replace(path, "mean", H5T_IEEE_F64LE, 2, right);
    assert_refused(path, "/targets/dense/mean: found 0 bytes, expected 352");
    replace(path, "mean", H5T_STD_I64LE, 2, right);
    assert_refused(path, "/targets/dense/mean: found another number type");
    replace(path, "predictor", H5T_IEEE_F64LE, 1, wrong);
    assert_refused(path, "/targets/dense/mean: found another shape");
    replace(path, "predictor", H5T_IEEE_F64LE, 2, right);
    assert_refused(path, "/targets/dense/predictor: found rank 2, expected at most 1");
    replace(path, "k", H5T_STD_I64LE, 1, &vast);
    assert_refused(path, "/targets/dense/");
}

/* Any one byte flipped: read or refused, nothing worse. */
static void flipped_bytes(void **scratch)
{
    const char *path = scratch_path(*scratch, "results.h5");
    AmbitError error;
    size_t n_refused = 0, n_flips = 0;
    assert_int_equal(write_sample(path, &error), AMBIT_OK);
    for (size_t place = 0, size = scratch_size(path); place < size; place += 1 + size / 300) {
        AmbitResultsSummary *found = NULL;
        scratch_flip(path, place);
        n_refused += ambit_results_read(&found, path, &error) != AMBIT_OK;
        n_flips++;
        ambit_results_summary_destroy(&found);
        scratch_flip(path, place);
    }
    assert_in_range(n_refused, 1, n_flips - 1);
}

/* What `show` prints for path, after checking that no line is wider than 80 columns. */
static char *shown(const char *path, int64_t k, AmbitStatus expected)
{
    char *text = NULL;
    size_t size = 0, width = 0;
    AmbitError error = {0};
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(ambit_show_results(out, path, k, &error), expected);
    fclose(out);
    for (const char *c = text; *c; c++) {
        width = *c == '\n' ? 0 : width + (((unsigned char)*c & 0xc0) != 0x80);
        if (width > AMBIT_SHOW_WIDTH)
            fail_msg("a line is wider than %d columns:\n%s", AMBIT_SHOW_WIDTH, text);
    }
    return text;
}

static void shows(void **scratch)
{
    const char *path = scratch_path(*scratch, "r.h5");
    AmbitError error;
    assert_int_equal(write_sample(path, &error), AMBIT_OK);
    char *text = shown(path, -1, AMBIT_OK);
    assert_non_null(strstr(text, "seed 7, step 5000, kernels reference"));
    assert_non_null(strstr(text, "dense\n  0.75 dense + 0.25 sparse, shifted prompts\n"));
    assert_non_null(strstr(text, "at k = 10 examples seen"));
    // At k = 10 the mean is (1 − 10/11)·0.8209; the first row is the best one.
    assert_non_null(strstr(text, "0.0746*\n"));
    assert_non_null(strstr(text, "● transformer  ○ least_squares  ▲ lasso α=0.01  △ zero"));
    free(text);
    text = shown(path, 3, AMBIT_OK);
    assert_non_null(strstr(text, "at k = 3 examples seen"));
    free(text);
    free(shown(path, 11, AMBIT_INVALID));
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(int argc, char **argv)
{
    if (argc > 1) {
        AmbitError error = {0};
        if (write_sample(argv[1], &error) != AMBIT_OK) {
            fprintf(stderr, "%s\n", error.message);
            return 1;
        }
        return 0;
    }
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(round_trip),  IN_SCRATCH(never_less),    IN_SCRATCH(bad_targets),
        IN_SCRATCH(wrong_files), IN_SCRATCH(flipped_bytes), IN_SCRATCH(shows),

    };
    return cmocka_run_group_tests_name("results", tests, NULL, NULL);
}
