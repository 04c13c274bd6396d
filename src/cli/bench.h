// SPDX-License-Identifier: MIT
// What the files of `ambit bench` share: what is measured, and the parts of a training step.
#ifndef AMBIT_CLI_BENCH_H
#define AMBIT_CLI_BENCH_H

#include "ambit/kernels.h"

#include <cJSON.h>

/* A shard of the standard model: 8 prompts of 41 points. */
enum {
    BENCH_PROMPTS = 8,
    BENCH_TOKENS = 82,
    BENCH_WIDTH = 256,
    BENCH_HEADS = 8,
    BENCH_ROWS = BENCH_PROMPTS * BENCH_TOKENS
};

/* FLOP/s of one thread and of all. */
typedef struct BenchPeak {
    double one, all;
} BenchPeak;

typedef struct Bench {
    AmbitKernels kernels;
    size_t n_threads;
    BenchPeak peak, limit;        // of float32, and of products with these kernels
    double bandwidth;             // bytes copied a second by all threads, read and written
    double cache_bandwidth;       // the same of one thread, of what its cache holds
    float *a, *b, *c, *d, *small; // [BENCH_ROWS][4·BENCH_WIDTH] each
    // b as [BENCH_WIDTH][4·BENCH_WIDTH], packed where the level packs
    AmbitMatrix weight, weight_transposed;
    double (*multiply_add)(size_t rounds); // float32's or the unit's
    size_t rounds;
    char *copy; // [n_threads][2][COPIED]
    cJSON *json;
} Bench;

/* One thing that is timed. */
typedef struct BenchWork {
    const char *name;
    void (*run)(Bench *bench);
    double flop, bytes; // of one run; 0 for the one that does not limit the speed
    bool product;       // computed by the level's bfloat16 unit, if any
} BenchWork;

/* Until one without a name. */
extern const BenchWork ambit_bench_works[];

/* What one thread can do in a second. */
typedef struct BenchLimits {
    double products, multiply_adds; // FLOP
    double cache, memory;           // bytes, read and written
} BenchLimits;

/* A table whose entries are timed. One at a time. */
void ambit_bench_parts_begin(AmbitKernels *timed, const AmbitKernels *kernels);

/* Prints the parts of the steps since begin, or adds them to a step's JSON object: `flop` of a step
 * by products and attention, `seconds` of all threads and steps. The last part is the rest. */
void ambit_bench_parts_report(cJSON *step, size_t n_steps, double flop, double seconds,
                              const BenchLimits *limits);

#endif
