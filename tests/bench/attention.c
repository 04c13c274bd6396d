// SPDX-License-Identifier: MIT
// Compares attention of kernel levels, one thread, at the shapes of models:
//     attention SECONDS LEVEL...
// prints for each shape and level the median GFLOP/s, forward and backward, and the median shares
// of the multiply-add peak, which is measured beside each. Counted is what causality leaves: 2
// products forward, 5 backward. Levels alternate; times are the thread's own.
#include "ambit/kernels.h"
#include "ambit/peak.h"
#include "timing.h"

#include <stdio.h>

enum { MOST_LEVELS = 4, MOST_TIMES = 2000, MOST_SEQUENCES = 64, N_USES = 2 };

/* Sequences of a shard, and rows of each. */
typedef struct Shape {
    const char *model;
    size_t sequences, rows, heads, width;
} Shape;

static const Shape shapes[] = {
    {"quickstart", 32, 12, 4, 64}, {"tiny", 8, 82, 2, 64},      {"small", 8, 82, 4, 128},
    {"standard", 8, 82, 8, 256},   {"language", 2, 25, 4, 512}, {"long", 2, 200, 4, 128},
};

typedef struct Work {
    AmbitAttention shape;
    size_t offset[MOST_SEQUENCES + 1], prefix[MOST_SEQUENCES];
    AmbitReal *qkv, *out, *dout, *dqkv, *log_sum, *scratch;
} Work;

static void open_work(Work *work, Shape s)
{
    for (size_t b = 0; b <= s.sequences; b++)
        work->offset[b] = b * s.rows;
    for (size_t b = 0; b < s.sequences; b++)
        work->prefix[b] = s.rows;
    work->shape = (AmbitAttention){.n_sequences = s.sequences,
                                   .offset = work->offset,
                                   .prefix = work->prefix,
                                   .longest = s.rows,
                                   .n_heads = s.heads,
                                   .width = s.width};
    size_t rows = s.sequences * s.rows;
    work->qkv = numbers(3 * rows * s.width);
    work->out = numbers(rows * s.width);
    work->dout = numbers(rows * s.width);
    work->dqkv = numbers(3 * rows * s.width);
    work->log_sum = numbers(rows * s.heads);
    work->scratch = numbers(ambit_attention_scratch(&work->shape));
}

static void close_work(Work *work)
{
    AmbitReal *all[] = {work->qkv, work->out, work->dout, work->dqkv, work->log_sum, work->scratch};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ambit_free(all[i]);
}

/* Runs forward or backward once; returns its FLOP. */
static double attend(const Work *w, const AmbitKernels *k, int use)
{
    const AmbitAttention *s = &w->shape;
    if (use == 0)
        k->attention_forward(&k->context, w->out, w->log_sum, w->qkv, s, w->scratch);
    else
        k->attention_backward(&k->context, w->dqkv, w->dout, w->out, w->qkv, w->log_sum, s,
                              w->scratch);
    double flop = (double)(s->n_sequences * s->longest * (s->longest + 1) * s->width);
    return use == 0 ? 2 * flop : 5 * flop;
}

/* A level: its kernels and its peak. */
typedef struct Level {
    AmbitKernels kernels;
    AmbitPeak peak;
} Level;

static void measure(const Level *levels, size_t n_levels, Shape s, double limit)
{
    static double rates[MOST_LEVELS][N_USES][MOST_TIMES], shares[MOST_LEVELS][N_USES][MOST_TIMES];
    Work work;
    size_t n = 0;
    open_work(&work, s);
    for (double begin = seconds_now(); n < 5 || (n < MOST_TIMES && seconds_now() - begin < limit);
         n++)
        for (size_t i = 0; i < n_levels; i++)
            for (int use = 0; use < N_USES; use++) {
                double start = seconds_now(), flop = attend(&work, &levels[i].kernels, use);
                double middle = seconds_now(), most = levels[i].peak.float32(2000);
                rates[i][use][n] = flop / (middle - start);
                shares[i][use][n] = rates[i][use][n] / (most / (seconds_now() - middle));
            }
    for (size_t i = 0; i < n_levels; i++) {
        printf("  %-8s", levels[i].kernels.name);
        for (int use = 0; use < N_USES; use++)
            printf(" %6.1f %.2f", 1e-9 * median(rates[i][use], n), median(shares[i][use], n));
    }
    close_work(&work);
}

int main(int argc, char **argv)
{
    Level levels[MOST_LEVELS];
    size_t n_levels = argc > 2 ? (size_t)argc - 2 : 0;
    if (n_levels < 1 || n_levels > MOST_LEVELS)
        return 2;
    for (size_t i = 0; i < n_levels; i++)
        if (ambit_kernels_select(&levels[i].kernels, argv[i + 2], NULL) ||
            ambit_kernels_peak(&levels[i].peak, argv[i + 2], NULL))
            return 1;
    puts("GFLOP/s and share of the peak: forward, backward");
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        printf("%-10s", shapes[s].model);
        measure(levels, n_levels, shapes[s], atof(argv[1]));
        putchar('\n');
        fflush(stdout);
    }
    return 0;
}
