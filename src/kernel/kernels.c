// SPDX-License-Identifier: MIT
// Builds kernel tables: reference entries, then those of higher levels, as far as asked and as far
// as this CPU goes. No other file looks at the CPU, except to ask Linux for AMX (bfloat16/).
#include "ambit/kernels.h"
#include "ambit/peak.h"

#include "reference/reference.h"

#include <stdio.h>
#include <string.h>

#ifndef AMBIT_DOUBLE
#include "bfloat16/bfloat16.h"
#include "openblas/openblas.h"
#ifdef AMBIT_HAVE_LEVELS
void ambit_kernels_use_avx2(AmbitKernels *kernels);
void ambit_kernels_use_avx512(AmbitKernels *kernels);
double ambit_vector_multiply_add_avx2(size_t rounds);
double ambit_vector_multiply_add_avx512(size_t rounds);
#endif
void ambit_kernels_use_baseline(AmbitKernels *kernels);
double ambit_vector_multiply_add_baseline(size_t rounds);
#endif

typedef struct Level {
    const char *name;
    void (*use)(AmbitKernels *kernels);    // replaces entries of lower levels
    double (*multiply_add)(size_t rounds); // see AmbitPeak.float32
    bool (*runs)(void);                    // on this CPU; NULL: on every CPU
    bool (*pays)(void);                    // whether auto takes it where it runs; NULL: yes
    bool rounds;                           // operands to fewer digits
} Level;

static void use_reference(AmbitKernels *kernels)
{
    *kernels = (AmbitKernels){
        .name = "reference",
        .context = {.n_threads = 1},
        .matmul = ambit_reference_matmul,
        .add_bias = ambit_reference_add_bias,
        .sum_rows = ambit_reference_sum_rows,
        .layer_norm_forward = ambit_reference_layer_norm_forward,
        .layer_norm_backward = ambit_reference_layer_norm_backward,
        .gelu = ambit_reference_gelu,
        .relu = ambit_reference_relu,
        .dropout = ambit_reference_dropout,
        .multiply = ambit_reference_multiply,
        .add = ambit_reference_add,
        .attention_forward = ambit_reference_attention_forward,
        .attention_backward = ambit_reference_attention_backward,
        .adam = ambit_reference_adam,
        .gather_rows = ambit_reference_gather_rows,
        .scatter_rows = ambit_reference_scatter_rows,
        .add_rows = ambit_reference_add_rows,
        .accumulate_rows = ambit_reference_accumulate_rows,
        .scale = ambit_reference_scale,
        .squares = ambit_reference_squares,
        .muon_momentum = ambit_reference_muon_momentum,
        .muon_polynomial = ambit_reference_muon_polynomial,
        .muon_update = ambit_reference_muon_update,
    };
}

#ifdef AMBIT_HAVE_LEVELS
static bool runs_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool runs_avx512(void)
{
    return runs_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

#ifdef AMBIT_HAVE_BFLOAT16
static bool runs_bfloat16(void)
{
    return runs_avx512() && __builtin_cpu_supports("avx512bf16");
}

static bool never(void)
{
    return false;
}
#endif
#endif

static const Level levels[] = {
    {"reference", use_reference, ambit_reference_multiply_add, NULL, NULL, false},
#ifndef AMBIT_DOUBLE
    {"openblas", ambit_kernels_use_openblas, ambit_reference_multiply_add, NULL, NULL, false},
    {"baseline", ambit_kernels_use_baseline, ambit_vector_multiply_add_baseline, NULL, NULL, false},
#ifdef AMBIT_HAVE_LEVELS
    {"avx2", ambit_kernels_use_avx2, ambit_vector_multiply_add_avx2, runs_avx2, NULL, false},
    {"avx512", ambit_kernels_use_avx512, ambit_vector_multiply_add_avx512, runs_avx512, NULL,
     false},
#ifdef AMBIT_HAVE_BFLOAT16
    {"bfloat16", ambit_kernels_use_bfloat16, ambit_vector_multiply_add_avx512, runs_bfloat16, never,
     true},
    {"split", ambit_kernels_use_split, ambit_vector_multiply_add_avx512, runs_bfloat16,
     ambit_amx_permitted, false},
#endif
#endif
#endif
};

enum { N_LEVELS = sizeof levels / sizeof *levels };

static bool runs_here(const Level *level)
{
    return !level->runs || level->runs();
}

const char *const *ambit_kernels_levels(void)
{
    static const char *names[N_LEVELS + 1];
    size_t count = 0;
    for (size_t i = 0; i < N_LEVELS; i++)
        if (runs_here(&levels[i]) && !levels[i].rounds)
            names[count++] = levels[i].name;
    return names;
}

static AmbitStatus refuse(const char *level, AmbitError *error)
{
    char known[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < N_LEVELS; i++)
        if (runs_here(&levels[i]))
            used += (size_t)snprintf(known + used, sizeof known - used, "%s, ", levels[i].name);
    return ambit_error_set(
        error, AMBIT_INVALID,
        "kernels: found '%s'; this machine runs %sor auto (the fastest that does not round)", level,
        known);
}

/* Whether `level` is part of the table of `highest`. */
static bool contributes(const Level *level, const Level *highest)
{
    return level == highest || (runs_here(level) && (!level->pays || level->pays()));
}

/* NULL if the word is unknown or this CPU lacks the level. */
static const Level *find_level(const char *name)
{
    const Level *found = NULL;
    for (size_t i = 0; i < N_LEVELS; i++)
        if (strcmp(name, levels[i].name) == 0)
            return runs_here(&levels[i]) ? &levels[i] : NULL;
        else if (contributes(&levels[i], NULL))
            found = &levels[i];
    return strcmp(name, "auto") == 0 ? found : NULL;
}

AmbitStatus ambit_kernels_select(AmbitKernels *kernels, const char *level, AmbitError *error)
{
    const Level *highest = find_level(level);
    if (!highest)
        return refuse(level, error);
    for (const Level *each = levels; each <= highest; each++)
        if (contributes(each, highest))
            each->use(kernels);
    return AMBIT_OK;
}

AmbitStatus ambit_kernels_peak(AmbitPeak *peak, const char *level, AmbitError *error)
{
    AmbitKernels kernels;
    AmbitStatus status = ambit_kernels_select(&kernels, level, error);
    if (status)
        return status;
    *peak = (AmbitPeak){.float32 = find_level(level)->multiply_add};
#ifndef AMBIT_DOUBLE
    if (kernels.context.unit) {
        peak->bfloat16 = kernels.context.unit->peak;
        peak->n_products = kernels.context.split ? 3 : 1;
    }
#endif
    return AMBIT_OK;
}
