// SPDX-License-Identifier: MIT
// Writing aside: temporary name in the same folder, fsync of file and folder around the rename.
#include "aside.h"

#include "ambit/memory.h"
#include "ambit/store.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMORY_INCREMENT = 4 << 20 };

/* Metadata of the 1.8 format carries checksums, so that a damaged file is told apart; order of
 * creation is kept for netCDF-4 and for the digests. */
static hid_t access_in_memory(void)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access >= 0 && H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
        H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18) >= 0 &&
        H5Pset_fapl_core(access, MEMORY_INCREMENT, false) >= 0)
        return access;
    ambit_hdf_release(access);
    return -1;
}

static hid_t create_in_memory(const char *name)
{
    hid_t access = access_in_memory(), creation = H5Pcreate(H5P_FILE_CREATE), file = -1;
    unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    if (access >= 0 && creation >= 0 && H5Pset_link_creation_order(creation, order) >= 0 &&
        H5Pset_attr_creation_order(creation, order) >= 0)
        file = H5Fcreate(name, H5F_ACC_TRUNC, creation, access);
    ambit_hdf_release(creation);
    ambit_hdf_release(access);
    return file;
}

/* HDF5 copies the bytes. It refuses the name of a file that exists; no process has the number 0. */
static hid_t open_in_memory(const char *path, void *bytes, size_t count)
{
    size_t size = strlen(path) + 32;
    char *name = ambit_alloc(size, 1);
    hid_t access = access_in_memory(), file = -1;
    if (name)
        snprintf(name, size, "%s%s0", path, ambit_hdf_suffix);
    if (name && access >= 0 && H5Pset_file_image(access, bytes, count) >= 0)
        file = H5Fopen(name, H5F_ACC_RDWR, access);
    ambit_hdf_release(access);
    ambit_free(name);
    return file;
}

static bool is_kept_name(const char *name)
{
    return ambit_checkpoint_name_step(name) >= 0 || ambit_parameters_name_step(name) >= 0;
}

/* Whether `name` is a temporary file of `base`, or both are of checkpoints. */
static bool is_temporary_of(const char *name, const char *base)
{
    char stem[NAME_MAX + 1];
    const char *end = strrchr(name, '.');
    if (!end || strncmp(end, ambit_hdf_suffix, strlen(ambit_hdf_suffix)) != 0)
        return false;
    const char *digits = end + strlen(ambit_hdf_suffix);
    if (!*digits || digits[strspn(digits, "0123456789")] != '\0')
        return false;
    snprintf(stem, sizeof stem, "%.*s", (int)(end - name), name);
    return strcmp(stem, base) == 0 || (is_kept_name(stem) && is_kept_name(base));
}

/* Removes a temporary file unless its writer lives: that one holds a lock on it. */
static void remove_orphan(int folder, const char *name)
{
    int descriptor = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return;
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
    close(descriptor);
}

/* What stays is only disk space lost, so that nothing here is a failure. */
static void sweep(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char *folder = ambit_strdup(slash ? path : ".");
    if (folder && slash)
        folder[slash - path + 1] = '\0';
    DIR *stream = folder ? opendir(folder) : NULL;
    for (struct dirent *entry; stream && (entry = readdir(stream));)
        if (is_temporary_of(entry->d_name, base))
            remove_orphan(dirfd(stream), entry->d_name);
    if (stream)
        closedir(stream);
    ambit_free(folder);
}

/* Creates the file and locks it. Another process may take it for an orphan before the lock is held:
 * then it has no name any more, and is made again. */
static int open_locked(const char *path)
{
    for (;;) {
        struct stat file;
        int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
        int descriptor = open(path, flags, 0666);
        if (descriptor < 0 || flock(descriptor, LOCK_EX) != 0 || fstat(descriptor, &file) != 0 ||
            file.st_nlink > 0)
            return descriptor; // where there are no locks, nothing is taken for an orphan
        close(descriptor);
    }
}

