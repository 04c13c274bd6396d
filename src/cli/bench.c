// SPDX-License-Identifier: MIT
// `ambit bench`: the peaks of this machine, and the share of the peaks that kernels and whole
// training steps reach. Times are medians.
#include "bench.h"
#include "ambit/memory.h"
#include "ambit/peak.h"
#include "ambit/threads.h"
#include "cli.h"
#include "run.h"

#include <gsl/gsl_statistics.h>
#include <string.h>

enum { MOST_TIMES = 1024, COPIED = 64 << 20, CACHED = 128 << 10, CACHED_TIMES = 64 };
static const double seconds_each = 0.3;

/* The median time of a run, after one run for warm-up. */
static double time_work(Bench *bench, void (*run)(Bench *bench))
{
    double times[MOST_TIMES];
    size_t n = 0;
    run(bench);
    double started = ambit_cli_seconds(), now = started;
    while (n < 3 || (n < MOST_TIMES && now - started < seconds_each)) {
        run(bench);
        double ended = ambit_cli_seconds();
        times[n++] = ended - now;
        now = ended;
    }
    return gsl_stats_median(times, 1, n);
}

static void multiply_add_item(void *context, size_t item, size_t worker)
{
    (void)item, (void)worker;
    Bench *bench = context;
    bench->multiply_add(bench->rounds);
}

static void multiply_add(Bench *bench)
{
    ambit_threads_run(1, 1, multiply_add_item, bench);
}

static void multiply_add_all(Bench *bench)
{
    ambit_threads_run(bench->n_threads, bench->n_threads, multiply_add_item, bench);
}

static void copy_item(void *context, size_t item, size_t worker)
{
    (void)worker;
    Bench *bench = context;
    memcpy(bench->copy + 2 * item * COPIED, bench->copy + (2 * item + 1) * COPIED, COPIED);
}

static void copy_all(Bench *bench)
{
    ambit_threads_run(bench->n_threads, bench->n_threads, copy_item, bench);
}

static void copy_cached(Bench *bench)
{
    for (size_t i = 0; i < CACHED_TIMES; i++)
        memcpy(bench->copy + i % 2 * CACHED, bench->copy + (i + 1) % 2 * CACHED, CACHED);
}

static const struct {
    const char *name, *model;
} steps[] = {{"tiny", "n_embd: 64, n_layer: 3, n_head: 2"},
             {"small", "n_embd: 128, n_layer: 6, n_head: 4"},
             {"standard", "n_embd: 256, n_layer: 12, n_head: 8"}};

/* Prints one line of the table, or one object of the JSON array `list`. A limit of 0 means that
 * there is no limit but the peak. */
static void report(Bench *bench, const char *list, const char *name, double seconds, double flop,
                   double bytes, double peak, double limit)
{
    if (bench->json) {
        cJSON *object = cJSON_CreateObject();
        cJSON_AddItemToArray(cJSON_GetObjectItem(bench->json, list), object);
        cJSON_AddStringToObject(object, "name", name);
        cJSON_AddNumberToObject(object, "seconds", seconds);
        if (flop > 0) {
            cJSON_AddNumberToObject(object, "flop_per_second", flop / seconds);
            cJSON_AddNumberToObject(object, "share_of_peak", flop / seconds / peak);
        }
        if (limit > 0)
            cJSON_AddNumberToObject(object, "share_of_limit", flop / seconds / limit);
        if (bytes > 0)
            cJSON_AddNumberToObject(object, "bytes_per_second", bytes / seconds);
    } else if (flop > 0) {
        printf("%-24s %9.3f ms %8.1f GFLOP/s %4.0f %% of the peak", name, 1e3 * seconds,
               flop / seconds / 1e9, 100 * flop / seconds / peak);
        if (limit > 0)
            printf(" %3.0f %% of the limit", 100 * flop / seconds / limit);
    } else {
        printf("%-24s %9.3f ms %8.1f GB/s", name, 1e3 * seconds, bytes / seconds / 1e9);
    }
}

static BenchPeak peak_of(Bench *bench, double (*rounds_of)(size_t rounds))
{
    bench->multiply_add = rounds_of;
    bench->rounds = 1 << 20;
    double flop = rounds_of(1) * (double)bench->rounds;
    return (BenchPeak){flop / time_work(bench, multiply_add),
                       (double)bench->n_threads * flop / time_work(bench, multiply_add_all)};
}

