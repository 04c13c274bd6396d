// SPDX-License-Identifier: MIT
// A thin layer over HDF5 for this room: located errors, sticky status, guarded reading. After a
// failure every call that takes an AmbitHdf does nothing (and returns −1 where it returns an id),
// so that a run of calls needs one check at its end. Ids are released by ambit_hdf_release.
#ifndef AMBIT_STORE_HDF_H
#define AMBIT_STORE_HDF_H

#include "ambit/status.h"
#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

enum { AMBIT_MOST_JOINED_AXES = 8 };

/* The run under way in a file that joins runs. Every dataset of such a file has the axes of the
 * runs in front, on which a run has an index each. */
typedef struct AmbitHdfPlace {
    size_t n_axes;
    const struct AmbitResultAxis *axes; // [n_axes] borrowed
    hsize_t index[AMBIT_MOST_JOINED_AXES];
} AmbitHdfPlace;

typedef struct AmbitHdf {
    AmbitStatus status;
    AmbitError *error;
    const char *remedy;         // for files at fault, said after what was found; NULL: none
    const AmbitHdfPlace *place; // NULL: the file is of one run
    hsize_t taken;              // bytes that datasets and texts have taken in the file so far
} AmbitHdf;

/* Follows the path in the name of a file under way, before the number of the process; messages
 * leave it out. Files of such names are removed, so it must be none that a user chooses. */
extern const char ambit_hdf_suffix[];

/* Starts a run of calls: HDF5's own error printing is turned off for this thread. */
AmbitHdf ambit_hdf_begin(AmbitError *error);

/* Records the first failure as "FILE:OBJECT: TEXT (HDF5's reason)"; later ones are dropped. `place`
 * is any id in the file, or negative if TEXT names the place itself. */
void ambit_hdf_fail(AmbitHdf *hdf, AmbitStatus status, hid_t place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Closes any id but a file's; negative ids are skipped. */
void ambit_hdf_release(hid_t id);

/* Opens a file for reading, all of it in memory. Closing it closes every id in it. AMBIT_IO if the
 * system fails to read it, AMBIT_INVALID if it is not there or not of this format. */
hid_t ambit_hdf_open(AmbitHdf *hdf, const char *path);
void ambit_hdf_close(hid_t file);

/* Creates a group whose links and attributes remember their order (netCDF-4 wants it). */
hid_t ambit_hdf_create_group(AmbitHdf *hdf, hid_t parent, const char *name);

/* Opens a group or dataset (type) under parent. Soft and external links are refused. */
hid_t ambit_hdf_child(AmbitHdf *hdf, hid_t parent, const char *name, H5I_type_t type);

/* Whether a group has this link, an object this attribute. Failing to find out is an error, since
 * what cannot be read would pass for what was never written. */
bool ambit_hdf_has(AmbitHdf *hdf, hid_t parent, const char *name);
bool ambit_hdf_has_attribute(AmbitHdf *hdf, hid_t object, const char *name);

/* Names of the links of `group` in order of creation, or of the alphabet where that was not kept,
 * and how many; at most `most` are accepted. Free each and the list with ambit_free. */
char **ambit_hdf_names(AmbitHdf *hdf, hid_t group, size_t most, size_t *count);

/* The dataset's shape, if its rank is at most `most`; returns the rank. */
size_t ambit_hdf_shape(AmbitHdf *hdf, hid_t dataset, size_t most, hsize_t *shape);

/* "1280×5" */
enum { AMBIT_HDF_SHAPE_TEXT = 192 };
void ambit_hdf_shape_text(char text[AMBIT_HDF_SHAPE_TEXT], size_t rank, const hsize_t *shape);

/* Checks that the file type is `type` or its other byte order, and that every byte is stored in
 * this file, uncompressed: memory to read it is then bounded by the file's size. */
void ambit_hdf_check_stored(AmbitHdf *hdf, hid_t dataset, hid_t type);

/* The same for what is stored shuffled and deflated, in small chunks: memory is then bounded by the
 * file's size times deflate's best ratio. */
void ambit_hdf_check_packed(AmbitHdf *hdf, hid_t dataset, hid_t type);

/* Counts bytes that are about to be read. What is there once may be linked to under many names:
 * more than twice the file's bytes are refused. */
void ambit_hdf_count(AmbitHdf *hdf, hid_t object, hsize_t bytes);

/* The part of a dataset that the run under way has, as a selection of the dataset's space and as a
 * space of its own, *memory; H5S_ALL of a file of one run. Release by ambit_hdf_release_space. */
hid_t ambit_hdf_part(AmbitHdf *hdf, hid_t dataset, hid_t *memory);
void ambit_hdf_release_space(hid_t space);

/* Attributes. A count of 0 makes a scalar. In a file of several runs, those of the first run stay.
 * Text is UTF-8 of fixed length, netCDF's own convention: HDF5 1.10 overruns its buffers when it
 * reads variable-length text from a damaged file. */
void ambit_hdf_put(AmbitHdf *hdf, hid_t object, const char *name, hid_t memory_type,
                   const void *values, size_t count);
void ambit_hdf_put_text(AmbitHdf *hdf, hid_t object, const char *name, const char *text);
void ambit_hdf_put_texts(AmbitHdf *hdf, hid_t object, const char *name, char *const *texts,
                         size_t count);

/* How many texts an attribute lists, at most `most`; 0: it is not there. */
size_t ambit_hdf_n_texts(AmbitHdf *hdf, hid_t object, const char *name, size_t most);

/* One integer or real, by memory type, and a list of exactly `count` of them. */
void ambit_hdf_get(AmbitHdf *hdf, hid_t object, const char *name, hid_t memory_type, void *value);
void ambit_hdf_get_list(AmbitHdf *hdf, hid_t object, const char *name, hid_t memory_type,
                        void *values, size_t count);
/* NULL on failure; free with ambit_free. */
char *ambit_hdf_get_text(AmbitHdf *hdf, hid_t object, const char *name);
/* A list of exactly `count` texts into texts [count], each to be freed with ambit_free. */
void ambit_hdf_get_texts(AmbitHdf *hdf, hid_t object, const char *name, char **texts, size_t count);

#endif
