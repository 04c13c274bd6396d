// SPDX-License-Identifier: MIT
// Gradients of the whole model against central differences in double. Linked with the double build
// of kernels and model.
#include "testing.h"

#include "gradient_fixtures.h"

#include "ambit/head.h"
#include "ambit/memory.h"

#include <string.h>

static AmbitKernels kernels;

enum { MOST_OUTPUTS = 7 };

typedef struct ModelCase {
    AmbitModel *model;
    AmbitPackedModel *packed;
    AmbitBatch batch;
    AmbitActivations *activations;
    size_t n_outputs;                                         // of all scored rows
    double *vector, *weight, output[ALL_ROWS * MOST_OUTPUTS]; // Σ weight·output is the loss
} ModelCase;

static double model_loss(void *context)
{
    ModelCase *c = context;
    ambit_model_forward(c->packed, &c->batch, c->activations, c->output);
    return gradient_dot(c->weight, c->output, c->n_outputs);
}

/* What the scored rows give is what they give where all rows are scored, without dropout. */
static void check_scored(ModelCase *c)
{
    const AmbitBatch some = c->batch;
    double whole[ALL_ROWS * MOST_OUTPUTS];
    size_t each = c->n_outputs / ambit_batch_scored(&some);
    c->batch.dropout = NULL;
    c->batch.scored = NULL;
    ambit_model_forward(c->packed, &c->batch, c->activations, whole);
    c->batch.scored = some.scored;
    model_loss(c);
    for (size_t i = 0; some.scored && i < c->n_outputs; i++) {
        double expected = whole[some.scored[i / each] * each + i % each];
        assert_true(fabs(c->output[i] - expected) < 1e-12);
    }
    c->batch = some;
    model_loss(c);
}

/* A second pass adds the same to a sum; without a gradient the inputs' is the same. */
static void check_additions(ModelCase *c, const double *gradient, const double *dvector)
{
    double again[ALL_ROWS * DIMS];
    AmbitGradientSum *sum;
    assert_int_equal(ambit_gradient_sum_create(&sum, c->model, NULL), AMBIT_OK);
    model_loss(c); // forward
    for (size_t i = 0; i < 2; i++)
        ambit_model_backward(c->packed, &c->batch, c->activations, c->weight,
                             &(AmbitGradient){sum, i}, NULL);
    assert_int_equal(ambit_gradient_sum_check(sum, NULL), AMBIT_OK);
    const double *block = ambit_gradient_sum_block(sum);
    for (size_t i = 0; i < ambit_model_n_tensors(c->model); i++) {
        const AmbitTensor *t = ambit_model_tensor(c->model, i);
        for (size_t j = t->offset; j < t->offset + t->count; j++)
            assert_true(fabs(block[j] - 2 * gradient[j]) <= 1e-12 * (1 + fabs(gradient[j])));
    }
    if (dvector) {
        ambit_model_backward(c->packed, &c->batch, c->activations, c->weight, NULL, again);
        assert_memory_equal(again, dvector, sizeof again);
    }
    ambit_gradient_sum_destroy(&sum);
}

static void check_gradients(ModelCase *c, bool of_vectors)
{
    double dvector[ALL_ROWS * DIMS];
    AmbitGradientSum *sum;
    assert_int_equal(ambit_gradient_sum_create(&sum, c->model, NULL), AMBIT_OK);
    const double *gradient = ambit_gradient_sum_block(sum);
    ambit_model_backward(c->packed, &c->batch, c->activations, c->weight, &(AmbitGradient){sum, 0},
                         of_vectors ? dvector : NULL);
    for (size_t i = 0; i < ambit_model_n_tensors(c->model); i++) {
        const AmbitTensor *t = ambit_model_tensor(c->model, i);
        gradient_assert_small(gradient_error(ambit_model_block(c->model) + t->offset,
                                             gradient + t->offset, t->count, model_loss, c),
                              t->name);
    }
    if (of_vectors)
        gradient_assert_small(gradient_error(c->vector, dvector, ALL_ROWS * DIMS, model_loss, c),
                              "vectors");
    check_additions(c, gradient, of_vectors ? dvector : NULL);
    ambit_gradient_sum_destroy(&sum);
}

