// SPDX-License-Identifier: MIT
// Writing aside: temporary name in the same folder, fsync of file and folder around the rename.
#include "aside.h"

#include "ambit/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Metadata of the 1.8 format carries checksums, so that a damaged file is told apart; order of
 * creation is kept for netCDF-4 and for the digests. */
static hid_t create_file(const char *path)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE), file = -1;
    unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    if (access >= 0 && creation >= 0 && H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
        H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18) >= 0 &&
        H5Pset_file_locking(access, true, true) >= 0 &&
        H5Pset_link_creation_order(creation, order) >= 0 &&
        H5Pset_attr_creation_order(creation, order) >= 0)
        file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    return file;
}

void ambit_aside_create(AmbitHdf *hdf, AmbitAside *aside, const char *path)
{
    *aside = (AmbitAside){.file = -1};
    if (hdf->status != AMBIT_OK)
        return;
    size_t size = strlen(path) + 32;
    aside->path = ambit_strdup(path);
    aside->temporary = ambit_alloc(size, 1);
    if (!aside->path || !aside->temporary) {
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, -1, "%s: out of memory", path);
        return;
    }
    snprintf(aside->temporary, size, "%s.tmp%ld", path, (long)getpid());
    aside->file = create_file(aside->temporary);
    if (aside->file < 0)
        ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: cannot be created", aside->temporary);
}

/* fsync of a file or, with the name cut after its last slash, of its folder. */
static bool sync_path(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    bool ok = fsync(descriptor) == 0;
    int failure = errno;
    close(descriptor);
    errno = failure;
    return ok;
}

/* The rename has happened: a file system that cannot fsync folders (EINVAL) is no failure. */
static bool sync_folder_of(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash)
        return sync_path(".") || errno == EINVAL;
    char first = slash[1];
    slash[1] = '\0';
    bool ok = sync_path(path) || errno == EINVAL;
    slash[1] = first;
    return ok;
}

void ambit_aside_commit(AmbitHdf *hdf, AmbitAside *aside)
{
    if (hdf->status == AMBIT_OK && H5Fflush(aside->file, H5F_SCOPE_GLOBAL) < 0)
        ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: cannot be written", aside->temporary);
    if (hdf->status == AMBIT_OK) {
        herr_t closed = H5Fclose(aside->file);
        aside->file = -1;
        if (closed < 0)
            ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: cannot be completed", aside->temporary);
    }
    if (hdf->status == AMBIT_OK && !sync_path(aside->temporary))
        ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: cannot be synced: %s", aside->temporary,
                       strerror(errno));
    if (hdf->status == AMBIT_OK && rename(aside->temporary, aside->path) != 0)
        ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: cannot be renamed to %s: %s", aside->temporary,
                       aside->path, strerror(errno));
    if (hdf->status != AMBIT_OK) {
        ambit_aside_discard(aside);
        return;
    }
    if (!sync_folder_of(aside->path))
        ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: its folder cannot be synced: %s", aside->path,
                       strerror(errno));
    ambit_free(aside->temporary);
    ambit_free(aside->path);
    *aside = (AmbitAside){.file = -1};
}

void ambit_aside_discard(AmbitAside *aside)
{
    ambit_hdf_close(aside->file);
    if (aside->temporary)
        unlink(aside->temporary);
    ambit_free(aside->temporary);
    ambit_free(aside->path);
    *aside = (AmbitAside){.file = -1};
}
