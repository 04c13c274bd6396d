// SPDX-License-Identifier: MIT
// Reading joined results for tables: every run as if it were a results file of its own.
#include "joined.h"
#include "origin.h"

#include "ambit/memory.h"
#include <math.h>
#include <string.h>

enum { MOST_TARGETS = 1 << 12, MOST_RUNS = 100000 };

/* Reads the axes of the runs from the group of a target. */
static void read_axes(AmbitHdf *hdf, hid_t root, hid_t group, AmbitRuns *runs)
{
    int64_t count = 0;
    char *names[AMBIT_MOST_RUN_AXES] = {NULL};
    char *seed = ambit_results_read_text(hdf, root, "seed_axis");
    ambit_hdf_get(hdf, root, "n_run_axes", H5T_NATIVE_INT64, &count);
    if (hdf->status == AMBIT_OK && (count < 1 || count > AMBIT_MOST_RUN_AXES))
        ambit_hdf_fail(hdf, AMBIT_INVALID, root, "found %lld axes of runs, at most %d are read",
                       (long long)count, AMBIT_MOST_RUN_AXES);
    if (hdf->status == AMBIT_OK)
        ambit_hdf_get_texts(hdf, root, "run_axes", names, (size_t)count);
    runs->n_runs = 1;
    runs->seed_axis = AMBIT_MOST_RUN_AXES;
    for (size_t a = 0; hdf->status == AMBIT_OK && a < (size_t)count; a++) {
        AmbitResultAxis *axis = &runs->axes[runs->n_axes++];
        ambit_results_read_lone_axis(hdf, group, names[a], axis);
        axis->words.name = names[a];
        names[a] = NULL;
        if (hdf->status == AMBIT_OK && axis->length > MOST_RUNS / runs->n_runs)
            ambit_hdf_fail(hdf, AMBIT_INVALID, root, "holds more than %d runs", MOST_RUNS);
        runs->n_runs *= hdf->status == AMBIT_OK ? axis->length : 1;
        if (seed && strcmp(seed, axis->words.name) == 0)
            runs->seed_axis = a;
    }
    if (runs->seed_axis == AMBIT_MOST_RUN_AXES)
        runs->seed_axis = runs->n_axes;
    for (size_t a = 0; a < AMBIT_MOST_RUN_AXES; a++)
        ambit_free(names[a]);
    ambit_free(seed);
}

static void read_runs(AmbitHdf *hdf, hid_t root, hid_t targets, AmbitJoined *joined)
{
    AmbitRuns *runs = &joined->runs;
    if (hdf->status == AMBIT_OK && joined->n_targets == 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, root, "holds no target");
    hid_t group =
        hdf->status == AMBIT_OK ? ambit_hdf_child(hdf, targets, joined->targets[0], H5I_GROUP) : -1;
    read_axes(hdf, root, group, runs);
    ambit_hdf_release(group);
    runs->names = ambit_results_take(hdf, root, runs->n_runs, sizeof *runs->names);
    if (runs->names)
        ambit_hdf_get_texts(hdf, root, "runs", runs->names, runs->n_runs);
}

/* Reads which examples a run answered; false if the run lacks the target. */
static bool read_examples(AmbitHdf *hdf, hid_t group, int64_t *examples)
{
    static const double most = 9007199254740992.0; // 2⁵³, up to which doubles hold all integers
    double *number = ambit_results_read_numbers(hdf, group, "examples", 0, NULL, H5T_IEEE_F64LE,
                                                H5T_NATIVE_DOUBLE, false);
    bool has = hdf->status == AMBIT_OK && !isnan(*number);
    if (has && !(fabs(*number) <= most && trunc(*number) == *number)) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, group, "examples: found %g, expected a whole number",
                       *number);
        has = false;
    }
    if (has)
        *examples = (int64_t)*number;
    ambit_free(number);
    return has;
}

/* Reads the size of the first model among the predictors; NaN where an older file says none. */
static double read_size(AmbitHdf *hdf, hid_t group, const AmbitTargetResult *result)
{
    double size = NAN;
    if (!ambit_hdf_has(hdf, group, "n_parameters"))
        return size;
    double *sizes = ambit_results_read_numbers(hdf, group, "n_parameters", 1, &result->n_columns,
                                               H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, false);
    for (size_t c = 0; hdf->status == AMBIT_OK && c < result->n_columns && isnan(size); c++)
        size = sizes[c];
    ambit_free(sizes);
    return size;
}

/* Adds a target to a run's results, unless the run lacks the target. */
static void read_target(AmbitHdf *hdf, hid_t targets, AmbitJoined *joined, size_t run, size_t t)
{
    AmbitResultsSummary *summary = joined->results[run];
    hid_t group = ambit_hdf_child(hdf, targets, joined->targets[t], H5I_GROUP);
    int64_t examples;
    if (read_examples(hdf, group, &examples)) {
        size_t at = summary->n_targets++;
        summary->names[at] = ambit_strdup(joined->targets[t]);
        summary->descriptions[at] = ambit_hdf_get_text(hdf, group, "description");
        summary->results[at] = ambit_results_read_result(hdf, group);
        joined->examples[run][at] = examples;
        if (isnan(joined->n_parameters[run]))
            joined->n_parameters[run] = read_size(hdf, group, summary->results[at]);
    }
    ambit_hdf_release(group);
}

