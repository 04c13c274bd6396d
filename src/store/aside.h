// SPDX-License-Identifier: MIT
// A new HDF5 file written aside of its path and renamed when whole: under the path there is the old
// file or the complete new one, also after a crash. HDF5 builds the file in memory and never meets
// the disk: after a failed write (a full disk) HDF5 1.10 can neither close the file nor exit
// without a crash (HDFFV-11052, h5py#914), and a training run must survive that.
#ifndef AMBIT_STORE_ASIDE_H
#define AMBIT_STORE_ASIDE_H

#include "hdf.h"

typedef struct AmbitAside {
    hid_t file;      // in memory
    int descriptor;  // of the temporary file, opened at once so that a bad path fails at once
    char *path;      // owned
    char *temporary; // owned: "PATH.tmp-ambit-PID"
    bool is_first;   // replaces nothing: an error if the path has a file by then
} AmbitAside;

/* `aside` is to be committed or discarded whatever the status. Temporary files that killed
 * processes left beside it are removed: of the same path, or of any checkpoint if it is one. */
void ambit_aside_create(AmbitHdf *hdf, AmbitAside *aside, const char *path);

/* The same with what an earlier file had in memory; its bytes so far, borrowed until it changes. */
void ambit_aside_open(AmbitHdf *hdf, AmbitAside *aside, const char *path, void *bytes,
                      size_t count);
size_t ambit_aside_image(AmbitHdf *hdf, const AmbitAside *aside, const void **bytes);

/* A whole file of any other kind, at once. */
void ambit_aside_write(AmbitHdf *hdf, const char *path, const void *bytes, size_t count);

/* Writes, fsyncs and renames if hdf->status is AMBIT_OK; discards otherwise. */
void ambit_aside_commit(AmbitHdf *hdf, AmbitAside *aside);
void ambit_aside_discard(AmbitAside *aside);

#endif
