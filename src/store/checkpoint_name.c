// SPDX-License-Identifier: MIT
// Names of checkpoints, and of checkpoints of the parameters alone, which tell their steps.
#include "ambit/memory.h"
#include "ambit/store.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char checkpoint[] = "checkpoint_", parameters[] = "parameters_";

static char *path_of(const char *run, const char *prefix, int64_t step)
{
    size_t size = strlen(run) + 64;
    char *path = ambit_alloc(size, 1);
    if (path)
        snprintf(path, size, "%s/%s%08" PRId64 ".h5", run, prefix, step);
    return path;
}

static int64_t step_of(const char *name, const char *prefix)
{
    if (strncmp(name, prefix, strlen(prefix)) != 0)
        return -1;
    const char *digits = name + strlen(prefix), *end = digits;
    while (isdigit((unsigned char)*end))
        end++;
    if (end == digits || end - digits > 18 || strcmp(end, ".h5") != 0)
        return -1;
    char own[64];
    int64_t step = strtoll(digits, NULL, 10);
    snprintf(own, sizeof own, "%s%08" PRId64 ".h5", prefix, step);
    return strcmp(name, own) == 0 ? step : -1; // not a second name: checkpoint_60.h5
}

char *ambit_checkpoint_path(const char *run, int64_t step)
{
    return path_of(run, checkpoint, step);
}

int64_t ambit_checkpoint_name_step(const char *name)
{
    return step_of(name, checkpoint);
}

char *ambit_parameters_path(const char *run, int64_t step)
{
    return path_of(run, parameters, step);
}

int64_t ambit_parameters_name_step(const char *name)
{
    return step_of(name, parameters);
}

char *ambit_parameters_find(const char *run, int64_t step)
{
    char *path = ambit_checkpoint_path(run, step);
    if (!path || access(path, F_OK) == 0)
        return path;
    ambit_free(path);
    return ambit_parameters_path(run, step);
}