/* A whole model, with outputs at every row or at n_scored of them. */
static void check_model(AmbitHead head, const AmbitTrunkSettings *trunk, const size_t *scored,
                        size_t n_scored)
{
    static const AmbitKey key = {8, 2, AMBIT_TRAINING};
    static const int32_t id[ALL_ROWS] = {3, 0, 6, 3, 3, 1, 2, 0, 5, 5, 4, 1, 6};
    AmbitModelSettings settings = {.trunk = *trunk, .head = head};
    settings.trunk.n_context = 8;
    settings.trunk.n_embd = 8;
    settings.trunk.n_layer = settings.trunk.n_head = 2;
    settings.trunk.n_inner = 12;
    ModelCase c = {.vector = gradient_gaussians(ALL_ROWS * DIMS, 1),
                   .weight = gradient_gaussians(ALL_ROWS * MOST_OUTPUTS, 2)};
    c.batch = (AmbitBatch){.n_sequences = SEQUENCES,
                           .offset = rows_offset,
                           .prefix = rows_prefix,
                           .seen = rows_seen,
                           .position = rows_position,
                           .vector = c.vector,
                           .id = id,
                           .n_scored = n_scored,
                           .scored = scored,
                           .first = 3,
                           .dropout = &key};
    const AmbitBatchSizes sizes = {SEQUENCES, ALL_ROWS, ROWS_1, ALL_ROWS};
    c.n_outputs = ambit_batch_scored(&c.batch) * ambit_model_n_outputs(&settings);
    assert_int_equal(ambit_model_create(&c.model, &settings, NULL), AMBIT_OK);
    assert_int_equal(ambit_activations_create(&c.activations, c.model, &sizes, true, NULL),
                     AMBIT_OK);
    assert_int_equal(ambit_packed_model_create(&c.packed, c.model, &kernels, true, NULL), AMBIT_OK);
    double *noise = gradient_gaussians(ambit_model_block_size(c.model), 3);
    for (size_t i = 0; i < ambit_model_n_tensors(c.model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(c.model, i);
        for (size_t j = 0; j < tensor->count; j++) // far from the special values of initialisation
            ambit_model_block(c.model)[tensor->offset + j] =
                (tensor->init == AMBIT_INIT_ONE) + 0.3 * noise[tensor->offset + j];
        for (size_t j = 0; j < tensor->count && strstr(tensor->name, "c_fc.bias"); j++)
            if (trunk->activation == AMBIT_ACTIVATION_RELU) // no step of a difference meets a kink
                ambit_model_block(c.model)[tensor->offset + j] = j % 3 ? 4 : -4;
    }
    check_scored(&c);
    check_gradients(&c, head.type == &ambit_head_regression);
    ambit_free(noise);
    ambit_free(c.vector);
    ambit_free(c.weight);
    ambit_activations_destroy(&c.activations);
    ambit_packed_model_destroy(&c.packed);
    ambit_model_destroy(&c.model);
}

static void regression(void **state)
{
    (void)state;
    static const size_t some[] = {0, 2, 4, 8, 10}, queries[] = {5, 6, 7, 11, 12};
    AmbitHead head = ambit_regression_head(DIMS);
    AmbitTrunkSettings trunk = {.attention_bias = true};
    check_model(head, &trunk, NULL, 0);
    check_model(head, &trunk, some, 5);
    check_model(head, &trunk, queries, 5);
    trunk.positions = AMBIT_POSITIONS_SINUSOIDAL;
    trunk.dropout = 0.25;
    check_model(head, &trunk, NULL, 0);
    check_model(head, &trunk, queries, 5);
}

/* Token ids; tied, one tensor that both ends use. */
static void language(void **state)
{
    (void)state;
    static const size_t some[] = {1, 2, 3, 9};
    for (int variant = 0; variant < 32; variant++) {
        AmbitHead head = ambit_language_head(MOST_OUTPUTS, variant & 1);
        AmbitTrunkSettings trunk = {.positions = AMBIT_POSITIONS_LEARNED,
                                    .norm = variant & 2 ? AMBIT_NORM_POST : AMBIT_NORM_PRE,
                                    .activation =
                                        variant & 4 ? AMBIT_ACTIVATION_RELU : AMBIT_ACTIVATION_GELU,
                                    .attention_bias = variant & 8,
                                    .dropout = variant & 16 ? 0.25 : 0};
        print_message("tied %d, post-norm %d, relu %d, attention bias %d, dropout %g\n",
                      variant & 1, variant >> 1 & 1, variant >> 2 & 1, variant >> 3 & 1,
                      trunk.dropout);
        check_model(head, &trunk, NULL, 0);
        trunk.positions = AMBIT_POSITIONS_SINUSOIDAL;
        check_model(head, &trunk, some, 4);
    }
}

/* The words' loss leaves its own gradient in the outputs. */
static double words_loss(const double *output, const AmbitBatch *batch, double *gradient)
{
    AmbitHead head = ambit_language_head(MOST_OUTPUTS, false);
    double sum = 0;
    size_t n_scored = 0;
    memcpy(gradient, output, batch->n_scored * MOST_OUTPUTS * sizeof *gradient);
    head.type->loss(&head, batch, 1, gradient, &(AmbitLossSums){&sum, &n_scored});
    assert_int_equal(n_scored, batch->n_scored);
    return sum;
}

typedef struct LossCase {
    double *output;
    AmbitBatch batch;
} LossCase;

static double loss_of_case(void *context)
{
    LossCase *c = context;
    double gradient[ALL_ROWS * MOST_OUTPUTS];
    return words_loss(c->output, &c->batch, gradient);
}

static void loss_of_words(void **state)
{
    (void)state;
    static const size_t scored[] = {1, 2, 3, 9};
    static const int32_t target[] = {6, 0, 2, 2};
    static const double weight[] = {1, 1, 1, 1};
    static const int class_label[SEQUENCES] = {0, 0};
    LossCase c = {.output = gradient_gaussians(4 * MOST_OUTPUTS, 7),
                  .batch = {.n_sequences = SEQUENCES,
                            .offset = rows_offset,
                            .n_scored = 4,
                            .scored = scored,
                            .class_label = class_label,
                            .target_id = target,
                            .weight = weight}};
    double gradient[ALL_ROWS * MOST_OUTPUTS];
    words_loss(c.output, &c.batch, gradient);
    gradient_assert_small(gradient_error(c.output, gradient, 4 * MOST_OUTPUTS, loss_of_case, &c),
                          "cross entropy of words");
    ambit_free(c.output);
}

/* A pass that adds twice to a tensor, or leaves one out, is reported with the tensor's name. */
static void breach_is_reported(void **state)
{
    (void)state;
    AmbitModelSettings settings = {
        .trunk = {.n_context = 4, .n_embd = 4, .n_layer = 1, .n_head = 1, .attention_bias = true},
        .head = ambit_regression_head(1)};
    AmbitModel *model;
    AmbitGradientSum *sum;
    AmbitError error;
    bool accumulate;
    assert_int_equal(ambit_model_create(&model, &settings, NULL), AMBIT_OK);
    assert_int_equal(ambit_gradient_sum_create(&sum, model, NULL), AMBIT_OK);
    const AmbitGradient first = {sum, 0};
    assert_non_null(ambit_gradient_begin(&first, 2, &accumulate));
    ambit_gradient_end(&first, 2);
    assert_int_equal(ambit_gradient_sum_check(sum, &error), AMBIT_OK);
    assert_null(ambit_gradient_begin(&first, 2, &accumulate));
    assert_int_equal(ambit_gradient_sum_check(sum, &error), AMBIT_NUMERICAL);
    assert_non_null(strstr(error.message, "twice to the gradient of _backbone.wpe.weight"));
    ambit_gradient_sum_reset(sum);
    for (size_t i = 1; i < ambit_model_n_tensors(model); i++) {
        assert_non_null(ambit_gradient_begin(&first, i, &accumulate));
        ambit_gradient_end(&first, i);
    }
    ambit_gradient_finish(&first);
    assert_int_equal(ambit_gradient_sum_check(sum, &error), AMBIT_NUMERICAL);
    assert_non_null(strstr(error.message, "left out the gradient of _read_in.weight"));
    assert_non_null(ambit_gradient_begin(&(AmbitGradient){sum, 1}, 0, &accumulate)); // no hang
    ambit_gradient_sum_destroy(&sum);
    ambit_model_destroy(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regression),
        cmocka_unit_test(language),
        cmocka_unit_test(loss_of_words),
        cmocka_unit_test(breach_is_reported),
    };
    if (ambit_kernels_select(&kernels, "auto", NULL))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
