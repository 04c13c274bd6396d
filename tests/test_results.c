// SPDX-License-Identifier: MIT
// Results files: a file reads back as it was written, results are not replaced by results that hold
// less, files of other programs are refused, and `ambit show` fits 80 columns. With a path as
// argument it writes the sample file there instead, which check_results.py opens with h5py and
// xarray.
#include "testing.h"

#include "../src/cli/show.h"
#include "ambit/joined.h"
#include "ambit/memory.h"
#include "ambit/store.h"
#include "sample_results.h"
#include "scratch.h"
#include <float.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_ok(AmbitStatus status, const AmbitError *error)
{
    if (status)
        fail_msg("%s", error->message);
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
    AmbitTargetResult *expected = sample_result("sparsity", false);
    assert_int_equal(sample_write(path, &error), AMBIT_OK);
    assert_int_equal(ambit_results_read(&found, path, &error), AMBIT_OK);
    assert_int_equal(found->n_targets, 5);
    assert_string_equal(found->names[0], "dense");
    assert_null(ambit_result_sweep(found->results[0]));
    assert_string_equal(found->descriptions[0], "0.75 dense + 0.25 sparse, shifted prompts");
    assert_string_equal(ambit_result_sweep(found->results[1]), "sparsity");
    assert_string_equal(ambit_result_sweep(found->results[2]), "mean");
    const AmbitTargetResult *result = found->results[1];
    assert_int_equal(result->n_sweep, 3);
    assert_reals_equal(result->axes[AMBIT_AXIS_SWEEP].values, sample_values, 3);
    size_t count = 3 * N_COLUMNS * N_QUERIES;
    assert_reals_equal(result->mean, expected->mean, count);
    assert_reals_equal(result->median, expected->median, count);
    assert_reals_equal(result->low, expected->low, count);
    assert_reals_equal(result->high, expected->high, count);
    assert_reals_equal(result->normalizer, expected->normalizer, 3);
    assert_reals_equal(result->seconds, expected->seconds, N_COLUMNS);
    assert_reals_equal(result->axes[AMBIT_AXIS_QUERY].values,
                       expected->axes[AMBIT_AXIS_QUERY].values, N_QUERIES);
    assert_int_equal(result->n_examples, N_PROMPTS);
    assert_true(result->normalizer_is_declared);
    assert_false(found->results[3]->normalizer_is_declared);
    for (size_t q = 0; q < N_QUERIES; q++)
        assert_true(found->results[3]->axes[AMBIT_AXIS_QUERY].values[q] == (double)(q / 2));
    for (size_t c = 0; c < N_COLUMNS; c++)
        assert_string_equal(result->axes[AMBIT_AXIS_PREDICTOR].labels[c], sample_columns[c]);
    assert_string_equal(found->results[3]->notes[1], sample_note);
    assert_string_equal(found->results[3]->notes[0], "");
    assert_null(result->notes[1]);
    assert_true(found->origin.seed == 7 && found->origin.step == 5000);
    assert_true(found->origin.wall_seconds == 12.5);
    assert_string_equal(found->origin.config, sample_provenance.config);
    ambit_results_summary_destroy(&found);
    ambit_target_result_destroy(&expected);
}

