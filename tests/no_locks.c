// SPDX-License-Identifier: MIT
// Preloaded into the program to stand for a file system without locks, or for two machines that
// share a folder: flock fails, or with LOCKS=local always succeeds; BOOT names the file that says
// which kernel runs. Waiting is twenty times as fast.
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#pragma GCC visibility push(default)

enum { FASTER = 20 };

int flock(int file, int operation)
{
    (void)file;
    (void)operation;
    const char *locks = getenv("LOCKS");
    if (locks && strcmp(locks, "local") == 0)
        return 0;
    errno = ENOLCK;
    return -1;
}

static const char *replaced(const char *path)
{
    const char *boot = getenv("BOOT");
    return boot && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0 ? boot : path;
}

typedef FILE *(*open_fn)(const char *, const char *);

FILE *fopen(const char *path, const char *mode)
{
    open_fn next;
    *(void **)&next = dlsym(RTLD_NEXT, "fopen");
    return next(replaced(path), mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    return fopen(path, mode);
}

int poll(struct pollfd *files, nfds_t count, int timeout)
{
    int (*next)(struct pollfd *, nfds_t, int);
    *(void **)&next = dlsym(RTLD_NEXT, "poll");
    return next(files, count, timeout > 0 ? timeout / FASTER : timeout);
}

int nanosleep(const struct timespec *asked, struct timespec *left)
{
    int (*next)(const struct timespec *, struct timespec *);
    *(void **)&next = dlsym(RTLD_NEXT, "nanosleep");
    const struct timespec less = {asked->tv_sec / FASTER, asked->tv_nsec / FASTER};
    return next(&less, left);
}
