// SPDX-License-Identifier: MIT
// Estimates the cost of a run, and creates its trainer.
#include "resources.h"
#include "run.h"
#include "team.h"

#include "ambit/gradient.h"
#include "ambit/memory.h"
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <unistd.h>

static size_t physical_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (size_t)pages * (size_t)size : SIZE_MAX;
}

AmbitStatus ambit_run_trainer(AmbitTrainer **trainer, const AmbitConfig *config,
                              const AmbitKernels *kernels, const AmbitSource *source,
                              size_t n_threads, AmbitError *error)
{
    AmbitStatus status =
        ambit_trainer_create_in_team(trainer, &config->model, &config->training, kernels, source,
                                     n_threads, ambit_cli_team(), error);
    if (status == AMBIT_NO_MEMORY) {
        const AmbitError inner = *error;
        size_t bytes = ambit_trainer_bytes(&config->model, &config->training, kernels, source,
                                           n_threads, ambit_cli_team()->count);
        char needed[AMBIT_BYTES_TEXT], there[AMBIT_BYTES_TEXT];
        return ambit_error_set(error, status, "%s; training takes %s, and this machine has %s",
                               inner.message, ambit_bytes_text((double)bytes, needed),
                               ambit_bytes_text((double)physical_memory(), there));
    }
    return status ? status : ambit_cli_check_resources(n_threads, error); // what the trainer leaves
}

AmbitStatus ambit_run_time_step(RunStepTimes *taken, const AmbitConfig *config,
                                const AmbitKernels *kernels, size_t n_threads, double patience,
                                AmbitError *error)
{
    enum { MOST = 1024 };
    double times[MOST];
    size_t n = 0;
    AmbitRunSource *source = NULL;
    AmbitTrainer *trainer = NULL;
    AmbitStepReport report;
    AmbitStatus status = ambit_run_source_create(&source, config, true, error);
    if (!status)
        status = ambit_run_trainer(&trainer, config, kernels, &source->source, n_threads, error);
    status = ambit_cli_agree(status, error);
    double begin = ambit_cli_seconds();
    if (!status)
        status = ambit_trainer_step(trainer, &report, error);
    double started = ambit_cli_seconds(), now = started;
    bool is_slow = started - begin > patience;
    while (!status &&
           ambit_cli_follow(n < (is_slow ? 1 : 3) || (n < MOST && now - started < patience))) {
        status = ambit_trainer_step(trainer, &report, error);
        double ended = ambit_cli_seconds();
        times[n++] = ended - now;
        now = ended;
    }
    *taken = (RunStepTimes){n ? gsl_stats_median(times, 1, n) : 0, now - begin, n + 1};
    ambit_trainer_destroy(&trainer);
    ambit_run_source_destroy(&source);
    return status;
}

/* Seconds of a step of as many shards as `n_threads` threads take in so many rounds. */
static AmbitStatus time_rounds(double *seconds, const AmbitConfig *config,
                               const AmbitKernels *kernels, size_t n_threads, size_t n_shards,
                               size_t rounds, AmbitError *error)
{
    AmbitConfig part = *config;
    size_t batch = (size_t)config->training.batch_size, shards = rounds * n_threads;
    RunStepTimes taken = {0};
    part.training.shards = (int64_t)shards;
    part.training.batch_size = (int64_t)((batch + n_shards - 1) / n_shards * shards);
    part.training.groups = 1;
    AmbitStatus status = ambit_run_time_step(&taken, &part, kernels, n_threads, 0.2, error);
    *seconds = taken.median;
    return status;
}

/* Seconds of a step. Where that would take long, it follows from one and two rounds of shards, of
 * which the second adds its shards alone, not the optimiser. A team has no such parts. */
static AmbitStatus estimate_step(double *seconds, const AmbitConfig *config,
                                 const AmbitKernels *kernels, size_t n_threads,
                                 const AmbitSource *source, AmbitError *error)
{
    enum { FEW = 4, LONG = 2 }; // rounds; seconds
    size_t n_shards = ambit_training_n_shards(&config->training, &config->model, source);
    size_t threads = n_threads < n_shards ? n_threads : n_shards;
    double rounds = ceil((double)n_shards / (double)threads), one = 0, two = 0;
    RunStepTimes whole = {0};
    AmbitStatus status = AMBIT_OK;
    if (rounds > FEW && ambit_cli_team()->count == 1)
        status = time_rounds(&one, config, kernels, threads, n_shards, 1, error);
    bool is_long = one * rounds > LONG;
    if (!status && is_long)
        status = time_rounds(&two, config, kernels, threads, n_shards, 2, error);
    else if (!status)
        status = ambit_run_time_step(&whole, config, kernels, n_threads, 1, error);
    *seconds = status    ? NAN
               : is_long ? one + (rounds - 1) * fmax(two - one, 0.5 * one)
                         : whole.median;
    return status;
}

