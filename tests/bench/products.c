// SPDX-License-Identifier: MIT
// Compares products of kernel levels, one thread, at the shapes of models:
//     products SECONDS MODEL|all LEVEL...
// prints for each shape and each use (forward with bias, gradient of the input,
// gradient of the weight) the median GFLOP/s of every level. Levels alternate; times are the
// thread's own. OPENBLAS_CORETYPE chooses what the level openblas runs.
#include "ambit/kernels.h"
#include "timing.h"

#include <stdio.h>
#include <string.h>

enum { MOST_LEVELS = 4, MOST_TIMES = 300, N_USES = 3 };

typedef struct Shape {
    const char *model;
    size_t rows, n_in, n_out;
} Shape;

/* Rows of a shard: of 8 prompts of 41 points; of 2 sentences. */
static const Shape shapes[] = {
    {"tiny", 656, 20, 64},        {"tiny", 656, 64, 64},        {"tiny", 656, 64, 192},
    {"tiny", 656, 64, 256},       {"tiny", 656, 256, 64},       {"small", 656, 128, 384},
    {"small", 656, 128, 512},     {"small", 656, 512, 128},     {"standard", 656, 256, 256},
    {"standard", 656, 256, 768},  {"standard", 656, 256, 1024}, {"standard", 656, 1024, 256},
    {"language", 50, 512, 512},   {"language", 50, 512, 2048},  {"language", 50, 2048, 512},
    {"language", 200, 512, 1536}, {"language", 200, 512, 75},
};

/* One shape's operands, weights packed by a level. */
typedef struct Work {
    const AmbitKernels *kernels;
    Shape shape;
    AmbitReal *x, *out, *dout, *dx, *dweight, *bias;
    AmbitMatrix weight, turned;
} Work;

static void pack(const AmbitKernels *kernels, AmbitMatrix *matrix)
{
    size_t bytes =
        kernels->packed_bytes ? kernels->packed_bytes(&kernels->context, matrix->k, matrix->n) : 0;
    matrix->packed = bytes ? ambit_alloc(bytes, 1) : NULL;
    if (matrix->packed)
        kernels->pack(&kernels->context, matrix->packed, matrix->b, matrix->k, matrix->n,
                      matrix->transposed);
}

static Work open_work(const AmbitKernels *kernels, Shape s)
{
    AmbitReal *b = numbers(s.n_in * s.n_out);
    Work work = {.kernels = kernels,
                 .shape = s,
                 .x = numbers(s.rows * s.n_in),
                 .out = numbers(s.rows * s.n_out),
                 .dout = numbers(s.rows * s.n_out),
                 .dx = numbers(s.rows * s.n_in),
                 .dweight = numbers(s.n_in * s.n_out),
                 .bias = numbers(s.n_out),
                 .weight = {.b = b, .k = s.n_in, .n = s.n_out},
                 .turned = {.b = b, .k = s.n_out, .n = s.n_in, .transposed = true}};
    pack(kernels, &work.weight);
    pack(kernels, &work.turned);
    return work;
}

static void close_work(Work *work)
{
    void *all[] = {work->x,
                   work->out,
                   work->dout,
                   work->dx,
                   work->dweight,
                   work->bias,
                   work->weight.packed,
                   work->turned.packed,
                   (void *)work->weight.b};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ambit_free(all[i]);
}

static void run(const Work *w, int use)
{
    const Shape s = w->shape;
    if (use == 0)
        ambit_linear(w->kernels, w->out, w->x, &w->weight, s.rows,
                     &(AmbitEpilogue){.bias = w->bias});
    else if (use == 1)
        ambit_linear(w->kernels, w->dx, w->dout, &w->turned, s.rows, &(AmbitEpilogue){0});
    else
        w->kernels->matmul(&w->kernels->context, w->dweight, w->x, w->dout, s.n_in, s.n_out, s.rows,
                           true, false, false);
}

static void measure(double (*rate)[N_USES], const AmbitKernels *kernels, size_t n_levels, Shape s,
                    double limit)
{
    static double times[MOST_LEVELS][N_USES][MOST_TIMES];
    Work work[MOST_LEVELS];
    size_t n = 0;
    for (size_t i = 0; i < n_levels; i++)
        work[i] = open_work(&kernels[i], s);
    for (double begin = seconds_now(); n < 5 || (n < MOST_TIMES && seconds_now() - begin < limit);
         n++)
        for (int use = 0; use < N_USES; use++)
            for (size_t i = 0; i < n_levels; i++) {
                double before = seconds_now();
                run(&work[i], use);
                times[i][use][n] = seconds_now() - before;
            }
    for (size_t i = 0; i < n_levels; i++) {
        for (int use = 0; use < N_USES; use++) {
            double work = 2e-9 * (double)(s.rows * s.n_in * s.n_out);
            rate[i][use] = work / median(times[i][use], n);
        }
        close_work(&work[i]);
    }
}

int main(int argc, char **argv)
{
    AmbitKernels kernels[MOST_LEVELS];
    double rate[MOST_LEVELS][N_USES];
    size_t n_levels = argc > 3 ? (size_t)argc - 3 : 0;
    if (n_levels < 1 || n_levels > MOST_LEVELS)
        return 2;
    for (size_t i = 0; i < n_levels; i++)
        if (ambit_kernels_select(&kernels[i], argv[i + 3], NULL))
            return 1;
    printf("OpenBLAS: code for %s\nGFLOP/s: forward, input gradient, weight gradient\n",
           ambit_kernels_openblas());
    printf("%-10s %4s %4s %4s", "model", "rows", "in", "out");
    for (size_t i = 0; i < n_levels; i++)
        printf("  %-20s", kernels[i].name);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        if (strcmp(argv[2], "all") != 0 && strcmp(argv[2], shapes[s].model) != 0)
            continue;
        measure(rate, kernels, n_levels, shapes[s], atof(argv[1]));
        printf("\n%-10s %4zu %4zu %4zu", shapes[s].model, shapes[s].rows, shapes[s].n_in,
               shapes[s].n_out);
        for (size_t i = 0; i < n_levels; i++)
            printf("  %6.1f %6.1f %6.1f", rate[i][0], rate[i][1], rate[i][2]);
        fflush(stdout);
    }
    putchar('\n');
    return 0;
}
