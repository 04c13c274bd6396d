// SPDX-License-Identifier: MIT
// The kernels that `ambit bench` measures one by one.
#include "bench.h"

#include <string.h>

static void forward(Bench *x)
{
    ambit_linear(&x->kernels, x->c, x->a, &x->weight, BENCH_ROWS, &(AmbitEpilogue){0});
}

static void input_gradient(Bench *x)
{
    ambit_linear(&x->kernels, x->a, x->c, &x->weight_transposed, BENCH_ROWS, &(AmbitEpilogue){0});
}

static void weight_gradient(Bench *x)
{
    x->kernels.matmul(&x->kernels.context, x->b, x->a, x->c, BENCH_WIDTH, 4 * BENCH_WIDTH,
                      BENCH_ROWS, true, false, false);
}

/* BENCH_PROMPTS sequences of BENCH_TOKENS rows. */
static AmbitAttention attention_shape(size_t offset[BENCH_PROMPTS + 1],
                                      size_t prefix[BENCH_PROMPTS])
{
    for (size_t b = 0; b <= BENCH_PROMPTS; b++)
        offset[b] = b * BENCH_TOKENS;
    for (size_t b = 0; b < BENCH_PROMPTS; b++)
        prefix[b] = BENCH_TOKENS;
    return (AmbitAttention){.n_sequences = BENCH_PROMPTS,
                            .offset = offset,
                            .prefix = prefix,
                            .longest = BENCH_TOKENS,
                            .n_heads = BENCH_HEADS,
                            .width = BENCH_WIDTH};
}

static void attention_forward(Bench *x)
{
    size_t offset[BENCH_PROMPTS + 1], prefix[BENCH_PROMPTS];
    const AmbitAttention shape = attention_shape(offset, prefix);
    x->kernels.attention_forward(&x->kernels.context, x->c, x->small, x->a, &shape, x->d);
}

static void attention_backward(Bench *x)
{
    size_t offset[BENCH_PROMPTS + 1], prefix[BENCH_PROMPTS];
    const AmbitAttention shape = attention_shape(offset, prefix);
    x->kernels.attention_backward(&x->kernels.context, x->c, x->b, x->b, x->a, x->small, &shape,
                                  x->d);
}

static void layer_norm_forward(Bench *x)
{
    x->kernels.layer_norm_forward(&x->kernels.context, x->c, x->small, x->small + BENCH_ROWS, x->a,
                                  x->b, x->b, BENCH_ROWS, BENCH_WIDTH);
}

static void layer_norm_backward(Bench *x)
{
    x->kernels.layer_norm_backward(&x->kernels.context, x->c, x->d, x->d + BENCH_WIDTH, x->b, x->a,
                                   x->small, x->small + BENCH_ROWS, x->b, BENCH_ROWS, BENCH_WIDTH);
}

static void gelu(Bench *x)
{
    x->kernels.gelu(&x->kernels.context, x->c, x->d, x->a, BENCH_ROWS * 4 * BENCH_WIDTH);
}

static void add_bias(Bench *x)
{
    x->kernels.add_bias(&x->kernels.context, x->c, x->a, x->b, BENCH_ROWS, 4 * BENCH_WIDTH);
}

static void adam(Bench *x)
{
    AmbitAdam settings = {1e-3, 0.9, 0.999, 1e-8, 0.1, 0.001, 1};
    memset(x->d, 0, BENCH_ROWS * 4 * BENCH_WIDTH * sizeof *x->d); // second moments are not negative
    x->kernels.adam(&x->kernels.context, x->a, x->c, x->d, x->b, BENCH_ROWS * 4 * BENCH_WIDTH,
                    &settings);
}

#define PAIRS                                                                                      \
    ((double)BENCH_PROMPTS * BENCH_TOKENS * (BENCH_TOKENS + 1) / 2 *                               \
     BENCH_WIDTH) // causal, times the width
const BenchWork ambit_bench_works[] = {
    {"matmul forward", forward, 8.0 * BENCH_ROWS *BENCH_WIDTH *BENCH_WIDTH, 0, true},
    {"matmul input gradient", input_gradient, 8.0 * BENCH_ROWS *BENCH_WIDTH *BENCH_WIDTH, 0, true},
    {"matmul weight gradient", weight_gradient, 8.0 * BENCH_ROWS *BENCH_WIDTH *BENCH_WIDTH, 0,
     true},
    {"attention forward", attention_forward, 4 * PAIRS, 0, false},
    {"attention backward", attention_backward, 10 * PAIRS, 0, false},
    {"layer norm forward", layer_norm_forward, 0, 8.0 * BENCH_ROWS *BENCH_WIDTH, false},
    {"layer norm backward", layer_norm_backward, 0, 16.0 * BENCH_ROWS *BENCH_WIDTH, false},
    {"gelu and derivative", gelu, 0, 12.0 * BENCH_ROWS * 4 * BENCH_WIDTH, false},
    {"add bias", add_bias, 0, 8.0 * BENCH_ROWS * 4 * BENCH_WIDTH, false},
    {"adam", adam, 0, 32.0 * BENCH_ROWS * 4 * BENCH_WIDTH, false},
    {0},
};