static void report_peak(Bench *bench, const char *name, const char *key, BenchPeak peak)
{
    char all[64];
    snprintf(all, sizeof all, "%s_all", key);
    if (bench->json) {
        cJSON_AddNumberToObject(bench->json, key, peak.one);
        cJSON_AddNumberToObject(bench->json, all, peak.all);
    } else {
        printf("%-24s %.1f GFLOP/s on one thread, %.1f on %zu\n", name, peak.one / 1e9,
               peak.all / 1e9, bench->n_threads);
    }
}

static void measure_peaks(Bench *bench, const AmbitPeak *peak)
{
    bench->peak = peak_of(bench, peak->float32);
    if (bench->json) {
        cJSON_AddStringToObject(bench->json, "kernels", bench->kernels.name);
        cJSON_AddNumberToObject(bench->json, "threads", (double)bench->n_threads);
    } else {
        printf("kernels                  %s\n", bench->kernels.name);
        if (bench->kernels.by_openblas)
            printf("products                 by OpenBLAS, code for %s\n", ambit_kernels_openblas());
    }
    report_peak(bench, "float32 peak", "peak_flop_per_second", bench->peak);
    if (peak->bfloat16) {
        BenchPeak unit = peak_of(bench, peak->bfloat16);
        report_peak(bench, "bfloat16 peak", "bfloat16_flop_per_second", unit);
        bench->limit = (BenchPeak){unit.one / peak->n_products, unit.all / peak->n_products};
    }
    bench->bandwidth = 2.0 * (double)bench->n_threads * COPIED / time_work(bench, copy_all);
    bench->cache_bandwidth = 2.0 * CACHED * CACHED_TIMES / time_work(bench, copy_cached);
    if (bench->json) {
        cJSON_AddNumberToObject(bench->json, "copy_bytes_per_second", bench->bandwidth);
        cJSON_AddNumberToObject(bench->json, "cached_copy_bytes_per_second",
                                bench->cache_bandwidth);
        cJSON_AddArrayToObject(bench->json, "kernels_measured");
        cJSON_AddArrayToObject(bench->json, "steps");
    } else {
        printf(
            "copy bandwidth           %.1f GB/s (read and written), %.1f on one thread inside its "
            "cache\n\n",
            bench->bandwidth / 1e9, bench->cache_bandwidth / 1e9);
    }
}

static void measure_kernels(Bench *bench)
{
    for (const BenchWork *work = ambit_bench_works; work->name; work++) {
        double seconds = time_work(bench, work->run);
        report(bench, "kernels_measured", work->name, seconds, work->flop, work->bytes,
               bench->peak.one, work->product ? bench->limit.one : 0);
        if (!bench->json)
            putchar('\n');
    }
}

/* The parts of steps, after the last line or in the last object of the array `steps`. */
static void report_parts(Bench *bench, double flop, const RunStepTimes *taken)
{
    const double threads = (double)bench->n_threads;
    const double products = bench->limit.all > 0 ? bench->limit.all : bench->peak.all;
    const BenchLimits limits = {products / threads, bench->peak.all / threads,
                                bench->cache_bandwidth, bench->bandwidth / threads};
    cJSON *all = cJSON_GetObjectItem(bench->json, "steps");
    ambit_bench_parts_report(all ? cJSON_GetArrayItem(all, cJSON_GetArraySize(all) - 1) : NULL,
                             taken->n_steps, flop, threads * taken->all, &limits);
}

static AmbitStatus measure_step(Bench *bench, size_t i, AmbitError *error)
{
    char text[256];
    AmbitConfig *config;
    snprintf(text, sizeof text,
             "out_dir: .\nmodel: {n_positions: 41, n_dims: 20, %s}\n"
             "training: {task: linear_regression, batch_size: 64, train_steps: 1000}\n",
             steps[i].model);
    AmbitStatus status = ambit_config_load_text(&config, text, steps[i].name, NULL, NULL, 0, error);
    if (status)
        return status;
    double rows = (double)config->model.trunk.n_context,
           flop = 64 * ambit_model_flop(&config->model, rows, rows / 2);
    RunStepTimes taken;
    AmbitKernels timed;
    ambit_bench_parts_begin(&timed, &bench->kernels);
    status = ambit_run_time_step(&taken, config, &timed, bench->n_threads, 2, error);
    ambit_config_destroy(&config);
    if (status)
        return status;
    report(bench, "steps", steps[i].name, taken.median, flop, 0, bench->peak.all, bench->limit.all);
    if (!bench->json)
        printf(" %8.1f prompts/s\n", 64 / taken.median);
    report_parts(bench, flop, &taken);
    return AMBIT_OK;
}