AmbitStatus ambit_store_replaceable(const char *path, AmbitError *error)
{
    struct stat found;
    if (lstat(path, &found) != 0 || S_ISREG(found.st_mode))
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_INVALID,
                           "%s: is %s, which a new file would replace; give the name of a file",
                           path,
                           S_ISDIR(found.st_mode)   ? "a folder"
                           : S_ISLNK(found.st_mode) ? "a link"
                                                    : "a device");
}

static void open_temporary(AmbitHdf *hdf, AmbitAside *aside, const char *path)
{
    *aside = (AmbitAside){.file = -1, .descriptor = -1};
    if (hdf->status != AMBIT_OK)
        return;
    AmbitError error;
    if (ambit_store_replaceable(path, &error)) {
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1, "%s", error.message);
        return;
    }
    size_t size = strlen(path) + 32;
    aside->path = ambit_strdup(path);
    aside->temporary = ambit_alloc(size, 1);
    if (!aside->path || !aside->temporary) {
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, -1, "%s: out of memory", path);
        return;
    }
    snprintf(aside->temporary, size, "%s%s%ld", path, ambit_hdf_suffix, (long)getpid());
    sweep(path);
    aside->descriptor = open_locked(aside->temporary);
    if (aside->descriptor < 0)
        ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: cannot be created: %s", aside->path,
                       ambit_system_text(errno));
}

void ambit_aside_create(AmbitHdf *hdf, AmbitAside *aside, const char *path)
{
    open_temporary(hdf, aside, path);
    if (hdf->status != AMBIT_OK)
        return;
    aside->file = create_in_memory(aside->temporary);
    if (aside->file < 0)
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, -1, "%s: cannot be built", aside->path);
}

void ambit_aside_open(AmbitHdf *hdf, AmbitAside *aside, const char *path, void *bytes, size_t count)
{
    open_temporary(hdf, aside, path);
    if (hdf->status != AMBIT_OK)
        return;
    aside->file = open_in_memory(path, bytes, count);
    if (aside->file < 0)
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, -1, "%s: cannot be opened in memory", aside->path);
}

static bool write_all(int descriptor, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, count);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
        }
    }
    return true;
}

static void write_bytes(AmbitHdf *hdf, const AmbitAside *aside, const void *bytes, size_t count)
{
    if (hdf->status != AMBIT_OK)
        return;
    if (!write_all(aside->descriptor, bytes, count) || fsync(aside->descriptor) != 0)
        ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: cannot be written: %s", aside->path,
                       ambit_system_text(errno));
}

size_t ambit_aside_image(AmbitHdf *hdf, const AmbitAside *aside, const void **bytes)
{
    void **image = NULL;
    ssize_t size = -1;
    if (hdf->status != AMBIT_OK)
        return 0;
    if (H5Fflush(aside->file, H5F_SCOPE_GLOBAL) >= 0)
        size = H5Fget_file_image(aside->file, NULL, 0);
    if (size <= 0 || H5Fget_vfd_handle(aside->file, H5P_DEFAULT, (void **)&image) < 0) {
        ambit_hdf_fail(hdf, AMBIT_IO, aside->file, "cannot be completed");
        return 0;
    }
    *bytes = *image;
    return (size_t)size;
}

/* The memory that HDF5 built the file in goes to the temporary file, and that to the disk. */
static void write_image(AmbitHdf *hdf, const AmbitAside *aside)
{
    const void *bytes = NULL;
    size_t size = ambit_aside_image(hdf, aside, &bytes);
    write_bytes(hdf, aside, bytes, size);
}

static bool sync_folder(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    bool ok = fsync(descriptor) == 0 || errno == EINVAL; // some file systems cannot
    int failure = errno;
    close(descriptor);
    errno = failure;
    return ok;
}

static bool sync_folder_of(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash)
        return sync_folder(".");
    char first = slash[1];
    slash[1] = '\0';
    bool ok = sync_folder(path);
    slash[1] = first;
    return ok;
}

