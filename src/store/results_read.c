// SPDX-License-Identifier: MIT
// Reading results for tables: statistics and axes, not the raw errors. The file is not trusted:
// every dataset's type, shape and storage are checked before memory is taken for it.
#include "origin.h"
#include "results.h"

#include "ambit/memory.h"
#include <string.h>

enum { MOST_TARGETS = 1 << 16, MOST_COLUMNS = 1 << 16 };

/* A size of 0 is HDF5's word that it cannot tell. */
void *ambit_results_take(AmbitHdf *hdf, hid_t group, size_t count, size_t size)
{
    void *memory = hdf->status == AMBIT_OK && size > 0 ? ambit_alloc(count, size) : NULL;
    if (!memory)
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, group, "out of memory");
    return memory;
}

size_t ambit_results_axis_length(AmbitHdf *hdf, hid_t group, const char *name)
{
    hsize_t length = 0;
    hid_t dataset = ambit_hdf_child(hdf, group, name, H5I_DATASET);
    size_t rank = ambit_hdf_shape(hdf, dataset, 1, &length);
    if (hdf->status == AMBIT_OK && (rank != 1 || length == 0))
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "not an axis: it has no length");
    ambit_hdf_release(dataset);
    return length;
}

void *ambit_results_read_numbers(AmbitHdf *hdf, hid_t group, const char *name, size_t rank,
                                 const size_t *shape, hid_t file_type, hid_t memory_type)
{
    hsize_t found[AMBIT_ARRAY_RANK + 2];
    size_t count = 1;
    void *values = NULL;
    hid_t dataset = ambit_hdf_child(hdf, group, name, H5I_DATASET);
    size_t found_rank = ambit_hdf_shape(hdf, dataset, AMBIT_ARRAY_RANK + 2, found);
    for (size_t i = 0; hdf->status == AMBIT_OK && i < rank; i++) {
        if (found_rank != rank || found[i] != shape[i])
            ambit_hdf_fail(hdf, AMBIT_INVALID, dataset,
                           "found another shape than its axes have (%zu along axis %zu)", shape[i],
                           i);
        count *= shape[i];
    }
    ambit_hdf_check_stored(hdf, dataset, file_type);
    if (hdf->status == AMBIT_OK)
        values = ambit_results_take(hdf, dataset, count, H5Tget_size(memory_type));
    if (hdf->status == AMBIT_OK &&
        H5Dread(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "the numbers cannot be read");
    ambit_hdf_release(dataset);
    return values;
}

static double *read_reals(AmbitHdf *hdf, hid_t group, const char *name, size_t rank,
                          const size_t *shape)
{
    return ambit_results_read_numbers(hdf, group, name, rank, shape, H5T_IEEE_F64LE,
                                      H5T_NATIVE_DOUBLE);
}

static void read_columns(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result)
{
    if (result->n_columns > MOST_COLUMNS)
        ambit_hdf_fail(hdf, AMBIT_INVALID, group, "found %zu predictors, at most %d are read",
                       result->n_columns, MOST_COLUMNS);
    result->columns = ambit_results_take(hdf, group, result->n_columns, sizeof *result->columns);
    if (result->columns)
        ambit_hdf_get_texts(hdf, group, "predictors", result->columns, result->n_columns);
    result->notes = ambit_results_take(hdf, group, result->n_columns, sizeof *result->notes);
    if (result->notes && hdf->status == AMBIT_OK && H5Aexists(group, "notes") > 0)
        ambit_hdf_get_texts(hdf, group, "notes", result->notes, result->n_columns);
}

static void read_seen(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result)
{
    int64_t *k = ambit_results_read_numbers(hdf, group, "k", 1, &result->n_queries, H5T_STD_I64LE,
                                            H5T_NATIVE_INT64);
    result->seen = ambit_results_take(hdf, group, result->n_queries, sizeof *result->seen);
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
    if (hdf->status != AMBIT_OK || H5Aexists(group, "sweep") <= 0)
        return NULL;
    char *sweep = ambit_hdf_get_text(hdf, group, "sweep");
    if (!sweep)
        return NULL;
    char *axis = H5Aexists(group, "sweep_axis") > 0 ? ambit_hdf_get_text(hdf, group, "sweep_axis")
                                                    : ambit_strdup(sweep); // version 1
    if (axis) {
        values->count = ambit_results_axis_length(hdf, group, axis);
        values->values = read_reals(hdf, group, axis, 1, &values->count);
    }
    ambit_free(axis);
    return sweep;
}

static void read_steps(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result)
{
    result->n_steps = 1;
    if (hdf->status != AMBIT_OK || !ambit_hdf_has(group, "step"))
        return;
    result->n_steps = ambit_results_axis_length(hdf, group, "step");
    result->steps = ambit_results_read_numbers(hdf, group, "step", 1, &result->n_steps,
                                               H5T_STD_I64LE, H5T_NATIVE_INT64);
}

/* Whether text attribute `name` says `text`; version 1 has not all of them. */
static bool says(AmbitHdf *hdf, hid_t group, const char *name, const char *text)
{
    if (hdf->status != AMBIT_OK || H5Aexists(group, name) <= 0)
        return false;
    char *found = ambit_hdf_get_text(hdf, group, name);
    bool same = found && strcmp(found, text) == 0;
    ambit_free(found);
    return same;
}

static AmbitTargetResult *read_result(AmbitHdf *hdf, hid_t group, const AmbitReals *sweep)
{
    AmbitTargetResult *result = ambit_results_take(hdf, group, 1, sizeof *result);
    if (!result)
        return NULL;
    read_steps(hdf, group, result);
    result->n_sweep = sweep->count ? sweep->count : 1;
    result->n_columns = ambit_results_axis_length(hdf, group, "predictor");
    result->n_prompts = ambit_results_axis_length(hdf, group, "prompt");
    result->n_queries = ambit_results_axis_length(hdf, group, "k");
    size_t shape[4], lead = 0;
    if (result->steps)
        shape[lead++] = result->n_steps;
    if (sweep->count)
        shape[lead++] = result->n_sweep;
    shape[lead] = result->n_columns;
    shape[lead + 1] = result->n_queries;
    result->mean = read_reals(hdf, group, "mean", lead + 2, shape);
    result->median = read_reals(hdf, group, "median", lead + 2, shape);
    result->low = read_reals(hdf, group, "low", lead + 2, shape);
    result->high = read_reals(hdf, group, "high", lead + 2, shape);
    result->normalizer = read_reals(hdf, group, "normalizer", lead, shape);
    result->seconds = read_reals(hdf, group, "seconds", 1, &result->n_columns);
    read_seen(hdf, group, result);
    read_columns(hdf, group, result);
    result->normalizer_is_declared = says(hdf, group, "normalizer_kind", "declared");
    result->binary = says(hdf, group, "error", "misclassification");
    ambit_results_read_arrays(hdf, group, result);
    return result;
}

/* The probes whose names stand in the group's attribute. */
static unsigned read_probes(AmbitHdf *hdf, hid_t group)
{
    unsigned probes = 0;
    if (hdf->status != AMBIT_OK || H5Aexists(group, "probes") <= 0) // version 1
        return probes;
    char *rest = NULL, *list = ambit_hdf_get_text(hdf, group, "probes");
    for (char *name = list ? strtok_r(list, " ", &rest) : NULL; name;
         name = strtok_r(NULL, " ", &rest))
        for (size_t i = 0; ambit_probe_types()[i]; i++)
            if (strcmp(name, ambit_probe_name(ambit_probe_types()[i])) == 0)
                probes |= 1u << i;
    ambit_free(list);
    return probes;
}

static void read_target(AmbitHdf *hdf, hid_t targets, AmbitResultsSummary *summary, size_t i)
{
    hid_t group = ambit_hdf_child(hdf, targets, summary->names[i], H5I_GROUP);
    summary->descriptions[i] = ambit_hdf_get_text(hdf, group, "description");
    summary->sweeps[i] = read_sweep(hdf, group, &summary->sweep_values[i]);
    summary->probes[i] = read_probes(hdf, group);
    summary->results[i] = read_result(hdf, group, &summary->sweep_values[i]);
    ambit_hdf_release(group);
}

static void read_targets(AmbitHdf *hdf, hid_t file, AmbitResultsSummary *summary)
{
    hid_t targets = ambit_hdf_child(hdf, file, "targets", H5I_GROUP);
    summary->names = ambit_hdf_names(hdf, targets, MOST_TARGETS, &summary->n_targets);
    size_t count = summary->n_targets;
    summary->descriptions = ambit_results_take(hdf, targets, count, sizeof *summary->descriptions);
    summary->sweeps = ambit_results_take(hdf, targets, count, sizeof *summary->sweeps);
    summary->sweep_values = ambit_results_take(hdf, targets, count, sizeof *summary->sweep_values);
    summary->probes = ambit_results_take(hdf, targets, count, sizeof *summary->probes);
    summary->results = ambit_results_take(hdf, targets, count, sizeof *summary->results);
    for (size_t i = 0; hdf->status == AMBIT_OK && i < count; i++)
        read_target(hdf, targets, summary, i);
    ambit_hdf_release(targets);
}

AmbitStatus ambit_results_read(AmbitResultsSummary **result, const char *path, AmbitError *error)
{
    *result = NULL;
    AmbitHdf hdf = ambit_hdf_begin(error);
    hid_t file = ambit_origin_open_as(&hdf, path, AMBIT_RESULTS);
    AmbitResultsSummary *summary = ambit_results_take(&hdf, file, 1, sizeof *summary);
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
    ambit_free(summary->probes);
    ambit_origin_free(&summary->origin);
    ambit_free(summary);
    *pointer = NULL;
}
