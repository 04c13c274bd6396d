// SPDX-License-Identifier: MIT
// What a run is about to cost, and the trainer that would run it.
#include "run.h"

#include <gsl/gsl_statistics.h>

AmbitStatus ambit_run_distribution(AmbitPromptDistribution **distribution,
                                   const AmbitConfig *config, AmbitError *error)
{
    const AmbitPromptDistributionType *type = ambit_prompt_distribution_type_find("standard");
    AmbitKey key = {config->training.seed, 0, AMBIT_TRAINING};
    AmbitStatus status =
        ambit_prompt_distribution_create(distribution, type, (size_t)config->model.n_dims, error);
    return status ? status : ambit_prompt_distribution_finish(*distribution, key, error);
}

AmbitStatus ambit_run_trainer(AmbitTrainer **trainer, const AmbitConfig *config,
                              const AmbitKernels *kernels, const AmbitPromptSource *source,
                              size_t n_threads, AmbitError *error)
{
    return ambit_trainer_create(trainer, &config->model, &config->training, kernels,
                                ambit_prompt_fill, source,
                                ambit_mixture_function_size(config->mixture), n_threads, error);
}

AmbitStatus ambit_run_time_step(double *seconds, const AmbitConfig *config,
                                const AmbitKernels *kernels, size_t n_threads, double patience,
                                AmbitError *error)
{
    enum { MOST = 1024 };
    double times[MOST];
    size_t n = 0;
    AmbitConfig last = *config;
    last.training.points.start = last.training.points.end;
    last.training.dims.start = last.training.dims.end;
    AmbitPromptDistribution *distribution = NULL;
    AmbitTrainer *trainer = NULL;
    AmbitStepReport report;
    AmbitStatus status = ambit_run_distribution(&distribution, config, error);
    AmbitPromptSource source = {.mixture = config->mixture, .distribution = distribution};
    if (!status)
        status = ambit_run_trainer(&trainer, &last, kernels, &source, n_threads, error);
    if (!status)
        status = ambit_trainer_step(trainer, &report, error);
    double started = ambit_cli_seconds(), now = started;
    while (!status && (n < 3 || (n < MOST && now - started < patience))) {
        status = ambit_trainer_step(trainer, &report, error);
        double ended = ambit_cli_seconds();
        times[n++] = ended - now;
        now = ended;
    }
    *seconds = n ? gsl_stats_median(times, 1, n) : 0;
    ambit_trainer_destroy(&trainer);
    ambit_prompt_distribution_destroy(&distribution);
    return status;
}

/* FLOP of all steps over FLOP of as many at the curriculum's end. */
static double curriculum_share(const AmbitConfig *config)
{
    const AmbitTrainingSettings *t = &config->training;
    double last = ambit_model_flop(&config->model, 2 * (size_t)t->points.end), sum = 0;
    int64_t samples = t->train_steps < 1000 ? t->train_steps : 1000;
    for (int64_t i = 0; i < samples; i++) {
        int64_t step = (int64_t)((double)i / (double)samples * (double)t->train_steps);
        sum += ambit_model_flop(&config->model, 2 * (size_t)ambit_ramp_value(&t->points, step));
    }
    return sum / (double)samples / last;
}

AmbitStatus ambit_run_print_cost(FILE *out, const AmbitConfig *config, const AmbitKernels *kernels,
                                 size_t n_threads, AmbitError *error)
{
    const AmbitTrainingSettings *t = &config->training;
    AmbitModel *model;
    AmbitStatus status = ambit_model_create(&model, &config->model, error);
    if (status)
        return status;
    size_t n_parameters = ambit_model_n_parameters(model);
    ambit_model_destroy(&model);
    double seconds;
    status = ambit_run_time_step(&seconds, config, kernels, n_threads, 1, error);
    if (status)
        return status;
    double flop =
        (double)t->batch_size * ambit_model_flop(&config->model, 2 * (size_t)t->points.end);
    char eta[32];
    fprintf(out, "parameters  %zu\n", n_parameters);
    fprintf(out, "memory      %.0f MiB\n",
            (double)ambit_trainer_bytes(&config->model, t, kernels, n_threads) / 1048576);
    fprintf(out,
            "kernels     %s, %zu threads\n"
            "step        %.3g GFLOP, %.3g ms measured here: %.0f prompts/s, %.0f GFLOP/s\n",
            kernels->name, n_threads, flop / 1e9, 1e3 * seconds, (double)t->batch_size / seconds,
            flop / seconds / 1e9);
    fprintf(out, "run         %lld steps of %lld prompts, about %s\n", (long long)t->train_steps,
            (long long)t->batch_size,
            ambit_cli_duration(seconds * (double)t->train_steps * curriculum_share(config), eta));
    return AMBIT_OK;
}
