// SPDX-License-Identifier: MIT
// Checkpoints of a run folder: their steps, and the newest intact one.
#include "ambit/file.h"
#include "ambit/memory.h"
#include "ambit/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Tells the step of a file by its name; −1 for files that are not listed. */
typedef int64_t (*name_step_fn)(const char *name);

static int64_t either_step(const char *name)
{
    int64_t step = ambit_checkpoint_name_step(name);
    return step < 0 ? ambit_parameters_name_step(name) : step;
}

/* Counts the files at multiples of `every` and writes the steps of the first `room` of them
 * to `steps`. Sets errno if the folder could not be read to its end, else to 0. */
static size_t scan(DIR *folder, name_step_fn name_step, int64_t every, int64_t *steps, size_t room)
{
    size_t count = 0;
    rewinddir(folder);
    errno = 0;
    for (struct dirent *entry; (entry = readdir(folder)); errno = 0) {
        int64_t step = name_step(entry->d_name);
        if (step < 0 || step % every != 0)
            continue;
        if (count < room)
            steps[count] = step;
        count++;
    }
    return count;
}

static int compare_steps(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Drops repetitions from ascending steps, and returns how many are left. */
static size_t drop_repeated(int64_t *steps, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || steps[i] != steps[kept - 1])
            steps[kept++] = steps[i];
    return kept;
}

/* Lists the steps of the folder's files at multiples of `every`, ascending; there may be none. */
static AmbitStatus list_steps(const char *run, name_step_fn name_step, int64_t every,
                              int64_t **steps, size_t *count, AmbitError *error)
{
    *steps = NULL;
    *count = 0;
    DIR *folder = opendir(run);
    if (!folder)
        return ambit_error_set(error,
                               errno == ENOENT || errno == ENOTDIR ? AMBIT_INVALID : AMBIT_IO,
                               "%s: %s", run, ambit_system_text(errno));
    size_t room = scan(folder, name_step, every, NULL, 0);
    int failure = errno;
    *steps = ambit_alloc(room, sizeof **steps);
    if (*steps && !failure) {
        *count = scan(folder, name_step, every, *steps, room);
        failure = errno;
    }
    closedir(folder);
    if (*steps && !failure) {
        *count = *count < room ? *count : room; // another process may add some meanwhile
        qsort(*steps, *count, sizeof **steps, compare_steps);
        *count = drop_repeated(*steps, *count);
        return AMBIT_OK;
    }
    AmbitStatus status = *steps ? AMBIT_IO : AMBIT_NO_MEMORY;
    ambit_free(*steps);
    *steps = NULL;
    *count = 0;
    return ambit_error_set(error, status, "%s: cannot be read: %s", run,
                           failure ? ambit_system_text(failure) : ambit_status_text(status));
}

static AmbitStatus check_whole(const char *path, int64_t step, AmbitError *error)
{
    AmbitCheckpointSummary *summary;
    AmbitStatus status = ambit_checkpoint_summarize(&summary, path, error);
    if (!status && summary->origin.step != step)
        status = ambit_error_set(error, AMBIT_INVALID,
                                 "%s: holds step %lld, not its name's; give it its own name back",
                                 path, (long long)summary->origin.step);
    ambit_checkpoint_summary_destroy(&summary);
    return status;
}

static bool is_absent(const char *path)
{
    return access(path, F_OK) != 0 && (errno == ENOENT || errno == ESTALE);
}

/* Looks once. *gone: a file was removed between the listing and the look at it. */
static AmbitStatus find_latest(const char *run, char **path, int64_t *step, bool *gone,
                               AmbitError *error)
{
    AmbitError first = {0}; // why the newest cannot be used
    int64_t *steps;
    size_t count;
    *path = NULL;
    *gone = false;
    AmbitStatus status = list_steps(run, ambit_checkpoint_name_step, 1, &steps, &count, error);
    if (status)
        return status;
    status = AMBIT_INVALID;
    while (count-- > 0) {
        AmbitError reason = {0};
        char *candidate = ambit_checkpoint_path(run, steps[count]);
        status = candidate ? check_whole(candidate, steps[count], &reason)
                           : ambit_error_set(&reason, AMBIT_NO_MEMORY, "%s: out of memory", run);
        *gone = candidate && status && is_absent(candidate);
        if (status == AMBIT_INVALID && !*gone) // unless its name has come just now
            status = check_whole(candidate, steps[count], &reason);
        if (status == AMBIT_OK) {
            *path = candidate;
            *step = steps[count];
            break;
        }
        if (!*first.message)
            first = reason;
        ambit_free(candidate);
        if (status != AMBIT_INVALID || *gone)
            break; // not the file's fault
    }
    ambit_free(steps);
    if (status == AMBIT_OK)
        return ambit_error_set(error, status, "%s", first.message);
    if (*gone)
        return ambit_error_set(error, status,
                               "%s: lists a checkpoint that is not there: %s; a network file "
                               "system may show names late: run this again in a minute",
                               run, first.message);
    return ambit_error_set(error, status, "%s: no %scheckpoint%s%s%s", run,
                           *first.message ? "usable " : "", *first.message ? "; newest: " : "",
                           first.message,
                           *first.message ? "" : "; `ambit pretrain` and `ambit import` make them");
}

AmbitStatus ambit_checkpoint_latest(const char *run, char **path, int64_t *step, AmbitError *error)
{
    AmbitStatus status;
    bool gone;
    int tries = 0;
    do
        status = find_latest(run, path, step, &gone, error);
    while (status && gone && ambit_file_wait(++tries)); // a run that trains removes old ones
    return status;
}

/* Refuses to list no steps at all. */
static AmbitStatus list_some(const char *run, name_step_fn name_step, int64_t every,
                             int64_t **steps, size_t *n_steps, AmbitError *error)
{
    AmbitStatus status = list_steps(run, name_step, every, steps, n_steps, error);
    if (status || *n_steps > 0)
        return status;
    ambit_free(*steps);
    *steps = NULL;
    return ambit_error_set(error, AMBIT_INVALID,
                           "%s: no checkpoint at a multiple of %lld steps; evaluation.every at "
                           "pretraining, or training.keep_every_steps, says which ones stay, and "
                           "--evaluation.every=0 takes the newest",
                           run, (long long)every);
}

AmbitStatus ambit_checkpoint_steps(const char *run, int64_t every, int64_t **steps, size_t *n_steps,
                                   AmbitError *error)
{
    return list_some(run, ambit_checkpoint_name_step, every, steps, n_steps, error);
}

AmbitStatus ambit_parameters_steps(const char *run, int64_t every, int64_t **steps, size_t *n_steps,
                                   AmbitError *error)
{
    return list_some(run, either_step, every, steps, n_steps, error);
}