/* What a reader knows nothing of comes back too, but for what is kept of single prompts. */
static void measures_round_trip(void **scratch)
{
    const char *path = scratch_path(*scratch, "results.h5");
    AmbitError error = {0};
    AmbitResultsSummary *found = NULL;
    AmbitTargetResult *expected = sample_trained();
    assert_ok(sample_write(path, &error), &error);
    assert_ok(ambit_results_read(&found, path, &error), &error);
    const AmbitTargetResult *result = found->results[4];
    assert_string_equal(ambit_result_sweep(result), "families[0].distance");
    assert_true(found->probes[4] == 5 && found->probes[0] == 0);
    assert_true(result->n_steps == 2 && result->n_sweep == 3);
    assert_true(result->axes[AMBIT_AXIS_STEP].values[1] == 1000);
    assert_ptr_equal(result->metric, &ambit_misclassification);
    assert_ptr_equal(found->results[0]->metric, &ambit_squared_error);
    assert_reals_equal(result->mean, expected->mean, 6 * N_COLUMNS * N_QUERIES);
    assert_int_equal(result->n_arrays, 5);
    assert_null(ambit_result_find(result, "slice"));
    const AmbitResultArray *distance = ambit_result_find(result, "distance");
    const AmbitResultArray *looks = ambit_result_find(result, "looks");
    assert_int_equal(distance->count, N_COLUMNS * N_COLUMNS * N_QUERIES);
    assert_reals_equal(distance->values, expected->arrays[0].values, 6 * distance->count);
    assert_reals_equal(looks->values, expected->arrays[2].values, 6 * looks->count);
    assert_true(distance->axes[0] == AMBIT_AXIS_PREDICTOR && distance->axes[2] == AMBIT_AXIS_QUERY);
    const AmbitResultAxis *other = &result->axes[distance->axes[1]];
    const AmbitResultAxis *k = &result->axes[looks->axes[1]];
    assert_string_equal(other->labels[1], sample_columns[1]);
    assert_true(k->length == 2 && k->values[1] == 4);
    const AmbitMeasure *difference = &ambit_result_find(result, "difference")->measure;
    assert_int_equal(distance->measure.shown, AMBIT_SHOWN_FIRST);
    assert_int_equal(looks->measure.shown, AMBIT_SHOWN_WHOLE);
    assert_int_equal(difference->shown, AMBIT_SHOWN_EACH);
    assert_true(difference->headline && !distance->measure.headline);
    assert_string_equal(difference->low, "difference_low");
    assert_string_equal(difference->high, "difference_high");
    assert_int_equal(ambit_result_find(result, "difference_low")->measure.shown, AMBIT_SHOWN_NOT);
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
    assert_int_equal(sample_write(path, &error), AMBIT_OK);
    assert_int_equal(ambit_results_create(&file, path, &sample_provenance, &sample_models, &error),
                     AMBIT_OK);
    assert_int_equal(ambit_results_close(&file, 1, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "no target"));
    assert_null(file);
    assert_int_equal(ambit_results_create(&file, path, &sample_provenance, &sample_models, &error),
                     AMBIT_OK);
    assert_int_equal(sample_add(file, "other", NULL, false, &error), AMBIT_OK);
    ambit_results_abandon(&file);
    assert_null(file);
    assert_int_equal(scratch_count(*scratch), 1);
    assert_int_equal(ambit_results_read(&found, path, &error), AMBIT_OK);
    assert_int_equal(found->n_targets, 5);
    ambit_results_summary_destroy(&found);
    assert_int_equal(
        ambit_results_create(&file, "/nowhere/r.h5", &sample_provenance, &sample_models, &error),
        AMBIT_IO);
    assert_non_null(strstr(error.message, "/nowhere/r.h5"));
}

/* The raw numbers of another file than the summary's are not taken. */
static void replaced_meanwhile(void **scratch)
{
    const char *path = scratch_path(*scratch, "results.h5");
    AmbitError error = {0};
    AmbitResultsFile *file = NULL;
    AmbitResultsSummary *found = NULL;
    assert_int_equal(sample_write(path, &error), AMBIT_OK);
    assert_int_equal(ambit_results_read(&found, path, &error), AMBIT_OK);
    assert_int_equal(ambit_results_read_raw(found, 0, path, &error), AMBIT_OK);
    assert_int_equal(ambit_results_create(&file, path, &sample_provenance, &sample_models, &error),
                     AMBIT_OK);
    assert_int_equal(sample_add(file, "dense", NULL, false, &error), AMBIT_OK);
    assert_int_equal(ambit_results_close(&file, 13, &error), AMBIT_OK);
    assert_int_equal(ambit_results_read_raw(found, 0, path, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "was replaced while it was read"));
    ambit_results_summary_destroy(&found);
}

static void write_joined(const char *path, double seconds)
{
    static char *names[] = {"a"}, *labels[] = {"many"};
    const AmbitRuns runs = {
        .n_axes = 1,
        .n_runs = 1,
        .seed_axis = 1,
        .names = names,
        .axes = {{.words = {(char *)"size", (char *)"model.n_embd", (char *)"1", (char *)"setting"},
                  .length = 1,
                  .labels = labels}}};
    const AmbitTarget target = sample_target("dense", NULL);
    AmbitError error = {0};
    AmbitJoinedFile *file = NULL;
    AmbitTargetResult *result = sample_result(NULL, false);
    assert_int_equal(ambit_joined_create(&file, path, &sample_provenance, &runs, &error), AMBIT_OK);
    assert_int_equal(ambit_joined_add(file, 0, &target, result, 0, &(AmbitModelNotes){0}, &error),
                     AMBIT_OK);
    assert_int_equal(ambit_joined_close(&file, seconds, &error), AMBIT_OK);
    ambit_target_result_destroy(&result);
}

static void joined_file_replaced_meanwhile(void **scratch)
{
    const char *path = scratch_path(*scratch, "joined.h5");
    AmbitError error = {0};
    AmbitJoined *found = NULL;
    write_joined(path, 1);
    assert_int_equal(ambit_joined_read(&found, path, &error), AMBIT_OK);
    assert_int_equal(ambit_joined_read_raw(found, 0, 0, path, &error), AMBIT_OK);
    write_joined(path, 2);
    assert_int_equal(ambit_joined_read_raw(found, 0, 0, path, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "was replaced while it was read"));
    ambit_joined_destroy(&found);
}

