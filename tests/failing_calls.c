// SPDX-License-Identifier: MIT
// Preloaded into ambit by check_failures.py: counts the calls of malloc, of file functions or of
// HDF5, and lets one of them fail. At exit it writes to the file FAIL_REPORT how many calls there
// were, and how many allocations of the program's own code were not freed.
//
//   FAIL_KIND=memory | library_memory | files | hdf5   FAIL_AT=n: the n-th call fails, from 1; 0:
//   none
//
// `memory` counts calls of the program's own code, `library_memory` those of the libraries it uses;
// `files` counts both, `hdf5` the program's own. Counting starts with the first call that the
// program itself makes.
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// glibc's own names for what is replaced here.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

enum { MOST_HELD = 1 << 20 };

static uintptr_t program_start, program_end;
static const char *kind = "";
static long fail_at;
static atomic_long n_calls;
static atomic_bool started, ended;

static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER;
static void *held[MOST_HELD]; // hash table of the program's own memory; NULL: free
static long n_held;

static bool is_own(const void *caller)
{
    uintptr_t place = (uintptr_t)caller;
    return place >= program_start && place < program_end;
}

/* Whether this call, of one of the kinds, is the one to fail. */
static bool fails(const char *of_kind, const void *caller)
{
    if (is_own(caller))
        started = true;
    if (!started || ended)
        return false;
    if (strcmp(of_kind, "memory") == 0 && !is_own(caller))
        of_kind = "library_memory";
    return strcmp(of_kind, kind) == 0 && ++n_calls == fail_at;
}

static size_t place_of(const void *memory)
{
    size_t place = ((uintptr_t)memory >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 44;
    while (held[place] && held[place] != memory)
        place = (place + 1) % MOST_HELD;
    return place;
}

static void *hold(void *memory, const void *caller)
{
    if (!memory || !is_own(caller))
        return memory;
    pthread_mutex_lock(&held_lock);
    held[place_of(memory)] = memory;
    n_held++;
    pthread_mutex_unlock(&held_lock);
    return memory;
}

static void let_go(void *memory)
{
    pthread_mutex_lock(&held_lock);
    size_t hole = place_of(memory);
    if (memory && held[hole]) {
        held[hole] = NULL;
        n_held--;
        for (size_t i = (hole + 1) % MOST_HELD; held[i]; i = (i + 1) % MOST_HELD) {
            void *moved = held[i];
            held[i] = NULL;
            held[place_of(moved)] = moved;
        }
    }
    pthread_mutex_unlock(&held_lock);
}

static int find_program(struct dl_phdr_info *object, size_t size, void *unused)
{
    (void)size, (void)unused;
    program_start = UINTPTR_MAX;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + part->p_vaddr, end = start + part->p_memsz;
        if (part->p_type != PT_LOAD)
            continue;
        program_start = start < program_start ? start : program_start;
        program_end = end > program_end ? end : program_end;
    }
    return 1; // the first object is the program
}

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("FAIL_AT"), *of_kind = getenv("FAIL_KIND");
    fail_at = at ? atol(at) : 0;
    kind = of_kind ? of_kind : "";
    dl_iterate_phdr(find_program, NULL);
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("FAIL_REPORT");
    char text[64];
    ended = true;
    int length = snprintf(text, sizeof text, "%ld %ld\n", (long)n_calls, n_held);
    int file =
        path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    if (file >= 0)
        syscall(SYS_write, file, text, length);
}

#define REPLACED __attribute__((visibility("default")))
#define CALLER __builtin_return_address(0)

/* The failing answer of a call that returns −1 or NULL. */
static int fail_with(int number)
{
    errno = number;
    return -1;
}

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

REPLACED void *malloc(size_t size)
{
    return fails("memory", CALLER) ? no_memory() : hold(__libc_malloc(size), CALLER);
}

REPLACED void *calloc(size_t count, size_t size)
{
    return fails("memory", CALLER) ? no_memory() : hold(__libc_calloc(count, size), CALLER);
}

REPLACED void *realloc(void *memory, size_t size)
{
    if (fails("memory", CALLER))
        return no_memory();
    let_go(memory);
    return hold(__libc_realloc(memory, size), CALLER);
}

REPLACED void *aligned_alloc(size_t alignment, size_t size)
{
    return fails("memory", CALLER) ? no_memory() : hold(__libc_memalign(alignment, size), CALLER);
}

