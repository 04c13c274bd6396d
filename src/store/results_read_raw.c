// SPDX-License-Identifier: MIT
// Reading the errors of single prompts, which are kept compressed.
#include "origin.h"
#include "results.h"

#include "ambit/memory.h"

/* All of the dataset `name` over the target's axes, in the order of AmbitTargetResult; free with
 * ambit_free. */
static void *read_raw(AmbitHdf *hdf, hid_t group, const AmbitTargetResult *r, bool sweeps,
                      const char *name, hid_t file_type, hid_t memory_type)
{
    hsize_t found[AMBIT_ARRAY_RANK + 2], expected[AMBIT_ARRAY_RANK + 2], count = 1;
    size_t rank = 0;
    void *values = NULL;
    if (r->steps)
        expected[rank++] = r->n_steps;
    if (sweeps)
        expected[rank++] = r->n_sweep;
    expected[rank++] = r->n_columns;
    expected[rank++] = r->n_prompts;
    expected[rank++] = r->n_queries;
    hid_t dataset = ambit_hdf_child(hdf, group, name, H5I_DATASET);
    size_t found_rank = ambit_hdf_shape(hdf, dataset, AMBIT_ARRAY_RANK + 2, found);
    for (size_t i = 0; hdf->status == AMBIT_OK && i < rank; i++) {
        if (found_rank != rank || found[i] != expected[i])
            ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "found another shape than its axes have");
        count *= expected[i];
    }
    ambit_hdf_check_packed(hdf, dataset, file_type);
    if (hdf->status == AMBIT_OK)
        values = ambit_results_take(hdf, dataset, count, H5Tget_size(memory_type));
    if (hdf->status == AMBIT_OK &&
        H5Dread(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "the numbers cannot be read");
    ambit_hdf_release(dataset);
    return values;
}

AmbitStatus ambit_results_read_raw(AmbitResultsSummary *summary, size_t target, const char *path,
                                   AmbitError *error)
{
    AmbitTargetResult *r = summary->results[target];
    bool sweeps = summary->sweeps[target] != NULL;
    AmbitHdf hdf = ambit_hdf_begin(error);
    hid_t file = ambit_origin_open_as(&hdf, path, AMBIT_RESULTS);
    hid_t targets = ambit_hdf_child(&hdf, file, "targets", H5I_GROUP);
    hid_t group = ambit_hdf_child(&hdf, targets, summary->names[target], H5I_GROUP);
    ambit_results_drop_raw(r);
    r->squared_error =
        read_raw(&hdf, group, r, sweeps, "squared_error", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE);
    r->flag = read_raw(&hdf, group, r, sweeps, "flag", H5T_STD_U8LE, H5T_NATIVE_UCHAR);
    ambit_hdf_release(group);
    ambit_hdf_release(targets);
    ambit_hdf_close(file);
    if (hdf.status != AMBIT_OK)
        ambit_results_drop_raw(r);
    return hdf.status;
}

void ambit_results_drop_raw(AmbitTargetResult *result)
{
    ambit_free(result->squared_error);
    ambit_free(result->flag);
    result->squared_error = NULL;
    result->flag = NULL;
}
