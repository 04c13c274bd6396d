// SPDX-License-Identifier: MIT
// Reading datasets and texts of results. The file is not trusted: every dataset's type, shape and
// storage are checked before memory is taken for it.
#include "results.h"

#include "ambit/memory.h"

/* HDF5 gives a size of 0 where it cannot tell the size. */
void *ambit_results_take(AmbitHdf *hdf, hid_t place, size_t count, size_t size)
{
    void *memory = hdf->status == AMBIT_OK && size > 0 ? ambit_alloc(count, size) : NULL;
    if (!memory)
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, place, "out of memory");
    return memory;
}

void *ambit_results_read_numbers(AmbitHdf *hdf, hid_t group, const char *name, size_t rank,
                                 const size_t *shape, hid_t file_type, hid_t memory_type,
                                 bool packed)
{
    hsize_t found[AMBIT_DATASET_RANK];
    size_t count = 1;
    void *values = NULL;
    hid_t dataset = ambit_hdf_child(hdf, group, name, H5I_DATASET);
    size_t found_rank = ambit_hdf_shape(hdf, dataset, AMBIT_DATASET_RANK, found);
    size_t lead = hdf->place ? hdf->place->n_axes : 0;
    hsize_t expected[AMBIT_DATASET_RANK];
    bool same = lead + rank <= AMBIT_DATASET_RANK && found_rank == lead + rank;
    for (size_t i = 0; i < lead + rank && i < AMBIT_DATASET_RANK; i++) {
        expected[i] = i < lead ? hdf->place->axes[i].length : shape[i - lead];
        same = same && found[i] == expected[i];
        count *= i < lead ? 1 : shape[i - lead];
    }
    if (hdf->status == AMBIT_OK && !same) {
        char theirs[AMBIT_HDF_SHAPE_TEXT], ours[AMBIT_HDF_SHAPE_TEXT];
        ambit_hdf_shape_text(theirs, found_rank, found);
        ambit_hdf_shape_text(ours, lead + rank, expected);
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset,
                       "found another shape than its axes have: %s, expected %s", theirs, ours);
    }
    if (packed)
        ambit_hdf_check_packed(hdf, dataset, file_type);
    else
        ambit_hdf_check_stored(hdf, dataset, file_type);
    if (hdf->status == AMBIT_OK)
        values = ambit_results_take(hdf, dataset, count, H5Tget_size(memory_type));
    hid_t memory, part = ambit_hdf_part(hdf, dataset, &memory);
    if (hdf->status == AMBIT_OK &&
        H5Dread(dataset, memory_type, memory, part, H5P_DEFAULT, values) < 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "the numbers cannot be read");
    ambit_hdf_release_space(part);
    ambit_hdf_release_space(memory);
    ambit_hdf_release(dataset);
    return values;
}

size_t ambit_results_shape(const AmbitTargetResult *result, size_t rank, const size_t *axes,
                           size_t shape[AMBIT_DATASET_RANK])
{
    size_t lead = 0;
    for (size_t axis = AMBIT_AXIS_STEP; axis <= AMBIT_AXIS_SWEEP; axis++)
        if (result->axes[axis].words.name)
            shape[lead++] = result->axes[axis].length;
    for (size_t i = 0; i < rank; i++)
        shape[lead + i] = result->axes[axes[i]].length;
    return lead + rank;
}

double *ambit_results_read_reals(AmbitHdf *hdf, hid_t group, const AmbitTargetResult *result,
                                 const char *name, size_t rank, const size_t *axes)
{
    size_t shape[AMBIT_DATASET_RANK];
    size_t full_rank = ambit_results_shape(result, rank, axes, shape);
    return ambit_results_read_numbers(hdf, group, name, full_rank, shape, H5T_IEEE_F64LE,
                                      H5T_NATIVE_DOUBLE, false);
}

char *ambit_results_read_text(AmbitHdf *hdf, hid_t object, const char *name)
{
    return ambit_hdf_has_attribute(hdf, object, name) ? ambit_hdf_get_text(hdf, object, name)
                                                      : NULL;
}

void ambit_results_read_list(AmbitHdf *hdf, hid_t object, const char *name, size_t most,
                             AmbitTexts *list)
{
    size_t count = hdf->status == AMBIT_OK ? ambit_hdf_n_texts(hdf, object, name, most) : 0;
    list->texts = count ? ambit_results_take(hdf, object, count, sizeof *list->texts) : NULL;
    if (!list->texts)
        return;
    list->count = count;
    ambit_hdf_get_texts(hdf, object, name, list->texts, count);
}

void ambit_results_free_list(AmbitTexts *list)
{
    for (size_t i = 0; i < list->count; i++)
        ambit_free(list->texts[i]);
    ambit_free(list->texts);
    *list = (AmbitTexts){0};
}