REPLACED int posix_memalign(void **memory, size_t alignment, size_t size)
{
    if (fails("memory", CALLER))
        return ENOMEM;
    *memory = hold(__libc_memalign(alignment, size), CALLER);
    return *memory ? 0 : ENOMEM;
}

REPLACED void free(void *memory)
{
    int kept = errno;
    let_go(memory);
    __libc_free(memory);
    errno = kept;
}

/* The next definition of a function that is replaced here. */
#define NEXT(function) (__extension__(__typeof__(function) *) dlsym(RTLD_NEXT, #function))

/* The mode, where the flags say that there is one. */
#define MODE_OF(flags, mode)                                                                       \
    mode_t mode = 0;                                                                               \
    if ((flags)&O_CREAT) {                                                                         \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        mode = va_arg(more, mode_t);                                                               \
        va_end(more);                                                                              \
    }

static int open_at(int folder, const char *path, int flags, mode_t mode, const void *caller)
{
    if (fails("files", caller))
        return fail_with(EMFILE);
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

REPLACED int open(const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode, CALLER);
}

REPLACED int openat(int folder, const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return open_at(folder, path, flags, mode, CALLER);
}

REPLACED FILE *fopen(const char *path, const char *mode)
{
    return fails("files", CALLER) ? (fail_with(EMFILE), NULL) : NEXT(fopen)(path, mode);
}

REPLACED FILE *fdopen(int file, const char *mode)
{
    return fails("files", CALLER) ? no_memory() : NEXT(fdopen)(file, mode);
}

REPLACED int fflush(FILE *stream)
{
    return fails("files", CALLER) ? fail_with(ENOSPC) : NEXT(fflush)(stream);
}

// A quota is often told at the end, by closing.
REPLACED int fclose(FILE *stream)
{
    int result = NEXT(fclose)(stream);
    return fails("files", CALLER) ? fail_with(EDQUOT) : result;
}

REPLACED DIR *opendir(const char *path)
{
    return fails("files", CALLER) ? (fail_with(EMFILE), NULL) : NEXT(opendir)(path);
}

REPLACED struct dirent *readdir(DIR *folder)
{
    return fails("files", CALLER) ? (fail_with(EIO), NULL) : NEXT(readdir)(folder);
}

REPLACED ssize_t read(int file, void *bytes, size_t count)
{
    return fails("files", CALLER) ? fail_with(EIO) : NEXT(read)(file, bytes, count);
}

REPLACED ssize_t pread(int file, void *bytes, size_t count, off_t offset)
{
    return fails("files", CALLER) ? fail_with(EIO) : NEXT(pread)(file, bytes, count, offset);
}

REPLACED ssize_t write(int file, const void *bytes, size_t count)
{
    return fails("files", CALLER) ? fail_with(ENOSPC) : NEXT(write)(file, bytes, count);
}

REPLACED int fsync(int file)
{
    return fails("files", CALLER) ? fail_with(EIO) : NEXT(fsync)(file);
}

REPLACED int close(int file)
{
    int result = NEXT(close)(file);
    return fails("files", CALLER) ? fail_with(EDQUOT) : result;
}

REPLACED int rename(const char *from, const char *to)
{
    return fails("files", CALLER) ? fail_with(EIO) : NEXT(rename)(from, to);
}

REPLACED int unlink(const char *path)
{
    return fails("files", CALLER) ? fail_with(EIO) : NEXT(unlink)(path);
}

REPLACED int mkdir(const char *path, mode_t mode)
{
    return fails("files", CALLER) ? fail_with(ENOSPC) : NEXT(mkdir)(path, mode);
}

REPLACED int flock(int file, int operation)
{
    return fails("files", CALLER) ? fail_with(ENOLCK) : NEXT(flock)(file, operation);
}

// What the same calls are called where files may be large (-D_FILE_OFFSET_BITS=64).
REPLACED int open64(const char *path, int flags, ...) __attribute__((alias("open")));
REPLACED int openat64(int folder, const char *path, int flags, ...)
    __attribute__((alias("openat")));
REPLACED FILE *fopen64(const char *path, const char *mode) __attribute__((alias("fopen")));
REPLACED ssize_t pread64(int file, void *bytes, size_t count, off_t offset)
    __attribute__((alias("pread")));
REPLACED struct dirent64 *readdir64(DIR *folder) __attribute__((alias("readdir")));

/* HDF5's functions take at most eight arguments, all of them integers and pointers, and say by a
 * negative number, or by a size of 0, that they failed. */
typedef long HdfFunction(long, long, long, long, long, long, long, long);

