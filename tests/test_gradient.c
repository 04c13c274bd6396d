// SPDX-License-Identifier: MIT
// Gradients of every layer kernel against central differences in double. Linked with the double
// build of kernels and model.
#include "testing.h"

#include "gradient_fixtures.h"

#include "ambit/kernels.h"
#include "ambit/memory.h"

#include <string.h>

static AmbitKernels kernels;

enum { ROWS = 5, WIDTH = 6 };

typedef struct NormCase {
    double *x, *gain, *bias, *weight, out[ROWS * WIDTH], mean[ROWS], rstd[ROWS];
} NormCase;

static double norm_loss(void *context)
{
    NormCase *c = context;
    kernels.layer_norm_forward(&kernels.context, c->out, c->mean, c->rstd, c->x, c->gain, c->bias,
                               ROWS, WIDTH);
    return gradient_dot(c->weight, c->out, ROWS * WIDTH);
}

static void layer_norm(void **state)
{
    (void)state;
    NormCase c = {gradient_gaussians(ROWS * WIDTH, 1),
                  gradient_gaussians(WIDTH, 2),
                  gradient_gaussians(WIDTH, 3),
                  gradient_gaussians(ROWS * WIDTH, 4),
                  {0},
                  {0},
                  {0}};
    double dx[ROWS * WIDTH] = {0}, dgain[WIDTH], dbias[WIDTH];
    norm_loss(&c);
    kernels.layer_norm_backward(&kernels.context, dx, dgain, dbias, c.weight, c.x, c.mean, c.rstd,
                                c.gain, ROWS, WIDTH);
    gradient_assert_small(gradient_error(c.x, dx, ROWS * WIDTH, norm_loss, &c), "layer norm, x");
    gradient_assert_small(gradient_error(c.gain, dgain, WIDTH, norm_loss, &c), "layer norm, gain");
    gradient_assert_small(gradient_error(c.bias, dbias, WIDTH, norm_loss, &c), "layer norm, bias");
    ambit_free(c.x);
    ambit_free(c.gain);
    ambit_free(c.bias);
    ambit_free(c.weight);
}

typedef struct GeluCase {
    double *x, *weight, out[64];
} GeluCase;

static double gelu_loss(void *context)
{
    GeluCase *c = context;
    kernels.gelu(&kernels.context, c->out, NULL, c->x, 64);
    return gradient_dot(c->weight, c->out, 64);
}

/* Away from the kink at 0. */
static double relu_loss(void *context)
{
    GeluCase *c = context;
    kernels.relu(&kernels.context, c->out, NULL, c->x, 64);
    return gradient_dot(c->weight, c->out, 64);
}

static void relu(void **state)
{
    (void)state;
    GeluCase c = {gradient_gaussians(64, 1), gradient_gaussians(64, 2), {0}};
    double slope[64];
    for (size_t i = 0; i < 64; i++)
        c.x[i] += c.x[i] < 0 ? -0.01 : 0.01;
    kernels.relu(&kernels.context, c.out, slope, c.x, 64);
    kernels.multiply(&kernels.context, slope, c.weight, 64);
    gradient_assert_small(gradient_error(c.x, slope, 64, relu_loss, &c), "relu");
    ambit_free(c.x);
    ambit_free(c.weight);
}

static void gelu(void **state)
{
    (void)state;
    GeluCase c = {gradient_gaussians(64, 1), gradient_gaussians(64, 2), {0}};
    double slope[64];
    kernels.gelu(&kernels.context, c.out, slope, c.x, 64);
    kernels.multiply(&kernels.context, slope, c.weight, 64);
    gradient_assert_small(gradient_error(c.x, slope, 64, gelu_loss, &c), "gelu");
    ambit_free(c.x);
    ambit_free(c.weight);
}

typedef struct AttentionCase {
    AmbitAttention shape;
    double *qkv, *weight, *scratch;
    double out[ALL_ROWS * WIDTH], log_sum[HEADS * ALL_ROWS];
} AttentionCase;

static double attention_loss(void *context)
{
    AttentionCase *c = context;
    kernels.attention_forward(&kernels.context, c->out, c->log_sum, c->qkv, &c->shape, c->scratch);
    return gradient_dot(c->weight, c->out, ALL_ROWS * WIDTH);
}

static void attention(void **state)
{
    (void)state;
    AttentionCase c = {.shape = {.n_sequences = SEQUENCES,
                                 .offset = rows_offset,
                                 .prefix = rows_prefix,
                                 .seen = rows_seen,
                                 .longest = ROWS_1,
                                 .n_heads = HEADS,
                                 .width = WIDTH}};
    size_t n = ALL_ROWS * 3 * WIDTH;
    c.qkv = gradient_gaussians(n, 1);
    c.weight = gradient_gaussians(n / 3, 2);
    c.scratch = gradient_gaussians(ambit_attention_scratch(&c.shape), 3);
    double dqkv[ALL_ROWS * 3 * WIDTH];
    attention_loss(&c);
    kernels.attention_backward(&kernels.context, dqkv, c.weight, c.out, c.qkv, c.log_sum, &c.shape,
                               c.scratch);
    gradient_assert_small(gradient_error(c.qkv, dqkv, n, attention_loss, &c),
                          "attention with query rows");
    ambit_free(c.qkv);
    ambit_free(c.weight);
    ambit_free(c.scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer_norm),
        cmocka_unit_test(gelu),
        cmocka_unit_test(relu),
        cmocka_unit_test(attention),
    };
    if (ambit_kernels_select(&kernels, "auto", NULL))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
