// SPDX-License-Identifier: MIT
// ambit evaluate: every target of a config, every predictor on the same prompts, into results.h5.
#include "ambit/config.h"
#include "ambit/memory.h"
#include "ambit/store.h"
#include "cli.h"
#include "models.h"
#include "show.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* An evaluation under way. */
typedef struct Session {
    const AmbitOptions *options;
    AmbitConfig *config;
    AmbitKernels kernels;
    AmbitCliModels models;       // of the run (none with `none`), then those of evaluation.models
    int64_t step;                // of the run's checkpoint
    char *checkpoint, *output;   // paths
    AmbitPredictor **predictors; // [n_predictors] the models', then the config's (borrowed)
    AmbitEvaluation evaluation;
    int64_t *steps; // [evaluation.n_steps], or NULL
    AmbitResultsFile *file;
    double started;
} Session;

/* What a model was pretrained with is a fact, which the results record. */
static AmbitStatus refuse_pretraining(const AmbitOptions *options, AmbitError *error)
{
    static const char *const fixed[] = {"model.", "training.", "seed="};
    for (size_t i = 0; i < options->n_overrides; i++)
        for (size_t f = 0; f < sizeof fixed / sizeof *fixed; f++)
            if (strncmp(options->overrides[i], fixed[f], strlen(fixed[f])) == 0)
                return ambit_error_set(error, AMBIT_INVALID,
                                       "--%s: the run is pretrained, so that only evaluation.* may "
                                       "be set (evaluation.seed for other prompts)",
                                       options->overrides[i]);
    return AMBIT_OK;
}

static AmbitStatus load_config(Session *session, AmbitError *error)
{
    const AmbitOptions *o = session->options;
    const char *overlay = o->n_positional > 1 ? o->positional[1] : NULL;
    if (!session->checkpoint) {
        if (!overlay)
            return ambit_error_set(error, AMBIT_INVALID,
                                   "evaluate none: the config is missing; say ambit evaluate none "
                                   "CONFIG.yaml");
        return ambit_config_load(&session->config, overlay, o->overrides, o->n_overrides, error);
    }
    char *kept;
    AmbitStatus status = refuse_pretraining(o, error);
    if (!status)
        status = ambit_checkpoint_read_config(session->checkpoint, &kept, &session->step, error);
    if (status)
        return status;
    status = ambit_config_load_text(&session->config, kept, session->checkpoint, overlay,
                                    o->overrides, o->n_overrides, error);
    ambit_free(kept);
    return status;
}

static AmbitStatus load_models(Session *session, AmbitError *error)
{
    const AmbitConfig *config = session->config;
    AmbitCliModels *models = &session->models;
    AmbitStatus status = ambit_cli_models_create(models, config->n_models + 1, error);
    if (!status && session->checkpoint && config->wants_transformer)
        status = ambit_cli_models_add(models, session->checkpoint, &config->model, "transformer",
                                      &session->kernels, error);
    if (!status && models->count)
        models->predictors[0]->one_class = ambit_cli_has_one_class(config->mixture);
    for (size_t i = 0; i < config->n_models && !status; i++)
        status = ambit_cli_models_add_source(
            models, &config->models[i], (int64_t)config->prompts.n_dims, &session->kernels, error);
    return status;
}

static bool keep_going(void *context, size_t done, size_t total)
{
    (void)total;
    ambit_cli_progress_show(context, (int64_t)done, (const char *const[]){NULL});
    return !ambit_cli_stop_requested();
}

/* Brings the run's transformer to one of its checkpoints: an ambit_evaluation_step_fn. */
static AmbitStatus set_step(void *context, size_t index, AmbitError *error)
{
    Session *session = context;
    char *path = ambit_checkpoint_path(session->options->positional[0], session->steps[index]);
    AmbitStatus status = path ? ambit_cli_models_reload(&session->models, 0, path, error)
                              : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    ambit_free(path);
    return status;
}

static AmbitStatus list_steps(Session *session, AmbitError *error)
{
    AmbitEvaluation *e = &session->evaluation;
    const char *run = session->options->positional[0];
    int64_t every = session->config->evaluation.every;
    if (every == 0)
        return AMBIT_OK;
    if (!session->checkpoint || !ambit_cli_is_folder(run) || !session->config->wants_transformer)
        return ambit_error_set(error, AMBIT_INVALID,
                               "evaluation.every takes a run folder and the transformer among "
                               "evaluation.predictors; found %s",
                               run);
    AmbitStatus status = ambit_checkpoint_steps(run, every, &session->steps, &e->n_steps, error);
    e->steps = session->steps;
    e->n_varying = 1;
    e->set_step = set_step;
    e->step_context = session;
    return status;
}

/* Who answers: the models, then the config's predictors. */
static AmbitStatus list_predictors(Session *session, AmbitError *error)
{
    const AmbitConfig *config = session->config;
    size_t n = 0;
    session->predictors =
        ambit_alloc(config->n_predictors + session->models.count, sizeof *session->predictors);
    if (!session->predictors)
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
                                            .answers = ambit_predictions_read};
    if (n == 0)
        return ambit_error_set(error, AMBIT_INVALID,
                               "evaluation.predictors: nothing to evaluate; name some");
    return list_steps(session, error);
}

