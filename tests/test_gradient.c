// SPDX-License-Identifier: MIT
// Gradients against central differences in double: every layer kernel and the whole model. Linked
// with the double build of kernels and model.
#include "testing.h"

#include "ambit/memory.h"
#include "ambit/model.h"
#include "ambit/random.h"

#include <gsl/gsl_randist.h>
#include <string.h>

static AmbitKernels kernels;

static double *gaussians(size_t n, uint32_t index)
{
    double *x = ambit_alloc(n, sizeof *x);
    assert_non_null(x);
    AmbitRandom random;
    ambit_random_open(&random, (AmbitKey){5, 0, AMBIT_TRAINING}, AMBIT_STREAM_NOISE, index);
    for (size_t i = 0; i < n; i++)
        x[i] = gsl_ran_gaussian_ziggurat(&random.rng, 1);
    return x;
}

/* Σ weight·output, the scalar whose gradient is checked. */
static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

typedef double (*loss_fn)(void *context);

/* Relative error ‖analytic − numeric‖ / ‖numeric‖ over x, by fourth-order central differences. */
static double gradient_error(double *x, const double *analytic, size_t n, loss_fn loss,
                             void *context)
{
    double difference = 0, norm = 0;
    const double h = 1e-3;
    for (size_t i = 0; i < n; i++) {
        double kept = x[i], value[4];
        static const double steps[4] = {-2, -1, 1, 2};
        for (int s = 0; s < 4; s++) {
            x[i] = kept + steps[s] * h;
            value[s] = loss(context);
        }
        x[i] = kept;
        double numeric = (value[0] - 8 * value[1] + 8 * value[2] - value[3]) / (12 * h);
        difference += (analytic[i] - numeric) * (analytic[i] - numeric);
        norm += numeric * numeric;
    }
    return sqrt(difference) / fmax(sqrt(norm), 1e-6);
}

static void assert_small(double error, const char *what)
{
    print_message("%-40s relative error %.1e\n", what, error);
    if (!(error < 1e-6))
        fail_msg("%s: relative error %g", what, error);
}

enum { ROWS = 5, WIDTH = 6 };

typedef struct NormCase {
    double *x, *gain, *bias, *weight, out[ROWS * WIDTH], mean[ROWS], rstd[ROWS];
} NormCase;

static double norm_loss(void *context)
{
    NormCase *c = context;
    kernels.layer_norm_forward(&kernels.context, c->out, c->mean, c->rstd, c->x, c->gain, c->bias,
                               ROWS, WIDTH);
    return dot(c->weight, c->out, ROWS * WIDTH);
}

static void layer_norm(void **state)
{
    (void)state;
    NormCase c = {gaussians(ROWS * WIDTH, 1),
                  gaussians(WIDTH, 2),
                  gaussians(WIDTH, 3),
                  gaussians(ROWS * WIDTH, 4),
                  {0},
                  {0},
                  {0}};
    double dx[ROWS * WIDTH] = {0}, dgain[WIDTH], dbias[WIDTH];
    norm_loss(&c);
    kernels.layer_norm_backward(&kernels.context, dx, dgain, dbias, c.weight, c.x, c.mean, c.rstd,
                                c.gain, ROWS, WIDTH);
    assert_small(gradient_error(c.x, dx, ROWS * WIDTH, norm_loss, &c), "layer norm, x");
    assert_small(gradient_error(c.gain, dgain, WIDTH, norm_loss, &c), "layer norm, gain");
    assert_small(gradient_error(c.bias, dbias, WIDTH, norm_loss, &c), "layer norm, bias");
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
    return dot(c->weight, c->out, 64);
}

static void gelu(void **state)
{
    (void)state;
    GeluCase c = {gaussians(64, 1), gaussians(64, 2), {0}};
    double slope[64];
    kernels.gelu(&kernels.context, c.out, slope, c.x, 64);
    kernels.multiply(&kernels.context, slope, c.weight, 64);
    assert_small(gradient_error(c.x, slope, 64, gelu_loss, &c), "gelu");
    ambit_free(c.x);
    ambit_free(c.weight);
}

enum { SEQUENCES = 2, TRUNK = 5, BRANCHES = 3, TOKENS = TRUNK + BRANCHES, HEADS = 2 };

typedef struct AttentionCase {
    AmbitAttention shape;
    double *qkv, *weight, *scratch;
    double out[SEQUENCES * TOKENS * WIDTH], log_sum[SEQUENCES * HEADS * TOKENS];
} AttentionCase;

static double attention_loss(void *context)
{
    AttentionCase *c = context;
    kernels.attention_forward(&kernels.context, c->out, c->log_sum, c->qkv, &c->shape, c->scratch);
    return dot(c->weight, c->out, SEQUENCES * TOKENS * WIDTH);
}

static void attention(void **state)
{
    (void)state;
    static const size_t seen[BRANCHES] = {0, 3, 5};
    AttentionCase c = {.shape = {SEQUENCES, TOKENS, TRUNK, HEADS, WIDTH, seen}};
    size_t n = SEQUENCES * TOKENS * 3 * WIDTH;
    c.qkv = gaussians(n, 1);
    c.weight = gaussians(n / 3, 2);
    c.scratch = gaussians(ambit_attention_scratch(&c.shape), 3);
    double dqkv[SEQUENCES * TOKENS * 3 * WIDTH];
    attention_loss(&c);
    kernels.attention_backward(&kernels.context, dqkv, c.weight, c.out, c.qkv, c.log_sum, &c.shape,
                               c.scratch);
    assert_small(gradient_error(c.qkv, dqkv, n, attention_loss, &c), "attention with branches");
    ambit_free(c.qkv);
    ambit_free(c.weight);
    ambit_free(c.scratch);
}

