// SPDX-License-Identifier: MIT
// What `ambit evaluate` loads: the run's checkpoint, its config with another merged over it,
// models.
#include "session.h"

#include "ambit/file.h"
#include "ambit/memory.h"

#include <string.h>

/* Refuses overrides of pretraining: the results record how the model was pretrained, which no
 * override can change. */
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

/* Refuses a config that describes another model than the one that the run trained. */
static AmbitStatus refuse_other_model(const AmbitConfig *now, const AmbitConfig *own,
                                      const char *overlay, AmbitError *error)
{
    AmbitError found = {0};
    AmbitStatus status = ambit_config_compare_models(now, own, &found);
    return status ? ambit_error_set(error, status,
                                    "%s: this config is of another model: %s; leave `model` out, "
                                    "or evaluate a run of this config",
                                    overlay, found.message)
                  : AMBIT_OK;
}

/* Compares with the config that the checkpoint holds, and reads the training seed from it, since
 * another config may be merged over it. */
static AmbitStatus compare_with_run(AmbitSession *session, const char *kept, const char *overlay,
                                    AmbitError *error)
{
    AmbitConfig *own = NULL;
    AmbitStatus status =
        ambit_config_load_text(&own, kept, session->checkpoint, NULL, NULL, 0, error);
    if (!status)
        session->training_seed = own->training.seed;
    if (!status && overlay)
        status = refuse_other_model(session->config, own, overlay, error);
    if (!status)
        status = ambit_config_keep_words(session->config, own, error);
    ambit_config_destroy(&own);
    return status;
}

static AmbitStatus load_config(AmbitSession *session, AmbitError *error)
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
    char *kept = NULL;
    if (overlay && ambit_cli_is_folder(overlay))
        return ambit_error_set(error, AMBIT_INVALID,
                               "evaluate: one run at a time, found %s, too; several on the same "
                               "prompts stand in evaluation.models",
                               overlay);
    AmbitStatus status = refuse_pretraining(o, error);
    if (!status)
        status = ambit_checkpoint_read_config(session->checkpoint, &kept, &session->step, error);
    if (!status)
        status = ambit_config_load_text(&session->config, kept, session->checkpoint, overlay,
                                        o->overrides, o->n_overrides, error);
    if (!status)
        status = compare_with_run(session, kept, overlay, error);
    ambit_free(kept);
    return status;
}

static AmbitStatus load_models(AmbitSession *session, AmbitError *error)
{
    const AmbitConfig *config = session->config;
    AmbitCliModels *models = &session->models;
    AmbitStatus status = ambit_cli_models_create(models, config->n_models + 1, error);
    if (!status && session->checkpoint && config->wants_transformer)
        status =
            ambit_cli_models_add(models, session->checkpoint, &config->model,
                                 session->training_seed, "transformer", &session->kernels, error);
    if (!status && models->count)
        models->predictors[0]->one_class = ambit_cli_has_one_class(config->mixture);
    for (size_t i = 0; i < config->n_models && !status; i++)
        status = ambit_cli_models_add_source(models, &config->models[i], config, &session->kernels,
                                             error);
    return status;
}

/* Loads the run's newest checkpoint: config and models. */
static AmbitStatus load_once(AmbitSession *session, AmbitError *error)
{
    const char *run = session->options->positional[0];
    const char *end = strrchr(run, '.');
    char file[AMBIT_SHELL_WORD];
    ambit_shell_word(run, file, sizeof file);
    AmbitStatus status = AMBIT_OK;
    if (end && (strcmp(end, ".yaml") == 0 || strcmp(end, ".yml") == 0) && !ambit_cli_is_folder(run))
        status = ambit_error_set(error, AMBIT_INVALID,
                                 "%s: a run comes first: ambit evaluate RUN %s, or, without a "
                                 "model, ambit evaluate none %s",
                                 run, file, file);
    else if (strcmp(run, "none") != 0)
        status = ambit_cli_find_checkpoint(run, &session->checkpoint, &session->step, error);
    if (!status)
        status = load_config(session, error);
    if (!status)
        status = ambit_config_make_corpus(session->config, error);
    if (!status && session->config->evaluation.n_points == 0)
        session->config->evaluation.n_points = session->config->n_positions;
    return status ? status : load_models(session, error);
}

void ambit_session_unload(AmbitSession *session)
{
    ambit_cli_models_free(&session->models);
    ambit_config_destroy(&session->config);
    ambit_free(session->checkpoint);
    session->models = (AmbitCliModels){0};
    session->checkpoint = NULL;
}

AmbitStatus ambit_session_load(AmbitSession *session, AmbitError *error)
{
    AmbitStatus status = load_once(session, error);
    for (int tries = 1; status && tries < AMBIT_CLI_TRIES &&
                        ambit_cli_is_gone(session->options->positional[0], session->checkpoint);
         tries++) {
        ambit_session_unload(session);
        status = load_once(session, error);
    }
    return status;
}
