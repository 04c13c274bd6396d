// SPDX-License-Identifier: MIT
// What the benches of kernels share: a thread's own clock, operands, medians.
#ifndef AMBIT_BENCH_TIMING_H
#define AMBIT_BENCH_TIMING_H

#include "ambit/memory.h"
#include "ambit/real.h"

#include <stdlib.h>
#include <time.h>

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static AmbitReal *numbers(size_t count)
{
    AmbitReal *x = ambit_alloc(count, sizeof *x);
    if (!x)
        exit(1);
    for (size_t i = 0; i < count; i++)
        x[i] = (AmbitReal)((i * 7919) % 1024) / 1024 - 0.5f;
    return x;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts x. */
static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, compare_doubles);
    return x[n / 2];
}

#endif
