// SPDX-License-Identifier: MIT
// Reading the measurements that evaluation declared, for tables: not those of single examples.
#include "results.h"

#include "ambit/memory.h"
#include <string.h>

const char *const ambit_shown_names[AMBIT_N_SHOWN] = {"whole", "each", "first", "nearest", "no"};

/* Up to schema version 3 a measurement did not say how it is shown, and differences had another
 * name. Others of that time are shown whole. */
static const struct {
    const char *old;
    AmbitMeasure measure;
} old_measures[] = {
    {"distance", {.words.name = "distance", .shown = AMBIT_SHOWN_FIRST}},
    {"ilwd", {.words.name = "ilwd", .shown = AMBIT_SHOWN_FIRST}},
    {"relative_distance", {.words.name = "relative_distance", .shown = AMBIT_SHOWN_NEAREST}},
    {"flagged", {.words.name = "flagged", .shown = AMBIT_SHOWN_NOT}},
    {"regret",
     {.words.name = "difference",
      .headline = true,
      .shown = AMBIT_SHOWN_EACH,
      .low = "difference_low",
      .high = "difference_high"}},
    {"regret_low", {.words.name = "difference_low", .shown = AMBIT_SHOWN_NOT}},
    {"regret_high", {.words.name = "difference_high", .shown = AMBIT_SHOWN_NOT}}};

static AmbitMeasure old_measure(const char *name)
{
    for (size_t i = 0; i < sizeof old_measures / sizeof *old_measures; i++)
        if (strcmp(name, old_measures[i].old) == 0)
            return old_measures[i].measure;
    return (AmbitMeasure){.words.name = name};
}

/* What a dataset says of itself. `shown` and `beside` (names of the interval's ends) keep the texts
 * that the measure points into. */
static AmbitMeasure read_measure(AmbitHdf *hdf, hid_t dataset, const char *name, const char *shown,
                                 char *beside)
{
    AmbitMeasure measure = {.words.name = name};
    char *rest = NULL;
    if (!shown)
        return old_measure(name);
    while (measure.shown < AMBIT_N_SHOWN && strcmp(shown, ambit_shown_names[measure.shown]) != 0)
        measure.shown++;
    if (measure.shown == AMBIT_N_SHOWN)
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "is to be shown as \"%.40s\", not known here",
                       shown);
    measure.headline = ambit_hdf_has_attribute(hdf, dataset, "headline");
    measure.fixed = ambit_hdf_has_attribute(hdf, dataset, "fixed");
    measure.low = beside ? strtok_r(beside, " ", &rest) : NULL;
    measure.high = measure.low ? strtok_r(NULL, " ", &rest) : NULL;
    if (!measure.high)
        measure.low = NULL;
    return measure;
}

/* The axes that the attribute `axes` of a dataset lists. */
static size_t read_axes(AmbitHdf *hdf, hid_t group, hid_t dataset, AmbitTargetResult *result,
                        size_t axes[AMBIT_ARRAY_RANK])
{
    size_t rank = 0;
    char *rest = NULL, *list = ambit_hdf_get_text(hdf, dataset, "axes");
    for (char *name = list ? strtok_r(list, " ", &rest) : NULL; name;
         name = strtok_r(NULL, " ", &rest)) {
        if (rank == AMBIT_ARRAY_RANK)
            ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "found more than %d axes",
                           AMBIT_ARRAY_RANK);
        if (hdf->status != AMBIT_OK)
            break;
        axes[rank++] = ambit_results_read_axis(hdf, group, result, name);
    }
    ambit_free(list);
    return rank;
}

static double *read_measured(AmbitHdf *hdf, hid_t group, const AmbitTargetResult *result,
                             const AmbitMeasure *measure, const char *name, size_t rank,
                             const size_t *axes)
{
    size_t shape[AMBIT_ARRAY_RANK];
    if (!measure->fixed)
        return ambit_results_read_reals(hdf, group, result, name, rank, axes);
    for (size_t i = 0; i < rank; i++)
        shape[i] = result->axes[axes[i]].length;
    return ambit_results_read_numbers(hdf, group, name, rank, shape, H5T_IEEE_F64LE,
                                      H5T_NATIVE_DOUBLE, false);
}

/* Declares the array once its values are read: memory is only taken for what the file holds. */
static void read_array(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result, const char *name)
{
    size_t axes[AMBIT_ARRAY_RANK], index;
    double *values = NULL;
    hid_t dataset = ambit_hdf_child(hdf, group, name, H5I_DATASET);
    size_t rank = read_axes(hdf, group, dataset, result, axes);
    char *long_name = ambit_hdf_get_text(hdf, dataset, "long_name");
    char *units = ambit_results_read_text(hdf, dataset, "units");
    char *description = ambit_results_read_text(hdf, dataset, "description");
    char *shown = ambit_results_read_text(hdf, dataset, "shown");
    char *beside = ambit_results_read_text(hdf, dataset, "ancillary_variables");
    AmbitMeasure measure = read_measure(hdf, dataset, name, shown, beside);
    measure.words = (AmbitCaption){measure.words.name, long_name, units ? units : "",
                                   description ? description : ""};
    if (hdf->status == AMBIT_OK)
        values = read_measured(hdf, group, result, &measure, name, rank, axes);
    if (hdf->status == AMBIT_OK)
        hdf->status = ambit_result_add_array(result, &measure, rank, axes, &index, hdf->error);
    if (hdf->status == AMBIT_OK) {
        ambit_free(result->arrays[index].values);
        result->arrays[index].values = values;
        values = NULL;
    }
    ambit_free(values);
    ambit_free(long_name);
    ambit_free(units);
    ambit_free(description);
    ambit_free(shown);
    ambit_free(beside);
    ambit_hdf_release(dataset);
}

void ambit_results_read_arrays(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result)
{
    int64_t count = 0;
    char *names[AMBIT_MOST_ARRAYS] = {NULL};
    if (!ambit_hdf_has_attribute(hdf, group, "n_measurements")) // schema version 1
        return;
    ambit_hdf_get(hdf, group, "n_measurements", H5T_NATIVE_INT64, &count);
    if (hdf->status == AMBIT_OK && (count < 0 || count > AMBIT_MOST_ARRAYS))
        ambit_hdf_fail(hdf, AMBIT_INVALID, group, "found %lld measurements, at most %d are read",
                       (long long)count, AMBIT_MOST_ARRAYS);
    if (hdf->status != AMBIT_OK || count == 0)
        return;
    ambit_hdf_get_texts(hdf, group, "measurements", names, (size_t)count);
    for (size_t i = 0; i < (size_t)count; i++) {
        if (hdf->status == AMBIT_OK)
            read_array(hdf, group, result, names[i]);
        ambit_free(names[i]);
    }
}
