// SPDX-License-Identifier: MIT
// Times the kernels of whole steps: each entry of a table is wrapped by a function that notes how
// long it took and what it had to do.
#include "bench.h"

#include "cli.h"

#include <stdatomic.h>
#include <stdio.h>

enum { PACKED, PRODUCTS, FORWARD, BACKWARD, NORMS, ROWS, OPTIMIZER, N_PARTS };

typedef struct Note {
    atomic_ullong nanoseconds, work; // FLOP or bytes
} Note;

// Entries are told nothing of the table they are called through, so this is the file's.
static AmbitKernels real;
static Note notes[N_PARTS];

static void note(int part, double begin, double work)
{
    atomic_fetch_add(&notes[part].nanoseconds,
                     (unsigned long long)(1e9 * (ambit_cli_seconds() - begin)));
    atomic_fetch_add(&notes[part].work, (unsigned long long)work);
}

static void matmul(const AmbitKernelContext *context, AmbitReal *c, const AmbitReal *a,
                   const AmbitReal *b, size_t m, size_t n, size_t k, bool transpose_a,
                   bool transpose_b, bool accumulate)
{
    double begin = ambit_cli_seconds();
    real.matmul(context, c, a, b, m, n, k, transpose_a, transpose_b, accumulate);
    note(PRODUCTS, begin, 2.0 * (double)m * (double)n * (double)k);
}

static void matmul_packed(const AmbitKernelContext *context, AmbitReal *c, const AmbitReal *a,
                          const void *packed, size_t m, const AmbitEpilogue *epilogue)
{
    double begin = ambit_cli_seconds();
    real.matmul_packed(context, c, a, packed, m, epilogue);
    note(PACKED, begin, 0); // the FLOP of the step that are left over
}

/* Multiply-adds of one product of attention, such as queries by keys. */
static double attention_work(const AmbitAttention *shape)
{
    double pairs = 0;
    for (size_t b = 0; b < shape->n_sequences; b++) {
        double prefix = (double)shape->prefix[b];
        pairs += prefix * (prefix + 1) / 2;
        for (size_t t = shape->offset[b] + shape->prefix[b]; t < shape->offset[b + 1]; t++)
            pairs += (double)shape->seen[t] + 1;
    }
    return pairs * (double)shape->width;
}

static void attention_forward(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *log_sum,
                              const AmbitReal *qkv, const AmbitAttention *shape, AmbitReal *scratch)
{
    double begin = ambit_cli_seconds();
    real.attention_forward(context, out, log_sum, qkv, shape, scratch);
    note(FORWARD, begin, 4 * attention_work(shape));
}

static void attention_backward(const AmbitKernelContext *context, AmbitReal *dqkv,
                               const AmbitReal *dout, const AmbitReal *out, const AmbitReal *qkv,
                               const AmbitReal *log_sum, const AmbitAttention *shape,
                               AmbitReal *scratch)
{
    double begin = ambit_cli_seconds();
    real.attention_backward(context, dqkv, dout, out, qkv, log_sum, shape, scratch);
    note(BACKWARD, begin, 10 * attention_work(shape));
}

static void layer_norm_forward(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *mean,
                               AmbitReal *rstd, const AmbitReal *x, const AmbitReal *gain,
                               const AmbitReal *bias, size_t rows, size_t width)
{
    double begin = ambit_cli_seconds();
    real.layer_norm_forward(context, out, mean, rstd, x, gain, bias, rows, width);
    note(NORMS, begin, 8.0 * (double)(rows * width));
}

static void layer_norm_backward(const AmbitKernelContext *context, AmbitReal *dx, AmbitReal *dgain,
                                AmbitReal *dbias, const AmbitReal *dout, const AmbitReal *x,
                                const AmbitReal *mean, const AmbitReal *rstd, const AmbitReal *gain,
                                size_t rows, size_t width)
{
    double begin = ambit_cli_seconds();
    real.layer_norm_backward(context, dx, dgain, dbias, dout, x, mean, rstd, gain, rows, width);
    note(NORMS, begin, 16.0 * (double)(rows * width));
}

