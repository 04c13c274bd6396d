// SPDX-License-Identifier: MIT
// ambit evaluate: every target of a config, every predictor on the same prompts, into results.h5.
#include "ambit/config.h"
#include "ambit/memory.h"
#include "ambit/store.h"
#include "cli.h"
#include "replace.h"
#include "resources.h"
#include "run.h"
#include "session.h"
#include "show.h"
#include "team.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct Watched {
    AmbitProgress progress;
    const AmbitEvaluation *evaluation;
} Watched;

/* Shows progress, with the predictor that takes most of the time. */
static bool keep_going(void *context, size_t done, size_t total, const double *seconds)
{
    Watched *watched = context;
    const AmbitEvaluation *e = watched->evaluation;
    char slowest[96] = "";
    size_t most = 0;
    double sum = 0;
    (void)total;
    for (size_t p = 0; p < e->n_predictors; p++) {
        sum += seconds[p];
        most = seconds[p] > seconds[most] ? p : most;
    }
    snprintf(slowest, sizeof slowest, "%.40s takes %.0f %%", e->predictors[most]->label,
             100 * seconds[most] / sum);
    ambit_cli_progress_show(
        &watched->progress, (int64_t)done,
        (const char *const[]){e->n_predictors > 1 && sum > 0 ? slowest : NULL, NULL});
    return !ambit_cli_stop_requested();
}

/* Loads one of the run's checkpoints into the transformer: an ambit_evaluation_step_fn. */
static AmbitStatus set_step(void *context, size_t index, AmbitError *error)
{
    AmbitSession *session = context;
    return ambit_cli_models_set_step(&session->models, session->options->positional[0],
                                     session->steps[index], error);
}

/* Says which steps up to the newest checkpoint's the results will lack. */
static void remark_steps(const AmbitSession *session, int64_t every)
{
    long long newest = session->step, due = newest / every, kept = 0, last = 0;
    for (size_t i = 0; i < session->evaluation.n_steps; i++) {
        kept += session->steps[i] > 0;
        last = session->steps[i];
    }
    if (kept < due)
        ambit_cli_warn(
            "evaluation.every: of the %lld steps at multiples of %lld, %lld %s kept, the "
            "last %lld: a run keeps what evaluation.every needs if that is set when it "
            "is pretrained",
            due, (long long)every, kept, kept == 1 ? "is" : "are", last);
    if (last != newest)
        ambit_cli_note(
            "evaluation.every: the newest checkpoint, of step %lld, is not at a multiple "
            "of %lld; results end at step %lld",
            newest, (long long)every, last);
}

static AmbitStatus list_steps(AmbitSession *session, AmbitError *error)
{
    AmbitEvaluation *e = &session->evaluation;
    const char *run = session->options->positional[0];
    int64_t every = session->config->evaluation.every;
    if (every == 0 || !session->checkpoint) // baselines are the same at every step
        return AMBIT_OK;
    if (!ambit_cli_is_folder(run) || !session->config->wants_transformer)
        return ambit_error_set(error, AMBIT_INVALID,
                               "evaluation.every takes a run folder and the transformer among "
                               "evaluation.predictors; found %s",
                               run);
    AmbitStatus status = ambit_parameters_steps(run, every, &session->steps, &e->n_steps, error);
    if (!status)
        remark_steps(session, every);
    e->steps = session->steps;
    e->n_varying = 1;
    e->set_step = set_step;
    e->step_context = session;
    return status;
}

/* Lists the predictors that answer: the models, then those of the config. */
static AmbitStatus list_predictors(AmbitSession *session, AmbitError *error)
{
    const AmbitConfig *config = session->config;
    size_t n = 0;
    session->predictors =
        ambit_alloc(config->n_predictors + session->models.count, sizeof *session->predictors);
    session->seconds =
        ambit_alloc(config->n_predictors + session->models.count, sizeof *session->seconds);
    if (!session->predictors || !session->seconds)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for predictors");
    for (size_t i = 0; i < session->models.count; i++)
        session->predictors[n++] = session->models.predictors[i];
    for (size_t i = 0; i < config->n_predictors; i++)
        session->predictors[n++] = config->predictors[i];
    session->evaluation = (AmbitEvaluation){.predictors = session->predictors,
                                            .n_predictors = n,
                                            .settings = &config->evaluation,
                                            .n_threads = session->options->n_threads,
                                            .progress = keep_going,
                                            .team = ambit_cli_team(),
                                            .answers = ambit_predictions_read};
    if (n == 0)
        return ambit_error_set(error, AMBIT_INVALID,
                               "evaluation.predictors: nothing to evaluate; name some");
    return list_steps(session, error);
}

