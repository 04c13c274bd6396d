// SPDX-License-Identifier: MIT
// Checkpoints of a run folder: their names, and the newest that is whole.
#include "ambit/memory.h"
#include "ambit/store.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *ambit_checkpoint_path(const char *run, int64_t step)
{
    size_t size = strlen(run) + 64;
    char *path = ambit_alloc(size, 1);
    if (path)
        snprintf(path, size, "%s/checkpoint_%08" PRId64 ".h5", run, step);
    return path;
}

int64_t ambit_checkpoint_name_step(const char *name)
{
    const char prefix[] = "checkpoint_";
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return -1;
    const char *digits = name + sizeof prefix - 1, *end = digits;
    while (isdigit((unsigned char)*end))
        end++;
    if (end == digits || end - digits > 18 || strcmp(end, ".h5") != 0)
        return -1;
    return strtoll(digits, NULL, 10);
}

/* The greatest step below `below` among the folder's checkpoint names, −1 if there is none. */
static int64_t next_step(DIR *folder, int64_t below)
{
    int64_t best = -1;
    rewinddir(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        int64_t step = ambit_checkpoint_name_step(entry->d_name);
        if (step > best && step < below)
            best = step;
    }
    return best;
}

AmbitStatus ambit_checkpoint_latest(const char *run, char **path, int64_t *step, AmbitError *error)
{
    AmbitError first = {0}; // why the newest does not do
    *path = NULL;
    DIR *folder = opendir(run);
    if (!folder)
        return ambit_error_set(error, AMBIT_INVALID, "%s: %s", run, strerror(errno));
    AmbitStatus status = AMBIT_INVALID;
    for (int64_t next = next_step(folder, INT64_MAX); next >= 0; next = next_step(folder, next)) {
        AmbitError reason = {0};
        AmbitCheckpointSummary *summary = NULL;
        char *candidate = ambit_checkpoint_path(run, next);
        status = candidate ? ambit_checkpoint_summarize(&summary, candidate, &reason)
                           : ambit_error_set(&reason, AMBIT_NO_MEMORY, "%s: out of memory", run);
        if (status == AMBIT_OK) {
            *path = candidate;
            *step = summary->origin.step;
            ambit_checkpoint_summary_destroy(&summary);
            break;
        }
        if (!*first.message)
            first = reason;
        ambit_free(candidate);
        if (status == AMBIT_NO_MEMORY)
            break;
    }
    closedir(folder);
    if (status == AMBIT_OK)
        return AMBIT_OK;
    return ambit_error_set(error, status, "%s: no %scheckpoint%s%s", run,
                           *first.message ? "usable " : "", *first.message ? "; newest: " : "",
                           first.message);
}

AmbitStatus ambit_checkpoint_steps(const char *run, int64_t every, int64_t **steps, size_t *n_steps,
                                   AmbitError *error)
{
    *steps = NULL;
    *n_steps = 0;
    DIR *folder = opendir(run);
    if (!folder)
        return ambit_error_set(error, AMBIT_INVALID, "%s: %s", run, strerror(errno));
    for (int64_t next = next_step(folder, INT64_MAX); next >= 0; next = next_step(folder, next))
        *n_steps += next % every == 0;
    *steps = ambit_alloc(*n_steps, sizeof **steps);
    size_t place = *steps ? *n_steps : 0;
    for (int64_t next = INT64_MAX; place > 0 && (next = next_step(folder, next)) >= 0;)
        if (next % every == 0)
            (*steps)[--place] = next;
    closedir(folder);
    if (!*steps)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "%s: out of memory", run);
    if (*n_steps > 0)
        return AMBIT_OK;
    ambit_free(*steps);
    *steps = NULL;
    return ambit_error_set(error, AMBIT_INVALID, "%s: no checkpoint at a multiple of %lld steps",
                           run, (long long)every);
}
