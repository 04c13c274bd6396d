// SPDX-License-Identifier: MIT
// HDF5 links, shapes and errors. Files are in hdf_image.c, attributes in hdf_attribute.c.
#include "hdf.h"

#include "ambit/result.h"

#include "ambit/memory.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char ambit_hdf_suffix[] = ".tmp-ambit-";

AmbitHdf ambit_hdf_begin(AmbitError *error)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5Eclear2(H5E_DEFAULT);
    return (AmbitHdf){.error = error};
}

enum { REASON_SIZE = 256 };

/* The innermost entry of HDF5's error stack is the one that says what happened. */
static herr_t take_reason(unsigned depth, const H5E_error2_t *entry, void *reason)
{
    if (depth == 0 && entry->desc)
        snprintf(reason, REASON_SIZE, "%s", entry->desc);
    return 0;
}

void ambit_hdf_fail(AmbitHdf *hdf, AmbitStatus status, hid_t place, const char *format, ...)
{
    if (hdf->status != AMBIT_OK)
        return;
    char reason[REASON_SIZE] = "", text[512], file[400] = "", object[200] = "";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_reason, reason);
    if (strstr(reason,
               "errno = ")) // the system's word: whatever the file holds, it is not at fault
        status = AMBIT_IO;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (place >= 0) {
        H5Fget_name(place, file, sizeof file);
        char *under_way = strstr(file, ambit_hdf_suffix);
        if (under_way)
            *under_way = '\0';
        if (H5Iget_type(place) != H5I_FILE)
            H5Iget_name(place, object, sizeof object);
    }
    const char *remedy = status == AMBIT_INVALID && hdf->remedy ? hdf->remedy : "";
    hdf->status =
        ambit_error_set(hdf->error, status, "%s%s%s%s%s%s%s%s%s%s", file, *object ? ":" : "",
                        object, place >= 0 ? ": " : "", text, *reason ? " (" : "", reason,
                        *reason ? ")" : "", *remedy ? "; " : "", remedy);
    H5Eclear2(H5E_DEFAULT);
}

void ambit_hdf_release(hid_t id)
{
    if (id >= 0)
        H5Idec_ref(id);
}

hid_t ambit_hdf_create_group(AmbitHdf *hdf, hid_t parent, const char *name)
{
    if (hdf->status != AMBIT_OK)
        return -1;
    hid_t creation = H5Pcreate(H5P_GROUP_CREATE), group = -1;
    unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    if (creation >= 0 && H5Pset_link_creation_order(creation, order) >= 0 &&
        H5Pset_attr_creation_order(creation, order) >= 0)
        group = H5Gcreate2(parent, name, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (group < 0)
        ambit_hdf_fail(hdf, AMBIT_IO, parent, "cannot create group %s", name);
    ambit_hdf_release(creation);
    return group;
}

bool ambit_hdf_has(AmbitHdf *hdf, hid_t parent, const char *name)
{
    htri_t has = hdf->status == AMBIT_OK ? H5Lexists(parent, name, H5P_DEFAULT) : 0;
    if (has < 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, parent, "cannot look for %s", name);
    return has > 0;
}

bool ambit_hdf_has_attribute(AmbitHdf *hdf, hid_t object, const char *name)
{
    htri_t has = hdf->status == AMBIT_OK ? H5Aexists(object, name) : 0;
    if (has < 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, object, "cannot look for attribute %s", name);
    return has > 0;
}

hid_t ambit_hdf_child(AmbitHdf *hdf, hid_t parent, const char *name, H5I_type_t type)
{
    if (hdf->status != AMBIT_OK)
        return -1;
    const char *kind = type == H5I_GROUP ? "group" : "dataset";
    H5L_info_t link;
    if (!ambit_hdf_has(hdf, parent, name)) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, parent, "%s %s is missing", kind, name);
        return -1;
    }
    if (H5Lget_info(parent, name, &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, parent, "%s is a link, which is not followed", name);
        return -1;
    }
    hid_t child = H5Oopen(parent, name, H5P_DEFAULT);
    if (child < 0 || H5Iget_type(child) != type) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, parent, "%s is not a readable %s", name, kind);
        ambit_hdf_release(child);
        return -1;
    }
    return child;
}

/* The root group is asked as a group: a file has other properties. */
static bool keeps_order(hid_t parent)
{
    unsigned kept = 0;
    hid_t group = H5Gopen2(parent, ".", H5P_DEFAULT);
    hid_t creation = group < 0 ? -1 : H5Gget_create_plist(group);
    if (creation < 0 || H5Pget_link_creation_order(creation, &kept) < 0)
        kept = 0;
    ambit_hdf_release(creation);
    ambit_hdf_release(group);
    return kept & H5P_CRT_ORDER_TRACKED;
}

