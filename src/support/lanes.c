// SPDX-License-Identifier: MIT
// Lanes over OpenMP threads.
#include "ambit/lanes.h"

#include <omp.h>
#include <stdatomic.h>

void ambit_lanes_run(size_t n_lanes, size_t n_threads, ambit_lane_fn run, void *context)
{
    const int team = // NOLINT(clang-analyzer-deadcode.DeadStores): the pragma reads it
        (int)(n_threads < n_lanes ? n_threads : n_lanes);
    atomic_size_t next = 0;
#pragma omp parallel num_threads(team > 1 ? team : 1)
    for (size_t lane; (lane = atomic_fetch_add(&next, 1)) < n_lanes;)
        run(context, lane, (size_t)omp_get_thread_num());
}

size_t ambit_lane_first(size_t n_items, size_t n_lanes, size_t lane)
{
    return n_items / n_lanes * lane + n_items % n_lanes * lane / n_lanes;
}

size_t ambit_hardware_threads(void)
{
    int count = omp_get_num_procs();
    return count > 0 ? (size_t)count : 1;
}
