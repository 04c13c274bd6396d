// SPDX-License-Identifier: MIT
// Times training steps of a language model on a corpus of questions, for
// language_step_beside_pytorch.py:
//     language_step KERNELS THREADS SHARDS LAYERS WIDTH HEADS BATCH SECONDS [FILE]
// prints milliseconds per step (mean), those of the processor, real tokens per step, FLOP per
// token, the float32 peak of all threads (FLOP/s), the bytes of the trainer, its parameters, and
// the last loss. The sentences are written to FILE.
#include "ambit/corpus.h"
#include "ambit/head.h"
#include "ambit/peak.h"
#include "ambit/trainer.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Of all threads. */
static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void stop_on(AmbitStatus status, const AmbitError *error)
{
    if (!status)
        return;
    fprintf(stderr, "%s\n", error->message);
    exit(1);
}

/* FLOP/s of multiply-adds in registers on all threads. */
static double float32_peak(const char *level, size_t n_threads)
{
    AmbitPeak peak;
    AmbitError error;
    double flop = 0;
    stop_on(ambit_kernels_peak(&peak, level, &error), &error);
    double begin = seconds_now();
#pragma omp parallel num_threads((int)n_threads) reduction(+ : flop)
    flop += peak.float32(20000000);
    return flop / (seconds_now() - begin);
}

int main(int argc, char **argv)
{
    AmbitError error;
    AmbitCorpus *corpus;
    AmbitLanguage *language;
    AmbitCorpusTraining *order;
    AmbitTrainer *trainer;
    AmbitKernels kernels;
    AmbitStepReport report;
    if (argc < 9)
        return 2;
    size_t n_threads = (size_t)atoi(argv[2]);
    stop_on(
        ambit_language_create(&language, ambit_language_type_find("question_formation"), &error),
        &error);
    stop_on(ambit_language_finish(language, &error), &error);
    const AmbitCorpusSettings sizes = {.n_sentences = {20000, 100, 100}, .seed = 1};
    stop_on(ambit_corpus_draw(&corpus, language, &sizes, &error), &error);
    FILE *file = argc > 9 ? fopen(argv[9], "w") : NULL;
    if (argc > 9 && (!file || !ambit_split_write(file, corpus, AMBIT_SPLIT_TRAIN) || fclose(file)))
        return 1;
    int64_t n_words = (int64_t)corpus->language->words.count + 2;
    const AmbitModelSettings model = {.trunk = {.n_context = (int64_t)corpus->longest + 1,
                                                .n_embd = atoi(argv[5]),
                                                .n_layer = atoi(argv[4]),
                                                .n_head = atoi(argv[6]),
                                                .positions = AMBIT_POSITIONS_SINUSOIDAL,
                                                .norm = AMBIT_NORM_POST,
                                                .activation = AMBIT_ACTIVATION_RELU,
                                                .initialization = AMBIT_INITIALIZATION_XAVIER,
                                                .dropout = 0.1},
                                      .head = ambit_language_head(n_words, false)};
    const AmbitTrainingSettings training = {.learning_rate = 1e-4,
                                            .beta1 = 0.9,
                                            .beta2 = 0.999,
                                            .epsilon = 1e-8,
                                            .clip = 1,
                                            .batch_size = atoi(argv[7]),
                                            .train_steps = 1000000,
                                            .shards = atoi(argv[3])};
    stop_on(ambit_corpus_training_create(&order, corpus, AMBIT_LOSS_ON_ALL,
                                         (size_t)training.batch_size, 1, 1, &error),
            &error);
    const AmbitSource source = ambit_corpus_source(order);
    stop_on(ambit_kernels_select(&kernels, argv[1], &error), &error);
    stop_on(ambit_trainer_create(&trainer, &model, &training, &kernels, &source, n_threads, &error),
            &error);
    double begin = 0, processor = 0, rows = 0, flop = 0, limit = atof(argv[8]);
    int64_t step = -5; // warm up
    for (; step < 10 || seconds_now() - begin < limit; step++) {
        if (step == 0) {
            begin = seconds_now();
            processor = processor_seconds();
        }
        stop_on(ambit_trainer_step(trainer, &report, &error), &error);
        for (size_t i = 0; step >= 0 && i < (size_t)training.batch_size; i++) {
            AmbitSentence s =
                ambit_split_sentence(&corpus->splits[AMBIT_SPLIT_TRAIN],
                                     ambit_corpus_training_sentence(order, report.step, i));
            rows += (double)s.n_words + 1;
            flop += ambit_model_flop(&model, (double)s.n_words + 1, (double)s.n_words + 1);
        }
    }
    double taken = seconds_now() - begin;
    processor = processor_seconds() - processor;
    printf("%s %.4f %.4f %.3f %.0f %.4g %zu %zu %.4f\n", kernels.name, 1e3 * taken / (double)step,
           1e3 * processor / (double)step, rows / (double)step, flop / rows,
           float32_peak(argv[1], n_threads),
           ambit_trainer_bytes(&model, &training, &kernels, &source, n_threads, 1),
           ambit_model_n_parameters(ambit_trainer_state(trainer).model), report.loss);
    ambit_trainer_destroy(&trainer);
    ambit_corpus_training_destroy(&order);
    ambit_corpus_destroy(&corpus);
    return 0;
}
