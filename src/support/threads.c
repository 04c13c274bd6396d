// SPDX-License-Identifier: MIT
// Runs items of work on OpenMP threads.
#include "ambit/threads.h"

#include <omp.h>
#include <stdatomic.h>

void ambit_threads_run(size_t n_items, size_t n_threads, ambit_item_fn run, void *context)
{
    const int team = // NOLINT(clang-analyzer-deadcode.DeadStores): the pragma reads it
        (int)(n_threads < n_items ? n_threads : n_items);
    atomic_size_t next = 0;
#pragma omp parallel num_threads(team > 1 ? team : 1)
    for (size_t item; (item = atomic_fetch_add(&next, 1)) < n_items;)
        run(context, item, (size_t)omp_get_thread_num());
}

size_t ambit_share_first(size_t n_things, size_t n_shares, size_t share)
{
    return n_things / n_shares * share + n_things % n_shares * share / n_shares;
}

size_t ambit_hardware_threads(void)
{
    int count = omp_get_num_procs();
    return count > 0 ? (size_t)count : 1;
}
