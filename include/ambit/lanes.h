// SPDX-License-Identifier: MIT
// Lanes: work is cut into a fixed number of lanes whatever the machine, threads take whole lanes,
// and lane results are combined in lane order. So results have the same bits for any thread count.
#ifndef AMBIT_LANES_H
#define AMBIT_LANES_H

#include <stddef.h>

/* Runs one lane. `slot` < n_threads picks the thread's workspace. */
typedef void (*ambit_lane_fn)(void *context, size_t lane, size_t slot);

/* Runs lanes 0 … n_lanes−1 on at most n_threads threads and returns when all are done. They are
 * begun in order, so that a lane may wait for those before it. */
void ambit_lanes_run(size_t n_lanes, size_t n_threads, ambit_lane_fn run, void *context);

/* The first item of `lane` when n_items are dealt evenly; lane n_lanes gives n_items. */
size_t ambit_lane_first(size_t n_items, size_t n_lanes, size_t lane);

/* Threads this process may run at once (its CPU affinity). */
size_t ambit_hardware_threads(void);

#endif