/* -o, or results.h5 beside the checkpoint, or here. */
static AmbitStatus choose_output(Session *session, AmbitError *error)
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

static const AmbitTarget *find_target(const AmbitConfig *config, const char *name)
{
    for (size_t i = 0; i < config->n_targets; i++)
        if (strcmp(config->targets[i].name, name) == 0)
            return &config->targets[i];
    return NULL;
}

static bool holds_column(const AmbitEvaluation *evaluation, const char *name)
{
    for (size_t i = 0; i < evaluation->n_predictors; i++)
        for (size_t c = 0; c < evaluation->predictors[i]->n_columns; c++)
            if (strcmp(evaluation->predictors[i]->columns[c], name) == 0)
                return true;
    return false;
}

static bool holds_text(const AmbitTexts *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->texts[i], text) == 0)
            return true;
    return false;
}

/* A reference of the old regret that this evaluation lacks, or NULL. Up to schema version 2 regret
 * had one reference and did not name it. */
static const char *missing_reference(const AmbitEvaluation *evaluation,
                                     const AmbitTargetResult *old)
{
    const AmbitTexts *references = &evaluation->settings->references;
    const AmbitResultArray *regret = ambit_result_find(old, "regret");
    if (!regret)
        return NULL;
    bool named = regret->rank == 3 && regret->axes[0] >= AMBIT_N_AXES;
    const AmbitResultAxis *axis = named ? &old->axes[regret->axes[0] - AMBIT_N_AXES] : NULL;
    if (!axis || !axis->labels)
        return references->count ? NULL : "a predictor";
    for (size_t i = 0; i < axis->length; i++)
        if (!holds_text(references, axis->labels[i]))
            return axis->labels[i];
    return NULL;
}

/* What this evaluation lacks of what an old result has; "" if nothing. */
static void find_loss(const AmbitEvaluation *evaluation, const AmbitTarget *target,
                      const AmbitTargetResult *old, unsigned probes, char *loss, size_t size)
{
    long long asked = (long long)evaluation->settings->n_prompts;
    *loss = '\0';
    if (!target)
        snprintf(loss, size, "results, which this evaluation lacks");
    else if (old->n_prompts > (size_t)asked)
        snprintf(loss, size, "%zu prompts, more than the %lld asked for", old->n_prompts, asked);
    else if (old->steps && !evaluation->steps)
        snprintf(loss, size, "%zu training steps, which this evaluation lacks", old->n_steps);
    else if (probes & ~target->probes)
        snprintf(loss, size, "probes, some of which this evaluation lacks");
    else if (missing_reference(evaluation, old))
        snprintf(loss, size, "regret against %s, which this evaluation lacks",
                 missing_reference(evaluation, old));
    for (size_t c = 0; !*loss && c < old->n_columns; c++)
        if (!holds_column(evaluation, old->columns[c]))
            snprintf(loss, size, "predictor %s, which this evaluation lacks", old->columns[c]);
}

/* Results are never replaced by poorer ones: whatever the old file has, the new one must have. */
static AmbitStatus refuse_loss(const Session *session, AmbitError *error)
{
    char loss[256];
    AmbitResultsSummary *old;
    if (access(session->output, F_OK) != 0)
        return errno == ENOENT ? AMBIT_OK
                               : ambit_error_set(error, AMBIT_IO, "%s: %s", session->output,
                                                 ambit_system_text(errno));
    AmbitStatus status = ambit_results_read(&old, session->output, error);
    if (status)
        return status;
    for (size_t i = 0; !status && i < old->n_targets; i++) {
        find_loss(&session->evaluation, find_target(session->config, old->names[i]),
                  old->results[i], old->probes[i], loss, sizeof loss);
        if (*loss)
            status = ambit_error_set(error, AMBIT_INVALID,
                                     "%s: target %s holds %s; write elsewhere with -o",
                                     session->output, old->names[i], loss);
    }
    ambit_results_summary_destroy(&old);
    return status;
}

/* Everything that can be refused is, before the first target is evaluated. */
static AmbitStatus check_targets(const Session *session, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    for (size_t i = 0; !status && i < session->config->n_targets; i++)
        status = ambit_evaluate_check(&session->config->targets[i], &session->evaluation, error);
    return status;
}

static AmbitStatus evaluate_target(Session *session, const AmbitTarget *target, AmbitError *error)
{
    AmbitEvaluation *e = &session->evaluation;
    size_t leads = (target->sweep ? target->sweep_values.count : 1) * (e->steps ? e->n_steps : 1);
    AmbitProgress progress = {.unit = target->name, .rate = "prompts/s", .rate_factor = 1};
    ambit_cli_progress_start(&progress, 0, e->settings->n_prompts * (int64_t)leads,
                             session->options->quiet);
    AmbitTargetResult *result;
    e->progress_context = &progress;
    AmbitStatus status = ambit_evaluate_target(&result, target, e, error);
    ambit_cli_progress_end(&progress);
    if (status)
        return status;
    status = ambit_results_write_target(session->file, target, result, error);
    ambit_target_result_destroy(&result);
    return status;
}