/* A target that cannot be written leaves the others as they are. */
static void bad_targets(void **scratch)
{
    const char *path = scratch_path(*scratch, "results.h5");
    AmbitError error = {0};
    AmbitResultsFile *file = NULL;
    AmbitResultsSummary *found = NULL;
    assert_int_equal(ambit_results_create(&file, path, &sample_provenance, &sample_models, &error),
                     AMBIT_OK);
    assert_int_equal(sample_add(file, "dense", NULL, false, &error), AMBIT_OK);
    assert_int_equal(sample_add(file, "dense", NULL, false, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "two of this name"));
    assert_int_equal(sample_add(file, "a/b", NULL, false, &error), AMBIT_INVALID);
    AmbitTarget target = sample_target("short", "sparsity");
    AmbitTargetResult *result = sample_result(NULL, false);
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
    assert_int_equal(sample_write(path, &error), AMBIT_OK);
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
    assert_refused(path, "/targets/dense/mean: found another shape than its axes have: ");
    replace(path, "mean", H5T_IEEE_F64LE, 2, right);
    assert_refused(path, "/targets/dense/mean: found 0 bytes, expected 352");
    replace(path, "mean", H5T_STD_I64LE, 2, right);
    assert_refused(path, "/targets/dense/mean: found another number type");
    replace(path, "predictor", H5T_IEEE_F64LE, 1, wrong);
    assert_refused(path, "/targets/dense: attribute predictors is missing or not 11 values");
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
    assert_int_equal(sample_write(path, &error), AMBIT_OK);
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
static char *shown(const char *path, AmbitShowOptions options, AmbitStatus expected)
{
    char *text = NULL;
    size_t size = 0, width = 0;
    AmbitError error = {0};
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(ambit_show_results(out, path, &options, &error), expected);
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
    assert_int_equal(sample_write(path, &error), AMBIT_OK);
    char *text = shown(path, (AmbitShowOptions){.k = -1}, AMBIT_OK);
    assert_non_null(strstr(text, "seed 7, step 5000, kernels reference"));
    assert_non_null(strstr(text, "dense\n  0.75 dense + 0.25 sparse, shifted prompts\n"));
    assert_non_null(strstr(text, "at k = 10 examples seen"));
    // At k = 10 the mean is (1 − 10/11)·0.8209; the first row is the best one.
    assert_non_null(strstr(text, "0.0746*\n"));
    assert_non_null(strstr(text, "● transformer  ○ least_squares  ▲ lasso α=0.01  △ zero"));
    assert_non_null(strstr(text, "at step 1000"));
    assert_non_null(strstr(text, "over training, at k = 10 examples seen"));
    assert_non_null(strstr(text, "also measured (--more): distance looks\n"));
    // each row but that of the reference itself, with its interval
    assert_non_null(strstr(text, "difference: paired difference, from zero, at k = 10\n"));
    assert_non_null(strstr(text, "  least_squares     2.00      2.00      2.00\n"
                                 "    90 % from       1.50      1.50      1.50\n"
                                 "         to         2.50      2.50      2.50\n"));
    assert_null(strstr(text, "  zero              6.00"));
    free(text);
    text = shown(path, (AmbitShowOptions){.k = 3, .more = true}, AMBIT_OK);
    assert_non_null(strstr(text, "at k = 3 examples seen"));
    // the last step's three swept values: (1 − 3/(11 + row))·0.8209 at rows 12, 16, 20
    assert_non_null(strstr(text, "  transformer      0.714*    0.730*    0.741*\n"));
    // from the first predictor to the third at k = 3: 1·3 + 3
    assert_non_null(strstr(text, "distance: distance, from transformer, at k = 3\n"));
    assert_non_null(strstr(text, "  lasso α=0.01      6.00      6.00      6.00\n"));
    assert_non_null(strstr(text, "looks: what a probe saw, at k = 0\n"));
    free(text);
    free(shown(path, (AmbitShowOptions){.k = 11}, AMBIT_INVALID));
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(int argc, char **argv)
{
    if (argc > 1) {
        AmbitError error = {0};
        if (sample_write(argv[1], &error) != AMBIT_OK) {
            fprintf(stderr, "%s\n", error.message);
            return 1;
        }
        return 0;
    }
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(round_trip),  IN_SCRATCH(measures_round_trip),
        IN_SCRATCH(never_less),  IN_SCRATCH(replaced_meanwhile),
        IN_SCRATCH(bad_targets), IN_SCRATCH(joined_file_replaced_meanwhile),
        IN_SCRATCH(wrong_files), IN_SCRATCH(flipped_bytes),
        IN_SCRATCH(shows),
    };
    return cmocka_run_group_tests_name("results", tests, NULL, NULL);
}
