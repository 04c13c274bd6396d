// SPDX-License-Identifier: MIT
// The trainer in a team of processes: which groups and parameters are whose, and the sum over
// processes, whose order is that of one process. Process p has an aligned block of groups, so the
// sums that processes add pairwise are those of inner nodes of the tree over all groups.
#include "trainer.h"

#include "ambit/memory.h"
#include "ambit/threads.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

AmbitStatus ambit_training_check_team(const AmbitTrainingSettings *settings, size_t n_processes,
                                      AmbitError *error)
{
    size_t groups = settings->groups ? (size_t)settings->groups : 1, next = 1;
    if (n_processes > 0 && groups % n_processes == 0)
        return AMBIT_OK; // groups are a power of two, and so are all their divisors
    while (next < n_processes)
        next *= 2;
    char more[160] = "", shards[64] = "";
    if (settings->shards % (int64_t)next != 0)
        snprintf(shards, sizeof shards, "--training.shards=%zu ", next);
    if (next > groups)
        snprintf(more, sizeof more, "; %s--training.groups=%zu allows %zu, and changes rounding",
                 shards, next, next);
    return ambit_error_parameter(error, "groups",
                                 "found %zu processes, allowed is a power of two up to the number "
                                 "of groups of shards, %zu%s",
                                 n_processes, groups, more);
}

/* The process that updates an item, by the place of its middle on the scale of costs. */
static size_t owner_of(double before, double cost, double total, size_t n_processes)
{
    size_t owner = (size_t)((before + cost / 2) / total * (double)n_processes);
    return owner < n_processes ? owner : n_processes - 1;
}

/* Elements of the sum that this process makes of the gradient. */
static size_t own_count(const AmbitTrainer *t)
{
    return t->shares.end[t->team->index] - t->shares.first[t->team->index];
}

/* Cuts the items of an update into shares of about equal cost; what Muon moves of one tensor stays
 * together. */
static void share_items(AmbitTrainer *t)
{
    size_t n = t->team->count, filled = 0, owner = 0;
    double total = 0, before = 0;
    for (size_t i = 0; i < t->n_items; i++)
        total += t->items[i].cost;
    for (size_t i = 0; i < t->n_items; before += t->items[i++].cost) {
        if (!t->items[i].joins)
            owner = owner_of(before, t->items[i].cost, total, n);
        while (filled <= owner)
            t->shares.item[filled++] = i;
    }
    while (filled <= n)
        t->shares.item[filled++] = t->n_items;
}

/* A process needs the gradient of the parameters that it updates, and of the chunks that begin
 * there, whose norms it computes. */
static void limit_shares(AmbitTrainer *t)
{
    Shares *shares = &t->shares;
    size_t n = t->team->count, block = ambit_model_block_size(t->model);
    for (size_t p = 0; p <= n; p++) {
        shares->first[p] = p == 0                         ? 0
                           : shares->item[p] < t->n_items ? t->items[shares->item[p]].offset
                                                          : block;
        shares->chunk[p] = (shares->first[p] + AMBIT_CHUNK - 1) / AMBIT_CHUNK;
        shares->shard[p] = p * t->n_own_shards;
    }
    for (size_t p = 0; p < n; p++) {
        size_t end = shares->chunk[p + 1] * AMBIT_CHUNK;
        bool has_chunks = shares->chunk[p + 1] > shares->chunk[p];
        shares->end[p] = !has_chunks ? shares->first[p + 1] : end < block ? end : block;
    }
}

AmbitStatus ambit_trainer_create_shares(AmbitTrainer *t, AmbitError *error)
{
    size_t n = t->team->count;
    size_t *limits = ambit_alloc(5 * (n + 1), sizeof *limits);
    if (!limits)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the shares of processes");
    t->shares = (Shares){limits, limits + n + 1, limits + 2 * (n + 1), limits + 3 * (n + 1),
                         limits + 4 * (n + 1)};
    share_items(t);
    limit_shares(t);
    if (n == 1)
        return AMBIT_OK;
    if (ambit_model_block_size(t->model) > INT_MAX)
        return ambit_error_set(error, AMBIT_INVALID,
                               "found a model of %zu parameters, processes exchange at most %d; "
                               "use one process",
                               ambit_model_block_size(t->model), INT_MAX);
    t->received = ambit_alloc(n * own_count(t), sizeof *t->received);
    return t->received
               ? AMBIT_OK
               : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for other processes' sums");
}

/* Adds a chunk of the sums that all processes have sent, pairwise as groups are, and leaves it in
 * the gradient. */
static void add_received(void *context, size_t chunk, size_t worker)
{
    (void)worker;
    AmbitTrainer *t = context;
    size_t all = own_count(t), first = chunk * AMBIT_CHUNK;
    size_t count = all - first < AMBIT_CHUNK ? all - first : AMBIT_CHUNK;
    AmbitReal *sums = t->received + first;
    for (size_t apart = 1; apart < t->team->count; apart *= 2)
        for (size_t p = 0; p < t->team->count; p += 2 * apart)
            t->kernels.add(&t->kernels.context, sums + p * all, sums + (p + apart) * all, count);
    memcpy(t->gradient + t->shares.first[t->team->index] + first, sums, count * sizeof *sums);
}

void ambit_trainer_sum_processes(AmbitTrainer *t)
{
    const AmbitTeam *team = t->team;
    if (team->count == 1)
        return;
    team->type->exchange(team->state, t->gradient, t->shares.first, t->shares.end, t->received,
                         sizeof *t->gradient);
    ambit_threads_run((own_count(t) + AMBIT_CHUNK - 1) / AMBIT_CHUNK, t->n_threads, add_received,
                      t);
}

void ambit_trainer_gather(AmbitTrainer *t)
{
    ambit_team_gather(t->team, t->moment1, t->shares.first, sizeof *t->moment1);
    ambit_team_gather(t->team, t->moment2, t->shares.first, sizeof *t->moment2);
}

void ambit_trainer_share(AmbitTrainer *t)
{
    const AmbitState state = ambit_trainer_blocks(t);
    size_t bytes = ambit_model_block_size(t->model) * sizeof(AmbitReal);
    for (size_t i = 0; i < state.n_blocks; i++) {
        const AmbitStateBlock *block = &state.blocks[i];
        if (block->integer)
            ambit_team_share(t->team, block->integer, sizeof *block->integer, 0);
        else
            ambit_team_share(t->team, block->tensors, bytes, 0);
    }
}
