// SPDX-License-Identifier: MIT
// Names of checkpoints, which tell their steps.
#include "ambit/memory.h"
#include "ambit/store.h"

#include <ctype.h>
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
    char own[64];
    int64_t step = strtoll(digits, NULL, 10);
    snprintf(own, sizeof own, "%s%08" PRId64 ".h5", prefix, step);
    return strcmp(name, own) == 0 ? step : -1; // not a second name: checkpoint_60.h5
}