/* FLOP of a step's products, for sequences of the source's mean length. */
static double step_flop(const AmbitConfig *config, const AmbitSource *source, int64_t step)
{
    size_t n_sequences = (size_t)config->training.batch_size;
    double scored = (double)source->type->n_scored(source->state, step, n_sequences);
    return (double)n_sequences * ambit_model_flop(&config->model,
                                                  source->type->mean_rows(source->state, step),
                                                  scored / (double)n_sequences);
}

/* Mean FLOP of a step over the whole run. */
static double mean_flop(const AmbitConfig *config, const AmbitSource *source)
{
    const AmbitTrainingSettings *t = &config->training;
    double sum = 0;
    int64_t samples = t->train_steps < 1000 ? t->train_steps : 1000;
    for (int64_t i = 0; i < samples; i++)
        sum += step_flop(config, source,
                         (int64_t)((double)i / (double)samples * (double)t->train_steps));
    return sum / (double)samples;
}

/* Bytes that the run keeps at its end, and of how many files. */
static void print_disk(FILE *out, const AmbitConfig *config, size_t n_parameters)
{
    const AmbitRunFiles files = ambit_run_files(config);
    double parameters = (double)n_parameters * sizeof(AmbitReal);
    bool muon = config->training.optimizer == AMBIT_OPTIMIZER_MUON;
    double checkpoint = parameters * (muon ? 2 : 3); // with the moments
    double disk =
        (double)files.n_checkpoints * checkpoint + (double)files.n_parameters * parameters;
    char amount[AMBIT_BYTES_TEXT];
    fprintf(out, "checkpoint  %s, in memory too while it is written\n",
            ambit_bytes_text(checkpoint, amount));
    fprintf(out, "disk        %s at the end: %lld checkpoint%s", ambit_bytes_text(disk, amount),
            (long long)files.n_checkpoints, files.n_checkpoints == 1 ? "" : "s");
    if (files.n_parameters)
        fprintf(out, ", and for evaluation.every the parameters alone of %lld step%s",
                (long long)files.n_parameters, files.n_parameters == 1 ? "" : "s");
    fputc('\n', out);
}

/* Bytes of the corpus, and of the source that draws from it. */
static double corpus_bytes(const AmbitCorpus *corpus)
{
    double bytes = 0;
    for (size_t s = 0; s < AMBIT_N_SPLITS; s++) {
        const AmbitSplit *split = &corpus->splits[s];
        double sentence =
            sizeof *split->offset + sizeof *split->n_input + sizeof *split->class_label;
        if (s == AMBIT_SPLIT_TRAIN)
            sentence += 2 * sizeof(uint32_t) + sizeof(size_t);
        bytes += (double)split->n_sentences * sentence;
        if (split->n_sentences)
            bytes += (double)split->offset[split->n_sentences] * sizeof *split->words;
    }
    return bytes;
}

/* Sizes of the corpus, how often training goes through it, and real words a second. */
static void print_corpus(FILE *out, const AmbitConfig *config, const AmbitSource *source,
                         double seconds)
{
    const AmbitTrainingSettings *t = &config->training;
    const AmbitCorpus *corpus = config->sentences.corpus;
    const AmbitSplit *splits = corpus->splits;
    double rows = source->type->mean_rows(source->state, 0), batch = (double)t->batch_size;
    char amount[AMBIT_BYTES_TEXT];
    fprintf(out,
            "corpus      %zu sentences to train on, %zu of validation, %zu of generalization; %s\n",
            splits[AMBIT_SPLIT_TRAIN].n_sentences, splits[AMBIT_SPLIT_VALIDATION].n_sentences,
            splits[AMBIT_SPLIT_GENERALIZATION].n_sentences,
            ambit_bytes_text(corpus_bytes(corpus), amount));
    for (int s = AMBIT_SPLIT_VALIDATION; s < AMBIT_N_SPLITS; s++)
        if (corpus->n_repeated[s] > 0)
            fprintf(out, "note        train has %zu of the %zu sentences of %s, too\n",
                    corpus->n_repeated[s], splits[s].n_sentences, ambit_split_names[s]);
    fprintf(out, "tokens      %.3g a sentence, at most %zu; %d words; %.0f tokens/s; %.3g epochs\n",
            rows, corpus->longest + 1, ambit_language_size(corpus->language) + 2,
            rows * batch / seconds,
            batch * (double)t->train_steps / (double)splits[AMBIT_SPLIT_TRAIN].n_sentences);
    if (config->sentences.validate_every > 0)
        fprintf(out, "validation  every %lld steps, at most %lld sentences of each other split\n",
                (long long)config->sentences.validate_every,
                (long long)config->sentences.validate_examples);
}

