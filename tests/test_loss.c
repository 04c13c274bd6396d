// SPDX-License-Identifier: MIT
// Losses: the logistic one against its definition, derivatives against central differences, and
// the loss of each class in the trainer.
#include "testing.h"

#include "ambit/head.h"
#include "ambit/memory.h"
#include "ambit/prompt_training.h"
#include "ambit/trainer.h"

#include <gsl/gsl_randist.h>
#include <string.h>

enum { POINTS = 6, DIMS = 3, BATCH = 10 };

static const double labels[] = {-1, 1};

static void derivatives_are_those_of_the_losses(void **state)
{
    (void)state;
    const double h = 1e-4;
    for (int loss = AMBIT_LOSS_SQUARED; loss <= AMBIT_LOSS_LOGISTIC; loss++)
        for (double output = -30; output <= 30; output += 0.37)
            for (int i = 0; i < 2; i++) {
                double derivative, unused;
                ambit_loss((AmbitLoss)loss, output, labels[i], &derivative);
                double numeric = (ambit_loss((AmbitLoss)loss, output + h, labels[i], &unused) -
                                  ambit_loss((AmbitLoss)loss, output - h, labels[i], &unused)) /
                                 (2 * h);
                assert_true(fabs(derivative - numeric) < 1e-7 * fmax(1, fabs(numeric)));
            }
}

static void logistic_loss_is_cross_entropy(void **state)
{
    (void)state;
    double derivative;
    for (double output = -20; output <= 20; output += 0.5)
        for (int i = 0; i < 2; i++) {
            double probability = 1 / (1 + exp(-output)), target = (labels[i] + 1) / 2;
            double entropy = -target * log(probability) - (1 - target) * log1p(-probability);
            double loss = ambit_loss(AMBIT_LOSS_LOGISTIC, output, labels[i], &derivative);
            assert_true(fabs(loss - entropy) < 1e-7 * fmax(1, entropy));
        }
    assert_true(ambit_loss(AMBIT_LOSS_LOGISTIC, 1e4, -1, &derivative) == 1e4);
    assert_true(derivative == 1);
    assert_true(ambit_loss(AMBIT_LOSS_LOGISTIC, -1e4, -1, &derivative) == 0);
}

/* Prompts of two classes in turn: linear functions, and their signs. */
static void fill(const void *source, AmbitKey key, size_t first, size_t active_dims,
                 AmbitPromptBatch *batch)
{
    (void)source, (void)active_dims;
    for (size_t b = 0; b < batch->n_prompts; b++) {
        AmbitRandom random;
        ambit_random_open(&random, key, AMBIT_STREAM_INPUT, (uint32_t)(first + b));
        batch->class_label[b] = (int)((first + b) % 2);
        for (size_t i = 0; i < POINTS * DIMS; i++)
            batch->x[b * POINTS * DIMS + i] = gsl_ran_gaussian_ziggurat(&random.rng, 1);
        for (size_t i = b * POINTS; i < (b + 1) * POINTS; i++) {
            double y = batch->x[i * DIMS] - batch->x[i * DIMS + 1];
            batch->y[i] = batch->class_label[b] ? (y < 0 ? -1 : 1) : y;
            batch->y_query[i] = batch->y[i];
        }
    }
}

/* Per class: the mean loss of the outputs, and the sum over them of what the bias of the read-out,
 * on which every output depends with slope 1, should have as its gradient. */
