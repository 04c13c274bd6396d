// SPDX-License-Identifier: MIT
// Reading results for tables: statistics and measurements, not what is of single examples.
#include "origin.h"
#include "results.h"

#include "ambit/memory.h"
#include <string.h>

enum { MOST_TARGETS = 1 << 16, MOST_MODELS = 1 << 12, MOST_TREES = 1 << 6 };

static void read_notes(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result)
{
    result->notes = ambit_results_take(hdf, group, result->n_columns, sizeof *result->notes);
    if (result->notes && ambit_hdf_has_attribute(hdf, group, "notes"))
        ambit_hdf_get_texts(hdf, group, "notes", result->notes, result->n_columns);
}

/* Up to schema version 3 the attribute was called `error`, in version 1 there was none, and squared
 * errors were "squared". */
static void read_metric(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result)
{
    char *name = ambit_results_read_text(hdf, group, "metric");
    if (!name)
        name = ambit_results_read_text(hdf, group, "error");
    result->metric =
        !name || strcmp(name, "squared") == 0 ? &ambit_squared_error : ambit_metric_find(name);
    if (!result->metric)
        ambit_hdf_fail(hdf, AMBIT_INVALID, group,
                       "found metric \"%.40s\", which this ambit does not know; a newer one does",
                       name);
    ambit_free(name);
}

static bool is_declared(AmbitHdf *hdf, hid_t group)
{
    char *kind = ambit_results_read_text(hdf, group, "normalizer_kind");
    bool declared = kind && strcmp(kind, "declared") == 0;
    ambit_free(kind);
    return declared;
}

/* Scores that are not normalized have a normalizer of 1. */
static double *read_normalizer(AmbitHdf *hdf, hid_t group, const AmbitTargetResult *result)
{
    if (!result->metric || result->metric->normalized)
        return ambit_results_read_reals(hdf, group, result, "normalizer", 0, NULL);
    size_t count = ambit_result_n_conditions(result);
    double *ones = ambit_results_take(hdf, group, count, sizeof *ones);
    for (size_t i = 0; ones && i < count; i++)
        ones[i] = 1.0;
    return ones;
}

AmbitTargetResult *ambit_results_read_result(AmbitHdf *hdf, hid_t group)
{
    static const size_t axes[] = {AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_QUERY};
    AmbitTargetResult *result = ambit_results_take(hdf, group, 1, sizeof *result);
    if (!result)
        return NULL;
    read_metric(hdf, group, result);
    const AmbitScoreNames *names = result->metric ? &result->metric->names : NULL;
    ambit_results_read_axes(hdf, group, result);
    if (names) {
        result->mean = ambit_results_read_reals(hdf, group, result, names->mean, 2, axes);
        result->low = ambit_results_read_reals(hdf, group, result, names->low, 2, axes);
        result->high = ambit_results_read_reals(hdf, group, result, names->high, 2, axes);
        if (names->median)
            result->median = ambit_results_read_reals(hdf, group, result, names->median, 2, axes);
    }
    result->normalizer = read_normalizer(hdf, group, result);
    result->seconds = ambit_results_read_numbers(hdf, group, "seconds", 1, &result->n_columns,
                                                 H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, false);
    read_notes(hdf, group, result);
    result->normalizer_is_declared = is_declared(hdf, group);
    ambit_results_read_arrays(hdf, group, result);
    return result;
}

/* The probes whose names stand in the group's attribute. */
static unsigned read_probes(AmbitHdf *hdf, hid_t group)
{
    unsigned probes = 0;
    char *rest = NULL, *list = ambit_results_read_text(hdf, group, "probes"); // not in version 1
    for (char *name = list ? strtok_r(list, " ", &rest) : NULL; name;
         name = strtok_r(NULL, " ", &rest))
        if (ambit_probe_bit(name) >= 0)
            probes |= 1u << ambit_probe_bit(name);
    ambit_free(list);
    return probes;
}

static void read_target(AmbitHdf *hdf, hid_t targets, AmbitResultsSummary *summary, size_t i)
{
    hid_t group = ambit_hdf_child(hdf, targets, summary->names[i], H5I_GROUP);
    summary->descriptions[i] = ambit_hdf_get_text(hdf, group, "description");
    summary->splits[i] = ambit_results_read_text(hdf, group, "split");
    summary->probes[i] = read_probes(hdf, group);
    ambit_results_read_list(hdf, group, "trees", MOST_TREES, &summary->trees[i]);
    summary->results[i] = ambit_results_read_result(hdf, group);
    ambit_hdf_release(group);
}

static void read_targets(AmbitHdf *hdf, hid_t file, AmbitResultsSummary *summary)
{
    hid_t targets = ambit_hdf_child(hdf, file, "targets", H5I_GROUP);
    summary->names = ambit_hdf_names(hdf, targets, MOST_TARGETS, &summary->n_targets);
    size_t count = summary->n_targets;
    summary->descriptions = ambit_results_take(hdf, targets, count, sizeof *summary->descriptions);
    summary->splits = ambit_results_take(hdf, targets, count, sizeof *summary->splits);
    summary->probes = ambit_results_take(hdf, targets, count, sizeof *summary->probes);
    summary->trees = ambit_results_take(hdf, targets, count, sizeof *summary->trees);
    summary->results = ambit_results_take(hdf, targets, count, sizeof *summary->results);
    for (size_t i = 0; hdf->status == AMBIT_OK && i < count; i++)
        read_target(hdf, targets, summary, i);
    ambit_hdf_release(targets);
}

static void read_models(AmbitHdf *hdf, hid_t file, AmbitResultsSummary *summary)
{
    ambit_results_read_list(hdf, file, "models", MOST_MODELS, &summary->models);
    size_t count = summary->models.count;
    if (!count || !ambit_hdf_has_attribute(hdf, file, "n_parameters"))
        return;
    summary->n_parameters = ambit_results_take(hdf, file, count, sizeof *summary->n_parameters);
    ambit_hdf_get_list(hdf, file, "n_parameters", H5T_NATIVE_UINT64, summary->n_parameters, count);
}

AmbitStatus ambit_results_read(AmbitResultsSummary **result, const char *path, AmbitError *error)
{
    *result = NULL;
    AmbitHdf hdf = ambit_hdf_begin(error);
    hid_t file = ambit_origin_open_as(&hdf, path, AMBIT_RESULTS);
    AmbitResultsSummary *summary = ambit_results_take(&hdf, file, 1, sizeof *summary);
    if (summary) {
        ambit_origin_get(&hdf, file, &summary->origin);
        read_models(&hdf, file, summary);
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
        if (summary->splits)
            ambit_free(summary->splits[i]);
        if (summary->trees)
            ambit_results_free_list(&summary->trees[i]);
        if (summary->results)
            ambit_target_result_destroy(&summary->results[i]);
    }
    ambit_free(summary->names);
    ambit_free(summary->descriptions);
    ambit_free(summary->results);
    ambit_free(summary->splits);
    ambit_free(summary->probes);
    ambit_free(summary->trees);
    ambit_results_free_list(&summary->models);
    ambit_free(summary->n_parameters);
    ambit_origin_free(&summary->origin);
    ambit_free(summary);
    *pointer = NULL;
}
