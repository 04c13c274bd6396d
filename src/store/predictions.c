// SPDX-License-Identifier: MIT
// Predictions made elsewhere, read for scoring: an HDF5 file with the attribute `evaluation_seed`
// (or `seed`) and the datasets /targets/NAME/prediction (sweep, prompt, k). It is not trusted.
#include "ambit/store.h"
#include "hdf.h"
#include "origin.h"

enum { MOST_RANK = 3 };

/* The dataset's file type if it is float32 or float64, for the check of its storage. */
static hid_t real_type(hid_t dataset)
{
    hid_t type = H5Dget_type(dataset);
    size_t size = type >= 0 ? H5Tget_size(type) : 0;
    ambit_hdf_release(type);
    return size == sizeof(float) ? H5T_IEEE_F32LE : H5T_IEEE_F64LE;
}

static void check_shape(AmbitHdf *hdf, hid_t dataset, const AmbitPredictorContext *context,
                        size_t n_queries)
{
    hsize_t shape[MOST_RANK];
    size_t rank = ambit_hdf_shape(hdf, dataset, MOST_RANK, shape);
    const hsize_t expected[MOST_RANK] = {context->n_sweep, context->n_prompts, n_queries};
    size_t first = context->n_sweep ? 0 : 1;
    bool same = rank == MOST_RANK - first;
    for (size_t i = 0; same && i < rank; i++)
        same = shape[i] == expected[first + i];
    if (hdf->status == AMBIT_OK && !same) {
        char theirs[AMBIT_HDF_SHAPE_TEXT], ours[AMBIT_HDF_SHAPE_TEXT];
        ambit_hdf_shape_text(theirs, rank, shape);
        ambit_hdf_shape_text(ours, MOST_RANK - first, expected + first);
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset,
                       "found another shape than prompts have here: %s, expected %s (%sprompts × "
                       "queries)",
                       theirs, ours, first ? "" : "swept values × ");
    }
}

static void check_seed(AmbitHdf *hdf, hid_t file, uint64_t expected)
{
    uint64_t seed = 0;
    ambit_hdf_get(hdf, file, ambit_origin_seed_name(hdf, file), H5T_NATIVE_UINT64, &seed);
    if (hdf->status == AMBIT_OK && seed != expected)
        ambit_hdf_fail(hdf, AMBIT_INVALID, file,
                       "predictions of the prompts of seed %llu, evaluation.seed is %llu",
                       (unsigned long long)seed, (unsigned long long)expected);
}

/* The prompts at the context's swept value. */
static void read_slab(AmbitHdf *hdf, hid_t dataset, const AmbitPredictorContext *context,
                      size_t n_queries, double *prediction)
{
    if (hdf->status != AMBIT_OK)
        return;
    const hsize_t start[] = {context->sweep, 0, 0};
    const hsize_t count[] = {1, context->n_prompts, n_queries};
    size_t first = context->n_sweep ? 0 : 1;
    hid_t space = H5Dget_space(dataset), memory = H5Screate_simple(2, count + 1, NULL);
    if (space < 0 || memory < 0 ||
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start + first, NULL, count + first, NULL) < 0 ||
        H5Dread(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, prediction) < 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "the numbers cannot be read");
    ambit_hdf_release(memory);
    ambit_hdf_release(space);
}

AmbitStatus ambit_predictions_read(const char *path, const AmbitPredictorContext *context,
                                   size_t n_queries, double *prediction, AmbitError *error)
{
    AmbitHdf hdf = ambit_hdf_begin(error);
    hid_t file = ambit_hdf_open(&hdf, path);
    hdf.remedy = "answer the prompts that `ambit export --prompts` writes under this config";
    check_seed(&hdf, file, context->key.seed);
    hid_t targets = ambit_hdf_child(&hdf, file, "targets", H5I_GROUP);
    hid_t group = ambit_hdf_child(&hdf, targets, context->name, H5I_GROUP);
    hid_t dataset = ambit_hdf_child(&hdf, group, "prediction", H5I_DATASET);
    check_shape(&hdf, dataset, context, n_queries);
    if (hdf.status == AMBIT_OK)
        ambit_hdf_check_stored(&hdf, dataset, real_type(dataset));
    read_slab(&hdf, dataset, context, n_queries, prediction);
    ambit_hdf_close(file);
    return hdf.status;
}
