// SPDX-License-Identifier: MIT
// Language models: ten steps against PyTorch (golden/make_language_golden.py), with dropout by the
// numbers that PyTorch was given; the same bits for any number of threads and after a stop;
// Xavier's initialisation.
#include "testing.h"

#include "ambit/head.h"
#include "ambit/memory.h"
#include "ambit/trainer.h"

#include <hdf5.h>
#include <string.h>

enum { WORDS = 11, LONGEST = 19, BATCH = 5, STEPS = 10, MOST_PARAMETERS = 4096 };

static hid_t golden;
static int32_t ids[STEPS][BATCH][LONGEST + 1], lengths[STEPS][BATCH];

static void read_golden(hid_t where, const char *name, hid_t type, void *values)
{
    hid_t set = H5Dopen2(where, name, H5P_DEFAULT);
    assert_true(set >= 0);
    assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set);
}

static void read_attribute(hid_t where, const char *name, hid_t type, void *values)
{
    hid_t attribute = H5Aopen(where, name, H5P_DEFAULT);
    assert_true(attribute >= 0);
    assert_true(H5Aread(attribute, type, values) >= 0);
    H5Aclose(attribute);
}

/* The golden sentences as a source: every row is scored. */
typedef struct Sentences {
    size_t offset[BATCH + 1], prefix[BATCH], position[BATCH * LONGEST];
    int32_t id[BATCH * LONGEST], target[BATCH * LONGEST];
    double weight[BATCH * LONGEST];
    int class_label[BATCH];
} Sentences;

static AmbitBatchSizes sentence_sizes(const void *state, size_t n)
{
    (void)state;
    return (AmbitBatchSizes){n, n * LONGEST, LONGEST, n * LONGEST};
}

static size_t sentence_scored(const void *state, int64_t step, size_t n)
{
    (void)state;
    size_t count = 0;
    for (size_t b = 0; b < n; b++)
        count += (size_t)lengths[step][b];
    return count;
}

static void no_columns(const void *state, int64_t step, double *values)
{
    (void)state, (void)step, (void)values;
}

static AmbitStatus sentences_create(const void *state, size_t n, void **workspace,
                                    AmbitError *error)
{
    (void)state, (void)n, (void)error;
    *workspace = ambit_alloc(1, sizeof(Sentences));
    return *workspace ? AMBIT_OK : AMBIT_NO_MEMORY;
}

static void draw_sentences(const void *state, AmbitKey key, size_t first, size_t n, void *workspace,
                           AmbitBatch *batch)
{
    (void)state;
    Sentences *s = workspace;
    size_t rows = 0;
    for (size_t b = 0; b < n; b++) {
        s->offset[b] = rows;
        s->prefix[b] = (size_t)lengths[key.step][first + b];
        s->class_label[b] = 0;
        for (size_t i = 0; i < s->prefix[b]; i++, rows++) {
            s->position[rows] = i;
            s->id[rows] = ids[key.step][first + b][i];
            s->target[rows] = ids[key.step][first + b][i + 1];
            s->weight[rows] = 1;
        }
    }
    s->offset[n] = rows;
    *batch = (AmbitBatch){.n_sequences = n,
                          .offset = s->offset,
                          .prefix = s->prefix,
                          .position = s->position,
                          .id = s->id,
                          .class_label = s->class_label,
                          .n_scored = rows,
                          .target_id = s->target,
                          .weight = s->weight,
                          .key = key,
                          .first = first};
}

static const AmbitSourceType sentences = {.name = "sentences",
                                          .sizes = sentence_sizes,
                                          .n_scored = sentence_scored,
                                          .column_values = no_columns,
                                          .workspace_create = sentences_create,
                                          .workspace_destroy = ambit_free,
                                          .draw = draw_sentences};

