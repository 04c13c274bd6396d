// SPDX-License-Identifier: MIT
// Opening HDF5 files: their bytes are read here, and HDF5 sees them in memory. It never meets the
// disk: after a failed read HDF5 1.10 may crash when it closes the file or when the program ends,
// and a failed read looks to it like a damaged file.
#include "hdf.h"

#include "ambit/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Shared by the file and the property lists that HDF5 makes of the one that opens it. */
typedef struct Image {
    size_t n_holders, size;
    void *bytes; // not zeroed, not copied
} Image;

static void *take(void *image)
{
    ((Image *)image)->n_holders++;
    return image;
}

static herr_t drop(void *held)
{
    Image *image = held;
    if (--image->n_holders == 0) {
        ambit_free(image->bytes);
        ambit_free(image);
    }
    return 0;
}

/* The open file holds the bytes too, and says so in no other way. */
static void *give_bytes(size_t size, H5FD_file_image_op_t operation, void *image)
{
    (void)size;
    if (operation == H5FD_FILE_IMAGE_OP_FILE_OPEN)
        take(image);
    return ((Image *)image)->bytes;
}

static void *keep_place(void *to, const void *from, size_t size, H5FD_file_image_op_t operation,
                        void *image)
{
    (void)from, (void)size, (void)operation, (void)image;
    return to;
}

static void *refuse_growth(void *bytes, size_t size, H5FD_file_image_op_t operation, void *image)
{
    (void)bytes, (void)size, (void)operation, (void)image;
    return NULL;
}

static herr_t keep_bytes(void *bytes, H5FD_file_image_op_t operation, void *image)
{
    (void)bytes;
    return operation == H5FD_FILE_IMAGE_OP_FILE_CLOSE ? drop(image) : 0;
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

static void read_image(AmbitHdf *hdf, const char *path, int descriptor, Image *image)
{
    static const char signature[8] = "\211HDF\r\n\032\n";
    char start[sizeof signature] = "";
    struct stat file;
    if (fstat(descriptor, &file) != 0) {
        ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: %s", path, ambit_system_text(errno));
    } else if (!S_ISREG(file.st_mode)) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1, "%s: not a file; give the name of one", path);
    } else if (pread(descriptor, start, sizeof start, 0) < 0) {
        ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: cannot be read: %s", path, ambit_system_text(errno));
    } else if (memcmp(start, signature, sizeof start) != 0) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1,
                       "%s: not an HDF5 file; give one, or copy it again if it was", path);
    } else {
        image->size = (size_t)file.st_size;
        image->bytes = ambit_alloc(image->size, 1);
        errno = 0;
        if (!image->bytes)
            ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, -1, "%s: no memory for its %zu bytes", path,
                           image->size);
        else if (!read_all(descriptor, image->bytes, image->size))
            ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: cannot be read: %s", path,
                           errno ? ambit_system_text(errno) : "it became shorter");
    }
}

/* Under the name "PATH/", since HDF5 takes no image for a file that exists. What HDF5 cannot open
 * in memory is not the disk's fault. */
static hid_t open_image(AmbitHdf *hdf, const char *path, Image *image)
{
    H5FD_file_image_callbacks_t callbacks = {give_bytes, keep_place, refuse_growth, keep_bytes,
                                             take,       drop,       image};
    size_t size = strlen(path) + 2;
    char *name = ambit_alloc(size, 1);
    hid_t access = name ? H5Pcreate(H5P_FILE_ACCESS) : -1, file = -1;
    if (name)
        snprintf(name, size, "%s/", path);
    if (access >= 0 && H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
        H5Pset_fapl_core(access, image->size, false) >= 0 &&
        H5Pset_file_image_callbacks(access, &callbacks) >= 0 &&
        H5Pset_file_image(access, image->bytes, image->size) >= 0)
        file = H5Fopen(name, H5F_ACC_RDONLY, access);
    if (file < 0)
        ambit_hdf_fail(hdf, name ? AMBIT_INVALID : AMBIT_NO_MEMORY, -1,
                       "%s: cannot be opened; copy it again", path);
    ambit_hdf_release(access);
    ambit_free(name);
    return file;
}

hid_t ambit_hdf_open(AmbitHdf *hdf, const char *path)
{
    hid_t file = -1;
    if (hdf->status != AMBIT_OK)
        return -1;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe must not wait
    Image *image = ambit_alloc(1, sizeof *image);
    if (descriptor < 0)
        ambit_hdf_fail(hdf, errno == ENOENT || errno == ENOTDIR ? AMBIT_INVALID : AMBIT_IO, -1,
                       "%s: %s", path, ambit_system_text(errno));
    else if (!image)
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, -1, "%s: out of memory", path);
    else
        read_image(hdf, path, descriptor, take(image));
    if (hdf->status == AMBIT_OK)
        file = open_image(hdf, path, image);
    if (image && image->n_holders > 0)
        drop(image);
    else
        ambit_free(image);
    if (descriptor >= 0)
        close(descriptor);
    return file;
}

void ambit_hdf_close(hid_t file)
{
    if (file >= 0)
        H5Fclose(file);
}
