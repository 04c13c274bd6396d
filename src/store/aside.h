// SPDX-License-Identifier: MIT
// A new HDF5 file written aside of its path and renamed when whole: under the path there is the old
// file or the complete new one, also after a crash.
#ifndef AMBIT_STORE_ASIDE_H
#define AMBIT_STORE_ASIDE_H

#include "hdf.h"

typedef struct AmbitAside {
    hid_t file;
    char *path;      // owned
    char *temporary; // owned: "PATH.tmpPID"
} AmbitAside;

/* `aside` is to be committed or discarded whatever the status. */
void ambit_aside_create(AmbitHdf *hdf, AmbitAside *aside, const char *path);

/* Flushes, closes, fsyncs and renames if hdf->status is AMBIT_OK; discards otherwise. */
void ambit_aside_commit(AmbitHdf *hdf, AmbitAside *aside);
void ambit_aside_discard(AmbitAside *aside);

#endif