typedef struct ModelCase {
    AmbitModel *model;
    AmbitPackedModel *packed;
    AmbitTokens tokens;
    AmbitActivations *activations;
    double *input, *weight, output[SEQUENCES * TOKENS]; // Σ weight·output is the loss
} ModelCase;

static double model_loss(void *context)
{
    ModelCase *c = context;
    ambit_model_forward(c->packed, &c->tokens, c->activations, c->output);
    return dot(c->weight, c->output,
               SEQUENCES * (c->tokens.read ? c->tokens.n_read : c->tokens.n_tokens));
}

/* What is read of some tokens is what is read there of all. */
static void check_reads(ModelCase *c)
{
    const AmbitTokens some = c->tokens;
    double whole[SEQUENCES * TOKENS];
    c->tokens.read = NULL;
    model_loss(c);
    memcpy(whole, c->output, sizeof whole);
    c->tokens = some;
    model_loss(c);
    for (size_t i = 0; some.read && i < SEQUENCES * some.n_read; i++) {
        double expected = whole[i / some.n_read * TOKENS + some.read[i % some.n_read]];
        assert_true(fabs(c->output[i] - expected) < 1e-12);
    }
}

/* A second pass adds the same to the gradient, and counts as many additions as the first; without a
 * gradient the inputs' is the same. */
static void check_additions(ModelCase *c, const double *gradient, const double *dinput)
{
    size_t size = ambit_model_block_size(c->model);
    double *sum = gaussians(size, 5), again[SEQUENCES * TOKENS * 3];
    atomic_size_t made[2] = {0, 0};
    const AmbitGradient passes[] = {{sum, NULL, &made[0]}, {sum, &made[0], &made[1]}};
    model_loss(c); // forward
    for (size_t i = 0; i < 2; i++)
        ambit_model_backward(c->packed, &c->tokens, c->activations, c->weight, &passes[i], NULL);
    assert_int_equal(made[0], made[1]);
    for (size_t i = 0; i < ambit_model_n_tensors(c->model); i++) {
        const AmbitTensor *t = ambit_model_tensor(c->model, i);
        for (size_t j = t->offset; j < t->offset + t->count; j++)
            assert_true(fabs(sum[j] - 2 * gradient[j]) <= 1e-12 * (1 + fabs(gradient[j])));
    }
    ambit_model_backward(c->packed, &c->tokens, c->activations, c->weight, NULL, again);
    assert_memory_equal(again, dinput, sizeof again);
    ambit_free(sum);
}

/* The whole model, read at every token, or at n_read of each sequence. */
static void check_model(int positions, const size_t *read, size_t n_read)
{
    AmbitModelSettings settings = {.n_positions = 4,
                                   .n_dims = 3,
                                   .n_embd = 8,
                                   .n_layer = 2,
                                   .n_head = 2,
                                   .positions = positions};
    static const size_t seen[BRANCHES] = {0, 2, 5};
    ModelCase c = {.input = gaussians(SEQUENCES * TOKENS * 3, 1),
                   .weight = gaussians(SEQUENCES * TOKENS, 2)};
    c.tokens = (AmbitTokens){SEQUENCES, TOKENS, TRUNK, seen, c.input, n_read, read};
    assert_int_equal(ambit_model_create(&c.model, &settings, NULL), AMBIT_OK);
    assert_int_equal(
        ambit_activations_create(&c.activations, c.model, SEQUENCES, TOKENS, true, NULL), AMBIT_OK);
    assert_int_equal(ambit_packed_model_create(&c.packed, c.model, &kernels, true, NULL), AMBIT_OK);
    size_t size = ambit_model_block_size(c.model);
    double *noise = gaussians(size, 3), *gradient = gaussians(size, 4);
    double dinput[SEQUENCES * TOKENS * 3];
    for (size_t i = 0; i < ambit_model_n_tensors(c.model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(c.model, i);
        for (size_t j = 0; j < tensor->count; j++) // far from the special values of initialisation
            ambit_model_block(c.model)[tensor->offset + j] =
                (tensor->init == AMBIT_INIT_ONE) + 0.3 * noise[tensor->offset + j];
    }
    check_reads(&c);
    ambit_model_backward(c.packed, &c.tokens, c.activations, c.weight,
                         &(AmbitGradient){.block = gradient}, dinput);
    for (size_t i = 0; i < ambit_model_n_tensors(c.model); i++) {
        const AmbitTensor *t = ambit_model_tensor(c.model, i);
        assert_small(gradient_error(ambit_model_block(c.model) + t->offset, gradient + t->offset,
                                    t->count, model_loss, &c),
                     t->name);
    }
    assert_small(gradient_error(c.input, dinput, SEQUENCES * TOKENS * 3, model_loss, &c), "input");
    check_additions(&c, gradient, dinput);
    ambit_free(noise);
    ambit_free(gradient);
    ambit_free(c.input);
    ambit_free(c.weight);
    ambit_activations_destroy(&c.activations);
    ambit_packed_model_destroy(&c.packed);
    ambit_model_destroy(&c.model);
}

static void whole_model(void **state)
{
    (void)state;
    static const size_t some[] = {0, 2, 4, 6}, branches[] = {5, 6, 7};
    check_model(AMBIT_POSITIONS_LEARNED, NULL, 0);
    check_model(AMBIT_POSITIONS_SINUSOIDAL, NULL, 0);
    check_model(AMBIT_POSITIONS_LEARNED, some, 4);
    check_model(AMBIT_POSITIONS_LEARNED, branches, BRANCHES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(layer_norm), cmocka_unit_test(gelu),
                                       cmocka_unit_test(attention), cmocka_unit_test(whole_model)};
    if (ambit_kernels_select(&kernels, "auto", NULL))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
