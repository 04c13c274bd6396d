// SPDX-License-Identifier: MIT
// Reading the errors of single examples, which are kept compressed.
#include "origin.h"
#include "results.h"

#include "ambit/memory.h"

void ambit_results_read_scores(AmbitHdf *hdf, hid_t group, AmbitTargetResult *r)
{
    static const size_t axes[] = {AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_EXAMPLE, AMBIT_AXIS_QUERY};
    size_t shape[AMBIT_DATASET_RANK], rank = ambit_results_shape(r, 3, axes, shape);
    const char *scores = r->metric->names.scores;
    if (r->metric->normalized && !ambit_hdf_has(hdf, group, scores))
        scores = "squared_error"; // up to version 3
    ambit_results_drop_raw(r);
    r->error = ambit_results_read_numbers(hdf, group, scores, rank, shape, H5T_IEEE_F64LE,
                                          H5T_NATIVE_DOUBLE, true);
    r->flag = ambit_results_read_numbers(hdf, group, "flag", rank, shape, H5T_STD_U8LE,
                                         H5T_NATIVE_UCHAR, true);
    if (hdf->status != AMBIT_OK)
        ambit_results_drop_raw(r);
}

AmbitStatus ambit_results_read_raw(AmbitResultsSummary *summary, size_t target, const char *path,
                                   AmbitError *error)
{
    AmbitHdf hdf = ambit_hdf_begin(error);
    hid_t file = ambit_origin_open_as(&hdf, path, AMBIT_RESULTS);
    ambit_origin_expect(&hdf, file, &summary->origin);
    hid_t targets = ambit_hdf_child(&hdf, file, "targets", H5I_GROUP);
    hid_t group = ambit_hdf_child(&hdf, targets, summary->names[target], H5I_GROUP);
    ambit_results_read_scores(&hdf, group, summary->results[target]);
    ambit_hdf_release(group);
    ambit_hdf_release(targets);
    ambit_hdf_close(file);
    return hdf.status;
}

void ambit_results_drop_raw(AmbitTargetResult *result)
{
    ambit_free(result->error);
    ambit_free(result->flag);
    result->error = NULL;
    result->flag = NULL;
}
