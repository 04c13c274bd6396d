// SPDX-License-Identifier: MIT
// Writing the axes of a target's group as dimension scales. In a file that joins runs the first run
// writes them, and the others must have the same.
#include "results.h"

#include "ambit/memory.h"
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The group under way. */
typedef struct Group {
    AmbitHdf *hdf;
    hid_t id;
    const AmbitTargetResult *result;
} Group;

/* Numbers have a unit, labels none (CF-1.10, §3.1). */
void ambit_results_put_caption(AmbitHdf *hdf, hid_t dataset, const AmbitCaption *words, hid_t type)
{
    ambit_hdf_put_text(hdf, dataset, "long_name", words->long_name);
    if (hdf->status == AMBIT_OK && H5Tget_class(type) != H5T_STRING)
        ambit_hdf_put_text(hdf, dataset, "units", words->units);
    ambit_hdf_put_text(hdf, dataset, "description", words->description);
}

static bool is_same_axis(const AmbitResultAxis *a, const AmbitResultAxis *b)
{
    if (a->length != b->length || !a->values != !b->values)
        return false;
    for (size_t i = 0; i < a->length; i++)
        if (a->values ? a->values[i] != b->values[i] : strcmp(a->labels[i], b->labels[i]) != 0)
            return false;
    return true;
}

/* Opens an axis that an earlier run has written; the coordinates must be the same. */
static hid_t open_scale(const Group *group, const AmbitResultAxis *axis, const char *name)
{
    AmbitHdf *hdf = group->hdf;
    AmbitResultAxis found = {.length = 0};
    ambit_results_read_lone_axis(hdf, group->id, name, &found);
    if (hdf->status == AMBIT_OK && !is_same_axis(axis, &found))
        ambit_hdf_fail(hdf, AMBIT_INVALID, group->id,
                       "axis %s has other coordinates than in an earlier run; join runs of one "
                       "evaluation",
                       name);
    ambit_results_free_lone_axis(&found);
    return ambit_hdf_child(hdf, group->id, name, H5I_DATASET);
}

/* One axis with its coordinates, under the name in `words`. */
static hid_t write_scale(const Group *group, const AmbitResultAxis *axis, const AmbitCaption *words,
                         hid_t file_type, hid_t memory_type, const void *values)
{
    AmbitHdf *hdf = group->hdf;
    hsize_t length = axis->length;
    if (hdf->status != AMBIT_OK)
        return -1;
    if (hdf->place && ambit_hdf_has(hdf, group->id, words->name))
        return open_scale(group, axis, words->name);
    hid_t space = H5Screate_simple(1, &length, NULL), dataset = -1;
    if (space >= 0 && file_type >= 0)
        dataset = H5Dcreate2(group->id, words->name, file_type, space, H5P_DEFAULT, H5P_DEFAULT,
                             H5P_DEFAULT);
    if (dataset < 0 || H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0 ||
        H5DSset_scale(dataset, words->name) < 0)
        ambit_hdf_fail(hdf, AMBIT_IO, group->id, "cannot write axis %s", words->name);
    ambit_results_put_caption(hdf, dataset, words, file_type);
    ambit_hdf_release(space);
    return dataset;
}

/* netCDF-4 reads no other text than that of variable length; ambit reads the attribute `labels`
 * (see hdf.h). */
static hid_t write_labels(const Group *group, const AmbitResultAxis *own)
{
    hid_t text = H5Tcopy(H5T_C_S1);
    if (H5Tset_size(text, H5T_VARIABLE) < 0 || H5Tset_cset(text, H5T_CSET_UTF8) < 0)
        ambit_hdf_fail(group->hdf, AMBIT_IO, group->id, "cannot make a text type");
    hid_t scale = write_scale(group, own, &own->words, text, text, own->labels);
    ambit_hdf_put_texts(group->hdf, scale, "labels", own->labels, own->length);
    ambit_hdf_release(text);
    return scale;
}

/* Whole numbers, where all coordinates are such. */
static int64_t *whole_numbers(const AmbitResultAxis *axis)
{
    int64_t *whole = ambit_alloc(axis->length, sizeof *whole);
    for (size_t i = 0; whole && i < axis->length; i++) {
        double value = axis->values[i];
        if (!(value >= 0 && value < 0x1p53 && value == floor(value))) {
            ambit_free(whole);
            return NULL;
        }
        whole[i] = (int64_t)value;
    }
    return whole;
}

/* A swept number is real, also where its values happen to be whole. */
hid_t ambit_results_write_axis(AmbitHdf *hdf, hid_t id, const AmbitTargetResult *result,
                               const AmbitResultAxis *own)
{
    const Group whole_group = {hdf, id, result}, *group = &whole_group;
    char name[AMBIT_AXIS_NAME_SIZE];
    bool is_sweep = group->result && own == &group->result->axes[AMBIT_AXIS_SWEEP];
    AmbitCaption words = own->words;
    if (own->labels)
        return write_labels(group, own);
    if (is_sweep) {
        ambit_results_sweep_axis(group->hdf, group->result, name);
        words.name = name;
    }
    int64_t *whole = is_sweep ? NULL : whole_numbers(own);
    hid_t scale =
        whole ? write_scale(group, own, &words, H5T_STD_I64LE, H5T_NATIVE_INT64, whole)
              : write_scale(group, own, &words, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, own->values);
    ambit_free(whole);
    return scale;
}
