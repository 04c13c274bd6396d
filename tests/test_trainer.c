// SPDX-License-Identifier: MIT
// The trainer: ten steps against PyTorch (golden/make_golden.py), the same bits for any number of
// threads, Muon's step by singular values, normalised losses, and the refusal of steps whose loss
// or gradient is not finite.
#include "testing.h"

#include "../src/train/trainer.h"
#include "ambit/head.h"
#include "ambit/memory.h"
#include "ambit/prompt_training.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_randist.h>
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

enum { POSITIONS = 5, DIMS = 3, BATCH = 6, STEPS = 10, N_X = POSITIONS * DIMS };

static double golden_x[STEPS][BATCH][N_X], golden_y[STEPS][BATCH][POSITIONS];
static hid_t golden;

static void fill_golden(const void *source, AmbitKey key, size_t first, size_t active_dims,
                        AmbitPromptBatch *batch)
{
    (void)source;
    assert_int_equal(active_dims, DIMS);
    for (size_t b = 0; b < batch->n_prompts; b++) {
        memcpy(batch->x + b * N_X, golden_x[key.step][first + b], sizeof golden_x[0][0]);
        memcpy(batch->y + b * POSITIONS, golden_y[key.step][first + b], sizeof golden_y[0][0]);
        memcpy(batch->y_query + b * POSITIONS, golden_y[key.step][first + b],
               sizeof golden_y[0][0]);
        batch->class_label[b] = 0;
    }
}

static AmbitModelSettings golden_model(void)
{
    return (AmbitModelSettings){
        .trunk = {.n_context = 2 * POSITIONS, .n_embd = 8, .n_layer = 2, .n_head = 2},
        .head = ambit_regression_head(DIMS)};
}

static AmbitTrainingSettings golden_training(void)
{
    return (AmbitTrainingSettings){.learning_rate = 1e-3,
                                   .beta1 = 0.9,
                                   .beta2 = 0.999,
                                   .epsilon = 1e-8,
                                   .batch_size = BATCH,
                                   .train_steps = STEPS,
                                   .shards = 4};
}

static AmbitPromptTraining golden_prompts(void)
{
    return (AmbitPromptTraining){.fill = fill_golden,
                                 .n_dims = DIMS,
                                 .n_classes = 1,
                                 .dims = {DIMS, DIMS, 1, 1},
                                 .points = {POSITIONS, POSITIONS, 1, 1}};
}

/* A trainer of these prompts, which must outlive it. */
static AmbitTrainer *trainer_of(const AmbitModelSettings *model,
                                const AmbitTrainingSettings *training,
                                const AmbitPromptTraining *prompts, const char *level,
                                size_t n_threads)
{
    AmbitKernels kernels;
    AmbitTrainer *trainer;
    AmbitError error;
    const AmbitSource source = ambit_prompt_training_source(prompts);
    assert_int_equal(ambit_kernels_select(&kernels, level, NULL), AMBIT_OK);
    if (ambit_trainer_create(&trainer, model, training, &kernels, &source, n_threads, &error))
        fail_msg("%s", error.message);
    return trainer;
}

static void read_golden(const char *group, const AmbitTensor *tensor, float *values)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", group, tensor->name);
    hid_t set = H5Dopen2(golden, path, H5P_DEFAULT);
    assert_true(set >= 0);
    assert_true(H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set);
}

