// SPDX-License-Identifier: MIT
// Runs items of work on OpenMP threads.
#include "ambit/threads.h"

#include <omp.h>
#include <stdatomic.h>

void ambit_threads_run(size_t n_items, size_t n_threads, ambit_item_fn run, void *context)
{
    if (n_threads <= 1 || n_items <= 1) { // not even a team of one: items may have a team inside
        for (size_t item = 0; item < n_items; item++)
            run(context, item, 0);
        return;
    }
    const int team = // NOLINT(clang-analyzer-deadcode.DeadStores): the pragma reads it
        (int)(n_threads < n_items ? n_threads : n_items);
    atomic_size_t next = 0;
#pragma omp parallel num_threads(team)
    for (size_t item; (item = atomic_fetch_add(&next, 1)) < n_items;)
        run(context, item, (size_t)omp_get_thread_num());
}

size_t ambit_share_first(size_t n_things, size_t n_shares, size_t share)
{
    return n_things / n_shares * share + n_things % n_shares * share / n_shares;
}

/* Parts of things. */
typedef struct Parts {
    size_t n_things, step, n_parts;
    ambit_part_fn run;
    const void *context;
} Parts;

static void run_part(void *context, size_t part, size_t worker)
{
    (void)worker;
    const Parts *p = context;
    const size_t steps = (p->n_things + p->step - 1) / p->step;
    const size_t end = ambit_share_first(steps, p->n_parts, part + 1) * p->step;
    p->run(p->context, ambit_share_first(steps, p->n_parts, part) * p->step,
           end < p->n_things ? end : p->n_things);
}

void ambit_threads_split(size_t n_things, size_t step, size_t n_threads, ambit_part_fn run,
                         const void *context)
{
    const size_t steps = (n_things + step - 1) / step;
    Parts parts = {n_things, step, n_threads < steps ? n_threads : steps, run, context};
    ambit_threads_run(parts.n_parts, parts.n_parts, run_part, &parts);
}

size_t ambit_hardware_threads(void)
{
    int count = omp_get_num_procs();
    return count > 0 ? (size_t)count : 1;
}
