// SPDX-License-Identifier: MIT
// ambit pretrain: trains a model and leaves checkpoints and a log in a run folder.
#include "run.h"
#include "run_folder.h"
#include "show.h"
#include "team.h"
#include "train_line.h"

#include <stdlib.h>

/* State of a running command. */
typedef struct Run {
    const AmbitOptions *options;
    AmbitConfig *config;
    AmbitKernels kernels;
    AmbitRunSource *source;
    AmbitTrainer *trainer;
    AmbitRunValidator *validator; // NULL: the config wants none
    AmbitValidation validation;   // the last one
    AmbitRunFolder folder;
    double started, saved; // when a run that was never stopped would have begun, and when the last
                           // checkpoint was written
} Run;

static AmbitStatus load(Run *run, AmbitRunLock *lock, AmbitError *error)
{
    const AmbitOptions *options = run->options;
    AmbitStatus status = ambit_kernels_select(&run->kernels, options->kernels, error);
    if (!status && !run->config)
        status = ambit_config_load(&run->config, options->positional[0], options->overrides,
                                   options->n_overrides, error);
    if (!status)
        status = ambit_config_make_corpus(run->config, error);
    if (!status)
        status = ambit_training_check_team(&run->config->training, ambit_cli_team()->count, error);
    if (status)
        return status;
    for (size_t i = 0; i < run->config->n_notes; i++)
        ambit_cli_note("%s", run->config->notes[i]);
    return ambit_run_folder_open(&run->folder, options->output, run->config, lock, error);
}

static AmbitStatus create_trainer(Run *run, AmbitError *error)
{
    AmbitStatus status = ambit_run_source_create(&run->source, run->config, false, error);
    if (!status)
        status = ambit_run_trainer(&run->trainer, run->config, &run->kernels, &run->source->source,
                                   run->options->n_threads, error);
    if (!status && run->config->sentences.validate_every > 0)
        status = ambit_run_validator_create(&run->validator, run->config,
                                            ambit_trainer_state(run->trainer).model, &run->kernels,
                                            run->options->n_threads, error);
    return status;
}

/* Process 0 alone touches the folder. *taken: the steps of the run so far, in process 0. */
static AmbitStatus enter_folder(Run *run, int64_t *taken, AmbitError *error)
{
    *taken = 0;
    if (run->config->run.test_run)
        return AMBIT_OK;
    AmbitStatus status = AMBIT_OK;
    if (ambit_cli_team()->index == 0)
        status = ambit_run_folder_enter(&run->folder, run->config, run->options->resume,
                                        &run->kernels, taken, error);
    return ambit_cli_agree(status, error);
}

/* The other processes receive the state that process 0 has read. */
static AmbitStatus begin_folder(Run *run, AmbitError *error)
{
    if (run->config->run.test_run)
        return AMBIT_OK;
    AmbitStatus status = AMBIT_OK;
    if (ambit_cli_team()->index == 0)
        status = ambit_run_folder_begin(&run->folder, run->config, run->trainer, error);
    status = ambit_cli_agree(status, error);
    if (!status)
        ambit_trainer_share(run->trainer);
    return status;
}

static AmbitProvenance provenance_of(const Run *run)
{
    return (AmbitProvenance){.config = run->config->resolved,
                             .command = run->options->command,
                             .kernels = run->kernels.name,
                             .seed = run->config->training.seed,
                             .step = *ambit_trainer_state(run->trainer).step,
                             .wall_seconds = ambit_cli_seconds() - run->started};
}

/* Saves a checkpoint of what all processes have. */
static AmbitStatus save(Run *run, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    if (run->config->run.test_run)
        return AMBIT_OK;
    ambit_trainer_gather(run->trainer);
    if (ambit_cli_team()->index == 0) {
        const AmbitProvenance provenance = provenance_of(run);
        run->saved = ambit_cli_seconds();
        status = ambit_run_folder_save(&run->folder, &run->config->run, run->trainer, &provenance,
                                       error);
    }
    return ambit_cli_agree(status, error);
}

