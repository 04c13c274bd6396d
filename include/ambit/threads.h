// SPDX-License-Identifier: MIT
// Threads: a piece of work is cut into items whose number does not depend on the machine. Threads
// take whole items, and whoever combines the results does so in the order of items. So results have
// the same bits for any number of threads.
#ifndef AMBIT_THREADS_H
#define AMBIT_THREADS_H

#include <stddef.h>

/* Works on one item. `worker` < n_threads says which thread, so that it can have a workspace. */
typedef void (*ambit_item_fn)(void *context, size_t item, size_t worker);

/* Works on items 0 … n_items−1 with at most n_threads threads; returns when all are done. Items are
 * started in ascending order, so an item may wait for earlier ones. */
void ambit_threads_run(size_t n_items, size_t n_threads, ambit_item_fn run, void *context);

/* The first thing that falls to `share` when n_things are dealt evenly to n_shares, in order; the
 * share after the last one gives n_things. */
size_t ambit_share_first(size_t n_things, size_t n_shares, size_t share);

/* Threads this process may run at once: the size of its CPU affinity. */
size_t ambit_hardware_threads(void);

#endif
