// SPDX-License-Identifier: MIT
// The language head, trained on sequences of different lengths. The trainer knows of neither head
// nor source, and gives the same bits for any number of threads.
#include "testing.h"

#include "ambit/head.h"
#include "ambit/memory.h"
#include "ambit/trainer.h"

#include <string.h>

/* Sentences of 2 to 9 words, drawn by index; the words after the first are predicted. */
typedef struct Sentences {
    size_t offset[64], prefix[64], position[640], scored[640];
    int32_t id[640], target[640];
    double weight[640];
    int class_label[64];
} Sentences;

enum { LONGEST = 9, WORDS = 11 };

static AmbitBatchSizes sentence_sizes(const void *state, size_t n)
{
    (void)state;
    return (AmbitBatchSizes){n, n * LONGEST, LONGEST, n * LONGEST};
}

static size_t length_of(size_t index)
{
    return 2 + index * 7 % 8;
}

static size_t sentence_scored(const void *state, int64_t step, size_t n)
{
    (void)state, (void)step;
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += length_of(i) - 1;
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
    size_t rows = 0, scored = 0;
    for (size_t b = 0; b < n; b++) {
        AmbitRandom random;
        ambit_random_open(&random, key, AMBIT_STREAM_INPUT, (uint32_t)(first + b));
        s->offset[b] = rows;
        s->prefix[b] = length_of(first + b);
        s->class_label[b] = 0;
        for (size_t i = 0; i < s->prefix[b]; i++, rows++) {
            s->position[rows] = i;
            s->id[rows] = i && gsl_rng_uniform_int(&random.rng, 4)
                              ? (s->id[rows - 1] + 1) % WORDS
                              : (int32_t)gsl_rng_uniform_int(&random.rng, WORDS);
            if (i == 0)
                continue;
            s->scored[scored] = rows - 1;
            s->target[scored] = s->id[rows];
            s->weight[scored++] = 1;
        }
    }
    s->offset[n] = rows;
    *batch = (AmbitBatch){.n_sequences = n,
                          .offset = s->offset,
                          .prefix = s->prefix,
                          .position = s->position,
                          .id = s->id,
                          .class_label = s->class_label,
                          .n_scored = scored,
                          .scored = s->scored,
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

/* A model of words on sentences of different lengths: the parameters after 60 steps. */
static float *train_words(size_t n_threads, const char *level, size_t *size, double loss[2])
{
    const AmbitModelSettings model = {.trunk = {.n_context = LONGEST,
                                                .n_embd = 32,
                                                .n_layer = 2,
                                                .n_head = 2,
                                                .attention_bias = true,
                                                .n_inner = 48,
                                                .initializer_range = 0.02},
                                      .head = ambit_language_head(WORDS, true)};
    const AmbitTrainingSettings training = {.learning_rate = 1e-2,
                                            .beta1 = 0.9,
                                            .beta2 = 0.999,
                                            .epsilon = 1e-8,
                                            .batch_size = 24,
                                            .train_steps = 60,
                                            .shards = 4,
                                            .groups = 2};
    const AmbitSource source = {&sentences, NULL, 1};
    AmbitKernels kernels;
    AmbitTrainer *trainer;
    AmbitStepReport report;
    assert_int_equal(ambit_kernels_select(&kernels, level, NULL), AMBIT_OK);
    assert_int_equal(
        ambit_trainer_create(&trainer, &model, &training, &kernels, &source, n_threads, NULL),
        AMBIT_OK);
    for (int step = 0; step < 60; step++) {
        assert_int_equal(ambit_trainer_step(trainer, &report, NULL), AMBIT_OK);
        loss[step > 0] = report.loss;
    }
    const AmbitModel *trained = ambit_trainer_state(trainer).model;
    *size = ambit_model_block_size(trained) * sizeof(float);
    float *parameters = ambit_alloc(*size, 1);
    memcpy(parameters, ambit_model_block_const(trained), *size);
    ambit_trainer_destroy(&trainer);
    return parameters;
}

static void ragged_words_same_bits(void **state)
{
    (void)state;
    size_t size;
    double loss[2], again[2];
    for (const char *const *level = ambit_kernels_levels(); *level; level++) {
        float *one = train_words(1, *level, &size, loss);
        for (size_t threads = 2; threads < 8; threads += 5) {
            float *more = train_words(threads, *level, &size, again);
            assert_memory_equal(one, more, size);
            assert_true(again[1] == loss[1]);
            ambit_free(more);
        }
        print_message("%s: loss of words %.3f, then %.3f\n", *level, loss[0], loss[1]);
        assert_true(fabs(loss[0] - log(WORDS)) < 0.5);
        assert_true(loss[1] < 1.8); // three in four words follow from the one before: 1.06 at best
        ambit_free(one);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ragged_words_same_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
