// SPDX-License-Identifier: MIT
// Threads: work is cut into items whose number does not depend on the machine. Threads take whole
// items, and callers combine the results in the order of items. So results have the same bits for
// any number of threads.
#ifndef AMBIT_THREADS_H
#define AMBIT_THREADS_H

#include <stddef.h>

/* Works on one item. `worker` < n_threads numbers the thread, to index workspaces. */
typedef void (*ambit_item_fn)(void *context, size_t item, size_t worker);

/* Works on items 0 … n_items−1 with at most n_threads threads; returns when all are done. Items are
 * started in ascending order, so an item may wait for earlier ones. */
void ambit_threads_run(size_t n_items, size_t n_threads, ambit_item_fn run, void *context);

/* Cuts things 0 … n_things−1, in order, into n_shares parts of nearly equal size. Returns the index
 * of the first thing of part `share`; n_things if share = n_shares. */
size_t ambit_share_first(size_t n_things, size_t n_shares, size_t share);

/* Works on things `first` … `end` − 1. */
typedef void (*ambit_part_fn)(const void *context, size_t first, size_t end);

/* Works on things 0 … n_things−1 in at most n_threads parts, each on a thread; returns when all are
 * done. Parts begin at multiples of `step`. */
void ambit_threads_split(size_t n_things, size_t step, size_t n_threads, ambit_part_fn run,
                         const void *context);

/* Returns how many threads this process may run at once: the CPUs in its affinity mask. */
size_t ambit_hardware_threads(void);

#endif