/* The output is the file of -o, or results.h5 beside the checkpoint, or results.h5 in this folder.
 */
static AmbitStatus choose_output(AmbitSession *session, AmbitError *error)
{
    if (session->options->output) {
        session->output = ambit_strdup(session->options->output);
    } else if (session->checkpoint && strrchr(session->checkpoint, '/')) {
        char *folder = ambit_strdup(session->checkpoint);
        if (folder) {
            *strrchr(folder, '/') = '\0';
            session->output = ambit_cli_path(folder, "results.h5");
        }
        ambit_free(folder);
    } else {
        session->output = ambit_strdup("results.h5");
    }
    return session->output ? AMBIT_OK
                           : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
}

/* Checks every target before the first one is evaluated. */
static AmbitStatus check_targets(const AmbitSession *session, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    for (size_t i = 0; !status && i < session->config->n_targets; i++)
        status = ambit_evaluate_check(&session->config->targets[i], &session->evaluation, error);
    return status;
}

static AmbitStatus evaluate_target(AmbitSession *session, const AmbitTarget *target,
                                   AmbitError *error)
{
    AmbitEvaluation *e = &session->evaluation;
    size_t conditions =
        (target->sweep ? target->sweep_values.count : 1) * (e->steps ? e->n_steps : 1);
    size_t n_examples = ambit_target_n_examples(target, e->settings);
    char rate[64];
    snprintf(rate, sizeof rate, "%ss/s", ambit_target_example_name(target));
    Watched watched = {{.unit = target->name, .rate = rate, .rate_factor = 1}, e};
    ambit_cli_progress_start(&watched.progress, 0, (int64_t)(n_examples * conditions));
    AmbitTargetResult *result;
    e->progress_context = &watched;
    AmbitStatus status = ambit_evaluate_target(&result, target, e, error);
    ambit_cli_progress_end(&watched.progress);
    for (size_t p = 0, column = 0; !status && p < e->n_predictors; p++) {
        session->seconds[p] += result->seconds[column];
        column += e->predictors[p]->n_columns;
    }
    if (!status && ambit_cli_team()->index == 0)
        ambit_cli_note_zero(target->name, result);
    if (!status && session->file)
        status = ambit_results_write_target(session->file, target, result, error);
    ambit_target_result_destroy(&result);
    return ambit_cli_agree(status, error);
}

/* Creates the results file, or goes on with that of an interrupted evaluation: of several processes
 * the first alone. */
static AmbitStatus open_file(AmbitSession *session, AmbitError *error)
{
    const AmbitConfig *config = session->config;
    AmbitProvenance provenance = {.config = config->resolved,
                                  .command = session->options->command,
                                  .kernels = session->kernels.name,
                                  .seed = config->evaluation.seed,
                                  .step = session->step};
    size_t n_models = session->models.count;
    char **names = ambit_alloc(n_models, sizeof *names);
    uint64_t *n_parameters = ambit_alloc(n_models, sizeof *n_parameters);
    AmbitStatus status = names && n_parameters
                             ? ambit_session_resume(session, error)
                             : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for models");
    for (size_t i = 0; i < n_models && !status; i++) {
        names[i] = session->models.predictors[i]->columns[0];
        n_parameters[i] = ambit_model_n_parameters(session->models.models[i]);
    }
    const AmbitModelNotes models = {n_models, names, session->models.seeds, n_parameters};
    if (!status && !session->file)
        status = ambit_results_create(&session->file, session->output, &provenance, &models, error);
    ambit_free(names);
    ambit_free(n_parameters);
    return status;
}

