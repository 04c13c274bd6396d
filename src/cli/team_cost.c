// SPDX-License-Identifier: MIT
// What a training would gain from more processes: how many the config allows, what they exchange,
// and the efficiency to expect. The model has no overlap of exchange and work.
#include "run.h"

#include "ambit/memory.h"

#include <math.h>

/* Seconds from one process to another, of which each of the collective calls of a step takes about
 * log₂ P in a row (TCP; fast networks take less). */
static const double latency = 50e-6;
enum { CALLS = 6 };

/* Part of a shard's work that one thread does while the others wait, where they share its products:
 * two were measured to be 1.67 to 1.75 times as fast as one. More threads were not measured. */
static const double unshared = 0.17;

/* Time that threads take for shards, in units of one shard on one thread (n_at_a_time of the
 * trainer). */
static double shard_times(size_t n_shards, size_t n_threads)
{
    double n = (double)n_shards;
    if (2 * n_shards <= n_threads)
        return n * (unshared + (1 - unshared) / (double)n_threads);
    return ceil(n / (double)n_threads);
}

/* Seconds of a step that takes `alone` in one process. */
static double team_step(double alone, double bytes, size_t n_shards, size_t n_threads,
                        size_t n_processes, double bandwidth)
{
    double p = (double)n_processes, exchanged = bytes * (p - 1) / p, hops = 0;
    for (size_t reached = 1; reached < n_processes; reached *= 2)
        hops++;
    return alone * shard_times(n_shards / n_processes, n_threads) /
               shard_times(n_shards, n_threads) +
           8 * exchanged / (1e9 * bandwidth) + CALLS * hops * latency;
}

void ambit_run_print_team_cost(FILE *out, const AmbitTrainingSettings *training, size_t n_shards,
                               size_t n_parameters, size_t n_threads, double seconds,
                               size_t bandwidth)
{
    size_t groups = training->groups ? (size_t)training->groups : 1;
    double bytes = 2 * (double)n_parameters * sizeof(AmbitReal); // gradients, then parameters
    if (groups == 1) {
        fprintf(out, "ranks       1, as many as training.groups; more groups allow ambit-mpi\n");
        return;
    }
    char amount[AMBIT_BYTES_TEXT];
    fprintf(out,
            "ranks       at most %zu, as many as training.groups; each of P sends %s · (P − 1)/P a "
            "step\n"
            "            efficiency to expect at %zu Gbit/s a machine:",
            groups, ambit_bytes_text(bytes, amount), bandwidth);
    for (size_t p = 2; p <= groups; p *= 2)
        fprintf(out, "%s %zu ranks %.2f", p > 2 ? "," : "", p,
                seconds / ((double)p *
                           team_step(seconds, bytes, n_shards, n_threads, p, (double)bandwidth)));
    fputc('\n', out);
}
