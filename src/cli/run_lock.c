// SPDX-License-Identifier: MIT
// Allows one training process per run folder by a kernel lock on RUN/.lock. The lock ends with its
// process, however that ends, so a killed run never has to be unlocked by hand. A lock on a file
// that was removed guards nothing, so the holder compares the file with the one under the name.
#include "run.h"

#include "ambit/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reports that the lock is held, with the text that its holder wrote. */
static AmbitStatus refuse(int lock, const char *folder, AmbitError *error)
{
    char holder[128] = "";
    ssize_t length = pread(lock, holder, sizeof holder - 1, 0);
    holder[length > 0 ? strcspn(holder, "\n") : 0] = '\0';
    return ambit_error_set(error, AMBIT_IO,
                           "%s: another ambit trains in this folder%s%s; wait for it, stop it, or "
                           "start another run with -o",
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

AmbitStatus ambit_run_lock(int *lock, const char *folder, AmbitError *error)
{
    char *path = ambit_cli_path(folder, ".lock");
    if (!path)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    AmbitStatus status = AMBIT_OK;
    struct stat found;
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    bool is_locked = false;
    if (*lock >= 0 && fstat(*lock, &found) == 0 && (!S_ISREG(found.st_mode) || found.st_nlink > 1))
        status =
            ambit_error_set(error, AMBIT_INVALID,
                            "%s: is not a file of its own, so it is not written; remove it", path);
    else if (*lock < 0)
        status = ambit_error_set(error, AMBIT_IO, "%s: cannot be opened: %s", path,
                                 ambit_system_text(errno));
    else if (try_lock(*lock))
        is_locked = true;
    else if (errno == EWOULDBLOCK)
        status = refuse(*lock, folder, error);
    else
        ambit_cli_say("note: %s cannot be locked (%s), so nothing keeps a second process from "
                      "training in this folder",
                      path, ambit_system_text(errno));
    if (!status)
        status = ambit_run_check_lock(*lock, folder, error);
    if (!status && is_locked)
        sign(*lock);
    ambit_free(path);
    return status;
}

AmbitStatus ambit_run_check_lock(int lock, const char *folder, AmbitError *error)
{
    char *path = ambit_cli_path(folder, ".lock");
    if (!path)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    struct stat held, found;
    bool same = fstat(lock, &held) == 0 && stat(path, &found) == 0 && held.st_dev == found.st_dev &&
                held.st_ino == found.st_ino;
    ambit_free(path);
    if (same)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_IO,
                           "%s: this folder or its .lock was removed or replaced during the run, "
                           "so another process may train there. The run stopped without a "
                           "checkpoint; --resume continues from the newest, if there is one",
                           folder);
}

bool ambit_run_is_running(const char *folder)
{
    char *path = ambit_cli_path(folder, ".lock");
    int lock = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    bool running = lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) != 0;
    if (lock >= 0)
        close(lock);
    ambit_free(path);
    return running;
}