char **ambit_hdf_names(AmbitHdf *hdf, hid_t group, size_t most, size_t *count)
{
    enum { LONGEST_NAME = 255 };
    *count = 0;
    H5G_info_t info;
    if (hdf->status != AMBIT_OK)
        return NULL;
    if (H5Gget_info(group, &info) < 0 || info.nlinks > most) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, group, "not a group of at most %zu entries", most);
        return NULL;
    }
    H5_index_t order = keeps_order(group) ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
    char **names = ambit_alloc(info.nlinks, sizeof *names);
    if (!names)
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, group, "out of memory");
    for (; hdf->status == AMBIT_OK && *count < info.nlinks; ++*count) {
        char name[LONGEST_NAME + 1];
        ssize_t length = H5Lget_name_by_idx(group, ".", order, H5_ITER_INC, *count, name,
                                            sizeof name, H5P_DEFAULT);
        if (length < 0 || length > LONGEST_NAME) {
            ambit_hdf_fail(hdf, AMBIT_INVALID, group, "entry %zu has no usable name", *count);
            break;
        }
        names[*count] = ambit_strdup(name);
        if (!names[*count]) {
            ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, group, "out of memory");
            break;
        }
    }
    return names;
}

size_t ambit_hdf_shape(AmbitHdf *hdf, hid_t dataset, size_t most, hsize_t *shape)
{
    if (hdf->status != AMBIT_OK)
        return 0;
    hid_t space = H5Dget_space(dataset);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    if (rank < 0 || (size_t)rank > most || H5Sget_simple_extent_type(space) == H5S_NULL ||
        H5Sget_simple_extent_dims(space, shape, NULL) < 0) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "found rank %d, expected at most %zu", rank,
                       most);
        rank = 0;
    }
    ambit_hdf_release(space);
    return (size_t)rank;
}

void ambit_hdf_shape_text(char text[AMBIT_HDF_SHAPE_TEXT], size_t rank, const hsize_t *shape)
{
    size_t used = (size_t)snprintf(text, AMBIT_HDF_SHAPE_TEXT, rank ? "" : "one number");
    for (size_t i = 0; i < rank && used < AMBIT_HDF_SHAPE_TEXT; i++)
        used += (size_t)snprintf(text + used, AMBIT_HDF_SHAPE_TEXT - used, "%s%llu", i ? "×" : "",
                                 (unsigned long long)shape[i]);
}

/* Bytes that a dataset of this layout takes in its file if all of it is stored plainly; 0 if its
 * layout is not one of ours (virtual, external, compressed). */
static hsize_t plain_bytes(hid_t layout, size_t rank, const hsize_t *shape, size_t item)
{
    hsize_t chunk[H5S_MAX_RANK], n_chunks = 1, chunk_bytes = item, bytes = item;
    H5D_layout_t kind = H5Pget_layout(layout);
    int n_filters = H5Pget_nfilters(layout);
    for (size_t i = 0; i < rank; i++)
        if (shape[i] > UINT32_MAX || (bytes *= shape[i]) > (hsize_t)1 << 48)
            return 0;
    if (kind == H5D_COMPACT || (kind == H5D_CONTIGUOUS && H5Pget_external_count(layout) == 0))
        return n_filters == 0 ? bytes : 0;
    if (kind != H5D_CHUNKED || n_filters > 1 || H5Pget_chunk(layout, (int)rank, chunk) < 0)
        return 0;
    size_t n_values = 0;
    unsigned flags;
    if (n_filters == 1 &&
        H5Pget_filter2(layout, 0, &flags, &n_values, NULL, 0, NULL, NULL) != H5Z_FILTER_FLETCHER32)
        return 0;
    for (size_t i = 0; i < rank; i++) {
        if (chunk[i] == 0 || chunk[i] > shape[i])
            return 0;
        chunk_bytes *= chunk[i];
        n_chunks *= (shape[i] + chunk[i] - 1) / chunk[i];
    }
    return n_chunks * (chunk_bytes + 4 * (hsize_t)n_filters);
}

static bool is_type(hid_t found, hid_t type)
{
    hid_t other = H5Tcopy(type);
    H5T_order_t order = H5Tget_order(type) == H5T_ORDER_LE ? H5T_ORDER_BE : H5T_ORDER_LE;
    bool is = H5Tequal(found, type) > 0 ||
              (H5Tset_order(other, order) >= 0 && H5Tequal(found, other) > 0);
    ambit_hdf_release(other);
    return is;
}

static hsize_t file_bytes_of(hid_t object)
{
    hsize_t bytes = 0;
    hid_t file = H5Iget_file_id(object);
    if (file >= 0 && H5Fget_filesize(file, &bytes) < 0)
        bytes = 0;
    ambit_hdf_release(file);
    return bytes;
}

/* Bytes of a dataset that is stored shuffled and deflated in chunks of at most a mebibyte; 0 if its
 * layout is another or its shape is too large for a number of bytes. */
static hsize_t packed_bytes(hid_t layout, size_t rank, const hsize_t *shape, size_t item)
{
    static const H5Z_filter_t filters[] = {H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE};
    hsize_t chunk[H5S_MAX_RANK], chunk_bytes = item, bytes = item;
    if (H5Pget_layout(layout) != H5D_CHUNKED || H5Pget_nfilters(layout) != 2 ||
        H5Pget_chunk(layout, (int)rank, chunk) < 0)
        return 0;
    for (unsigned i = 0; i < 2; i++) {
        size_t n_values = 0;
        unsigned flags;
        if (H5Pget_filter2(layout, i, &flags, &n_values, NULL, 0, NULL, NULL) != filters[i])
            return 0;
    }
    for (size_t i = 0; i < rank; i++)
        if (shape[i] > UINT32_MAX || (bytes *= shape[i]) > (hsize_t)1 << 48 ||
            chunk[i] > shape[i] || (chunk_bytes *= chunk[i]) > (hsize_t)1 << 20)
            return 0;
    return bytes;
}