static void read_run(AmbitHdf *hdf, hid_t targets, AmbitJoined *joined, size_t run)
{
    const AmbitHdfPlace place = ambit_joined_place(&joined->runs, run);
    size_t most = joined->n_targets;
    AmbitResultsSummary *summary = ambit_results_take(hdf, targets, 1, sizeof *summary);
    joined->results[run] = summary;
    joined->examples[run] = ambit_results_take(hdf, targets, most, sizeof **joined->examples);
    if (summary) {
        summary->names = ambit_results_take(hdf, targets, most, sizeof *summary->names);
        summary->descriptions =
            ambit_results_take(hdf, targets, most, sizeof *summary->descriptions);
        summary->probes = ambit_results_take(hdf, targets, most, sizeof *summary->probes);
        summary->results = ambit_results_take(hdf, targets, most, sizeof *summary->results);
    }
    hdf->place = &place;
    for (size_t t = 0; hdf->status == AMBIT_OK && t < most; t++)
        read_target(hdf, targets, joined, run, t);
    hdf->place = NULL;
    if (hdf->status == AMBIT_OK && summary->n_targets == 0)
        ambit_results_summary_destroy(&joined->results[run]);
}

AmbitStatus ambit_joined_read(AmbitJoined **result, const char *path, AmbitError *error)
{
    *result = NULL;
    AmbitHdf hdf = ambit_hdf_begin(error);
    hid_t file = ambit_origin_open_as(&hdf, path, AMBIT_JOINED);
    AmbitJoined *joined = ambit_results_take(&hdf, file, 1, sizeof *joined);
    if (joined) {
        ambit_origin_get(&hdf, file, &joined->origin);
        hid_t targets = ambit_hdf_child(&hdf, file, "targets", H5I_GROUP);
        joined->targets = ambit_hdf_names(&hdf, targets, MOST_TARGETS, &joined->n_targets);
        read_runs(&hdf, file, targets, joined);
        size_t n_runs = joined->runs.n_runs;
        joined->results = ambit_results_take(&hdf, file, n_runs, sizeof *joined->results);
        joined->examples = ambit_results_take(&hdf, file, n_runs, sizeof *joined->examples);
        joined->n_parameters = ambit_results_take(&hdf, file, n_runs, sizeof(double));
        for (size_t run = 0; hdf.status == AMBIT_OK && run < n_runs; run++) {
            joined->n_parameters[run] = NAN;
            read_run(&hdf, targets, joined, run);
        }
        joined->over = ambit_joined_read_over(&hdf, file);
        ambit_hdf_release(targets);
    }
    ambit_hdf_close(file);
    if (hdf.status == AMBIT_OK)
        *result = joined;
    else
        ambit_joined_destroy(&joined);
    return hdf.status;
}

void ambit_joined_destroy(AmbitJoined **pointer)
{
    AmbitJoined *joined = pointer ? *pointer : NULL;
    if (!joined)
        return;
    for (size_t run = 0; run < joined->runs.n_runs; run++) {
        if (joined->results)
            ambit_results_summary_destroy(&joined->results[run]);
        if (joined->examples)
            ambit_free(joined->examples[run]);
    }
    ambit_free(joined->results);
    ambit_free(joined->examples);
    ambit_free(joined->n_parameters);
    for (size_t t = 0; joined->targets && t < joined->n_targets; t++)
        ambit_free(joined->targets[t]);
    ambit_free(joined->targets);
    ambit_over_runs_destroy(&joined->over);
    ambit_origin_free(&joined->origin);
    ambit_runs_free(&joined->runs);
    ambit_free(joined);
    *pointer = NULL;
}

const AmbitTargetResult *ambit_joined_find(const AmbitJoined *joined, size_t run,
                                           const char *target, int64_t *examples)
{
    const AmbitResultsSummary *summary = joined->results[run];
    for (size_t t = 0; summary && t < summary->n_targets; t++)
        if (strcmp(summary->names[t], target) == 0) {
            if (examples)
                *examples = joined->examples[run][t];
            return summary->results[t];
        }
    return NULL;
}

AmbitStatus ambit_joined_read_raw(AmbitJoined *joined, size_t run, size_t target, const char *path,
                                  AmbitError *error)
{
    const AmbitHdfPlace place = ambit_joined_place(&joined->runs, run);
    AmbitResultsSummary *summary = joined->results[run];
    AmbitHdf hdf = ambit_hdf_begin(error);
    hid_t file = ambit_origin_open_as(&hdf, path, AMBIT_JOINED);
    ambit_origin_expect(&hdf, file, &joined->origin);
    hid_t targets = ambit_hdf_child(&hdf, file, "targets", H5I_GROUP);
    hid_t group = ambit_hdf_child(&hdf, targets, summary->names[target], H5I_GROUP);
    hdf.place = &place;
    ambit_results_read_scores(&hdf, group, summary->results[target]);
    ambit_hdf_release(group);
    ambit_hdf_release(targets);
    ambit_hdf_close(file);
    return hdf.status;
}
