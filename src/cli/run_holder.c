// SPDX-License-Identifier: MIT
// RUN/.holder names the process that works in a run folder, on file systems that have no locks or
// keep them within one machine, too. It is created exclusively, which network file systems do
// whole, and a thread rewrites it every few seconds: a file that does not change any more is that
// of a process that was killed, whatever the clocks say.
#include "run_holder.h"

#include "ambit/file.h"
#include "ambit/memory.h"
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BEAT = 5, SILENCE = 4 * BEAT, TEXT = 512 }; // seconds; bytes

struct AmbitRunHolder {
    char *folder, *path; // path of .holder
    uint64_t key;        // random: tells this process from all others
    long beat;
    bool beats; // the thread runs
    pthread_t thread;
    int wake; // eventfd that ends the thread
    atomic_bool lost;
};

/* Identifies the running kernel: locks of one kernel see each other. */
static void read_boot(char text[64])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    *text = '\0';
    if (file && !fgets(text, 64, file))
        *text = '\0';
    if (file)
        fclose(file);
    text[strcspn(text, "\n")] = '\0';
}

/* The text of .holder, "" if it cannot be read. */
static void read_text(const char *path, char text[TEXT])
{
    FILE *file = ambit_file_open(path);
    size_t length = file ? fread(text, 1, TEXT - 1, file) : 0;
    text[length] = '\0';
    if (file)
        fclose(file);
}

static bool is_own(const AmbitRunHolder *holder)
{
    char text[TEXT] = "", key[64];
    snprintf(key, sizeof key, "\nkey %016" PRIx64 "\n", holder->key);
    for (int tries = 0; !*text && tries < AMBIT_RUN_LOOKS; tries++) {
        if (tries > 0)
            usleep(AMBIT_RUN_PAUSE);
        read_text(holder->path, text);
    }
    return strstr(text, key) != NULL;
}

/* Writes the file anew, with the next beat; all texts of a process have the same length. */
static bool write_text(AmbitRunHolder *holder, int flags)
{
    char text[TEXT], host[64] = "", boot[64];
    gethostname(host, sizeof host - 1);
    read_boot(boot);
    int length =
        snprintf(text, sizeof text, "process %ld on %s\nboot %s\nkey %016" PRIx64 "\nbeat %012ld\n",
                 (long)getpid(), host, boot, holder->key, holder->beat++);
    int file = open(holder->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0666);
    if (file < 0)
        return false;
    errno = ENOSPC; // a write of fewer bytes sets none
    bool written = pwrite(file, text, (size_t)length, 0) == length;
    if (written && fsync(file) != 0 && errno != EINVAL)
        written = false;
    int failure = errno;
    if (!written && (flags & O_CREAT))
        unlink(holder->path);
    close(file);
    errno = failure;
    return written;
}

static void *keep_beating(void *context)
{
    AmbitRunHolder *holder = context;
    struct pollfd wake = {.fd = holder->wake, .events = POLLIN};
    while (poll(&wake, 1, 1000 * BEAT) == 0) {
        if (!is_own(holder))
            break;
        write_text(holder, 0); // a full disk does not end a run: the next beat may succeed
    }
    if (!(wake.revents & POLLIN))
        atomic_store(&holder->lost, true);
    return NULL;
}

/* Signals are for the main thread. */
static AmbitStatus start_beating(AmbitRunHolder *holder, AmbitError *error)
{
    sigset_t all, before;
    sigfillset(&all);
    holder->wake = eventfd(0, EFD_CLOEXEC);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure =
        holder->wake < 0 ? errno : pthread_create(&holder->thread, NULL, keep_beating, holder);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    holder->beats = failure == 0;
    return failure ? ambit_error_set(error, AMBIT_IO, "%s: no thread for its heartbeat: %s",
                                     holder->path, ambit_system_text(failure))
                   : AMBIT_OK;
}

static AmbitStatus refuse(const AmbitRunHolder *holder, const char *text, AmbitError *error)
{
    return ambit_error_set(error, AMBIT_IO,
                           "%s: another ambit trains in this folder%s%.*s; wait for it, stop it, "
                           "or use another folder",
                           holder->folder, *text ? ": " : "", (int)strcspn(text, "\n"), text);
}