static void read_doubles(const char *name, void *values)
{
    hid_t set = H5Dopen2(golden, name, H5P_DEFAULT);
    assert_true(set >= 0);
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set);
}

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
        read_golden(group, tensor, expected);
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
    AmbitModelSettings model = golden_model();
    AmbitTrainingSettings training = golden_training();
    AmbitPromptTraining prompts = golden_prompts();
    AmbitStepReport report;
    AmbitError error;
    double losses[STEPS], worst_loss = 0, worst_gradient = 0;
    read_doubles("losses", losses);
    AmbitTrainer *trainer = trainer_of(&model, &training, &prompts, level, 2);
    AmbitTrainerState view = ambit_trainer_state(trainer);
    for (size_t i = 0; i < ambit_model_n_tensors(view.model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(view.model, i);
        read_golden("initial", tensor, ambit_model_block(view.model) + tensor->offset);
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

/* The parameters after a few steps of a curriculum with clipping. */
static float *train_random(size_t n_threads, size_t n_groups, const char *level, int optimizer,
                           size_t *size, double *loss)
{
    AmbitModelSettings model = {.trunk = {.n_context = 18,
                                          .n_embd = 48, // wide enough that bfloat16 rounds
                                          .n_layer = 2,
                                          .n_head = 3,
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
                                      .shards = 8,
                                      .groups = (int64_t)n_groups,
                                      .seed = 3};
    AmbitPromptTraining prompts = {.fill = fill_random,
                                   .n_dims = 5,
                                   .n_classes = 2,
                                   .dims = {2, 5, 1, 2},
                                   .points = {4, 9, 3, 3}};
    AmbitStepReport report;
    AmbitTrainer *trainer = trainer_of(&model, &training, &prompts, level, n_threads);
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

static void same_bits(const char *level, size_t n_groups, int optimizer)
{
    size_t size;
    double loss[3];
    float *one = train_random(1, n_groups, level, optimizer, &size, &loss[0]);
    float *two = train_random(2, n_groups, level, optimizer, &size, &loss[1]);
    float *many = train_random(7, n_groups, level, optimizer, &size, &loss[2]);
    assert_memory_equal(one, two, size);
    assert_memory_equal(one, many, size);
    assert_true(loss[0] == loss[1] && loss[0] == loss[2]);
    ambit_free(one);
    ambit_free(two);
    ambit_free(many);
}

static void same_bits_for_any_threads(void **state)
{
    (void)state;
    for (const char *const *level = ambit_kernels_levels(); *level; level++) {
        same_bits(*level, 1, AMBIT_OPTIMIZER_ADAM);
        same_bits(*level, 4, AMBIT_OPTIMIZER_MUON);
    }
    AmbitKernels kernels;
    if (ambit_kernels_select(&kernels, "bfloat16", NULL) == AMBIT_OK) {
        same_bits("bfloat16", 1, AMBIT_OPTIMIZER_ADAM);
        same_bits("bfloat16", 4, AMBIT_OPTIMIZER_MUON);
    } else {
        print_message("bfloat16 left out: this CPU has no such products\n");
    }
}

static void groups_move_last_digits_alone(void **state)
{
    (void)state;
    size_t size;
    double loss[4];
    float *one = train_random(1, 1, "auto", AMBIT_OPTIMIZER_ADAM, &size, &loss[0]);
    for (size_t i = 1; i < 4; i++) {
        float *more =
            train_random(1, (size_t)1 << i, "auto", AMBIT_OPTIMIZER_ADAM, &size, &loss[i]);
        assert_memory_not_equal(one, more, size);
        assert_true(fabs(loss[i] / loss[0] - 1) < 1e-5);
        ambit_free(more);
    }
    ambit_free(one);
}

static void groups_that_do_not_divide_are_refused(void **state)
{
    (void)state;
    AmbitTrainingSettings training = golden_training();
    AmbitError error;
    training.groups = 3;
    assert_int_equal(ambit_training_check(&training, &error), AMBIT_INVALID);
    training.groups = 8;
    assert_int_equal(ambit_training_check(&training, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "here at most 4"));
    training.groups = 4;
    assert_int_equal(ambit_training_check(&training, &error), AMBIT_OK);
}

/* The loss after a few updates. */
static double trained_loss(const char *level)
{
    size_t size;
    double loss;
    ambit_free(train_random(2, 1, level, AMBIT_OPTIMIZER_ADAM, &size, &loss));
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

/* What five rounds of Muon's polynomial make of a matrix, by singular values: U p(Σ/‖Σ‖) Vᵀ. */
static gsl_matrix *orthogonalized(const float *values, size_t rows, size_t columns, size_t stride)
{
    bool wide = rows < columns;
    size_t tall = wide ? columns : rows, n = wide ? rows : columns;
    gsl_matrix *u = gsl_matrix_alloc(tall, n), *v = gsl_matrix_alloc(n, n),
               *result = gsl_matrix_alloc(rows, columns);
    gsl_vector *s = gsl_vector_alloc(n), *work = gsl_vector_alloc(n);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            gsl_matrix_set(u, wide ? c : r, wide ? r : c, (double)values[r * stride + c]);
    gsl_linalg_SV_decomp(u, v, s, work);
    double norm = gsl_blas_dnrm2(s);
    for (size_t i = 0; i < n; i++) {
        double x = gsl_vector_get(s, i) / norm;
        for (int round = 0; round < 5; round++)
            x = 3.4445 * x - 4.775 * x * x * x + 2.0315 * pow(x, 5);
        gsl_vector_view column = gsl_matrix_column(u, i);
        gsl_vector_scale(&column.vector, x);
    }
    gsl_blas_dgemm(CblasNoTrans, CblasTrans, 1, wide ? v : u, wide ? u : v, 0, result);
    gsl_matrix_free(u);
    gsl_matrix_free(v);
    gsl_vector_free(s);
    gsl_vector_free(work);
    return result;
}

/* Largest difference between the step that a matrix took and the one it should take, over the root
 * mean square of that one. */
static double muon_error(const float *before, const float *after, const float *gradient,
                         size_t rows, size_t columns, size_t stride, double learning_rate)
{
    gsl_matrix *expected = orthogonalized(gradient, rows, columns, stride);
    double length = learning_rate * 0.2 * sqrt((double)(rows > columns ? rows : columns)),
           worst = 0, squares = 0;
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < columns; c++) {
            double moved = (double)before[r * stride + c] - (double)after[r * stride + c],
                   step = length * gsl_matrix_get(expected, r, c);
            worst = larger(worst, fabs(moved - step));
            squares += step * step;
        }
    }
    gsl_matrix_free(expected);
    return worst / sqrt(squares / (double)(rows * columns));
}

static void first_step_of_muon(void **state)
{
    (void)state;
    AmbitModelSettings model = golden_model();
    AmbitTrainingSettings training = golden_training();
    AmbitPromptTraining prompts = golden_prompts();
    AmbitStepReport report;
    training.optimizer = AMBIT_OPTIMIZER_MUON;
    training.momentum = 0.95;
    training.learning_rate = 0.1;
    model.trunk.initializer_range = 0.3;
    AmbitTrainer *trainer = trainer_of(&model, &training, &prompts, "auto", 2);
    AmbitTrainerState view = ambit_trainer_state(trainer);
    size_t size = ambit_model_block_size(view.model) * sizeof(float), n_matrices = 0;
    float *before = ambit_alloc(size, 1), *after = ambit_model_block(view.model);
    memcpy(before, after, size);
    assert_int_equal(ambit_trainer_step(trainer, &report, NULL), AMBIT_OK);
    for (size_t i = 0; i < ambit_model_n_tensors(view.model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(view.model, i);
        size_t o = tensor->offset;
        assert_true((view.moment2[o] == 0) == (tensor->n_hidden > 0));
        for (size_t part = 0; part < tensor->n_hidden; part++, n_matrices++) {
            size_t columns = tensor->shape[1] / tensor->n_hidden;
            assert_true(muon_error(before + o, after + o, view.gradient + o, tensor->shape[0],
                                   columns, tensor->shape[1], 0.1) < 1e-3);
            o += columns;
        }
    }
    assert_int_equal(n_matrices, 2 * 6); // query, key, value, c_proj, c_fc, c_proj of two layers
    ambit_free(before);
    ambit_trainer_destroy(&trainer);
}

/* The golden prompts of step 0 from the one that `source` gives on. */
static void fill_golden_from(const void *source, AmbitKey key, size_t first, size_t active_dims,
                             AmbitPromptBatch *batch)
{
    fill_golden(NULL, key, first + *(const size_t *)source, active_dims, batch);
}

/* The gradient of the first step on `count` golden prompts; the caller frees it. */
static float *first_gradient(size_t first, size_t count, double normalize_loss, size_t *n_floats,
                             double *loss)
{
    AmbitModelSettings model = golden_model();
    AmbitTrainingSettings training = golden_training();
    AmbitPromptTraining prompts = golden_prompts();
    AmbitStepReport report;
    training.batch_size = (int64_t)count;
    prompts.normalize_loss = normalize_loss;
    prompts.fill = fill_golden_from;
    prompts.prompts = &first;
    AmbitTrainer *trainer = trainer_of(&model, &training, &prompts, "auto", 1);
    assert_int_equal(ambit_trainer_step(trainer, &report, NULL), AMBIT_OK);
    AmbitTrainerState view = ambit_trainer_state(trainer);
    *n_floats = ambit_model_block_size(view.model);
    *loss = report.loss;
    float *gradient = ambit_alloc(*n_floats, sizeof *gradient);
    memcpy(gradient, view.gradient, *n_floats * sizeof *gradient);
    ambit_trainer_destroy(&trainer);
    return gradient;
}

/* A momentum whose norm has no inverse in float moves nothing, and makes no NaN. */
static void muon_of_nearly_nothing(void **state)
{
    (void)state;
    AmbitKernels kernels;
    const AmbitSubmatrix shape = {4, 4, 4};
    const AmbitMuon muon = {0.1, 0.5};
    float parameter[16] = {1}, momentum[16] = {0}, gradient[16] = {0};
    AmbitReal *scratch = ambit_alloc(ambit_muon_scratch(4, 4), sizeof *scratch);
    assert_int_equal(ambit_kernels_select(&kernels, "auto", NULL), AMBIT_OK);
    gradient[0] = 1e-3f;
    for (int step = 0; step < 400; step++) { // the momentum halves until it is 0
        ambit_muon(parameter, momentum, gradient, &shape, &muon, &kernels, scratch);
        gradient[0] = 0;
        for (size_t i = 0; i < 16; i++)
            assert_true(isfinite(parameter[i]));
    }
    ambit_free(scratch);
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
            power += pow(golden_y[0][b][i], 2) / POSITIONS;
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
    AmbitModelSettings model = golden_model();
    AmbitTrainingSettings training = golden_training();
    AmbitPromptTraining prompts = golden_prompts();
    AmbitStepReport report;
    AmbitError error;
    prompts.n_classes = 2;
    prompts.fill = fill_infinite;
    AmbitTrainer *trainer = trainer_of(&model, &training, &prompts, "auto", 1);
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
    if (argc < 2 || (golden = H5Fopen(argv[1], H5F_ACC_RDONLY, H5P_DEFAULT)) < 0) {
        fprintf(stderr, "usage: test_trainer golden/training.h5 [UNIT]\n");
        return 1;
    }
    read_doubles("xs", golden_x);
    read_doubles("ys", golden_y);
    static char reference[] = "reference", highest[] = "auto";
    const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(ten_steps_like_pytorch, reference),
                                       cmocka_unit_test_prestate(ten_steps_like_pytorch, highest),
                                       cmocka_unit_test(same_bits_for_any_threads),
                                       cmocka_unit_test(groups_move_last_digits_alone),
                                       cmocka_unit_test(groups_that_do_not_divide_are_refused),
                                       cmocka_unit_test(levels_train_alike),
                                       cmocka_unit_test(first_step_of_muon),
                                       cmocka_unit_test(muon_of_nearly_nothing),
                                       cmocka_unit_test(normalized_loss_weighs_prompts),
                                       cmocka_unit_test(step_that_is_not_finite)};
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    H5Fclose(golden);
    return failures;
}