static AmbitTrainer *golden_trainer(hid_t group, double dropout, const char *level,
                                    size_t n_threads)
{
    int64_t sizes[8], chosen[5];
    uint64_t seed;
    read_attribute(golden, "sizes", H5T_NATIVE_INT64, sizes);
    read_attribute(golden, "seed", H5T_NATIVE_UINT64, &seed);
    read_attribute(group, "settings", H5T_NATIVE_INT64, chosen);
    const AmbitModelSettings model = {
        .trunk = {.n_context = LONGEST,
                  .n_embd = sizes[2],
                  .n_inner = sizes[3],
                  .n_layer = sizes[4],
                  .n_head = sizes[5],
                  .norm = chosen[0] ? AMBIT_NORM_POST : AMBIT_NORM_PRE,
                  .activation = chosen[1] ? AMBIT_ACTIVATION_RELU : AMBIT_ACTIVATION_GELU,
                  .attention_bias = chosen[2],
                  .positions = chosen[3] ? AMBIT_POSITIONS_LEARNED : AMBIT_POSITIONS_SINUSOIDAL,
                  .dropout = dropout},
        .head = ambit_language_head(WORDS, chosen[4])};
    const AmbitTrainingSettings training = {.learning_rate = 1e-3,
                                            .beta1 = 0.9,
                                            .beta2 = 0.999,
                                            .epsilon = 1e-8,
                                            .clip = 0.5,
                                            .batch_size = BATCH,
                                            .train_steps = STEPS,
                                            .shards = 4,
                                            .groups = 2,
                                            .seed = seed};
    const AmbitSource source = {&sentences, NULL, 1};
    AmbitKernels kernels;
    AmbitTrainer *trainer;
    AmbitError error;
    assert_int_equal(ambit_kernels_select(&kernels, level, NULL), AMBIT_OK);
    if (ambit_trainer_create(&trainer, &model, &training, &kernels, &source, n_threads, &error))
        fail_msg("%s", error.message);
    return trainer;
}

