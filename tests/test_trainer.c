// SPDX-License-Identifier: MIT
// The trainer: ten steps against PyTorch (golden/make_golden.py), the same bits for any number of
// threads, normalised losses, and the refusal of steps whose loss or gradient is not finite.
#include "testing.h"
#include "trainer_fixtures.h"

#include "ambit/memory.h"

#include <gsl/gsl_randist.h>
#include <string.h>

/* The key part of an attention bias has no effect on the loss: its gradient is rounding noise,
 * which Adam blows up to whole steps. */
static bool is_indifferent(const AmbitTensor *tensor, const char *group)
{
    return strcmp(group, "final") == 0 && strstr(tensor->name, "c_attn.bias");
}

/* Largest ‖got − golden‖ / ‖golden‖ over tensors. */
static double compare_golden(const AmbitModel *model, const char *group, const float *block)
{
    double worst = 0;
    for (size_t i = 0; i < ambit_model_n_tensors(model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        float *expected = ambit_alloc(tensor->count, sizeof *expected);
        double difference = 0, norm = 0;
        fixture_golden_tensor(group, tensor, expected);
        for (size_t j = 0; j < tensor->count; j++) {
            double e = (double)expected[j], d = (double)block[tensor->offset + j] - e;
            difference += d * d;
            norm += e * e;
        }
        if (!is_indifferent(tensor, group))
            worst = larger(worst, sqrt(difference / norm));
        ambit_free(expected);
    }
    return worst;
}

static void ten_steps_like_pytorch(void **state)
{
    const char *level = *state;
    AmbitModelSettings model = fixture_golden_model();
    AmbitTrainingSettings training = fixture_golden_training();
    AmbitPromptTraining prompts = fixture_golden_prompts();
    AmbitStepReport report;
    AmbitError error;
    double losses[STEPS], worst_loss = 0, worst_gradient = 0;
    fixture_golden_doubles("losses", losses);
    AmbitTrainer *trainer = fixture_trainer(&model, &training, &prompts, level, 2);
    AmbitTrainerState view = ambit_trainer_state(trainer);
    for (size_t i = 0; i < ambit_model_n_tensors(view.model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(view.model, i);
        fixture_golden_tensor("initial", tensor, ambit_model_block(view.model) + tensor->offset);
    }
    for (int step = 0; step < STEPS; step++) {
        assert_int_equal(ambit_trainer_step(trainer, &report, &error), AMBIT_OK);
        worst_loss = larger(worst_loss, fabs(report.loss - losses[step]));
        if (step == 0 || step == STEPS - 1)
            worst_gradient = larger(
                worst_gradient,
                compare_golden(view.model, step ? "gradient_9" : "gradient_0", view.gradient));
    }
    double final = compare_golden(view.model, "final", ambit_model_block(view.model));
    print_message("%s: worst loss difference %.1e, gradient %.1e, final parameters %.1e\n", level,
                  worst_loss, worst_gradient, final);
    assert_true(worst_loss < 1e-5);
    assert_true(worst_gradient < 1e-4);
    assert_true(final < 1e-4);
    ambit_trainer_destroy(&trainer);
}

/* Linear prompts, two classes that differ in scale, drawn by index alone. */
static void fill_random(const void *source, AmbitKey key, size_t first, size_t active_dims,
                        AmbitPromptBatch *batch)
{
    (void)source;
    size_t points = batch->n_points, dims = batch->n_dims;
    for (size_t b = 0; b < batch->n_prompts; b++) {
        AmbitRandom random;
        ambit_random_open(&random, key, AMBIT_STREAM_INPUT, (uint32_t)(first + b));
        batch->class_label[b] = (int)((first + b) % 2);
        for (size_t i = 0; i < points * dims; i++)
            batch->x[b * points * dims + i] =
                i % dims < active_dims ? gsl_ran_gaussian_ziggurat(&random.rng, 1) : 0;
        for (size_t i = 0; i < points; i++)
            batch->y[b * points + i] = batch->y_query[b * points + i] =
                batch->x[(b * points + i) * dims] * (1 + batch->class_label[b]);
    }
}

/* Parts of a batch. */
typedef struct Parts {
    int64_t shards, groups;
} Parts;

/* The parameters after a few steps of a curriculum with clipping. */
static float *train_random(size_t n_threads, Parts parts, const char *level, int optimizer,
                           size_t *size, double *loss)
{
    AmbitModelSettings model = {.trunk = {.n_context = 18,
                                          .n_embd = 48, // wide enough that bfloat16 rounds
                                          .n_layer = 2,
                                          .n_head = 3,
                                          .attention_bias = true,
                                          .positions = AMBIT_POSITIONS_SINUSOIDAL,
                                          .initializer_range = 0.2},
                                .head = ambit_regression_head(5)};
    AmbitTrainingSettings training = {.learning_rate = 1e-3,
                                      .optimizer = optimizer,
                                      .beta1 = 0.9,
                                      .beta2 = 0.999,
                                      .epsilon = 1e-8,
                                      .momentum = 0.95,
                                      .clip = 0.5,
                                      .batch_size = 21,
                                      .train_steps = 8,
                                      .shards = parts.shards,
                                      .groups = parts.groups,
                                      .seed = 3};
    AmbitPromptTraining prompts = {.fill = fill_random,
                                   .n_dims = 5,
                                   .n_classes = 2,
                                   .dims = {2, 5, 1, 2},
                                   .points = {4, 9, 3, 3}};
    AmbitStepReport report;
    AmbitTrainer *trainer = fixture_trainer(&model, &training, &prompts, level, n_threads);
    for (int step = 0; step < 8; step++)
        assert_int_equal(ambit_trainer_step(trainer, &report, NULL), AMBIT_OK);
    assert_true(fabs(report.loss - (report.class_loss[0] * (double)report.class_sequences[0] +
                                    report.class_loss[1] * (double)report.class_sequences[1]) /
                                       21) < 1e-12);
    AmbitTrainerState view = ambit_trainer_state(trainer);
    *size = ambit_model_block_size(view.model) * sizeof(float);
    float *parameters = ambit_alloc(*size, 1);
    memcpy(parameters, ambit_model_block(view.model), *size);
    *loss = report.loss;
    ambit_trainer_destroy(&trainer);
    return parameters;
}

/* The same bits with one thread and with each of these numbers of them, which a 0 ends. */
static void same_bits(const char *level, Parts parts, int optimizer, const size_t *threads)
{
    size_t size;
    double loss, other_loss;
    float *one = train_random(1, parts, level, optimizer, &size, &loss);
    for (; *threads; threads++) {
        float *other = train_random(*threads, parts, level, optimizer, &size, &other_loss);
        assert_memory_equal(one, other, size);
        assert_true(loss == other_loss);
        ambit_free(other);
    }
    ambit_free(one);
}

static void same_bits_at(const char *level)
{
    same_bits(level, (Parts){8, 1}, AMBIT_OPTIMIZER_ADAM, (const size_t[]){2, 7, 0});
    same_bits(level, (Parts){8, 4}, AMBIT_OPTIMIZER_MUON, (const size_t[]){2, 7, 0});
    same_bits(level, (Parts){2, 1}, AMBIT_OPTIMIZER_ADAM,
              (const size_t[]){7, 0}); // shared products
}

static void same_bits_for_any_threads(void **state)
{
    (void)state;
    for (const char *const *level = ambit_kernels_levels(); *level; level++)
        same_bits_at(*level);
    AmbitKernels kernels;
    if (ambit_kernels_select(&kernels, "bfloat16", NULL) == AMBIT_OK)
        same_bits_at("bfloat16");
    else
        print_message("bfloat16 left out: this CPU has no such products\n");
}

static void groups_move_last_digits_alone(void **state)
{
    (void)state;
    size_t size;
    double loss[4];
    float *one = train_random(1, (Parts){8, 1}, "auto", AMBIT_OPTIMIZER_ADAM, &size, &loss[0]);
    for (size_t i = 1; i < 4; i++) {
        float *more =
            train_random(1, (Parts){8, 1 << i}, "auto", AMBIT_OPTIMIZER_ADAM, &size, &loss[i]);
        assert_memory_not_equal(one, more, size);
        assert_true(fabs(loss[i] / loss[0] - 1) < 1e-5);
        ambit_free(more);
    }
    ambit_free(one);
}

static void groups_that_do_not_divide_are_refused(void **state)
{
    (void)state;
    AmbitTrainingSettings training = fixture_golden_training();
    AmbitError error;
    training.groups = 3;
    assert_int_equal(ambit_training_check(&training, &error), AMBIT_INVALID);
    training.groups = 8;
    assert_int_equal(ambit_training_check(&training, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "here at most 4"));
    training.groups = 4;
    assert_int_equal(ambit_training_check(&training, &error), AMBIT_OK);
}

/* The parameters after one step at rate 0.1. */
static float *step_with_decay(int optimizer, double weight_decay, float **before, size_t *count)
{
    AmbitModelSettings model = fixture_golden_model();
    AmbitTrainingSettings training = fixture_golden_training();
    AmbitPromptTraining prompts = fixture_golden_prompts();
    AmbitStepReport report;
    model.trunk.initializer_range = 0.3;
    training.optimizer = optimizer;
    training.momentum = 0.95;
    training.learning_rate = 0.1;
    training.weight_decay = weight_decay;
    AmbitTrainer *trainer = fixture_trainer(&model, &training, &prompts, "auto", 2);
    AmbitModel *trained = ambit_trainer_state(trainer).model;
    *count = ambit_model_block_size(trained);
    float *after = ambit_alloc(*count, sizeof *after);
    *before = ambit_alloc(*count, sizeof **before);
    memcpy(*before, ambit_model_block(trained), *count * sizeof(float));
    assert_int_equal(ambit_trainer_step(trainer, &report, NULL), AMBIT_OK);
    memcpy(after, ambit_model_block(trained), *count * sizeof(float));
    ambit_trainer_destroy(&trainer);
    return after;
}

/* A step with decay is the step without, less rate times decay of what was there. */
static void weight_decay_is_decoupled(void **state)
{
    (void)state;
    for (int optimizer = AMBIT_OPTIMIZER_ADAM; optimizer <= AMBIT_OPTIMIZER_MUON; optimizer++) {
        size_t n;
        float *before[2], *plain = step_with_decay(optimizer, 0, &before[0], &n),
                          *decayed = step_with_decay(optimizer, 2, &before[1], &n);
        for (size_t i = 0; i < n; i++)
            assert_true(fabs(decayed[i] - (plain[i] - 0.2 * before[0][i])) < 1e-6);
        for (int side = 0; side < 2; side++)
            ambit_free(before[side]);
        ambit_free(plain);
        ambit_free(decayed);
    }
}

static void decay_of_all_in_a_step_is_refused(void **state)
{
    (void)state;
    AmbitTrainingSettings training = fixture_golden_training();
    AmbitError error;
    training.learning_rate = 0.5;
    training.weight_decay = 2;
    assert_int_equal(ambit_training_check(&training, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "takes 1 of every parameter"));
}

/* The loss after a few updates. */
static double trained_loss(const char *level)
{
    size_t size;
    double loss;
    ambit_free(train_random(2, (Parts){8, 1}, level, AMBIT_OPTIMIZER_ADAM, &size, &loss));
    return loss;
}

static void levels_train_alike(void **state)
{
    (void)state;
    AmbitKernels kernels;
    double expected = trained_loss("reference");
    for (const char *const *level = ambit_kernels_levels(); *level; level++)
        assert_true(fabs(trained_loss(*level) / expected - 1) < 1e-5);
    if (ambit_kernels_select(&kernels, "bfloat16", NULL) == AMBIT_OK)
        assert_true(fabs(trained_loss("bfloat16") / expected - 1) < 1e-2);
}

/* The golden prompts of step 0 from the one that `source` gives on. */
static void fill_golden_from(const void *source, AmbitKey key, size_t first, size_t active_dims,
                             AmbitPromptBatch *batch)
{
    fixture_fill_golden(NULL, key, first + *(const size_t *)source, active_dims, batch);
}

/* The gradient of the first step on `count` golden prompts; the caller frees it. */
static float *first_gradient(size_t first, size_t count, double normalize_loss, size_t *n_floats,
                             double *loss)
{
    AmbitModelSettings model = fixture_golden_model();
    AmbitTrainingSettings training = fixture_golden_training();
    AmbitPromptTraining prompts = fixture_golden_prompts();
    AmbitStepReport report;
    training.batch_size = (int64_t)count;
    prompts.normalize_loss = normalize_loss;
    prompts.fill = fill_golden_from;
    prompts.prompts = &first;
    AmbitTrainer *trainer = fixture_trainer(&model, &training, &prompts, "auto", 1);
    assert_int_equal(ambit_trainer_step(trainer, &report, NULL), AMBIT_OK);
    AmbitTrainerState view = ambit_trainer_state(trainer);
    *n_floats = ambit_model_block_size(view.model);
    *loss = report.loss;
    float *gradient = ambit_alloc(*n_floats, sizeof *gradient);
    memcpy(gradient, view.gradient, *n_floats * sizeof *gradient);
    ambit_trainer_destroy(&trainer);
    return gradient;
}

static void normalized_loss_weighs_prompts(void **state)
{
    (void)state;
    size_t n;
    double plain_loss, loss, worst = 0, squares = 0;
    ambit_free(first_gradient(0, BATCH, 0, &n, &plain_loss));
    float *together = first_gradient(0, BATCH, 0.5, &n, &loss);
    double *expected = ambit_alloc(n, sizeof *expected);
    assert_true(loss == plain_loss);
    for (size_t b = 0; b < BATCH; b++) {
        float *alone = first_gradient(b, 1, 0, &n, &loss);
        double power = 0;
        for (size_t i = 0; i < POSITIONS; i++)
            power += pow(fixture_golden_y[0][b][i], 2) / POSITIONS;
        for (size_t i = 0; i < n; i++)
            expected[i] += (double)alone[i] / (0.5 + power) / BATCH;
        ambit_free(alone);
    }
    for (size_t i = 0; i < n; i++) {
        worst += pow((double)together[i] - expected[i], 2);
        squares += pow(expected[i], 2);
    }
    assert_true(sqrt(worst / squares) < 1e-5);
    ambit_free(together);
    ambit_free(expected);
}

static void fill_infinite(const void *source, AmbitKey key, size_t first, size_t active_dims,
                          AmbitPromptBatch *batch)
{
    fill_random(source, key, first, active_dims, batch);
    if (key.step == 2 && first == 0)
        batch->y_query[1] = INFINITY;
}

static void step_that_is_not_finite(void **state)
{
    (void)state;
    AmbitModelSettings model = fixture_golden_model();
    AmbitTrainingSettings training = fixture_golden_training();
    AmbitPromptTraining prompts = fixture_golden_prompts();
    AmbitStepReport report;
    AmbitError error;
    prompts.n_classes = 2;
    prompts.fill = fill_infinite;
    AmbitTrainer *trainer = fixture_trainer(&model, &training, &prompts, "auto", 1);
    AmbitTrainerState view = ambit_trainer_state(trainer);
    size_t size = ambit_model_block_size(view.model) * sizeof(float);
    float *before = ambit_alloc(size, 1);
    for (int step = 0; step < 2; step++)
        assert_int_equal(ambit_trainer_step(trainer, &report, &error), AMBIT_OK);
    memcpy(before, ambit_model_block(view.model), size);
    assert_int_equal(ambit_trainer_step(trainer, &report, &error), AMBIT_NUMERICAL);
    assert_non_null(strstr(error.message, "step 2: loss inf"));
    assert_non_null(strstr(error.message, "_read_in.weight"));
    assert_memory_equal(before, ambit_model_block(view.model), size);
    assert_int_equal(*view.step, 2);
    ambit_free(before);
    ambit_trainer_destroy(&trainer);
}

/* The second word: as in test_kernels.c. */
int main(int argc, char **argv)
{
    AmbitKernels best;
    if (argc > 2 && ambit_kernels_select(&best, "split", NULL))
        return 77;
    if (argc > 2 && (ambit_kernels_select(&best, "auto", NULL) || !strstr(best.name, argv[2]))) {
        fprintf(stderr, "auto takes %s, not %s\n", best.name, argv[2]);
        return 1;
    }
    if (argc < 2 || !fixture_golden_open(argv[1])) {
        fprintf(stderr, "usage: test_trainer golden/training.h5 [UNIT]\n");
        return 1;
    }
    static char reference[] = "reference", highest[] = "auto";
    const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(ten_steps_like_pytorch, reference),
                                       cmocka_unit_test_prestate(ten_steps_like_pytorch, highest),
                                       cmocka_unit_test(same_bits_for_any_threads),
                                       cmocka_unit_test(groups_move_last_digits_alone),
                                       cmocka_unit_test(groups_that_do_not_divide_are_refused),
                                       cmocka_unit_test(weight_decay_is_decoupled),
                                       cmocka_unit_test(decay_of_all_in_a_step_is_refused),
                                       cmocka_unit_test(levels_train_alike),
                                       cmocka_unit_test(normalized_loss_weighs_prompts),
                                       cmocka_unit_test(step_that_is_not_finite)};
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    fixture_golden_close();
    return failures;
}
