// SPDX-License-Identifier: MIT
// ambit evaluate: every target of a config, every predictor on the same prompts, into results.h5.
#include "ambit/config.h"
#include "ambit/memory.h"
#include "ambit/store.h"
#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "ambit evaluate RUN|CHECKPOINT|none [CONFIG.yaml] [options] [--key.sub=value …]\n\n"
    "Measures the model of a run (its newest checkpoint) or checkpoint beside the baselines of\n"
    "`evaluation.predictors` on the prompts of `evaluation.targets`. CONFIG.yaml is merged over "
    "the\n"
    "run's own config; with `none` there is no model, and CONFIG.yaml says everything.\n\n"
    "  -o RESULTS.h5      results file; default: results.h5 beside the checkpoint\n"
    "  --threads N        threads (the numbers do not depend on it); default: all\n"
    "  --kernels LEVEL    auto, reference, openblas, baseline, avx2, avx512\n"
    "  --quiet            no progress, no tables\n"
    "  --key.sub=value    override a setting, e.g. --evaluation.n_prompts=256\n\n"
    "Examples\n"
    "  ambit evaluate runs/quickstart\n"
    "  ambit evaluate none experiments/quickstart.yaml -o baselines.h5\n";

/* An evaluation under way. */
typedef struct Session {
    AmbitOptions options;
    AmbitConfig *config;
    AmbitKernels kernels;
    AmbitModel *model;           // NULL with `none`
    int64_t step;                // of the checkpoint
    char *checkpoint, *output;   // paths
    AmbitPredictor *transformer; // NULL with `none`
    AmbitPredictor **predictors; // [n_predictors] the transformer, then the config's (borrowed)
    size_t n_predictors;
    AmbitResultsFile *file;
    double started;
} Session;

/* The checkpoint that the first argument means, or NULL for `none`. */
static AmbitStatus find_checkpoint(Session *session, AmbitError *error)
{
    const char *name = session->options.positional[0];
    if (strcmp(name, "none") == 0)
        return AMBIT_OK;
    if (ambit_cli_is_folder(name))
        return ambit_checkpoint_latest(name, &session->checkpoint, &session->step, error);
    session->checkpoint = ambit_strdup(name);
    return session->checkpoint ? AMBIT_OK
                               : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
}

static AmbitStatus load_config(Session *session, AmbitError *error)
{
    const AmbitOptions *o = &session->options;
    const char *overlay = o->n_positional > 1 ? o->positional[1] : NULL;
    if (!session->checkpoint) {
        if (!overlay)
            return ambit_error_set(error, AMBIT_INVALID,
                                   "evaluate none: the config is missing; say ambit evaluate none "
                                   "CONFIG.yaml");
        return ambit_config_load(&session->config, overlay, o->overrides, o->n_overrides, error);
    }
    char *kept;
    AmbitStatus status =
        ambit_checkpoint_read_config(session->checkpoint, &kept, &session->step, error);
    if (status)
        return status;
    status = ambit_config_load_text(&session->config, kept, session->checkpoint, overlay,
                                    o->overrides, o->n_overrides, error);
    ambit_free(kept);
    return status;
}

static AmbitStatus load_model(Session *session, AmbitError *error)
{
    if (!session->checkpoint)
        return AMBIT_OK;
    AmbitStatus status = ambit_model_create(&session->model, &session->config->model, error);
    AmbitTrainerState state = {.model = session->model, .step = &session->step};
    if (!status)
        status = ambit_checkpoint_read(session->checkpoint, &state, error);
    if (!status)
        status = ambit_predictor_transformer_create(&session->transformer, session->model,
                                                    &session->kernels, "transformer", error);
    return status;
}

static AmbitStatus list_predictors(Session *session, AmbitError *error)
{
    const AmbitConfig *config = session->config;
    session->predictors = ambit_alloc(config->n_predictors + 1, sizeof *session->predictors);
    if (!session->predictors)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for predictors");
    if (session->transformer && config->wants_transformer)
        session->predictors[session->n_predictors++] = session->transformer;
    for (size_t i = 0; i < config->n_predictors; i++)
        session->predictors[session->n_predictors++] = config->predictors[i];
    return session->n_predictors
               ? AMBIT_OK
               : ambit_error_set(error, AMBIT_INVALID,
                                 "evaluation.predictors: nothing to evaluate; name some");
}

