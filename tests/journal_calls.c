// SPDX-License-Identifier: MIT
// Preloaded into ambit by check_power_cut.py: writes down in the file JOURNAL every change to names
// and files in the current folder and below, and when which of them was synced. Bytes are noted
// when something else happens, since what is written between two events can only be lost with them.
//
//   data PATH SIZE, and after the line the bytes | open PATH | sync PATH | rename FROM TO |
//   link FROM TO | unlink PATH | mkdir PATH       one a line, with tabs between
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REPLACED __attribute__((visibility("default")))
#define NEXT(function) (__extension__(__typeof__(function) *) dlsym(RTLD_NEXT, #function))

enum { MOST_OPEN = 64 };

/* A file that was opened for writing, and how it was when it was noted last. */
typedef struct Written {
    int file;
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec changed;
} Written;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Written written[MOST_OPEN];
static size_t n_written;
static char root[PATH_MAX];
static int journal = -1;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("JOURNAL");
    if (path && getcwd(root, sizeof root - 1))
        journal = (int)syscall(SYS_openat, AT_FDCWD, path,
                               O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    strcat(root, "/");
}

static void put(const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t done = syscall(SYS_write, journal, bytes, count);
        if (done <= 0)
            abort();
        bytes += done;
        count -= (size_t)done;
    }
}

/* The path of an open file below the root, or NULL. */
static const char *name_of(int file, char path[PATH_MAX])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX - 2);
    if (length < 0)
        return NULL;
    path[length] = '\0';
    if ((size_t)length + 1 == strlen(root) && strncmp(path, root, (size_t)length) == 0)
        return ".";
    return strncmp(path, root, strlen(root)) == 0 ? path + strlen(root) : NULL;
}

/* A path as it was given, below the root, or NULL. */
static const char *below(const char *path)
{
    if (*path != '/')
        return path;
    return strncmp(path, root, strlen(root)) == 0 ? path + strlen(root) : NULL;
}

static void note_data(int file)
{
    char path[PATH_MAX], line[PATH_MAX + 64];
    struct stat found;
    const char *name = name_of(file, path);
    if (!name || fstat(file, &found) != 0)
        return;
    int again = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    char *bytes = malloc((size_t)found.st_size + 1);
    if (again >= 0 && bytes && pread(again, bytes, (size_t)found.st_size, 0) == found.st_size) {
        put(line, (size_t)snprintf(line, sizeof line, "data\t%s\t%lld\n", name,
                                   (long long)found.st_size));
        put(bytes, (size_t)found.st_size);
    }
    free(bytes);
    if (again >= 0)
        syscall(SYS_close, again);
}

/* Notes the bytes of the files that changed since the last event; drops those that are closed. */
static void note_changes(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < n_written; i++) {
        Written w = written[i];
        struct stat found;
        if (fstat(w.file, &found) != 0 || found.st_ino != w.number || found.st_dev != w.device)
            continue;
        if (found.st_size != w.size || found.st_mtim.tv_sec != w.changed.tv_sec ||
            found.st_mtim.tv_nsec != w.changed.tv_nsec)
            note_data(w.file);
        w.size = found.st_size;
        w.changed = found.st_mtim;
        written[kept++] = w;
    }
    n_written = kept;
}

static void note(const char *event, const char *path, const char *to)
{
    char line[2 * PATH_MAX + 64];
    if (!path || journal < 0)
        return;
    put(line, (size_t)snprintf(line, sizeof line, "%s\t%s\t%s\n", event, path, to ? to : ""));
}

static int begin_event(void)
{
    pthread_mutex_lock(&lock);
    if (journal >= 0)
        note_changes();
    return 0;
}

static int end_event(int result)
{
    pthread_mutex_unlock(&lock);
    return result;
}

static int open_at(int folder, const char *path, int flags, mode_t mode)
{
    char full[PATH_MAX];
    struct stat found;
    begin_event();
    int file = (int)syscall(SYS_openat, folder, path, flags, mode);
    const char *name = file >= 0 && (flags & O_ACCMODE) != O_RDONLY ? name_of(file, full) : NULL;
    if (name && journal >= 0 && n_written < MOST_OPEN && fstat(file, &found) == 0) {
        note("open", name, NULL);
        written[n_written++] = (Written){file, found.st_dev, found.st_ino, -1, {0}};
    }
    return end_event(file);
}

/* The mode, where the flags say that there is one. */
#define MODE_OF(flags, mode)                                                                       \
    mode_t mode = 0;                                                                               \
    if ((flags)&O_CREAT) {                                                                         \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        mode = va_arg(more, mode_t);                                                               \
        va_end(more);                                                                              \
    }

REPLACED int open(const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}

REPLACED int openat(int folder, const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return open_at(folder, path, flags, mode);
}

REPLACED int fsync(int file)
{
    char path[PATH_MAX];
    begin_event();
    int result = NEXT(fsync)(file);
    if (result == 0)
        note("sync", name_of(file, path), NULL);
    return end_event(result);
}

REPLACED int rename(const char *from, const char *to)
{
    begin_event();
    int result = NEXT(rename)(from, to);
    if (result == 0)
        note("rename", below(from), below(to));
    return end_event(result);
}

REPLACED int link(const char *from, const char *to)
{
    begin_event();
    int result = NEXT(link)(from, to);
    if (result == 0)
        note("link", below(from), below(to));
    return end_event(result);
}

REPLACED int unlink(const char *path)
{
    begin_event();
    int result = NEXT(unlink)(path);
    if (result == 0)
        note("unlink", below(path), NULL);
    return end_event(result);
}

REPLACED int unlinkat(int folder, const char *name, int flags)
{
    char path[PATH_MAX], whole[2 * PATH_MAX];
    begin_event();
    int result = NEXT(unlinkat)(folder, name, flags);
    const char *parent = result == 0 ? name_of(folder, path) : NULL;
    snprintf(whole, sizeof whole, "%s/%s", parent ? parent : "", name);
    note("unlink", parent ? whole : NULL, NULL);
    return end_event(result);
}

REPLACED int mkdir(const char *path, mode_t mode)
{
    begin_event();
    int result = NEXT(mkdir)(path, mode);
    if (result == 0)
        note("mkdir", below(path), NULL);
    return end_event(result);
}

// What the same calls are called where files may be large (-D_FILE_OFFSET_BITS=64).
REPLACED int open64(const char *path, int flags, ...) __attribute__((alias("open")));
REPLACED int openat64(int folder, const char *path, int flags, ...)
    __attribute__((alias("openat")));