/* Packs the weight as a trainer does once a step. Returns false if there is no memory. */
static bool pack(const AmbitKernels *kernels, AmbitMatrix *matrix)
{
    size_t bytes =
        kernels->packed_bytes ? kernels->packed_bytes(&kernels->context, matrix->k, matrix->n) : 0;
    matrix->packed = bytes ? ambit_alloc(bytes, 1) : NULL;
    if (matrix->packed)
        kernels->pack(&kernels->context, matrix->packed, matrix->b, matrix->k, matrix->n,
                      matrix->transposed);
    return matrix->packed || !bytes;
}

static AmbitStatus create_memory(Bench *bench, AmbitError *error)
{
    float **buffers[] = {&bench->a, &bench->b, &bench->c, &bench->d, &bench->small};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) {
        *buffers[i] = ambit_alloc(BENCH_ROWS * 4 * BENCH_WIDTH, sizeof **buffers[i]);
        if (!*buffers[i])
            return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the kernels' operands");
        for (size_t j = 0; j < BENCH_ROWS * 4 * BENCH_WIDTH; j++)
            (*buffers[i])[j] = (float)((j * 7919) % 1024) / 1024 - 0.5f;
    }
    bench->weight = (AmbitMatrix){.b = bench->b, .k = BENCH_WIDTH, .n = 4 * BENCH_WIDTH};
    bench->weight_transposed =
        (AmbitMatrix){.b = bench->b, .k = 4 * BENCH_WIDTH, .n = BENCH_WIDTH, .transposed = true};
    if (!pack(&bench->kernels, &bench->weight) || !pack(&bench->kernels, &bench->weight_transposed))
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for packed weights");
    bench->copy = ambit_alloc(2 * bench->n_threads, COPIED);
    return bench->copy ? AMBIT_OK : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory to copy");
}

static AmbitStatus run_all(Bench *bench, const AmbitOptions *options, AmbitError *error)
{
    AmbitPeak peak;
    AmbitStatus status = ambit_kernels_select(&bench->kernels, options->kernels, error);
    if (!status)
        status = ambit_kernels_peak(&peak, options->kernels, error);
    if (!status)
        status = create_memory(bench, error);
    if (status)
        return status;
    measure_peaks(bench, &peak);
    measure_kernels(bench);
    if (!bench->json)
        putchar('\n');
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !status; i++)
        status = measure_step(bench, i, error);
    return status;
}

static int bench(const AmbitOptions *options)
{
    AmbitError error = {0};
    Bench bench = {.n_threads = options->n_threads,
                   .json = options->json ? cJSON_CreateObject() : NULL};
    AmbitStatus status = run_all(&bench, options, &error);
    char *text = bench.json && !status ? cJSON_Print(bench.json) : NULL;
    if (text)
        puts(text);
    cJSON_free(text);
    cJSON_Delete(bench.json);
    ambit_free(bench.a);
    ambit_free(bench.b);
    ambit_free(bench.c);
    ambit_free(bench.d);
    ambit_free(bench.small);
    ambit_free(bench.weight.packed);
    ambit_free(bench.weight_transposed.packed);
    ambit_free(bench.copy);
    return status ? ambit_cli_fail(status, &error) : 0;
}

static const char about[] =
    "Measures the float32 multiply-add peak and the copy bandwidth of this machine and, "
    "with split or bfloat16, the peak of the unit that multiplies bfloat16; then each "
    "kernel on one thread (at the sizes of a shard of the standard model) and whole "
    "training steps of the tiny, small and standard models (20 dims, 41 points, batches "
    "of 64) on all threads. The limit is the most that products could reach: the peak of "
    "the unit, for split a third of that peak. Of each step, the parts: which share of "
    "the threads' time they take, and which share they reach of what limits them (products, with "
    "activations; multiply-adds; copies inside a cache or from memory).";

static const AmbitTerm taken[] = {{"--threads", "N", "threads of peaks and steps; default: all"},
                                  {"--kernels", NULL, NULL},
                                  {"--json", NULL, "write the same as JSON"},
                                  {0}};

static const char examples[] = "  ambit bench\n"
                               "  ambit bench --kernels openblas --json\n";

const AmbitCommand ambit_command_bench = {
    .name = "bench",
    .usage = "[--threads N] [--kernels LEVEL] [--json]",
    .summary = "this machine's peaks, and the share that training reaches",
    .about = about,
    .options = taken,
    .examples = examples,
    .run = bench};
