// SPDX-License-Identifier: MIT
// Preloaded into the program to stand for a network file system that shows names late: the first
// LATE_TIMES looks for the file that LATE_NAME ends with (access, and open for reading) fail with
// the error number LATE_ERROR; the first LATE_READS calls of pread say that the file was replaced.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#pragma GCC visibility push(default)

static long number_of(const char *variable)
{
    const char *text = getenv(variable);
    return text ? atol(text) : 0;
}

static bool is_late(const char *path)
{
    static long looks;
    const char *name = getenv("LATE_NAME");
    size_t length = strlen(path), end = name ? strlen(name) : 0;
    if (end == 0 || end > length || strcmp(path + length - end, name) != 0 ||
        looks++ >= number_of("LATE_TIMES"))
        return false;
    errno = (int)number_of("LATE_ERROR");
    return true;
}

int access(const char *path, int mode)
{
    int (*next)(const char *, int);
    *(void **)&next = dlsym(RTLD_NEXT, "access");
    return is_late(path) ? -1 : next(path, mode);
}

int open(const char *path, int flags, ...)
{
    int (*next)(const char *, int, mode_t);
    *(void **)&next = dlsym(RTLD_NEXT, "open");
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    return (flags & O_ACCMODE) == O_RDONLY && is_late(path) ? -1 : next(path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

ssize_t pread(int file, void *bytes, size_t count, off_t offset)
{
    static long reads;
    ssize_t (*next)(int, void *, size_t, off_t);
    *(void **)&next = dlsym(RTLD_NEXT, "pread64");
    if (reads++ < number_of("LATE_READS")) {
        errno = ESTALE;
        return -1;
    }
    return next(file, bytes, count, offset);
}

ssize_t pread64(int file, void *bytes, size_t count, off_t offset) __attribute__((alias("pread")));
