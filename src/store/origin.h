// SPDX-License-Identifier: MIT
// Root attributes of every file that ambit writes: kind of content, schema version and provenance.
#ifndef AMBIT_STORE_ORIGIN_H
#define AMBIT_STORE_ORIGIN_H

#include "ambit/store.h"
#include "hdf.h"

/* Version of the files that are written; older versions are read too. README.md in this folder
 * lists the versions. */
enum { AMBIT_SCHEMA_VERSION = 4 };

/* Writes all attributes except wall_seconds, which is known only at the end. */
void ambit_origin_put(AmbitHdf *hdf, hid_t file, AmbitContent content, int64_t step,
                      const AmbitProvenance *provenance);
void ambit_origin_get(AmbitHdf *hdf, hid_t file, AmbitOrigin *origin);

/* The attribute that holds the file's seed: "seed", but "evaluation_seed" in results from schema
 * version 4 on. */
const char *ambit_origin_seed_name(AmbitHdf *hdf, hid_t file);

/* Fails unless the file is the one that `origin` was read from: another may have its name by now.
 */
void ambit_origin_expect(AmbitHdf *hdf, hid_t file, const AmbitOrigin *origin);
void ambit_origin_free(AmbitOrigin *origin);

/* Opens a file that ambit wrote for reading and checks its schema. */
hid_t ambit_origin_open(AmbitHdf *hdf, const char *path, AmbitContent *content);

/* The same, and checks what kind of file it is. */
hid_t ambit_origin_open_as(AmbitHdf *hdf, const char *path, AmbitContent content);

#endif