/* Keeps the parameters for a later evaluation. */
static AmbitStatus save_parameters(Run *run, AmbitError *error)
{
    if (run->config->run.test_run || ambit_cli_team()->index > 0)
        return AMBIT_OK;
    const AmbitProvenance provenance = provenance_of(run);
    return ambit_run_folder_save_parameters(&run->folder, &run->config->run, run->trainer,
                                            &provenance, error);
}

static bool is_due(int64_t step, int64_t interval)
{
    return interval > 0 && step % interval == 0;
}

/* Whether a checkpoint is due when `taken` steps have been taken: by the number of steps, or by the
 * time since the last one. */
static bool is_save_due(const Run *run, int64_t taken)
{
    const AmbitRunSettings *settings = &run->config->run;
    double waited = ambit_cli_seconds() - run->saved;
    return is_due(taken, settings->save_every_steps) || is_due(taken, settings->keep_every_steps) ||
           (settings->save_every_minutes > 0 && waited >= 60 * settings->save_every_minutes);
}

/* Scores the model if that is due; *scored is what it scored, else NULL. */
static AmbitStatus validate(Run *run, int64_t taken, const AmbitValidation **scored,
                            AmbitError *error)
{
    *scored = NULL;
    if (!run->folder.log || !run->validator ||
        !is_due(taken, run->config->sentences.validate_every))
        return AMBIT_OK;
    *scored = &run->validation;
    return ambit_run_validate(run->validator, &run->validation, error);
}

/* Writes what is due after a step: log line and parameters. *scored receives a new validation, or
 * NULL. */
static AmbitStatus after_step(Run *run, const AmbitStepReport *report,
                              const AmbitValidation **scored, AmbitError *error)
{
    const AmbitRunSettings *settings = &run->config->run;
    int64_t taken = report->step + 1;
    AmbitStatus status = validate(run, taken, scored, error);
    if (!status && run->folder.log &&
        (*scored || is_due(report->step, settings->log_every_steps) ||
         taken == run->config->training.train_steps)) {
        status = ambit_run_check_lock(run->folder.lock, error);
        if (!status)
            status = ambit_run_log_append(run->folder.log, run->folder.log_path, report,
                                          run->source, *scored, error);
    }
    if (!status && is_due(taken, run->config->evaluation.every))
        status = save_parameters(run, error);
    return status;
}

static AmbitStatus name_last_good(const Run *run, AmbitError *error)
{
    const AmbitError found = *error;
    int64_t newest = ambit_run_newest(&run->folder.checkpoints);
    if (newest < 0)
        return AMBIT_NUMERICAL;
    return ambit_error_set(error, AMBIT_NUMERICAL,
                           "%s. The last good checkpoint is that of step %lld", found.message,
                           (long long)newest);
}

static AmbitStatus train(Run *run, AmbitError *error)
{
    int64_t total = run->config->training.train_steps;
    int64_t first = *ambit_trainer_state(run->trainer).step;
    AmbitProgress progress = {.unit = "step",
                              .rate = ambit_run_rate(run->config),
                              .rate_factor = (double)run->config->training.batch_size};
    AmbitTrainLine line;
    AmbitStatus status = ambit_train_line_create(&line, run->config, 0.02, error);
    ambit_cli_catch_signals();
    ambit_cli_progress_start(&progress, first, total);
    AmbitDecision next = {.stop = ambit_cli_stop_requested()};
    status = ambit_cli_decide(&next, status, error);
    for (int64_t step = first; !status && step < total && !next.stop; step++) {
        AmbitStepReport report;
        const AmbitValidation *scored = NULL;
        status = ambit_trainer_step(run->trainer, &report, error);
        if (!status)
            status = after_step(run, &report, &scored, error);
        next = (AmbitDecision){ambit_cli_stop_requested(), is_save_due(run, step + 1)};
        status = ambit_cli_decide(&next, status, error);
        if (!status && next.save)
            status = save(run, error);
        if (!status && report.skipped) {
            ambit_cli_warn("a step was skipped: %s", error->message);
        } else if (!status) {
            ambit_train_line_add(&line, &report, scored);
            ambit_cli_progress_show(&progress, step + 1, line.details);
        }
    }
    ambit_cli_progress_end(&progress);
    ambit_train_line_free(&line);
    if (status == AMBIT_NUMERICAL)
        status = ambit_cli_agree(name_last_good(run, error), error);
    return status ? status : save(run, error);
}