static void sum_rows(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                     size_t rows, size_t width)
{
    double begin = ambit_cli_seconds();
    real.sum_rows(context, out, x, rows, width);
    note(ROWS, begin, 4.0 * (double)(rows * width));
}

static void adam(const AmbitKernelContext *context, AmbitReal *parameter, AmbitReal *moment1,
                 AmbitReal *moment2, const AmbitReal *gradient, size_t count,
                 const AmbitAdam *settings)
{
    double begin = ambit_cli_seconds();
    real.adam(context, parameter, moment1, moment2, gradient, count, settings);
    note(OPTIMIZER, begin, 28.0 * (double)count);
}

void ambit_bench_parts_begin(AmbitKernels *timed, const AmbitKernels *kernels)
{
    real = *timed = *kernels;
    for (int i = 0; i < N_PARTS; i++) {
        atomic_store(&notes[i].nanoseconds, 0);
        atomic_store(&notes[i].work, 0);
    }
    timed->matmul = matmul;
    timed->matmul_packed = real.matmul_packed ? matmul_packed : NULL;
    timed->attention_forward = attention_forward;
    timed->attention_backward = attention_backward;
    timed->layer_norm_forward = layer_norm_forward;
    timed->layer_norm_backward = layer_norm_backward;
    timed->sum_rows = sum_rows;
    timed->adam = adam;
}

/* `limit`: what limits the part, if anything does that is measured. */
static void report(cJSON *list, const char *name, double share, const char *limit, double reached)
{
    if (list) {
        cJSON *object = cJSON_CreateObject();
        cJSON_AddItemToArray(list, object);
        cJSON_AddStringToObject(object, "name", name);
        cJSON_AddNumberToObject(object, "share_of_time", share);
        if (limit)
            cJSON_AddStringToObject(object, "limit", limit);
        if (limit)
            cJSON_AddNumberToObject(object, "share_of_limit", reached);
        return;
    }
    printf("  %-22s %5.1f %% of the time", name, 100 * share);
    if (limit)
        printf(" %7.0f %% of its limit: %s", 100 * reached, limit);
    putchar('\n');
}

void ambit_bench_parts_report(cJSON *step, size_t n_steps, double flop, double seconds,
                              const BenchLimits *limits)
{
    const double most_cached = 32 << 20, updated = (double)atomic_load(&notes[OPTIMIZER].work);
    const bool cached = updated / (double)n_steps < most_cached;
    const struct {
        const char *name, *limit;
        double rate;
    } parts[N_PARTS] = {
        [PACKED] = {"products with weights", "products", limits->products},
        [PRODUCTS] = {"other products", "products", limits->products},
        [FORWARD] = {"attention forward", "multiply-adds", limits->multiply_adds},
        [BACKWARD] = {"attention backward", "multiply-adds", limits->multiply_adds},
        [NORMS] = {"layer norms", "copies in the cache", limits->cache},
        [ROWS] = {"gradients of biases", "copies in the cache", limits->cache},
        [OPTIMIZER] = {"adam", cached ? "copies in the cache" : "copies in memory",
                       cached ? limits->cache : limits->memory},
    };
    cJSON *list = step ? cJSON_AddArrayToObject(step, "parts") : NULL;
    double left = seconds;
    for (int i = 0; i < N_PARTS; i++) {
        const double taken = 1e-9 * (double)atomic_load(&notes[i].nanoseconds);
        double work = (double)atomic_load(&notes[i].work);
        if (i == PACKED) // `flop` has attention's gradient as twice its forward pass
            work = (double)n_steps * flop - (double)atomic_load(&notes[PRODUCTS].work) -
                   3.0 * (double)atomic_load(&notes[FORWARD].work);
        if (taken > 0)
            report(list, parts[i].name, taken / seconds, parts[i].limit,
                   work / taken / parts[i].rate);
        left -= taken;
    }
    report(list, "the rest", left / seconds, NULL, 0);
}