static AmbitStatus evaluate_all(Session *session, AmbitError *error)
{
    const AmbitConfig *config = session->config;
    AmbitProvenance provenance = {.config = config->resolved,
                                  .command = session->options->command,
                                  .kernels = session->kernels.name,
                                  .seed = config->evaluation.seed,
                                  .step = session->step};
    AmbitStatus status = ambit_results_create(&session->file, session->output, &provenance, error);
    ambit_cli_catch_signals();
    for (size_t i = 0; !status && i < config->n_targets; i++)
        status = evaluate_target(session, &config->targets[i], error);
    if (status)
        ambit_results_abandon(&session->file);
    else
        status = ambit_results_close(&session->file, ambit_cli_seconds() - session->started, error);
    return status;
}

static AmbitStatus run_command(Session *session, AmbitError *error)
{
    session->started = ambit_cli_seconds();
    AmbitStatus status = ambit_kernels_select(&session->kernels, session->options->kernels, error);
    if (!status && strcmp(session->options->positional[0], "none") != 0)
        status = ambit_cli_find_checkpoint(session->options->positional[0], &session->checkpoint,
                                           &session->step, error);
    if (!status)
        status = load_config(session, error);
    if (!status && session->config->evaluation.n_points == 0)
        session->config->evaluation.n_points = session->config->n_positions;
    if (!status)
        status = load_models(session, error);
    if (!status)
        status = list_predictors(session, error);
    if (!status)
        status = choose_output(session, error);
    if (!status)
        status = refuse_loss(session, error);
    if (!status)
        status = check_targets(session, error);
    if (!status)
        status = evaluate_all(session, error);
    if (status)
        return status;
    for (size_t i = 0; i < session->config->n_notes; i++)
        fprintf(stderr, "note: %s\n", session->config->notes[i]);
    const AmbitShowOptions shown = {.k = -1};
    return session->options->quiet || session->options->prompts
               ? AMBIT_OK
               : ambit_show_results(stdout, session->output, &shown, error);
}

static int evaluate(const AmbitOptions *options)
{
    Session session = {.options = options};
    AmbitError error = {0};
    ambit_cli_outlive_readers();
    AmbitStatus status = run_command(&session, &error);
    ambit_cli_models_free(&session.models);
    ambit_config_destroy(&session.config);
    ambit_free(session.predictors);
    ambit_free(session.steps);
    ambit_free(session.checkpoint);
    ambit_free(session.output);
    return status ? ambit_cli_fail(status, &error) : 0;
}

static const char about[] =
    "Measures the model of a run (its newest checkpoint) or checkpoint beside the "
    "baselines of `evaluation.predictors` on the prompts of `evaluation.targets`. "
    "CONFIG.yaml is merged over the run's own config; with `none` there is no model, and "
    "CONFIG.yaml says everything.";

static const AmbitTerm terms[] = {
    {"every: 1000", NULL, "kept checkpoints at multiples of so many steps, over a step axis"},
    {"reference: [NAME, …]", NULL, "regret of every predictor against each of these"},
    {"models: [{name: dense_only, path: RUN|CHECKPOINT}]", NULL,
     "further transformers on the same prompts"},
    {"probe_prompts, probe_k, grid_points, grid_low, grid_high", NULL,
     "where the probes of targets look (ambit list probes)"},
    {0}};

static const AmbitTerm terms1[] = {
    {"sweep: {alpha: [0, 0.5, 1]}", NULL,
     "values of a number of its family, of a part (\"families[0].sparsity\") or of its prompts "
     "(prompts.lambda); of several tasks \"tasks[1].sparsity\", or the weight of the first"},
    {"probes: [implied_weights, gradient_alignment, slice]", NULL,
     "what to measure of the functions that predictors compute (ambit list probes)"},
    {0}};

static const AmbitTable tables[] = {
    {"In the config, under `evaluation`", terms}, {"In the config, of a target", terms1}, {0}};

static const AmbitTerm taken[] = {
    {"-o", "FILE.h5", "results file; default: results.h5 beside the checkpoint"},
    {"--threads", NULL, NULL},
    {"--kernels", NULL, NULL},
    {"--quiet", NULL, "no progress, no tables"},
    {0}};

static const char examples[] =
    "  ambit evaluate runs/quickstart\n"
    "  ambit evaluate none experiments/quickstart.yaml -o baselines.h5\n";

const AmbitCommand ambit_command_evaluate = {
    .name = "evaluate",
    .usage = "RUN|CHECKPOINT|none [CONFIG.yaml] [-o FILE.h5] [OPTIONS]",
    .summary = "measure it beside baselines on the same prompts; write HDF5",
    .about = about,
    .tables = tables,
    .options = taken,
    .setting = "override a setting, e.g. --evaluation.n_prompts=256",
    .examples = examples,
    .least = 1,
    .most = 2,
    .run = evaluate};
