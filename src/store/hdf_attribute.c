// SPDX-License-Identifier: MIT
// HDF5 attributes: numbers and fixed-length UTF-8 text, one or a list.
#include "ambit/file.h"
#include "ambit/memory.h"
#include "hdf.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_TEXT = 1 << 24 };

/* Types are stored as they are in memory; HDF5 records the byte order. */
void ambit_hdf_put(AmbitHdf *hdf, hid_t object, const char *name, hid_t memory_type,
                   const void *values, size_t count)
{
    if (hdf->status != AMBIT_OK || (hdf->place && ambit_hdf_has_attribute(hdf, object, name)))
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

static hid_t text_type(size_t size)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 && (H5Tset_size(type, size) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0 ||
                      H5Tset_strpad(type, H5T_STR_NULLPAD) < 0)) {
        ambit_hdf_release(type);
        return -1;
    }
    return type;
}

/* Writes text to `out` with "\xHH" for every byte that is not of a UTF-8 character; returns the
 * length. `out` is NULL for the length alone. */
static size_t put_utf8(const char *text, char *out)
{
    size_t length = 0;
    while (*text) {
        size_t size = ambit_utf8_size(text, strlen(text)), written = size ? size : 4;
        char escaped[8];
        snprintf(escaped, sizeof escaped, "\\x%02x", (unsigned)(unsigned char)*text);
        if (out)
            memcpy(out + length, size ? text : escaped, written);
        length += written;
        text += size ? size : 1;
    }
    return length;
}

/* The attribute says that it is UTF-8, and readers refuse it otherwise: file names may be any
 * bytes. */
void ambit_hdf_put_text(AmbitHdf *hdf, hid_t object, const char *name, const char *text)
{
    size_t length = put_utf8(text ? text : "", NULL);
    char *value = ambit_alloc(length + 1, 1);
    if (!value) {
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, object, "out of memory");
        return;
    }
    put_utf8(text ? text : "", value);
    hid_t type = text_type(length ? length : 1);
    ambit_hdf_put(hdf, object, name, type, value, 0);
    ambit_hdf_release(type);
    ambit_free(value);
}

void ambit_hdf_put_texts(AmbitHdf *hdf, hid_t object, const char *name, char *const *texts,
                         size_t count)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        size = strlen(texts[i]) > size ? strlen(texts[i]) : size;
    char *packed = ambit_alloc(count, size);
    if (!packed) {
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, object, "out of memory");
        return;
    }
    for (size_t i = 0; i < count; i++)
        memcpy(packed + i * size, texts[i], strlen(texts[i]));
    hid_t type = text_type(size);
    ambit_hdf_put(hdf, object, name, type, packed, count);
    ambit_hdf_release(type);
    ambit_free(packed);
}

/* Opens an attribute that holds `count` values; −1 and a failure otherwise. */
static hid_t open_attribute(AmbitHdf *hdf, hid_t object, const char *name, size_t count)
{
    if (hdf->status != AMBIT_OK)
        return -1;
    hid_t attribute = -1, space = -1;
    if (ambit_hdf_has_attribute(hdf, object, name))
        attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute >= 0)
        space = H5Aget_space(attribute);
    if (space < 0 || H5Sget_simple_extent_npoints(space) != (hssize_t)count) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, object, "attribute %s is missing or not %zu value%s",
                       name, count, count == 1 ? "" : "s");
        ambit_hdf_release(attribute);
        attribute = -1;
    }
    ambit_hdf_release(space);
    return attribute;
}

size_t ambit_hdf_n_texts(AmbitHdf *hdf, hid_t object, const char *name, size_t most)
{
    if (!ambit_hdf_has_attribute(hdf, object, name))
        return 0;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t space = attribute >= 0 ? H5Aget_space(attribute) : -1;
    hssize_t count = space >= 0 ? H5Sget_simple_extent_npoints(space) : -1;
    ambit_hdf_release(space);
    ambit_hdf_release(attribute);
    if (count < 0 || (size_t)count > most)
        ambit_hdf_fail(hdf, AMBIT_INVALID, object, "attribute %s is no list of at most %zu texts",
                       name, most);
    return hdf->status == AMBIT_OK ? (size_t)count : 0;
}

void ambit_hdf_get_list(AmbitHdf *hdf, hid_t object, const char *name, hid_t memory_type,
                        void *values, size_t count)
{
    hid_t attribute = open_attribute(hdf, object, name, count);
    if (attribute < 0)
        return;
    hid_t type = H5Aget_type(attribute);
    size_t size = type >= 0 ? H5Tget_size(type) : 0;
    if (size < 1 || size > 8 || H5Tget_class(type) != H5Tget_class(memory_type) ||
        H5Aread(attribute, memory_type, values) < 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, object, "attribute %s is not %s", name,
                       H5Tget_class(memory_type) == H5T_FLOAT ? "a real number" : "an integer");
    ambit_hdf_release(type);
    ambit_hdf_release(attribute);
}

void ambit_hdf_get(AmbitHdf *hdf, hid_t object, const char *name, hid_t memory_type, void *value)
{
    ambit_hdf_get_list(hdf, object, name, memory_type, value, 1);
}

/* The bytes of `count` texts of *size bytes each; free with ambit_free. */
static char *read_packed(AmbitHdf *hdf, hid_t object, const char *name, size_t count, size_t *size)
{
    hid_t attribute = open_attribute(hdf, object, name, count);
    if (attribute < 0)
        return NULL;
    char *packed = NULL;
    hid_t found = H5Aget_type(attribute), type = -1;
    *size = 0;
    if (found >= 0 && H5Tget_class(found) == H5T_STRING && H5Tis_variable_str(found) == 0)
        *size = H5Tget_size(found);
    if (*size > 0)
        ambit_hdf_count(hdf, object, *size * count);
    if (hdf->status != AMBIT_OK) {
        *size = 0; // told by now
    } else if (*size == 0 || *size > LONGEST_TEXT / count) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, object, "attribute %s is not text of fixed length",
                       name);
    } else if (!(packed = ambit_alloc(count, *size))) {
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, object, "out of memory");
    } else {
        type = text_type(*size);
        if (type < 0 || H5Aread(attribute, type, packed) < 0)
            ambit_hdf_fail(hdf, AMBIT_INVALID, object, "attribute %s cannot be read", name);
    }
    ambit_hdf_release(type);
    ambit_hdf_release(found);
    ambit_hdf_release(attribute);
    return packed;
}

void ambit_hdf_get_texts(AmbitHdf *hdf, hid_t object, const char *name, char **texts, size_t count)
{
    size_t size = 0;
    char *packed = read_packed(hdf, object, name, count, &size);
    for (size_t i = 0; i < count && hdf->status == AMBIT_OK; i++) {
        size_t length = strnlen(packed + i * size, size);
        texts[i] = ambit_alloc(length + 1, 1);
        if (texts[i])
            memcpy(texts[i], packed + i * size, length);
        else
            ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, object, "out of memory");
    }
    ambit_free(packed);
}

char *ambit_hdf_get_text(AmbitHdf *hdf, hid_t object, const char *name)
{
    char *text = NULL;
    ambit_hdf_get_texts(hdf, object, name, &text, 1);
    return text;
}