static AmbitStatus refuse_loss(const AmbitSession *session, AmbitError *error)
{
    const AmbitOptions *o = session->options;
    bool is_task = o->all || o->task >= 0;
    return ambit_cli_refuse_loss(session->output, o->replace,
                                 is_task
                                     ? "move the file elsewhere, and run the task again"
                                     : "give another name with -o, or replace it with --replace",
                                 session->config, &session->evaluation, error);
}

static AmbitStatus close_file(AmbitSession *session, AmbitError *error)
{
    // other results may have been written under the name meanwhile
    bool there = true;
    AmbitStatus status = refuse_loss(session, error);
    if (status) { // given again with --replace, the command need not evaluate again
        session->n_unkept++;
        ambit_session_keep(session, true);
        return status;
    }
    if (!session->options->replace)
        status = ambit_cli_exists(session->output, &there, error);
    if (!there)
        ambit_results_replace_none(session->file);
    if (!status)
        status = ambit_results_close(&session->file, ambit_cli_seconds() - session->started, error);
    if (!status && session->owns_partial)
        unlink(session->partial);
    return status;
}

static AmbitStatus evaluate_all(AmbitSession *session, AmbitError *error)
{
    const AmbitConfig *config = session->config;
    bool writes = ambit_cli_team()->index == 0;
    AmbitStatus status = ambit_cli_agree(writes ? open_file(session, error) : AMBIT_OK, error);
    ambit_cli_catch_signals();
    for (size_t i = 0; !status && i < config->n_targets; i++) {
        if (ambit_cli_follow(ambit_results_has(session->file, config->targets[i].name)))
            continue;
        status = evaluate_target(session, &config->targets[i], error);
        if (!status && i + 1 < config->n_targets)
            ambit_session_keep(session, false);
    }
    if (status)
        ambit_session_keep(session, true);
    else
        status = ambit_cli_agree(writes ? close_file(session, error) : AMBIT_OK, error);
    ambit_results_abandon(&session->file); // unless it is closed
    return status;
}

/* A run that trains on may show another checkpoint to another process. */
static AmbitStatus compare_processes(const AmbitSession *session, AmbitError *error)
{
    char model[64];
    snprintf(model, sizeof model, "that of step %lld", (long long)session->step);
    return ambit_cli_compare(session->config->resolved, session->checkpoint ? model : "none",
                             session->kernels.name, session->options, error);
}

static AmbitStatus run_command(AmbitSession *session, bool shows, AmbitError *error)
{
    session->started = ambit_cli_seconds();
    AmbitStatus status = ambit_kernels_select(&session->kernels, session->options->kernels, error);
    if (!status)
        status = ambit_session_load(session, error);
    if (!status)
        status = ambit_cli_check_resources(session->options->n_threads, error);
    if (!status)
        status = list_predictors(session, error);
    if (!status)
        status = choose_output(session, error);
    if (!status && !session->options->dry_run)
        status = refuse_loss(session, error);
    if (!status)
        status = check_targets(session, error);
    status = ambit_cli_agree(status, error);
    if (!status && session->options->dry_run)
        return ambit_cli_team()->index == 0 ? ambit_session_print_cost(session, error) : AMBIT_OK;
    if (!status)
        status = compare_processes(session, error);
    if (!status)
        status = evaluate_all(session, error);
    if (status)
        return status;
    ambit_session_note_shares(session);
    for (size_t i = 0; i < session->config->n_notes; i++)
        ambit_cli_note("%s", session->config->notes[i]);
    const AmbitShowOptions shown = {.k = -1};
    return shows && ambit_cli_team()->index == 0
               ? ambit_show_results(stdout, session->output, &shown, error)
               : AMBIT_OK;
}

static AmbitStatus run_session(const AmbitOptions *options, bool shows, AmbitError *error)
{
    AmbitSession session = {.options = options};
    ambit_cli_outlive_readers();
    AmbitStatus status = run_command(&session, shows, error);
    ambit_session_unload(&session);
    ambit_free(session.predictors);
    ambit_free(session.seconds);
    ambit_free(session.steps);
    ambit_free(session.output);
    ambit_free(session.partial);
    return status;
}