/* Says that the run has finished, or how to continue it. */
static AmbitStatus conclude(const Run *run, AmbitError *error)
{
    int64_t taken = *ambit_trainer_state(run->trainer).step;
    char spent[32];
    ambit_cli_duration(ambit_cli_seconds() - run->started, spent);
    if (taken < run->config->training.train_steps) {
        AmbitStatus status = ambit_error_set(
            error, AMBIT_INTERRUPTED, "the run stopped after step %lld; to continue: %s%s",
            (long long)taken, run->options->command, run->options->resume ? "" : " --resume");
        error->agreed = true; // the processes stop after the same step
        return status;
    }
    if (run->config->run.test_run)
        ambit_cli_say("the test run made %lld steps in %s and kept nothing", (long long)taken,
                      spent);
    else
        ambit_cli_say("%lld steps took %s; the run is in %s", (long long)taken, spent,
                      run->folder.path);
    return AMBIT_OK;
}

/* Whether the folder that is resumed holds all steps already. */
static bool is_finished(const Run *run)
{
    return run->options->resume && !run->config->run.test_run &&
           *ambit_trainer_state(run->trainer).step >= run->config->training.train_steps;
}

/* What a run trains on: classes with their weights, or a language. */
static void announce(const Run *run)
{
    const AmbitConfig *config = run->config;
    if (ambit_cli_team()->index > 0)
        return;
    const AmbitMixture *mixture = config->mixture;
    fprintf(stderr, "pretraining on ");
    for (size_t c = 0; mixture && c < mixture->n_classes; c++) {
        fprintf(stderr, "%s", c ? ", " : "");
        ambit_show_text(stderr, mixture->labels[c], 0);
        fprintf(stderr, " (weight %g)", mixture->weights[c]);
    }
    if (!mixture)
        fprintf(stderr, "sentences of %s",
                config->sentences.language ? config->sentences.language->type->name : "files");
    fprintf(stderr, "; seed %lld\n", (long long)config->run.seed);
    if (mixture)
        fprintf(stderr,
                "progress: `of zero` and classes are losses over that of always predicting 0\n");
}

/* Says what the run costs, from steps of a trainer that is gone before the run's own is made: two
 * of them would take twice the memory. */
static AmbitStatus print_cost(const Run *run, int64_t taken, AmbitError *error)
{
    bool finished = taken >= run->config->training.train_steps;
    if (ambit_cli_is_quiet() || ambit_cli_follow(finished)) // the same in all processes
        return AMBIT_OK;
    announce(run);
    return ambit_run_print_cost(stderr, run->config, &run->kernels, run->options->n_threads, 0,
                                taken, error);
}

static AmbitStatus run_command(Run *run, AmbitRunLock *lock, AmbitError *error)
{
    int64_t taken;
    AmbitStatus status = ambit_cli_agree(load(run, lock, error), error);
    if (!status)
        status =
            ambit_cli_compare(run->config->resolved, "new", run->kernels.name, run->options, error);
    if (!status && run->options->dry_run) {
        if (ambit_cli_team()->index == 0)
            printf("%s\n", run->config->resolved);
        return ambit_run_print_cost(stdout, run->config, &run->kernels, run->options->n_threads,
                                    run->options->bandwidth, 0, error);
    }
    if (!status)
        status = enter_folder(run, &taken, error);
    if (!status)
        status = print_cost(run, taken, error);
    if (!status)
        status = ambit_cli_agree(create_trainer(run, error), error);
    if (!status)
        status = begin_folder(run, error);
    run->saved = ambit_cli_seconds();
    run->started = run->saved - run->folder.checkpoints.wall_seconds;
    if (!status && is_finished(run)) {
        ambit_cli_say("the run in %s is finished: it has all %lld steps", run->folder.path,
                      (long long)run->config->training.train_steps);
        return AMBIT_OK;
    }
    if (!status)
        status = train(run, error);
    return ambit_cli_agree(status ? status : conclude(run, error), error);
}

