// SPDX-License-Identifier: MIT
// Opening HDF5 files: their bytes are read here, and a file driver of our own shows them to HDF5.
// It never meets the disk: after a failed read HDF5 1.10 may crash when it closes the file or when
// the program ends, and a failed read looks to it like a damaged file. Nor does it gather what it
// reads as with its own drivers, where it crashes at addresses near the greatest.
#include "hdf.h"

#include "ambit/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

/* An open file as the driver knows it. */
typedef struct Image {
    H5FD_t hdf5; // HDF5's own part, first
    haddr_t end; // of what HDF5 says it uses
    size_t size;
    char *bytes;
} Image;

static void free_image(Image *image)
{
    if (image)
        ambit_free(image->bytes);
    ambit_free(image);
}

/* The access properties hold the address of the caller's pointer, which this call takes over. */
static H5FD_t *open_driver(const char *name, unsigned flags, hid_t access, haddr_t most)
{
    (void)name, (void)flags, (void)most;
    Image **const *given = H5Pget_driver_info(access);
    Image *image = given ? **given : NULL;
    if (image)
        **given = NULL;
    return (H5FD_t *)image;
}

static herr_t close_driver(H5FD_t *file)
{
    free_image((Image *)file);
    return 0;
}

static herr_t no_features(const H5FD_t *file, unsigned long *flags)
{
    (void)file;
    *flags = 0;
    return 0;
}

static haddr_t get_end(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const Image *)file)->end;
}

static herr_t set_end(H5FD_t *file, H5FD_mem_t type, haddr_t end)
{
    (void)type;
    ((Image *)file)->end = end;
    return 0;
}

static haddr_t get_size(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const Image *)file)->size;
}

static herr_t read_bytes(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t place, size_t count,
                         void *to)
{
    (void)type, (void)transfer;
    const Image *image = (const Image *)file;
    if (place > image->size || count > image->size - place)
        return -1;
    memcpy(to, image->bytes + place, count);
    return 0;
}

static herr_t write_nothing(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t place,
                            size_t count, const void *from)
{
    (void)file, (void)type, (void)transfer, (void)place, (void)count, (void)from;
    return -1;
}

static const H5FD_class_t driver = {
#ifdef H5FD_CLASS_VERSION
    .version = H5FD_CLASS_VERSION,
    .value = 512, // the first of those for one program's own use
#endif
    .name = "ambit",
    .maxaddr = HADDR_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(Image **),
    .open = open_driver,
    .close = close_driver,
    .query = no_features,
    .get_eoa = get_end,
    .set_eoa = set_end,
    .get_eof = get_size,
    .read = read_bytes,
    .write = write_nothing,
    .fl_map = H5FD_FLMAP_SINGLE,
};

static bool is_absent(int number)
{
    return number == ENOENT || number == ENOTDIR || number == ELOOP;
}

static bool read_all(int descriptor, char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t got = read(descriptor, bytes, count);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        bytes += got;
        count -= (size_t)got;
    }
    return true;
}

/* Returns false, and reports nothing, if another machine has replaced the file meanwhile. */
static bool read_image(AmbitHdf *hdf, const char *path, int descriptor, Image *image)
{
    static const char signature[8] = "\211HDF\r\n\032\n";
    char start[sizeof signature] = "";
    struct stat file;
    if (fstat(descriptor, &file) != 0) {
        ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: %s", path, ambit_system_text(errno));
    } else if (!S_ISREG(file.st_mode)) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1, "%s: not a file; give the name of one", path);
    } else if (pread(descriptor, start, sizeof start, 0) < 0) {
        if (errno == ESTALE)
            return false;
        ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: cannot be read: %s", path, ambit_system_text(errno));
    } else if (memcmp(start, "ambit: a", sizeof start) == 0) { // results_partial.c
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1,
                       "%s: an unfinished evaluation; run `ambit evaluate` again, which goes on",
                       path);
    } else if (memcmp(start, signature, sizeof start) != 0) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1,
                       "%s: not an HDF5 file; give one, or copy it again if it was", path);
    } else if (file.st_size / sysconf(_SC_PAGESIZE) >= sysconf(_SC_PHYS_PAGES)) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1,
                       "%s: takes %lld bytes, more than this machine's memory; copy it again", path,
                       (long long)file.st_size);
    } else {
        image->size = (size_t)file.st_size;
        image->bytes = ambit_alloc(image->size, 1);
        errno = 0;
        if (!image->bytes)
            ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, -1, "%s: no memory for its %zu bytes", path,
                           image->size);
        else if (!read_all(descriptor, image->bytes, image->size) && errno != ESTALE)
            ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: cannot be read: %s", path,
                           errno ? ambit_system_text(errno) : "it became shorter");
        return errno != ESTALE;
    }
    return true;
}

/* Opens the file and reads it, several times if it is replaced meanwhile. */
static void load_image(AmbitHdf *hdf, const char *path, Image *image)
{
    enum { MOST_TRIES = 4 };
    bool whole = false;
    for (int tries = 0; tries < MOST_TRIES && hdf->status == AMBIT_OK && !whole; tries++) {
        ambit_free(image->bytes);
        image->bytes = NULL;
        int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe must not wait
        if (descriptor >= 0)
            whole = read_image(hdf, path, descriptor, image);
        else if (errno != ESTALE)
            ambit_hdf_fail(hdf, is_absent(errno) ? AMBIT_INVALID : AMBIT_IO, -1, "%s: %s", path,
                           ambit_system_text(errno));
        if (descriptor >= 0)
            close(descriptor);
    }
    if (!whole)
        ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: %s", path, ambit_system_text(ESTALE));
}

/* Stays registered: HDF5 1.10 still looks at a driver after it has closed the last file of it. */
static hid_t driver_id(void)
{
    static hid_t id = -1;
    if (id < 0 || H5Iget_type(id) != H5I_VFL)
        id = H5FDregister(&driver);
    return id;
}

/* Takes over *image if it can be opened. */
static hid_t open_image(AmbitHdf *hdf, const char *path, Image **image)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), file = -1;
    if (access >= 0 && H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
        H5Pset_driver(access, driver_id(), &image) >= 0)
        file = H5Fopen(path, H5F_ACC_RDONLY, access);
    if (file < 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1, "%s: cannot be opened; copy it again", path);
    ambit_hdf_release(access);
    return file;
}

hid_t ambit_hdf_open(AmbitHdf *hdf, const char *path)
{
    hid_t file = -1;
    if (hdf->status != AMBIT_OK)
        return -1;
    Image *image = ambit_alloc(1, sizeof *image);
    if (image)
        load_image(hdf, path, image);
    else
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, -1, "%s: out of memory", path);
    if (hdf->status == AMBIT_OK)
        file = open_image(hdf, path, &image);
    free_image(image);
    return file;
}

void ambit_hdf_close(hid_t file)
{
    if (file >= 0)
        H5Fclose(file);
}
