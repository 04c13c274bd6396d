// SPDX-License-Identifier: MIT
// Root attributes that every file of ambit has: what it is, in which schema, and where from.
#ifndef AMBIT_STORE_ORIGIN_H
#define AMBIT_STORE_ORIGIN_H

#include "ambit/store.h"
#include "hdf.h"

/* Of the files written; those of older versions are read too. README.md beside this file says what
 * each version holds. */
enum { AMBIT_SCHEMA_VERSION = 4 };

/* All but wall_seconds, which is known last. */
void ambit_origin_put(AmbitHdf *hdf, hid_t file, AmbitContent content, int64_t step,
                      const AmbitProvenance *provenance);
void ambit_origin_get(AmbitHdf *hdf, hid_t file, AmbitOrigin *origin);
void ambit_origin_free(AmbitOrigin *origin);

/* Opens a file that ambit wrote for reading and checks its schema. */
hid_t ambit_origin_open(AmbitHdf *hdf, const char *path, AmbitContent *content);

/* The same, and checks what kind of file it is. */
hid_t ambit_origin_open_as(AmbitHdf *hdf, const char *path, AmbitContent content);

#endif