void ambit_hdf_count(AmbitHdf *hdf, hid_t object, hsize_t bytes)
{
    for (size_t i = 0; hdf->place && i < hdf->place->n_axes; i++)
        bytes /= hdf->place->axes[i].length; // every run takes its part
    hdf->taken += bytes;
    if (hdf->status == AMBIT_OK && hdf->taken / 2 > file_bytes_of(object))
        ambit_hdf_fail(hdf, AMBIT_INVALID, object,
                       "by now %llu bytes are to be read, more than the file has: the same ones "
                       "under many names",
                       (unsigned long long)hdf->taken);
}

/* Whether the dataset has this type; a failure if not. */
static bool check_type(AmbitHdf *hdf, hid_t dataset, hid_t type)
{
    hid_t found = H5Dget_type(dataset);
    bool is = found >= 0 && is_type(found, type);
    ambit_hdf_release(found);
    if (!is)
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset,
                       "found another number type, expected %zu-bit %s", 8 * H5Tget_size(type),
                       H5Tget_class(type) == H5T_FLOAT ? "floats" : "integers");
    return is;
}

/* Fills the bytes that the dataset takes by its shape, as `count` reckons them, and as it is
 * stored, which are at most the file's; false and a failure if it is of another type. */
static bool measure(AmbitHdf *hdf, hid_t dataset, hid_t type,
                    hsize_t (*count)(hid_t, size_t, const hsize_t *, size_t), hsize_t *expected,
                    hsize_t *stored)
{
    hsize_t shape[H5S_MAX_RANK], most = file_bytes_of(dataset);
    size_t rank = ambit_hdf_shape(hdf, dataset, H5S_MAX_RANK, shape);
    if (hdf->status != AMBIT_OK || !check_type(hdf, dataset, type))
        return false;
    hid_t layout = H5Dget_create_plist(dataset);
    *expected = layout < 0 ? 0 : count(layout, rank, shape, H5Tget_size(type));
    *stored = H5Dget_storage_size(dataset);
    ambit_hdf_release(layout);
    if (*stored > most)
        *expected = 0;
    ambit_hdf_count(hdf, dataset, *stored);
    return hdf->status == AMBIT_OK;
}

void ambit_hdf_check_stored(AmbitHdf *hdf, hid_t dataset, hid_t type)
{
    hsize_t expected, stored;
    if (hdf->status != AMBIT_OK || !measure(hdf, dataset, type, plain_bytes, &expected, &stored))
        return;
    if (expected == 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset,
                       "is not stored plainly in this file, without compression");
    else if (stored != expected)
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset,
                       "found %llu bytes, expected %llu stored plainly in this file",
                       (unsigned long long)stored, (unsigned long long)expected);
}

void ambit_hdf_check_packed(AmbitHdf *hdf, hid_t dataset, hid_t type)
{
    enum { MOST_PER_BYTE = 1032 }; // of deflate
    hsize_t expected, stored;
    if (hdf->status == AMBIT_OK && measure(hdf, dataset, type, packed_bytes, &expected, &stored) &&
        (expected == 0 || stored < expected / MOST_PER_BYTE))
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset,
                       "found %llu bytes for %llu, which is not how ambit keeps raw numbers",
                       (unsigned long long)stored, (unsigned long long)expected);
}

void ambit_hdf_release_space(hid_t space)
{
    if (space > 0 && space != H5S_ALL)
        H5Sclose(space);
}

hid_t ambit_hdf_part(AmbitHdf *hdf, hid_t dataset, hid_t *memory)
{
    enum { MOST_RANK = 32 };
    hsize_t shape[MOST_RANK], start[MOST_RANK] = {0}, one[MOST_RANK];
    *memory = H5S_ALL;
    if (hdf->status != AMBIT_OK || !hdf->place)
        return H5S_ALL;
    hid_t space = H5Dget_space(dataset);
    int lead = (int)hdf->place->n_axes, rank = -1;
    if (space >= 0)
        rank = H5Sget_simple_extent_ndims(space);
    bool ok =
        rank >= lead && rank <= MOST_RANK && H5Sget_simple_extent_dims(space, shape, NULL) >= 0;
    for (int i = 0; ok && i < rank; i++) {
        start[i] = i < lead ? hdf->place->index[i] : 0;
        one[i] = i < lead ? 1 : shape[i];
    }
    if (ok && rank > 0)
        ok = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, one, NULL) >= 0;
    if (ok)
        *memory = rank == lead ? H5Screate(H5S_SCALAR)
                               : H5Screate_simple(rank - lead, shape + lead, NULL);
    if (!ok || *memory < 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "has no part for a run");
    return space;
}
