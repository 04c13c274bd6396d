// SPDX-License-Identifier: MIT
// HDF5 attributes: scalars, lists and variable-length UTF-8 text.
#include "ambit/memory.h"
#include "hdf.h"

hid_t ambit_hdf_text_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 &&
        (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
        ambit_hdf_release(type);
        return -1;
    }
    return type;
}

/* Types are stored as they are in memory; HDF5 records the byte order. */
void ambit_hdf_put(AmbitHdf *hdf, hid_t object, const char *name, hid_t memory_type,
                   const void *values, size_t count)
{
    if (hdf->status != AMBIT_OK)
        return;
    hsize_t length = count;
    hid_t space = count == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &length, NULL);
    hid_t attribute = -1;
    if (space >= 0 && memory_type >= 0)
        attribute = H5Acreate2(object, name, memory_type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, memory_type, values) < 0)
        ambit_hdf_fail(hdf, AMBIT_IO, object, "cannot write attribute %s", name);
    ambit_hdf_release(attribute);
    ambit_hdf_release(space);
}

void ambit_hdf_put_texts(AmbitHdf *hdf, hid_t object, const char *name, char *const *texts,
                         size_t count)
{
    hid_t type = ambit_hdf_text_type();
    ambit_hdf_put(hdf, object, name, type, texts, count);
    ambit_hdf_release(type);
}

void ambit_hdf_put_text(AmbitHdf *hdf, hid_t object, const char *name, const char *text)
{
    hid_t type = ambit_hdf_text_type();
    const char *value = text ? text : "";
    ambit_hdf_put(hdf, object, name, type, &value, 0);
    ambit_hdf_release(type);
}

/* Opens an attribute that holds one value; −1 and a failure otherwise. */
static hid_t open_scalar(AmbitHdf *hdf, hid_t object, const char *name)
{
    if (hdf->status != AMBIT_OK)
        return -1;
    hid_t attribute = -1, space = -1;
    if (H5Aexists(object, name) > 0)
        attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute >= 0)
        space = H5Aget_space(attribute);
    if (space < 0 || H5Sget_simple_extent_npoints(space) != 1) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, object, "attribute %s is missing or not one value",
                       name);
        ambit_hdf_release(attribute);
        attribute = -1;
    }
    ambit_hdf_release(space);
    return attribute;
}

void ambit_hdf_get(AmbitHdf *hdf, hid_t object, const char *name, hid_t memory_type, void *value)
{
    hid_t attribute = open_scalar(hdf, object, name);
    if (attribute < 0)
        return;
    hid_t type = H5Aget_type(attribute);
    if (type < 0 || H5Tget_class(type) != H5Tget_class(memory_type) || H5Tget_size(type) > 8 ||
        H5Aread(attribute, memory_type, value) < 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, object, "attribute %s is not %s", name,
                       H5Tget_class(memory_type) == H5T_FLOAT ? "a real number" : "an integer");
    ambit_hdf_release(type);
    ambit_hdf_release(attribute);
}

char *ambit_hdf_get_text(AmbitHdf *hdf, hid_t object, const char *name)
{
    hid_t attribute = open_scalar(hdf, object, name);
    if (attribute < 0)
        return NULL;
    hid_t found = H5Aget_type(attribute), type = ambit_hdf_text_type();
    char *read = NULL, *text = NULL;
    if (found < 0 || H5Tis_variable_str(found) <= 0 || H5Aread(attribute, type, &read) < 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, object, "attribute %s is not readable text", name);
    else if (!(text = ambit_strdup(read ? read : "")))
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, object, "out of memory");
    H5free_memory(read);
    ambit_hdf_release(type);
    ambit_hdf_release(found);
    ambit_hdf_release(attribute);
    return text;
}
