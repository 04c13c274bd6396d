// SPDX-License-Identifier: MIT
// Reading results for tables: statistics and axes, not the raw errors. The file is not trusted:
// every dataset's type, shape and storage are checked before memory is taken for it.
#include "origin.h"
#include "results.h"

#include "ambit/memory.h"
#include <string.h>

enum { MOST_TARGETS = 1 << 16, MOST_COLUMNS = 1 << 16 };

static void *take(AmbitHdf *hdf, hid_t group, size_t count, size_t size)
{
    void *memory = hdf->status == AMBIT_OK ? ambit_alloc(count, size) : NULL;
    if (!memory)
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, group, "out of memory");
    return memory;
}

/* Length of the axis `name`. */
static size_t axis_length(AmbitHdf *hdf, hid_t group, const char *name)
{
    hsize_t length = 0;
    hid_t dataset = ambit_hdf_child(hdf, group, name, H5I_DATASET);
    size_t rank = ambit_hdf_shape(hdf, dataset, 1, &length);
    if (hdf->status == AMBIT_OK && (rank != 1 || length == 0))
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "not an axis: it has no length");
    ambit_hdf_release(dataset);
    return length;
}

/* All numbers of dataset `name`, whose shape must be `shape`; free with ambit_free. */
static void *read_numbers(AmbitHdf *hdf, hid_t group, const char *name, size_t rank,
                          const size_t *shape, hid_t file_type, hid_t memory_type)
{
    hsize_t found[3];
    size_t count = 1;
    void *values = NULL;
    hid_t dataset = ambit_hdf_child(hdf, group, name, H5I_DATASET);
    size_t found_rank = ambit_hdf_shape(hdf, dataset, 3, found);
    for (size_t i = 0; hdf->status == AMBIT_OK && i < rank; i++) {
        if (found_rank != rank || found[i] != shape[i])
            ambit_hdf_fail(hdf, AMBIT_INVALID, dataset,
                           "found another shape than its axes have (%zu along axis %zu)", shape[i],
                           i);
        count *= shape[i];
    }
    ambit_hdf_check_stored(hdf, dataset, file_type);
    if (hdf->status == AMBIT_OK)
        values = take(hdf, dataset, count, H5Tget_size(memory_type));
    if (hdf->status == AMBIT_OK &&
        H5Dread(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "the numbers cannot be read");
    ambit_hdf_release(dataset);
    return values;
}

static double *read_reals(AmbitHdf *hdf, hid_t group, const char *name, size_t rank,
                          const size_t *shape)
{
    return read_numbers(hdf, group, name, rank, shape, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE);
}

static void read_columns(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result)
{
    if (result->n_columns > MOST_COLUMNS)
        ambit_hdf_fail(hdf, AMBIT_INVALID, group, "found %zu predictors, at most %d are read",
                       result->n_columns, MOST_COLUMNS);
    result->columns = take(hdf, group, result->n_columns, sizeof *result->columns);
    if (result->columns)
        ambit_hdf_get_texts(hdf, group, "predictors", result->columns, result->n_columns);
}

static void read_seen(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result)
{
    int64_t *k =
        read_numbers(hdf, group, "k", 1, &result->n_queries, H5T_STD_I64LE, H5T_NATIVE_INT64);
    result->seen = take(hdf, group, result->n_queries, sizeof *result->seen);
    for (size_t i = 0; hdf->status == AMBIT_OK && i < result->n_queries; i++) {
        if (k[i] < 0)
            ambit_hdf_fail(hdf, AMBIT_INVALID, group, "k has a negative entry, %lld",
                           (long long)k[i]);
        result->seen[i] = (size_t)k[i];
    }
    ambit_free(k);
}

/* The name of the swept parameter and its values, if the group has a sweep. */
static char *read_sweep(AmbitHdf *hdf, hid_t group, AmbitReals *values)
{
    char axis[AMBIT_AXIS_NAME_SIZE];
    if (hdf->status != AMBIT_OK || H5Aexists(group, "sweep") <= 0)
        return NULL;
    char *sweep = ambit_hdf_get_text(hdf, group, "sweep");
    if (!sweep)
        return NULL;
    ambit_results_sweep_axis(sweep, axis);
    values->count = axis_length(hdf, group, axis);
    values->values = read_reals(hdf, group, axis, 1, &values->count);
    return sweep;
}

static AmbitTargetResult *read_result(AmbitHdf *hdf, hid_t group, const AmbitReals *sweep)
{
    AmbitTargetResult *result = take(hdf, group, 1, sizeof *result);
    if (!result)
        return NULL;
    result->n_sweep = sweep->count ? sweep->count : 1;
    result->n_columns = axis_length(hdf, group, "predictor");
    result->n_prompts = axis_length(hdf, group, "prompt");
    result->n_queries = axis_length(hdf, group, "k");
    const size_t skip = sweep->count ? 0 : 1;
    const size_t shape[3] = {result->n_sweep, result->n_columns, result->n_queries};
    result->mean = read_reals(hdf, group, "mean", 3 - skip, shape + skip);
    result->median = read_reals(hdf, group, "median", 3 - skip, shape + skip);
    result->low = read_reals(hdf, group, "low", 3 - skip, shape + skip);
    result->high = read_reals(hdf, group, "high", 3 - skip, shape + skip);
    result->normalizer = read_reals(hdf, group, "normalizer", 1 - skip, shape);
    result->seconds = read_reals(hdf, group, "seconds", 1, &result->n_columns);
    read_seen(hdf, group, result);
    read_columns(hdf, group, result);
    char *kind = ambit_hdf_get_text(hdf, group, "normalizer_kind");
    result->normalizer_is_declared = kind && strcmp(kind, "declared") == 0;
    ambit_free(kind);
    return result;
}

static void read_target(AmbitHdf *hdf, hid_t targets, AmbitResultsSummary *summary, size_t i)
{
    hid_t group = ambit_hdf_child(hdf, targets, summary->names[i], H5I_GROUP);
    summary->descriptions[i] = ambit_hdf_get_text(hdf, group, "description");
    summary->sweeps[i] = read_sweep(hdf, group, &summary->sweep_values[i]);
    summary->results[i] = read_result(hdf, group, &summary->sweep_values[i]);
    ambit_hdf_release(group);
}

static void read_targets(AmbitHdf *hdf, hid_t file, AmbitResultsSummary *summary)
{
    hid_t targets = ambit_hdf_child(hdf, file, "targets", H5I_GROUP);
    summary->names = ambit_hdf_names(hdf, targets, MOST_TARGETS, &summary->n_targets);
    size_t count = summary->n_targets;
    summary->descriptions = take(hdf, targets, count, sizeof *summary->descriptions);
    summary->sweeps = take(hdf, targets, count, sizeof *summary->sweeps);
    summary->sweep_values = take(hdf, targets, count, sizeof *summary->sweep_values);
    summary->results = take(hdf, targets, count, sizeof *summary->results);
    for (size_t i = 0; hdf->status == AMBIT_OK && i < count; i++)
        read_target(hdf, targets, summary, i);
    ambit_hdf_release(targets);
}

AmbitStatus ambit_results_read(AmbitResultsSummary **result, const char *path, AmbitError *error)
{
    *result = NULL;
    AmbitHdf hdf = ambit_hdf_begin(error);
    hid_t file = ambit_origin_open_as(&hdf, path, AMBIT_RESULTS);
    AmbitResultsSummary *summary = take(&hdf, file, 1, sizeof *summary);
    if (summary) {
        ambit_origin_get(&hdf, file, &summary->origin);
        read_targets(&hdf, file, summary);
    }
    ambit_hdf_close(file);
    if (hdf.status == AMBIT_OK)
        *result = summary;
    else
        ambit_results_summary_destroy(&summary);
    return hdf.status;
}

void ambit_results_summary_destroy(AmbitResultsSummary **pointer)
{
    AmbitResultsSummary *summary = pointer ? *pointer : NULL;
    if (!summary)
        return;
    for (size_t i = 0; i < summary->n_targets; i++) {
        ambit_free(summary->names[i]);
        if (summary->descriptions)
            ambit_free(summary->descriptions[i]);
        if (summary->sweeps)
            ambit_free(summary->sweeps[i]);
        if (summary->sweep_values)
            ambit_free(summary->sweep_values[i].values);
        if (summary->results)
            ambit_target_result_destroy(&summary->results[i]);
    }
    ambit_free(summary->names);
    ambit_free(summary->descriptions);
    ambit_free(summary->sweeps);
    ambit_free(summary->sweep_values);
    ambit_free(summary->results);
    ambit_origin_free(&summary->origin);
    ambit_free(summary);
    *pointer = NULL;
}