/* -o, or results.h5 beside the checkpoint, or here. */
static AmbitStatus choose_output(Session *session, AmbitError *error)
{
    if (session->options.output) {
        session->output = ambit_strdup(session->options.output);
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

static bool holds_target(const AmbitConfig *config, const char *name)
{
    for (size_t i = 0; i < config->n_targets; i++)
        if (strcmp(config->targets[i].name, name) == 0)
            return true;
    return false;
}

static bool holds_column(const Session *session, const char *name)
{
    for (size_t i = 0; i < session->n_predictors; i++)
        for (size_t c = 0; c < session->predictors[i]->n_columns; c++)
            if (strcmp(session->predictors[i]->columns[c], name) == 0)
                return true;
    return false;
}

/* Results are never replaced by poorer ones: whatever the old file has, the new one must have. */
static AmbitStatus refuse_loss(const Session *session, AmbitError *error)
{
    if (access(session->output, F_OK) != 0)
        return AMBIT_OK;
    AmbitResultsSummary *old;
    AmbitStatus status = ambit_results_read(&old, session->output, error);
    if (status)
        return status;
    for (size_t i = 0; !status && i < old->n_targets; i++) {
        const AmbitTargetResult *result = old->results[i];
        if (!holds_target(session->config, old->names[i]))
            status = ambit_error_set(error, AMBIT_INVALID,
                                     "%s: holds target %s, which this evaluation lacks; write "
                                     "elsewhere with -o",
                                     session->output, old->names[i]);
        else if (result->n_prompts > (size_t)session->config->evaluation.n_prompts)
            status = ambit_error_set(error, AMBIT_INVALID,
                                     "%s: holds %zu prompts of %s, more than the %lld asked for; "
                                     "write elsewhere with -o",
                                     session->output, result->n_prompts, old->names[i],
                                     (long long)session->config->evaluation.n_prompts);
        for (size_t c = 0; !status && c < result->n_columns; c++)
            if (!holds_column(session, result->columns[c]))
                status = ambit_error_set(error, AMBIT_INVALID,
                                         "%s: holds predictor %s, which this evaluation lacks; "
                                         "write elsewhere with -o",
                                         session->output, result->columns[c]);
    }
    ambit_results_summary_destroy(&old);
    return status;
}

/* Lets predictors refuse a target before the first is evaluated. */
static AmbitStatus check_predictors(const Session *session, AmbitError *error)
{
    const AmbitEvaluationSettings *settings = &session->config->evaluation;
    AmbitStatus status = AMBIT_OK;
    for (size_t i = 0; !status && i < session->config->n_targets; i++) {
        const AmbitTarget *target = &session->config->targets[i];
        AmbitPredictorContext context = {settings->pretraining,
                                         target->mixture,
                                         target->distribution,
                                         {settings->seed, 0, AMBIT_EVALUATION},
                                         (size_t)settings->n_points};
        status = ambit_predictors_bind(session->predictors, session->n_predictors, &context, error);
    }
    return status;
}

static bool keep_going(void *context, size_t done, size_t total)
{
    (void)total;
    ambit_cli_progress_show(context, (int64_t)done, "");
    return !ambit_cli_stop_requested();
}

static AmbitStatus evaluate_target(Session *session, const AmbitTarget *target, AmbitError *error)
{
    const AmbitConfig *config = session->config;
    size_t sweep = target->sweep ? target->sweep_values.count : 1;
    AmbitProgress progress = {.unit = target->name, .rate = "prompts/s", .rate_factor = 1};
    ambit_cli_progress_start(&progress, 0, config->evaluation.n_prompts * (int64_t)sweep,
                             session->options.quiet);
    AmbitTargetResult *result;
    AmbitStatus status = ambit_evaluate_target(
        &result, target, session->predictors, session->n_predictors, &config->evaluation,
        session->options.n_threads, keep_going, &progress, error);
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
                                  .command = session->options.command,
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
    if (session->options.n_positional < 1)
        return ambit_error_set(error, AMBIT_INVALID,
                               "evaluate: say which run or checkpoint, or `none`");
    session->started = ambit_cli_seconds();
    AmbitStatus status = ambit_kernels_select(&session->kernels, session->options.kernels, error);
    if (!status)
        status = find_checkpoint(session, error);
    if (!status)
        status = load_config(session, error);
    if (!status && session->config->evaluation.n_points == 0)
        session->config->evaluation.n_points = session->config->model.n_positions;
    if (!status)
        status = load_model(session, error);
    if (!status)
        status = list_predictors(session, error);
    if (!status)
        status = choose_output(session, error);
    if (!status)
        status = refuse_loss(session, error);
    if (!status)
        status = check_predictors(session, error);
    if (!status)
        status = evaluate_all(session, error);
    if (status)
        return status;
    for (size_t i = 0; i < session->config->n_notes; i++)
        fprintf(stderr, "note: %s\n", session->config->notes[i]);
    char *shown[] = {(char *)"show", session->output};
    if (!session->options.quiet)
        ambit_cli_show(2, shown);
    return AMBIT_OK;
}

int ambit_cli_evaluate(int argc, char **argv)
{
    Session session = {0};
    AmbitError error = {0};
    int code = 0;
    AmbitStatus status = ambit_cli_options(&session.options, argc, argv, 2, &error);
    if (!status && session.options.help)
        fputs(help, stdout);
    else if (!status)
        status = run_command(&session, &error);
    if (status)
        code = ambit_cli_fail(status, &error);
    ambit_predictor_destroy(&session.transformer);
    ambit_model_destroy(&session.model);
    ambit_config_destroy(&session.config);
    ambit_free(session.predictors);
    ambit_free(session.checkpoint);
    ambit_free(session.output);
    ambit_cli_options_free(&session.options);
    return code;
}