/* FLOP of a step and what was measured of it; `seconds` is NaN where it was not. */
static void print_step(FILE *out, const AmbitRunSource *source, double batch, double flop,
                       double seconds)
{
    char amount[AMBIT_BYTES_TEXT];
    if (isnan(seconds))
        fprintf(out, "step        %.3g GFLOP; not measured: this machine has %s of memory\n",
                flop / 1e9, ambit_bytes_text((double)physical_memory(), amount));
    else
        fprintf(out, "step        %.3g GFLOP, %.3g %s measured here: %.0f %s/s, %.0f GFLOP/s\n",
                flop / 1e9, seconds < 1 ? 1e3 * seconds : seconds, seconds < 1 ? "ms" : "s",
                batch / seconds, source->examples, flop / seconds / 1e9);
}

AmbitStatus ambit_run_print_cost(FILE *out, const AmbitConfig *config, const AmbitKernels *kernels,
                                 size_t n_threads, size_t bandwidth, int64_t taken,
                                 AmbitError *error)
{
    const AmbitTrainingSettings *t = &config->training;
    size_t n_processes = ambit_cli_team()->count;
    size_t n_buffers = ambit_training_n_buffers(t, n_threads, n_processes);
    AmbitModel *model;
    AmbitStatus status = ambit_model_outline(&model, &config->model, error);
    if (status)
        return status;
    size_t n_parameters = ambit_model_n_parameters(model);
    size_t gradient = ambit_gradient_sum_bytes(model);
    ambit_model_destroy(&model);
    double seconds = NAN;
    AmbitRunSource *source = NULL;
    status = ambit_cli_agree(ambit_run_source_create(&source, config, false, error), error);
    size_t bytes = status ? 0
                          : ambit_trainer_bytes(&config->model, t, kernels, &source->source,
                                                n_threads, n_processes);
    bool fits = ambit_cli_follow(bytes < physical_memory());
    if (!status && fits)
        status = estimate_step(&seconds, config, kernels, n_threads, &source->source, error);
    if (status == AMBIT_NO_MEMORY) { // of what there is, other programs have some
        fits = false;
        status = AMBIT_OK;
    }
    if (status || ambit_cli_team()->index > 0) {
        ambit_run_source_destroy(&source);
        return status;
    }
    // prompts grow to the end of the curriculum, which is what was timed; sentences do not
    double mean = mean_flop(config, &source->source);
    double flop = config->mixture ? step_flop(config, &source->source, INT64_MAX) : mean;
    char eta[32], all[AMBIT_BYTES_TEXT], each[AMBIT_BYTES_TEXT];
    fprintf(out, "parameters  %zu\n", n_parameters);
    fprintf(out, "memory      %s, of which %zu gradient buffer%s of %s\n",
            ambit_bytes_text((double)bytes, all), n_buffers, n_buffers == 1 ? "" : "s",
            ambit_bytes_text((double)gradient, each));
    if (n_processes > 1)
        fprintf(out, "ranks       %zu; memory and threads are those of each\n", n_processes);
    print_disk(out, config, n_parameters);
    fprintf(out, "kernels     %s, %zu thread%s\n", kernels->name, n_threads,
            n_threads == 1 ? "" : "s");
    print_step(out, source, (double)t->batch_size, flop, seconds);
    if (source->corpus && fits)
        print_corpus(out, config, &source->source, seconds);
    size_t n_shards = ambit_training_n_shards(t, &config->model, &source->source);
    int64_t left = t->train_steps - taken;
    if (taken > 0)
        fprintf(out, "run         %lld of ", (long long)left);
    else
        fputs("run         ", out);
    fprintf(out, "%lld steps of %lld %s%s, about %s\n", (long long)t->train_steps,
            (long long)t->batch_size, source->examples, taken > 0 ? " remain" : "",
            ambit_cli_duration(seconds * (double)left * mean / flop, eta));
    ambit_run_source_destroy(&source);
    if (bandwidth && n_processes == 1 && fits)
        ambit_run_print_team_cost(out, t, n_shards, n_parameters, n_threads, seconds, bandwidth);
    return AMBIT_OK;
}