AmbitStatus ambit_run_evaluate(const AmbitOptions *options, AmbitError *error)
{
    return run_session(options, false, error);
}

static int evaluate(const AmbitOptions *options)
{
    AmbitError error = {0};
    AmbitStatus status = run_session(options, !ambit_cli_is_quiet() && !options->prompts, &error);
    return status ? ambit_cli_fail(status, &error) : 0;
}

static const char about[] =
    "Measures the model of a run (its newest checkpoint) or checkpoint beside the "
    "baselines of `evaluation.predictors` on the prompts of `evaluation.targets`, a language "
    "model on sentences of its corpus (--corpus:='{language: NAME, seed: 7}', or {files: …}, takes "
    "others of the same words). CONFIG.yaml is merged over the config of the run; with `none` "
    "there is no model, CONFIG.yaml is the whole config, and evaluation.every has no effect. What "
    "is stopped or killed keeps the targets that it has finished in FILE.h5.partial, and the same "
    "command goes on from them; a target under way begins anew.";

static const AmbitTerm terms[] = {
    {"every: 1000", NULL,
     "the model at multiples of so many steps, over a step axis; set at pretraining, which then "
     "keeps their parameters"},
    {"reference: [NAME, …]", NULL,
     "predictors that the errors of every predictor are compared with, as paired differences"},
    {"models: [{name: dense_only, path: RUN|CHECKPOINT}]", NULL,
     "further transformers on the same prompts"},
    {"n_prompts, keep_prompts; of sentences n_examples, keep_outputs", NULL,
     "how many each target has; whether results keep them with what predictors answered (the "
     "report then shows sentences)"},
    {"probe_prompts, probe_k, grid_points, grid_low, grid_high", NULL,
     "prompts, numbers of examples and lines that probes use (ambit list probes)"},
    {"probe_sentences, probe_longest", NULL, "sentences that probes of language models read"},
    {0}};

static const AmbitTerm terms1[] = {
    {"split: generalization", NULL,
     "of a language model, instead of a task: the part of the corpus (train, validation, "
     "generalization); without targets, the last two"},
    {"sweep: {alpha: [0, 0.5, 1]}", NULL,
     "values of a number of the target's family, of a part of that family "
     "(\"families[0].sparsity\") or of the prompts (prompts.lambda); with several tasks, "
     "\"tasks[1].sparsity\", or the weight of the first"},
    {"probes: [implied_weights, gradient_alignment, slice]", NULL,
     "probes of the functions that predictors compute (ambit list probes)"},
    {"probes: [weight_norm, attention_sparsity, tree_projection, silent_heads]", NULL,
     "probes of language models"},
    {0}};

static const AmbitTable tables[] = {
    {"In the config, under `evaluation`", terms}, {"In the config, of a target", terms1}, {0}};

static const AmbitTerm taken[] = {
    {"-o", "FILE.h5", "results file; default: results.h5 beside the checkpoint"},
    {"--replace", NULL,
     "replace results that hold more, or of another model; else they are named and kept"},
    {"--dry-run", NULL, "print how long every target would take, and write nothing"},
    {"--threads", NULL, NULL},
    {"--kernels", NULL, NULL},
    {"--quiet", NULL, "neither progress, notes nor tables; warnings and errors remain"},
    {0}};

static const char examples[] =
    "  ambit evaluate runs/quickstart\n"
    "  ambit evaluate runs/grokking/seed1 --evaluation.keep_outputs=true\n"
    "  ambit evaluate none experiments/quickstart.yaml -o baselines.h5\n";

const AmbitCommand ambit_command_evaluate = {
    .name = "evaluate",
    .usage = "RUN|CHECKPOINT|none [CONFIG.yaml] [-o FILE.h5] [OPTIONS]",
    .summary = "measure a model and baselines on the same prompts; write HDF5",
    .about = about,
    .tables = tables,
    .options = taken,
    .setting = "override a setting, e.g. --evaluation.n_prompts=256 (of sentences: n_examples); "
               "--key:={…} replaces a mapping instead of merging",
    .examples = examples,
    .least = 1,
    .most = 2,
    .takes_team = true,
    .run = evaluate};