/* Largest ‖got − golden‖ / ‖golden‖ over tensors; golden values of tensors follow each other. */
static double compare_golden(hid_t group, const char *name, const AmbitModel *model,
                             const float *block)
{
    static float expected[MOST_PARAMETERS];
    double worst = 0;
    assert_true(ambit_model_n_parameters(model) <= MOST_PARAMETERS);
    read_golden(group, name, H5T_NATIVE_FLOAT, expected);
    for (size_t i = 0, at = 0; i < ambit_model_n_tensors(model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        double difference = 0, norm = 0;
        for (size_t j = 0; j < tensor->count; j++, at++) {
            double d = (double)block[tensor->offset + j] - (double)expected[at];
            difference += d * d;
            norm += (double)expected[at] * (double)expected[at];
        }
        // The key part of an attention bias has no effect on the loss: Adam blows up its rounding.
        if (strcmp(name, "final") != 0 || !strstr(tensor->name, "c_attn.bias"))
            worst = larger(worst, sqrt(difference / norm));
    }
    return worst;
}

static void set_initial(hid_t group, AmbitModel *model)
{
    static float initial[MOST_PARAMETERS];
    read_golden(group, "initial", H5T_NATIVE_FLOAT, initial);
    for (size_t i = 0, at = 0; i < ambit_model_n_tensors(model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        memcpy(ambit_model_block(model) + tensor->offset, initial + at,
               tensor->count * sizeof *initial);
        at += tensor->count;
    }
}

static void ten_steps(const char *variant, const char *level)
{
    hid_t group = H5Gopen2(golden, variant, H5P_DEFAULT);
    double losses[STEPS], worst_loss = 0, worst_gradient = 0, dropout;
    AmbitStepReport report;
    AmbitError error;
    assert_true(group >= 0);
    read_golden(group, "losses", H5T_NATIVE_DOUBLE, losses);
    read_attribute(group, "dropout", H5T_NATIVE_DOUBLE, &dropout);
    AmbitTrainer *trainer = golden_trainer(group, dropout, level, 2);
    AmbitTrainerState view = ambit_trainer_state(trainer);
    set_initial(group, view.model);
    for (int step = 0; step < STEPS; step++) {
        if (ambit_trainer_step(trainer, &report, &error))
            fail_msg("%s", error.message);
        worst_loss = larger(worst_loss, fabs(report.loss - losses[step]));
        if (step == 0 || step == STEPS - 1)
            worst_gradient =
                larger(worst_gradient, compare_golden(group, step ? "gradient_9" : "gradient_0",
                                                      view.model, view.gradient));
    }
    double final = compare_golden(group, "final", view.model, ambit_model_block(view.model));
    print_message("%s, %s: worst loss difference %.1e, gradient %.1e, final parameters %.1e\n",
                  variant, level, worst_loss, worst_gradient, final);
    assert_true(worst_loss < 1e-5);
    assert_true(worst_gradient < 1e-4);
    assert_true(final < 1e-4);
    ambit_trainer_destroy(&trainer);
    H5Gclose(group);
}

static void ten_steps_like_pytorch(void **state)
{
    (void)state;
    static const char *const variants[] = {"post", "post_dropout", "pre_dropout"};
    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++)
        for (const char *const *level = ambit_kernels_levels(); *level; level++)
            ten_steps(variants[v], *level);
}

/* The parameters after four steps, of which the last two are taken by a second trainer that was
 * given the first one's state, as after a stop. */
static void steps_with(size_t n_threads, const char *level, float *parameters)
{
    hid_t group = H5Gopen2(golden, "post_dropout", H5P_DEFAULT);
    AmbitTrainer *trainer[2];
    AmbitTrainerState view[2];
    AmbitStepReport report;
    for (size_t i = 0; i < 2; i++) {
        trainer[i] = golden_trainer(group, 0.25, level, n_threads);
        view[i] = ambit_trainer_state(trainer[i]);
    }
    size_t size = ambit_model_block_size(view[0].model) * sizeof(float);
    set_initial(group, view[0].model);
    for (int step = 0; step < 4; step++) {
        if (step == 2) {
            memcpy(ambit_model_block(view[1].model), ambit_model_block(view[0].model), size);
            memcpy(view[1].moment1, view[0].moment1, size);
            memcpy(view[1].moment2, view[0].moment2, size);
            *view[1].step = 2;
        }
        assert_int_equal(ambit_trainer_step(trainer[step / 2], &report, NULL), AMBIT_OK);
    }
    memcpy(parameters, ambit_model_block(view[1].model), size);
    for (size_t i = 0; i < 2; i++)
        ambit_trainer_destroy(&trainer[i]);
    H5Gclose(group);
}

static void dropout_has_the_same_bits(void **state)
{
    (void)state;
    static float one[2 * MOST_PARAMETERS], more[2 * MOST_PARAMETERS];
    for (const char *const *level = ambit_kernels_levels(); *level; level++) {
        steps_with(1, *level, one);
        steps_with(2, *level, more);
        assert_memory_equal(one, more, sizeof one);
        steps_with(7, *level, more);
        assert_memory_equal(one, more, sizeof one);
    }
}

/* Xavier's uniform distributions: no value beyond the half-width, and a second moment of a third of
 * its square, to 6 % for 4096 values and more: 4 standard deviations. */
static void xavier_widths(void **state)
{
    (void)state;
    enum { E = 64, M = 256, V = 100 };
    static const struct {
        const char *name;
        double width;
    } expected[] = {{"wte.weight", 6.0 / (V + E)},
                    {"attn.c_attn.weight", 6.0 / (E + E)},
                    {"attn.c_proj.weight", 6.0 / (E + E)},
                    {"c_fc.weight", 2 * 6.0 / (E + M)},
                    {"mlp.c_proj.weight", 6.0 / (M + E)},
                    {"lm_head.weight", 6.0 / (V + E)},
                    {"c_fc.bias", 1.0 / E},
                    {"mlp.c_proj.bias", 1.0 / M},
                    {"lm_head.bias", 1.0 / E}};
    const AmbitModelSettings settings = {.trunk = {.n_context = 8,
                                                   .n_embd = E,
                                                   .n_layer = 1,
                                                   .n_head = 2,
                                                   .positions = AMBIT_POSITIONS_SINUSOIDAL,
                                                   .activation = AMBIT_ACTIVATION_RELU,
                                                   .initialization = AMBIT_INITIALIZATION_XAVIER},
                                         .head = ambit_language_head(V, false)};
    AmbitModel *model;
    size_t found = 0;
    assert_int_equal(ambit_model_create(&model, &settings, NULL), AMBIT_OK);
    ambit_model_initialize(model, 5);
    for (size_t i = 0; i < ambit_model_n_tensors(model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        const float *value = ambit_model_block(model) + tensor->offset;
        for (size_t k = 0; k < sizeof expected / sizeof *expected; k++) {
            if (!strstr(tensor->name, expected[k].name))
                continue;
            double squares = 0, most = 0;
            for (size_t j = 0; j < tensor->count; j++) {
                squares += pow((double)value[j], 2) / (double)tensor->count;
                most = larger(most, fabs((double)value[j]));
            }
            found++;
            assert_true(most <= sqrt(expected[k].width) * (1 + 1e-6));
            assert_true(most > 0.9 * sqrt(expected[k].width));
            if (tensor->count >= 4096)
                assert_true(fabs(3 * squares / expected[k].width - 1) < 0.06);
        }
    }
    assert_int_equal(found, sizeof expected / sizeof *expected);
    ambit_model_destroy(&model);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ten_steps_like_pytorch),
                                       cmocka_unit_test(dropout_has_the_same_bits),
                                       cmocka_unit_test(xavier_widths)};
    golden = argc > 1 ? H5Fopen(argv[1], H5F_ACC_RDONLY, H5P_DEFAULT) : -1;
    if (golden < 0)
        return 1;
    read_golden(golden, "ids", H5T_NATIVE_INT32, ids);
    read_golden(golden, "lengths", H5T_NATIVE_INT32, lengths);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    H5Fclose(golden);
    return failed;
}
