// SPDX-License-Identifier: MIT
// Compares the FLOP that --dry-run states with the multiplications that kernels are called for in a
// training step.
#include "testing.h"

#include "ambit/head.h"
#include "ambit/prompt_training.h"
#include "ambit/trainer.h"

enum { POINTS = 20, DIMS = 8, BATCH = 4 };

/* The reference entries, and what they were asked for: an addition counts with its product. */
static AmbitKernels reference;
static double counted;

static void count_matmul(const AmbitKernelContext *context, AmbitReal *c, const AmbitReal *a,
                         const AmbitReal *b, size_t m, size_t n, size_t k, bool transpose_a,
                         bool transpose_b, bool accumulate)
{
    counted += 2.0 * (double)m * (double)n * (double)k;
    reference.matmul(context, c, a, b, m, n, k, transpose_a, transpose_b, accumulate);
}

/* One product of E over all pairs of a row and a row that it attends to. */
static double one_product(const AmbitAttention *shape)
{
    double pairs = 0;
    for (size_t b = 0; b < shape->n_sequences; b++)
        for (size_t row = shape->offset[b]; row < shape->offset[b + 1]; row++)
            pairs += (double)(row - shape->offset[b] + 1);
    assert_null(shape->seen); // training has no query rows
    return 2 * pairs * (double)shape->width;
}

static void count_forward(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *log_sum,
                          const AmbitReal *qkv, const AmbitAttention *shape, AmbitReal *scratch)
{
    counted += 2 * one_product(shape); // queries by keys, weights by values
    reference.attention_forward(context, out, log_sum, qkv, shape, scratch);
}

static void count_backward(const AmbitKernelContext *context, AmbitReal *dqkv,
                           const AmbitReal *dout, const AmbitReal *out, const AmbitReal *qkv,
                           const AmbitReal *log_sum, const AmbitAttention *shape,
                           AmbitReal *scratch)
{
    counted += 4 * one_product(shape); // dquery, dkey, dvalue, dweights; weights made anew are free
    reference.attention_backward(context, dqkv, dout, out, qkv, log_sum, shape, scratch);
}

static void fill(const void *state, AmbitKey key, size_t first, size_t active_dims,
                 AmbitPromptBatch *batch)
{
    (void)state, (void)key, (void)active_dims;
    for (size_t i = 0; i < batch->n_prompts * batch->n_points * batch->n_dims; i++)
        batch->x[i] = sin((double)(first + i));
    for (size_t i = 0; i < batch->n_prompts * batch->n_points; i++)
        batch->y[i] = batch->y_query[i] = cos((double)(first + i));
    for (size_t b = 0; b < batch->n_prompts; b++)
        batch->class_label[b] = 0;
}

static void assert_promise(int64_t n_layer, int64_t n_embd, int64_t n_inner)
{
    const AmbitModelSettings model = {.trunk = {.n_context = 2 * POINTS,
                                                .n_embd = n_embd,
                                                .n_layer = n_layer,
                                                .n_head = 2,
                                                .attention_bias = true,
                                                .n_inner = n_inner,
                                                .initializer_range = 0.02},
                                      .head = ambit_regression_head(DIMS)};
    AmbitTrainingSettings training;
    ambit_parameters_default(ambit_training_parameters, &training);
    training.batch_size = BATCH;
    training.shards = 2;
    const AmbitPromptTraining prompts = {.fill = fill,
                                         .n_dims = DIMS,
                                         .n_classes = 1,
                                         .dims = {DIMS, DIMS, 1, 1},
                                         .points = {POINTS, POINTS, 1, 1}};
    const AmbitSource source = ambit_prompt_training_source(&prompts);
    assert_int_equal(ambit_kernels_select(&reference, "reference", NULL), AMBIT_OK);
    AmbitKernels kernels = reference;
    kernels.matmul = count_matmul;
    kernels.attention_forward = count_forward;
    kernels.attention_backward = count_backward;
    AmbitTrainer *trainer;
    AmbitStepReport report;
    AmbitError error;
    if (ambit_trainer_create(&trainer, &model, &training, &kernels, &source, 1, &error))
        fail_msg("%s", error.message);
    counted = 0;
    assert_int_equal(ambit_trainer_step(trainer, &report, &error), AMBIT_OK);
    ambit_trainer_destroy(&trainer);
    double promised = BATCH * ambit_model_flop(&model, 2 * POINTS, POINTS);
    print_message("%lld layers of %lld: %.4g FLOP promised, %.4g counted\n", (long long)n_layer,
                  (long long)n_embd, promised, counted);
    if (!(fabs(promised / counted - 1) <= 0.02))
        fail_msg("%g FLOP promised, %g counted", promised, counted);
}

static void flop_as_promised(void **state)
{
    (void)state;
    assert_promise(3, 32, 0);
    assert_promise(1, 64, 96);
}

/* 8 shards of 256 prompts of 40 points have 2 560 rows each: ten times as many have 256. */
static void long_shards_are_cut(void **state)
{
    (void)state;
    static const struct {
        int64_t batch, shards, points, width;
        size_t expected;
    } cases[] = {{256, 8, 40, 64, 80}, {64, 8, 16, 64, 8},  {64, 8, 17, 64, 16},
                 {64, 8, 41, 128, 16}, {64, 8, 41, 256, 8}, {64, 64, 1000, 64, 64},
                 {10, 3, 200, 8, 9},   {4, 8, 40, 64, 4},   {5, 1, 1, 64, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const AmbitPromptTraining prompts = {.fill = fill,
                                             .n_dims = DIMS,
                                             .n_classes = 1,
                                             .dims = {DIMS, DIMS, 1, 1},
                                             .points = {cases[i].points, cases[i].points, 1, 1}};
        const AmbitSource source = ambit_prompt_training_source(&prompts);
        const AmbitTrainingSettings training = {.batch_size = cases[i].batch,
                                                .shards = cases[i].shards};
        const AmbitModelSettings model = {.trunk.n_embd = cases[i].width};
        assert_int_equal(ambit_training_n_shards(&training, &model, &source), cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(flop_as_promised),
                                       cmocka_unit_test(long_shards_are_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