static void expect(AmbitModel *model, const AmbitKernels *kernels, const AmbitLoss losses[2],
                   double class_loss[2], double *bias)
{
    AmbitPromptBatch *batch;
    AmbitActivations *activations;
    AmbitPackedModel *packed;
    AmbitPromptRows *rows;
    AmbitBatch view;
    static AmbitReal output[BATCH * POINTS];
    assert_int_equal(ambit_prompt_batch_create(&batch, BATCH, POINTS, POINTS, DIMS, 0, false, NULL),
                     AMBIT_OK);
    const AmbitBatchSizes sizes = ambit_prompt_rows_sizes(batch);
    assert_int_equal(ambit_activations_create(&activations, model, &sizes, false, NULL), AMBIT_OK);
    assert_int_equal(ambit_prompt_rows_create(&rows, batch, NULL), AMBIT_OK);
    fill(NULL, (AmbitKey){4, 0, AMBIT_TRAINING}, 0, DIMS, batch);
    ambit_prompt_rows_fill(rows, batch, &view);
    assert_int_equal(ambit_packed_model_create(&packed, model, kernels, false, NULL), AMBIT_OK);
    ambit_model_forward(packed, &view, activations, output);
    ambit_packed_model_destroy(&packed);
    ambit_prompt_rows_destroy(&rows);
    class_loss[0] = class_loss[1] = *bias = 0;
    for (size_t i = 0; i < BATCH * POINTS; i++) {
        int class = batch->class_label[i / POINTS];
        double derivative;
        class_loss[class] +=
            ambit_loss(losses[class], (double)output[i], batch->y[i], &derivative) /
            (0.5 * BATCH * POINTS);
        *bias += derivative / (BATCH * POINTS);
    }
    ambit_activations_destroy(&activations);
    ambit_prompt_batch_destroy(&batch);
}

static double bias_gradient(const AmbitTrainerState *view)
{
    for (size_t i = 0; i < ambit_model_n_tensors(view->model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(view->model, i);
        if (strcmp(tensor->name, "_read_out.bias") == 0)
            return (double)view->gradient[tensor->offset];
    }
    fail_msg("the model has no _read_out.bias");
    return 0;
}

static void prompts_are_trained_by_the_loss_of_their_class(void **state)
{
    (void)state;
    AmbitModelSettings model = {.trunk = {.n_context = 2 * POINTS,
                                          .n_embd = 16,
                                          .n_layer = 1,
                                          .n_head = 2,
                                          .attention_bias = true},
                                .head = ambit_regression_head(DIMS)};
    AmbitLoss losses[2] = {AMBIT_LOSS_SQUARED, AMBIT_LOSS_LOGISTIC};
    AmbitTrainingSettings training = {.learning_rate = 1e-2,
                                      .beta1 = 0.9,
                                      .beta2 = 0.999,
                                      .epsilon = 1e-8,
                                      .batch_size = BATCH,
                                      .train_steps = 60,
                                      .shards = 3,
                                      .seed = 4};
    AmbitPromptTraining prompts = {.fill = fill,
                                   .n_dims = DIMS,
                                   .n_classes = 2,
                                   .dims = {DIMS, DIMS, 1, 1},
                                   .points = {POINTS, POINTS, 1, 1},
                                   .losses = losses};
    const AmbitSource source = ambit_prompt_training_source(&prompts);
    AmbitKernels kernels;
    AmbitTrainer *trainer;
    AmbitStepReport report;
    double class_loss[2], bias;
    assert_int_equal(ambit_kernels_select(&kernels, "reference", NULL), AMBIT_OK);
    assert_int_equal(ambit_trainer_create(&trainer, &model, &training, &kernels, &source, 2, NULL),
                     AMBIT_OK);
    AmbitTrainerState view = ambit_trainer_state(trainer);
    expect(view.model, &kernels, losses, class_loss, &bias);
    assert_int_equal(ambit_trainer_step(trainer, &report, NULL), AMBIT_OK);
    for (int c = 0; c < 2; c++)
        assert_true(fabs(report.class_loss[c] - class_loss[c]) < 1e-5);
    assert_true(fabs(report.loss - (class_loss[0] + class_loss[1]) / 2) < 1e-5);
    assert_true(fabs(bias_gradient(&view) - bias) < 1e-5 * fmax(1, fabs(bias)));
    for (int step = 1; step < 60; step++)
        assert_int_equal(ambit_trainer_step(trainer, &report, NULL), AMBIT_OK);
    print_message("logistic loss after 60 steps: %.3f\n", report.class_loss[1]);
    assert_true(report.class_loss[1] < 0.8 * M_LN2);
    ambit_trainer_destroy(&trainer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_are_those_of_the_losses),
        cmocka_unit_test(logistic_loss_is_cross_entropy),
        cmocka_unit_test(prompts_are_trained_by_the_loss_of_their_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