AmbitStatus ambit_run_pretrain(const AmbitOptions *options, AmbitConfig **config,
                               AmbitRunLock *lock, AmbitError *error)
{
    Run run = {.options = options, .config = config ? *config : NULL};
    if (config)
        *config = NULL;
    ambit_cli_outlive_readers();
    AmbitStatus status = run_command(&run, lock, error);
    ambit_run_folder_close(&run.folder);
    ambit_run_validator_destroy(&run.validator);
    ambit_trainer_destroy(&run.trainer);
    ambit_run_source_destroy(&run.source);
    ambit_config_destroy(&run.config);
    return status;
}

static int pretrain(const AmbitOptions *options)
{
    AmbitError error = {0};
    AmbitStatus status = ambit_run_pretrain(options, NULL, NULL, &error);
    return status ? ambit_cli_fail(status, &error) : 0;
}

static const char about[] =
    "Trains a transformer on the config's mixture of function classes or, with model.head: "
    "language, "
    "on the sentences of its corpus. The run folder "
    "receives config.yaml (everything resolved), log.jsonl, checkpoint_STEP.h5 files and, for "
    "evaluation.every, parameters_STEP.h5 files. A run that a signal stops leaves a checkpoint and "
    "exits with 75; --resume goes on. Processes that mpirun or srun starts share a run if the "
    "program is ambit-mpi. On many cores, OMP_PLACES=cores OMP_PROC_BIND=close keeps each thread "
    "on its core; memory lies near the core that starts the process, so a machine of several NUMA "
    "nodes wants a rank of ambit-mpi on each (mpirun --map-by numa --bind-to numa).";

static const AmbitTerm taken[] = {
    {"-o", "RUN", "run folder; default OUT_DIR/NAME (wandb.name, or the config's file name)"},
    {"--resume", NULL,
     "continue from the newest whole checkpoint in the run folder, or begin if there is none yet; "
     "a "
     "finished run is left as it is, so that the same line may be given until it exits with 0; "
     "train_steps, skip_nonfinite, training.save_… and keep_…, out_dir, wandb and evaluation may "
     "have changed"},
    {"--dry-run", NULL, "print the resolved config and what the run would cost, write nothing"},
    {"--bandwidth", "GBIT", "of the network that --dry-run reckons with, in Gbit/s; default: 10"},
    {"--threads", NULL, NULL},
    {"--kernels", "LEVEL",
     "auto, reference, openblas, baseline, avx2, avx512; split or bfloat16 (products on the CPU's "
     "units for bfloat16: AMX or AVX512_BF16). split: both operands as sums of two, relative error "
     "4e-6; auto takes it where there is AMX. bfloat16, never by auto: operands rounded to 8 bits, "
     "at the standard size 1.7 times as fast a step (AMD's AVX512_BF16; Intel's without AMX is "
     "slower than float32); the quickstart's errors (three seeds): dense -.006 to +.008, sparse "
     "+.002 to +.015"},
    {"--quiet", NULL,
     "neither progress nor notes; warnings and errors remain (progress is a line, every 5 s where "
     "there is no terminal: running means of the losses, "
     "while log.jsonl has those of single steps)"},
    {0}};

static const char examples[] =
    "  ambit pretrain experiments/quickstart.yaml -o runs/first --seed=7\n"
    "  ambit pretrain experiments/quickstart.yaml -o runs/first --seed=7 --resume\n"
    "  mpirun -n 4 --bind-to none ambit-mpi pretrain FILE -o runs/many\n";

const AmbitCommand ambit_command_pretrain = {
    .name = "pretrain",
    .usage = "CONFIG.yaml [-o RUN] [--resume] [OPTIONS]",
    .summary = "train a transformer on prompts of functions, or on sentences",
    .about = about,
    .options = taken,
    .setting = "override a setting, e.g. --training.batch_size=128; --key:={…} replaces a mapping "
               "instead of merging",
    .examples = examples,
    .least = 1,
    .most = 1,
    .takes_team = true,
    .run = pretrain};