/* Waits for a change of the file, which tells that its process lives. */
static AmbitStatus watch(const AmbitRunHolder *holder, const char *text, AmbitError *error)
{
    const struct timespec pause = {.tv_nsec = 500000000};
    char now[TEXT];
    ambit_cli_warn("%s: %.*s worked here and has not said that it ended; waiting %d s for a "
                   "sign of life",
                   holder->folder, (int)strcspn(text, "\n"), text, SILENCE);
    for (int half = 0; half < 2 * SILENCE; half++) {
        nanosleep(&pause, NULL);
        read_text(holder->path, now);
        if (*now && strcmp(now, text) != 0)
            return refuse(holder, now, error);
        if (ambit_cli_stop_requested())
            return ambit_error_set(error, AMBIT_INTERRUPTED, "stopped while waiting for %s",
                                   holder->path);
    }
    return AMBIT_OK;
}

/* Removes the file of a process that is gone, if it is still that file. Another process may do the
 * same at this moment: what was moved aside by mistake is put back. */
static void remove_text(const AmbitRunHolder *holder, const char *text)
{
    char aside[TEXT], moved[TEXT];
    snprintf(aside, sizeof aside, "%.400s.%016" PRIx64, holder->path, holder->key);
    if (rename(holder->path, aside) != 0)
        return;
    read_text(aside, moved);
    if (strcmp(moved, text) != 0 && link(aside, holder->path) != 0)
        ambit_cli_warn("%s was moved aside and cannot be put back", holder->path);
    unlink(aside);
}

/* Whether the file's process was of this kernel: a lock of this kernel then tells more than the
 * file. */
static bool is_of_this_kernel(const char *text)
{
    char boot[64], line[80];
    read_boot(boot);
    snprintf(line, sizeof line, "\nboot %s\n", boot);
    return *boot && strstr(text, line) != NULL;
}

static AmbitStatus take(AmbitRunHolder *holder, bool is_locked, AmbitError *error)
{
    enum { MOST_TRIES = 16 };
    char text[TEXT];
    for (int tries = 0; tries < MOST_TRIES; tries++) {
        if (write_text(holder, O_CREAT | O_EXCL))
            return AMBIT_OK;
        if (errno != EEXIST)
            return ambit_error_set(error, AMBIT_IO, "%s: cannot be written: %s", holder->path,
                                   ambit_system_text(errno));
        read_text(holder->path, text);
        if (!(is_locked && is_of_this_kernel(text))) {
            AmbitStatus status = watch(holder, text, error);
            if (status)
                return status;
        }
        remove_text(holder, text);
    }
    return refuse(holder, text, error);
}

AmbitStatus ambit_run_hold(AmbitRunHolder **pointer, const char *folder, bool is_locked,
                           AmbitError *error)
{
    AmbitRunHolder *holder = *pointer = ambit_alloc(1, sizeof *holder);
    if (!holder)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a lock");
    holder->wake = -1;
    holder->folder = ambit_strdup(folder);
    holder->path = ambit_cli_path(folder, ".holder");
    AmbitStatus status = AMBIT_OK;
    if (!holder->folder || !holder->path)
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    else if (getrandom(&holder->key, sizeof holder->key, 0) != sizeof holder->key)
        status = ambit_error_set(error, AMBIT_IO, "no random number for a lock: %s",
                                 ambit_system_text(errno));
    if (!status)
        status = take(holder, is_locked, error);
    if (!status)
        status = start_beating(holder, error);
    if (status)
        ambit_run_release(pointer);
    return status;
}

bool ambit_run_holds(const AmbitRunHolder *holder)
{
    return !atomic_load(&holder->lost) && is_own(holder);
}

void ambit_run_release(AmbitRunHolder **pointer)
{
    AmbitRunHolder *holder = *pointer;
    const uint64_t one = 1;
    if (!holder)
        return;
    if (holder->beats && write(holder->wake, &one, sizeof one) == sizeof one)
        pthread_join(holder->thread, NULL);
    if (holder->wake >= 0)
        close(holder->wake);
    if (holder->path && is_own(holder))
        unlink(holder->path);
    ambit_free(holder->folder);
    ambit_free(holder->path);
    ambit_free(holder);
    *pointer = NULL;
}

bool ambit_run_is_held(const char *folder, bool locks_tell)
{
    char text[TEXT] = "";
    struct stat found;
    char *path = ambit_cli_path(folder, ".holder");
    bool there = path && stat(path, &found) == 0;
    if (there)
        read_text(path, text);
    ambit_free(path);
    if (!there || (locks_tell && is_of_this_kernel(text)))
        return false;
    return time(NULL) - found.st_mtime < 2 * SILENCE;
}