#define HDF5(function, failure)                                                                    \
    HdfFunction function;                                                                          \
    REPLACED long function(long a, long b, long c, long d, long e, long f, long g, long h)         \
    {                                                                                              \
        HdfFunction *next = __extension__(HdfFunction *) dlsym(RTLD_NEXT, #function);              \
        return fails("hdf5", CALLER) ? failure : next(a, b, c, d, e, f, g, h);                     \
    }

/* One that gives something back does so, and then says that it failed. */
#define HDF5_END(function)                                                                         \
    HdfFunction function;                                                                          \
    REPLACED long function(long a, long b, long c, long d, long e, long f, long g, long h)         \
    {                                                                                              \
        HdfFunction *next = __extension__(HdfFunction *) dlsym(RTLD_NEXT, #function);              \
        long result = next(a, b, c, d, e, f, g, h);                                                \
        return fails("hdf5", CALLER) ? -1 : result;                                                \
    }

// clang-format off
HDF5(H5Acreate2, -1) HDF5(H5Aexists, -1) HDF5(H5Aget_space, -1) HDF5(H5Aget_type, -1)
HDF5(H5Aopen, -1) HDF5(H5Aread, -1) HDF5(H5Awrite, -1) HDF5(H5DSattach_scale, -1)
HDF5(H5DSset_scale, -1) HDF5(H5Dcreate2, -1) HDF5(H5Dget_create_plist, -1) HDF5(H5Dget_space, -1)
HDF5(H5Dget_storage_size, 0) HDF5(H5Dget_type, -1) HDF5(H5Dread, -1) HDF5(H5Dwrite, -1)
HDF5(H5FDregister, -1) HDF5_END(H5Fclose) HDF5(H5Fcreate, -1)
HDF5(H5Fflush, -1) HDF5(H5Fget_file_image, -1) HDF5(H5Fget_filesize, -1) HDF5(H5Fget_name, -1)
HDF5(H5Fget_vfd_handle, -1) HDF5(H5Fopen, -1) HDF5(H5Gcreate2, -1) HDF5(H5Gget_create_plist, -1)
HDF5(H5Gget_info, -1) HDF5(H5Gopen2, -1) HDF5_END(H5Idec_ref) HDF5(H5Iget_file_id, -1)
HDF5(H5Iget_name, -1) HDF5(H5Iget_type, -1) HDF5(H5Ldelete, -1) HDF5(H5Lexists, -1)
HDF5(H5Lget_info, -1) HDF5(H5Lget_info2, -1) HDF5(H5Lget_name_by_idx, -1) HDF5(H5Oopen, -1)
HDF5(H5Pcreate, -1)
HDF5(H5Pget_chunk, -1) HDF5(H5Pget_driver_info, 0) HDF5(H5Pget_external_count, -1)
HDF5(H5Pget_filter2, -1) HDF5(H5Pget_layout, -1) HDF5(H5Pget_link_creation_order, -1)
HDF5(H5Pget_nfilters, -1) HDF5(H5Pset_alloc_time, -1) HDF5(H5Pset_attr_creation_order, -1)
HDF5(H5Pset_chunk, -1)
HDF5(H5Pset_deflate, -1) HDF5(H5Pset_driver, -1) HDF5(H5Pset_fapl_core, -1)
HDF5(H5Pset_fclose_degree, -1) HDF5(H5Pset_file_image, -1) HDF5(H5Pset_fill_value, -1)
HDF5(H5Pset_fletcher32, -1)
HDF5(H5Pset_libver_bounds, -1)
HDF5(H5Pset_link_creation_order, -1) HDF5(H5Pset_shuffle, -1) HDF5(H5Sclose, -1) HDF5(H5Screate, -1)
HDF5(H5Screate_simple, -1) HDF5(H5Sget_simple_extent_dims, -1)
HDF5(H5Sget_simple_extent_ndims, -1) HDF5(H5Sget_simple_extent_npoints, -1)
HDF5(H5Sget_simple_extent_type, -1) HDF5(H5Sselect_hyperslab, -1) HDF5(H5Tcopy, -1)
HDF5(H5Tequal, -1) HDF5(H5Tget_class, -1) HDF5(H5Tget_order, -1) HDF5(H5Tget_size, 0)
HDF5(H5Tis_variable_str, -1) HDF5(H5Tset_cset, -1) HDF5(H5Tset_order, -1) HDF5(H5Tset_size, -1)
HDF5(H5Tset_strpad, -1)
    // clang-format on
