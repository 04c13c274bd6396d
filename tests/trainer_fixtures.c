// SPDX-License-Identifier: MIT
#include "trainer_fixtures.h"
#include "testing.h"

#include <hdf5.h>
#include <string.h>

enum { N_X = POSITIONS * DIMS };

double fixture_golden_y[STEPS][BATCH][POSITIONS];
static double golden_x[STEPS][BATCH][N_X];
static hid_t golden;

void fixture_fill_golden(const void *source, AmbitKey key, size_t first, size_t active_dims,
                         AmbitPromptBatch *batch)
{
    (void)source;
    assert_int_equal(active_dims, DIMS);
    for (size_t b = 0; b < batch->n_prompts; b++) {
        memcpy(batch->x + b * N_X, golden_x[key.step][first + b], sizeof golden_x[0][0]);
        memcpy(batch->y + b * POSITIONS, fixture_golden_y[key.step][first + b],
               sizeof fixture_golden_y[0][0]);
        memcpy(batch->y_query + b * POSITIONS, fixture_golden_y[key.step][first + b],
               sizeof fixture_golden_y[0][0]);
        batch->class_label[b] = 0;
    }
}

AmbitModelSettings fixture_golden_model(void)
{
    return (AmbitModelSettings){.trunk = {.n_context = 2 * POSITIONS,
                                          .n_embd = 8,
                                          .n_layer = 2,
                                          .n_head = 2,
                                          .attention_bias = true},
                                .head = ambit_regression_head(DIMS)};
}

AmbitTrainingSettings fixture_golden_training(void)
{
    return (AmbitTrainingSettings){.learning_rate = 1e-3,
                                   .beta1 = 0.9,
                                   .beta2 = 0.999,
                                   .epsilon = 1e-8,
                                   .batch_size = BATCH,
                                   .train_steps = STEPS,
                                   .shards = 4};
}

AmbitPromptTraining fixture_golden_prompts(void)
{
    return (AmbitPromptTraining){.fill = fixture_fill_golden,
                                 .n_dims = DIMS,
                                 .n_classes = 1,
                                 .dims = {DIMS, DIMS, 1, 1},
                                 .points = {POSITIONS, POSITIONS, 1, 1}};
}

AmbitTrainer *fixture_trainer(const AmbitModelSettings *model,
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

void fixture_golden_tensor(const char *group, const AmbitTensor *tensor, float *values)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", group, tensor->name);
    hid_t set = H5Dopen2(golden, path, H5P_DEFAULT);
    assert_true(set >= 0);
    assert_true(H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set);
}

void fixture_golden_doubles(const char *name, void *values)
{
    hid_t set = H5Dopen2(golden, name, H5P_DEFAULT);
    assert_true(set >= 0);
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set);
}

bool fixture_golden_open(const char *path)
{
    golden = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (golden < 0)
        return false;
    fixture_golden_doubles("xs", golden_x);
    fixture_golden_doubles("ys", fixture_golden_y);
    return true;
}

void fixture_golden_close(void)
{
    H5Fclose(golden);
}
