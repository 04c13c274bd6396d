// SPDX-License-Identifier: MIT
// Results of sentences in files, and corpora of files. With an argument, writes a results file of
// that name and stops.
#include "testing.h"

#include "language_fixtures.h"
#include "scratch.h"
#include "sentence_bench.h"

#include "ambit/store.h"

#include <string.h>

/* A corpus of files alone is asked for whole outputs. By heart an n-gram model knows the first two
 * sentences; of the third it has seen the input with the marker of the second. */
static void files_are_asked_for_outputs(void **state)
{
    static const char *const names[] = {"n_gram", "hierarchical_rule", NULL};
    const char *train = scratch_path(*state, "train.txt"),
               *other = scratch_path(*state, "validation.txt");
    scratch_write(train, "a b up\tA B\nb a down\tb a\n");
    scratch_write(other, "a b up\tA B\nb a down\tb a\na b down\ta b\n");
    AmbitCorpusFiles files;
    AmbitCorpus *corpus = NULL;
    AmbitError error = {0};
    ambit_parameters_default(ambit_corpus_file_parameters, &files);
    files.paths[AMBIT_SPLIT_TRAIN] = (char *)train;
    files.paths[AMBIT_SPLIT_VALIDATION] = (char *)other;
    check(ambit_corpus_read(&corpus, NULL, &files, &error), &error);
    Bench bench = open_bench(corpus, AMBIT_SPLIT_VALIDATION, names);
    AmbitTargetResult *r = evaluate(&bench, 1);
    assert_int_equal(r->n_examples, 3);
    assert_int_equal(r->n_queries, 1);
    assert_string_equal(r->axes[AMBIT_AXIS_QUERY].labels[0], "output");
    assert_true(r->error[0] == 1.0 && r->error[1] == 1.0 && r->error[2] == 0.0);
    assert_true(isnan(r->error[3]) && r->flag[3] == AMBIT_FLAG_NO_ANSWER); // a rule of no language
    assert_null(ambit_result_find(r, "log_odds"));
    assert_null(ambit_result_find(r, "category_accuracy"));
    const double *loss = mean_of(r, "loss");
    assert_true(loss[0] < loss[2] && isnan(loss[3]));
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

static AmbitStatus write_target(const char *path, const AmbitTarget *target,
                                const AmbitTargetResult *result, AmbitError *error)
{
    static const AmbitProvenance provenance = {
        .config = "none\n", .command = "sample", .kernels = "any"};
    const AmbitModelNotes models = {0};
    AmbitResultsFile *file = NULL;
    AmbitStatus status = ambit_results_create(&file, path, &provenance, &models, error);
    if (!status)
        status = ambit_results_write_target(file, target, result, error);
    return status ? status : ambit_results_close(&file, 1.0, error);
}

/* What is read back is what was written; what is fixed has no steps. */
static void results_are_read_back(void **state)
{
    AmbitError error = {0};
    AmbitResultsSummary *summary = NULL;
    Bench bench =
        open_bench(make_corpus("tense_inflection", 300, 80, 20, 3), AMBIT_SPLIT_VALIDATION, some);
    bench.steps[1] = 10;
    bench.n_steps = 2;
    bench.settings.keep_outputs = true;
    AmbitTargetResult *r = evaluate(&bench, 2);
    const char *path = scratch_path(*state, "sentences.h5");
    check(write_target(path, &bench.target, r, &error), &error);
    check(ambit_results_read(&summary, path, &error), &error);
    const AmbitTargetResult *got = summary->results[0];
    assert_ptr_equal(got->metric, &ambit_accuracy);
    assert_null(got->median);
    assert_true(got->normalizer[0] == 1.0 && got->normalizer[1] == 1.0);
    for (size_t q = 0; q < r->n_queries; q++)
        assert_string_equal(got->axes[AMBIT_AXIS_QUERY].labels[q],
                            r->axes[AMBIT_AXIS_QUERY].labels[q]);
    size_t curves = r->n_steps * r->n_columns * r->n_queries;
    assert_memory_equal(got->mean, r->mean, curves * sizeof(double));
    const AmbitResultArray *stop = ambit_result_find(got, "stop_step");
    assert_true(stop->measure.fixed && stop->count == AMBIT_N_STOPS * r->n_columns);
    assert_memory_equal(stop->values, mean_of(r, "stop_step"), stop->count * sizeof(double));
    assert_int_equal(ambit_stop_index(got, 0, AMBIT_STOP_LEAST_LOSS),
                     ambit_stop_index(r, 0, AMBIT_STOP_LEAST_LOSS));
    check(ambit_results_read_raw(summary, 0, path, &error), &error);
    assert_memory_equal(got->error, r->error, curves * N * sizeof(double));
    ambit_results_summary_destroy(&summary);
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

static int write_sample(const char *path)
{
    static char *names[] = {"transformer"}, *references[] = {"linear_rule"};
    static const uint64_t seeds[] = {1}, sizes[] = {100};
    static const AmbitProvenance provenance = {
        .config = "none\n", .command = "sample", .kernels = "any", .seed = 1};
    const AmbitModelNotes models = {1, names, seeds, sizes};
    AmbitError error = {0};
    AmbitResultsFile *file = NULL;
    Bench bench =
        open_bench(make_corpus("tense_inflection", 300, 80, 90, 3), AMBIT_SPLIT_VALIDATION, some);
    bench.settings.references = (AmbitTexts){references, 1};
    bench.settings.keep_outputs = true;
    bench.steps[1] = 10;
    bench.n_steps = 2;
    AmbitStatus status = ambit_results_create(&file, path, &provenance, &models, &error);
    for (int split = AMBIT_SPLIT_VALIDATION; split < AMBIT_N_SPLITS && !status; split++) {
        bench.target.split = (AmbitSplitName)split;
        bench.target.name = (char *)ambit_split_names[split];
        AmbitTargetResult *result = evaluate(&bench, 2);
        status = ambit_results_write_target(file, &bench.target, result, &error);
        ambit_target_result_destroy(&result);
    }
    if (!status)
        status = ambit_results_close(&file, 1.0, &error);
    close_bench(&bench);
    if (status)
        fputs(error.message, stderr);
    return status ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int n_arguments, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_are_asked_for_outputs, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(results_are_read_back, scratch_open, scratch_close),
    };
    return n_arguments > 1 ? write_sample(arguments[1])
                           : cmocka_run_group_tests_name("sentence_results", tests, NULL, NULL);
}
