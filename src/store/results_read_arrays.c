// SPDX-License-Identifier: MIT
// Reading the measurements that evaluation declared, for tables: not those of single prompts.
#include "results.h"

#include "ambit/memory.h"
#include <string.h>

/* The index of the axis `name`, which is read if it is the first time. */
static size_t read_axis(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result, const char *name)
{
    static const char *const names[AMBIT_N_AXES] = {"step", "", "predictor", "prompt", "k"};
    AmbitError *error = hdf->error;
    const AmbitWords words = {name, "", "", ""};
    size_t axis = 0;
    for (; axis < AMBIT_N_AXES; axis++)
        if (strcmp(name, names[axis]) == 0)
            return axis;
    size_t length = ambit_results_axis_length(hdf, group, name);
    hid_t dataset = ambit_hdf_child(hdf, group, name, H5I_DATASET);
    char **labels = NULL;
    double *values = NULL;
    if (hdf->status == AMBIT_OK && H5Aexists(dataset, "labels") > 0) {
        labels = ambit_results_take(hdf, dataset, length, sizeof *labels);
        if (labels)
            ambit_hdf_get_texts(hdf, dataset, "labels", labels, length);
    } else if (hdf->status == AMBIT_OK) {
        hid_t type = H5Dget_type(dataset);
        bool whole = H5Tget_class(type) == H5T_INTEGER;
        ambit_hdf_release(type);
        values =
            ambit_results_read_numbers(hdf, group, name, 1, &length,
                                       whole ? H5T_STD_I64LE : H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE);
    }
    if (hdf->status == AMBIT_OK)
        hdf->status = ambit_result_add_axis(result, &words, length, values, labels, &axis, error);
    for (size_t i = 0; labels && i < length; i++)
        ambit_free(labels[i]);
    ambit_free(labels);
    ambit_free(values);
    ambit_hdf_release(dataset);
    return axis;
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
        axes[rank++] = read_axis(hdf, group, result, name);
    }
    ambit_free(list);
    return rank;
}

/* Declares the array first: its memory is only taken once the file has shown to hold as much. */
static void read_array(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result, const char *name,
                       bool sweeps)
{
    size_t axes[AMBIT_ARRAY_RANK], shape[AMBIT_ARRAY_RANK + 2], lead = 0, index;
    hid_t dataset = ambit_hdf_child(hdf, group, name, H5I_DATASET);
    size_t rank = read_axes(hdf, group, dataset, result, axes);
    char *long_name = ambit_hdf_get_text(hdf, dataset, "long_name");
    if (result->steps)
        shape[lead++] = result->n_steps;
    if (sweeps)
        shape[lead++] = result->n_sweep;
    for (size_t i = 0; i < rank && hdf->status == AMBIT_OK; i++)
        shape[lead + i] = ambit_result_axis_length(result, axes[i]);
    double *values = NULL;
    if (hdf->status == AMBIT_OK)
        values = ambit_results_read_numbers(hdf, group, name, lead + rank, shape, H5T_IEEE_F64LE,
                                            H5T_NATIVE_DOUBLE);
    const AmbitWords words = {name, long_name, "", ""};
    if (hdf->status == AMBIT_OK)
        hdf->status = ambit_result_add_array(result, &words, false, rank, axes, &index, hdf->error);
    if (hdf->status == AMBIT_OK) {
        ambit_free(result->arrays[index].values);
        result->arrays[index].values = values;
        values = NULL;
    }
    ambit_free(values);
    ambit_free(long_name);
    ambit_hdf_release(dataset);
}

void ambit_results_read_arrays(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result)
{
    int64_t count = 0;
    char *names[AMBIT_MOST_ARRAYS] = {NULL};
    if (hdf->status != AMBIT_OK || H5Aexists(group, "n_measurements") <= 0) // version 1
        return;
    ambit_hdf_get(hdf, group, "n_measurements", H5T_NATIVE_INT64, &count);
    if (hdf->status == AMBIT_OK && (count < 0 || count > AMBIT_MOST_ARRAYS))
        ambit_hdf_fail(hdf, AMBIT_INVALID, group, "found %lld measurements, at most %d are read",
                       (long long)count, AMBIT_MOST_ARRAYS);
    if (hdf->status != AMBIT_OK || count == 0)
        return;
    ambit_hdf_get_texts(hdf, group, "measurements", names, (size_t)count);
    bool sweeps = H5Aexists(group, "sweep") > 0;
    for (size_t i = 0; i < (size_t)count; i++) {
        if (hdf->status == AMBIT_OK)
            read_array(hdf, group, result, names[i], sweeps);
        ambit_free(names[i]);
    }
}