/* Some file systems report a failed write at close. */
static void close_descriptor(AmbitHdf *hdf, AmbitAside *aside)
{
    if (close(aside->descriptor) != 0)
        ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: cannot be completed: %s", aside->path,
                       ambit_system_text(errno));
    aside->descriptor = -1;
}

/* Gives the file its name, and no file's name if it is the first: a network file system may still
 * hide what another machine has written there. Answers to a link get lost, so that the second try
 * finds the first one's. Where there are no links, a rename has to do. */
static bool take_name(const AmbitAside *aside)
{
    struct stat own;
    if (!aside->is_first)
        return rename(aside->temporary, aside->path) == 0;
    bool exists = link(aside->temporary, aside->path) != 0 && errno == EEXIST;
    bool linked = stat(aside->temporary, &own) == 0 && own.st_nlink > 1;
    if (linked)
        return unlink(aside->temporary) == 0;
    errno = EEXIST;
    return !exists && rename(aside->temporary, aside->path) == 0;
}

/* What was written takes the path's place. */
static void settle(AmbitHdf *hdf, AmbitAside *aside)
{
    if (hdf->status == AMBIT_OK)
        close_descriptor(hdf, aside);
    bool named = hdf->status == AMBIT_OK && take_name(aside);
    if (!named && aside->is_first && errno == EEXIST)
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1,
                       "%s: another process has written it meanwhile, and nothing is replaced; "
                       "give another name with -o, or run this again",
                       aside->path);
    else if (!named)
        ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: cannot be renamed to %s: %s", aside->temporary,
                       aside->path, ambit_system_text(errno));
    if (hdf->status == AMBIT_OK) {
        ambit_free(aside->temporary); // the name is no longer ours to remove
        aside->temporary = NULL;
        if (!sync_folder_of(aside->path))
            ambit_hdf_fail(hdf, AMBIT_IO, -1, "%s: its folder cannot be synced: %s", aside->path,
                           ambit_system_text(errno));
    }
    ambit_aside_discard(aside);
}

void ambit_aside_commit(AmbitHdf *hdf, AmbitAside *aside)
{
    if (hdf->status == AMBIT_OK)
        write_image(hdf, aside);
    settle(hdf, aside);
}

void ambit_aside_write(AmbitHdf *hdf, const char *path, const void *bytes, size_t count)
{
    AmbitAside aside;
    open_temporary(hdf, &aside, path);
    write_bytes(hdf, &aside, bytes, count);
    settle(hdf, &aside);
}

AmbitStatus ambit_store_write(const char *path, ambit_write_fn write, const void *context,
                              AmbitError *error)
{
    AmbitAside aside;
    AmbitHdf hdf = ambit_hdf_begin(error);
    open_temporary(&hdf, &aside, path);
    int copy = hdf.status == AMBIT_OK ? dup(aside.descriptor) : -1;
    FILE *file = copy < 0 ? NULL : fdopen(copy, "w");
    AmbitStatus status = file ? write(file, context, error) : AMBIT_OK;
    bool written = file && !ferror(file) && fflush(file) == 0 && fsync(copy) == 0;
    if (file)
        written = fclose(file) == 0 && written;
    else if (copy >= 0)
        close(copy);
    if (status)
        hdf.status = status;
    else if (!written)
        ambit_hdf_fail(&hdf, AMBIT_IO, -1, "%s: cannot be written: %s", aside.path,
                       ambit_system_text(errno));
    settle(&hdf, &aside);
    return hdf.status;
}

void ambit_aside_discard(AmbitAside *aside)
{
    ambit_hdf_close(aside->file);
    if (aside->descriptor >= 0)
        close(aside->descriptor);
    if (aside->temporary)
        unlink(aside->temporary);
    ambit_free(aside->temporary);
    ambit_free(aside->path);
    *aside = (AmbitAside){.file = -1, .descriptor = -1};
}
