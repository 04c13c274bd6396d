// SPDX-License-Identifier: MIT
// Allows one training process per run folder by a kernel lock on RUN/.lock, and by RUN/.holder
// where locks do not reach. The lock ends with its process, however that ends, so a killed run
// never has to be unlocked by hand. A lock on a file that was removed guards nothing, so the holder
// compares the file with the one under the name.
#include "run.h"
#include "run_holder.h"

#include "ambit/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct AmbitRunLock {
    int file; // .lock
    char *folder;
    AmbitRunHolder *holder;
};

/* Reports that the lock is held, with the text that its holder wrote. */
static AmbitStatus refuse(int lock, const char *folder, AmbitError *error)
{
    char holder[128] = "";
    ssize_t length = pread(lock, holder, sizeof holder - 1, 0);
    holder[length > 0 ? strcspn(holder, "\n") : 0] = '\0';
    return ambit_error_set(error, AMBIT_IO,
                           "%s: another ambit trains in this folder%s%s; wait for it, stop it, or "
                           "use another folder",
                           folder, *holder ? ": " : "", holder);
}

/* Writes who holds the lock. Failing to (a full disk) does not weaken the lock. */
static void sign(int lock)
{
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    if (ftruncate(lock, 0) == 0)
        dprintf(lock, "process %ld on %s\n", (long)getpid(), host);
}

/* Tries several times, since a process that asks whether the run is running holds the lock for a
 * moment. */
static bool try_lock(int lock)
{
    for (int tries = 1; flock(lock, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK || tries == 5)
            return false;
        usleep(20000);
    }
    return true;
}

/* Opens and locks .lock. *is_locked: the file system has locks. */
static AmbitStatus lock_file(AmbitRunLock *lock, const char *path, bool *is_locked,
                             AmbitError *error)
{
    struct stat found;
    lock->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (lock->file < 0)
        return ambit_error_set(error, AMBIT_IO, "%s: cannot be opened: %s", path,
                               ambit_system_text(errno));
    if (fstat(lock->file, &found) == 0 && (!S_ISREG(found.st_mode) || found.st_nlink > 1))
        return ambit_error_set(error, AMBIT_INVALID,
                               "%s: is not a file of its own, so it is not written; remove it",
                               path);
    *is_locked = try_lock(lock->file);
    return !*is_locked && errno == EWOULDBLOCK ? refuse(lock->file, lock->folder, error) : AMBIT_OK;
}

bool ambit_run_leads_to(const char *path, int file)
{
    struct stat held, found;
    bool there = false;
    for (int tries = 0; !there && tries < AMBIT_RUN_LOOKS; tries++) {
        if (tries > 0)
            usleep(AMBIT_RUN_PAUSE);
        there = fstat(file, &held) == 0 && stat(path, &found) == 0;
    }
    return there && held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

static bool is_same_file(const AmbitRunLock *lock)
{
    char *path = ambit_cli_path(lock->folder, ".lock");
    bool same = path && ambit_run_leads_to(path, lock->file);
    ambit_free(path);
    return same;
}

AmbitStatus ambit_run_lock(AmbitRunLock **pointer, const char *folder, AmbitError *error)
{
    AmbitRunLock *lock = *pointer = ambit_alloc(1, sizeof *lock);
    if (!lock)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a lock");
    bool is_locked = false;
    char *path = ambit_cli_path(folder, ".lock");
    lock->file = -1;
    lock->folder = ambit_strdup(folder);
    AmbitStatus status = path && lock->folder
                             ? lock_file(lock, path, &is_locked, error)
                             : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    ambit_free(path);
    if (!status)
        status = ambit_run_hold(&lock->holder, folder, is_locked, error);
    if (!status)
        status = ambit_run_check_lock(lock, error);
    if (!status && is_locked)
        sign(lock->file);
    if (status)
        ambit_run_unlock(pointer);
    return status;
}

void ambit_run_unlock(AmbitRunLock **pointer)
{
    AmbitRunLock *lock = *pointer;
    if (!lock)
        return;
    ambit_run_release(&lock->holder);
    if (lock->file >= 0)
        close(lock->file);
    ambit_free(lock->folder);
    ambit_free(lock);
    *pointer = NULL;
}

AmbitStatus ambit_run_check_lock(const AmbitRunLock *lock, AmbitError *error)
{
    if (is_same_file(lock) && ambit_run_holds(lock->holder))
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_IO,
                           "%s: this folder or its .lock was removed or replaced during the run, "
                           "so another process may train there. The run stopped without a "
                           "checkpoint; pretrain --resume, or the grid's task given again, "
                           "continues from the newest, if there is one",
                           lock->folder);
}

bool ambit_run_is_running(const char *folder)
{
    char *path = ambit_cli_path(folder, ".lock");
    int lock = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    bool is_free = lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) == 0;
    bool running = lock >= 0 && !is_free && errno == EWOULDBLOCK;
    if (lock >= 0)
        close(lock);
    ambit_free(path);
    return running || ambit_run_is_held(folder, is_free);
}
