// SPDX-License-Identifier: MIT
// Builds a configuration from its layers of YAML: settings, mixture, targets, predictors.
// Everything is checked here, before any work starts.
#include "half.h"
#include "layers.h"
#include "sections.h"
#include "tables.h"

#include "ambit/file.h"
#include "ambit/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *ambit_config_stem(const char *file)
{
    const char *slash = strrchr(file, '/'), *stem = slash ? slash + 1 : file;
    const char *dot = strrchr(stem, '.');
    char *name = ambit_strdup(stem);
    if (name && dot && dot != stem)
        name[dot - stem] = '\0';
    return name;
}

/* Names a run after its config: "RUN" for "folder/RUN.yaml", unless `wandb.name` is given. */
static AmbitStatus name_run(const ConfigReader *reader, const char *file, ConfigNode *wandb,
                            AmbitRunSettings *run)
{
    if (!run->name || !*run->name) {
        ambit_free(run->name);
        run->name = ambit_config_stem(file);
        if (!run->name)
            return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for the run's name");
    }
    if (!strchr(run->name, '/') && run->name[0] != '.')
        return AMBIT_OK;
    return ambit_config_error(reader->error, wandb, "name",
                              "found \"%.60s\", allowed the name of a folder (no /, no . in front)",
                              run->name);
}

/* Notes settings of hold_steps that have no effect or leave no steps for the decay. */
static AmbitStatus note_hold(const ConfigReader *reader)
{
    const AmbitConfig *config = reader->config;
    const AmbitSchedule *schedule = &config->training.schedule;
    bool falls = schedule->name == AMBIT_SCHEDULE_LINEAR || schedule->name == AMBIT_SCHEDULE_COSINE;
    if (schedule->hold_steps == 0 || reader->other_file) // a run has had its schedule
        return AMBIT_OK;
    if (!falls)
        return ambit_config_note(reader,
                                 "training.schedule.hold_steps: linear and cosine alone use it");
    if (schedule->warmup_steps + schedule->hold_steps < config->training.train_steps)
        return AMBIT_OK;
    return ambit_config_note(
        reader, "training.schedule: warm-up and hold take all steps; the rate never falls");
}

/* Notes the keys of `wandb` that have no effect. */
static AmbitStatus note_unused(const ConfigReader *reader, const ConfigNode *wandb,
                               const char *const *unused)
{
    char keys[128] = "";
    size_t used = 0;
    for (; *unused; unused++)
        if (ambit_config_find(wandb, *unused))
            used += (size_t)snprintf(keys + used, sizeof keys - used, "%swandb.%s",
                                     used ? ", " : "", *unused);
    if (!used)
        return AMBIT_OK;
    return ambit_config_note(reader, "%s: not used (of wandb, name and log_every_steps are)", keys);
}

static AmbitStatus read_wandb(const ConfigReader *reader, ConfigNode *root, AmbitConfig *config)
{
    static const AmbitParameter *const tables[] = {ambit_config_logging_parameters, NULL};
    static const char *const unused[] = {"project", "entity", "notes", NULL};
    ConfigNode *wandb;
    AmbitStatus status = ambit_config_section(reader, root, "wandb", &wandb);
    if (!status)
        status = ambit_config_check_keys(reader, wandb, tables, unused);
    if (!status)
        status =
            ambit_config_read_table(reader, wandb, ambit_config_logging_parameters, &config->run);
    if (!status)
        status = name_run(reader, root->file, wandb, &config->run);
    return status ? status : note_unused(reader, wandb, unused);
}

static AmbitStatus read_model(ConfigReader *reader, ConfigNode *root, AmbitConfig *config)
{
    ConfigNode *model;
    AmbitStatus status = ambit_config_section(reader, root, "model", &model);
    if (status)
        return status;
    const ConfigHalf *half = config->half;
    ConfigNode *family = ambit_config_find(model, "family");
    if (family && family->kind == CONFIG_SCALAR && strcmp(family->text, "lstm") == 0) {
        status = ambit_config_keep(
            reader, ambit_config_error(reader->error, family, NULL,
                                       "found lstm, which is not available; allowed is gpt2"));
        ambit_config_remove(model, family);
    }
    if (!status)
        status = ambit_config_check_section(reader, model, &half->model);
    if (!status)
        status = ambit_config_read_table(reader, model, half->context, config);
    if (!status)
        status = ambit_config_read_table(reader, model, half->head->parameters,
                                         &config->model.head.settings);
    if (!status)
        status = ambit_config_read_table(reader, model, ambit_model_parameters, &config->model);
    if (!status)
        status = ambit_config_recover(reader, half->finish_model(reader, model, config));
    if (!status)
        status = ambit_config_recover(
            reader,
            ambit_config_locate(reader, ambit_model_check(&config->model, reader->error), model));
    AmbitTrunkSettings *trunk = &config->model.trunk;
    trunk->n_inner = (int64_t)ambit_model_inner_width(trunk);
    return status;
}

static AmbitStatus read_training(const ConfigReader *reader, ConfigNode *root, AmbitConfig *config)
{
    ConfigNode *training;
    AmbitStatus status = ambit_config_section(reader, root, "training", &training);
    if (!status)
        status = ambit_config_read_training(reader, training, config);
    return status ? status : note_hold(reader);
}

static AmbitStatus read_evaluation(ConfigReader *reader, ConfigNode *root, AmbitConfig *config)
{
    const ConfigHalf *half = config->half;
    ConfigNode *evaluation;
    AmbitStatus status = ambit_config_section(reader, root, "evaluation", &evaluation);
    if (!status)
        status = ambit_config_check_section(reader, evaluation, &half->evaluation);
    for (const AmbitParameter *const *table = half->evaluation.tables; *table && !status; table++)
        status = ambit_config_read_table(reader, evaluation, *table, &config->evaluation);
    reader->key = (AmbitKey){.seed = config->evaluation.seed, .purpose = AMBIT_EVALUATION};
    return status ? status : half->read_evaluation(reader, evaluation, config);
}

static void set_defaults(AmbitConfig *config)
{
    const ConfigHalf *half = config->half;
    ambit_parameters_default(ambit_config_top_parameters, &config->run);
    ambit_parameters_default(ambit_config_saving_parameters, &config->run);
    ambit_parameters_default(ambit_config_logging_parameters, &config->run);
    ambit_parameters_default(half->context, config);
    ambit_parameters_default(half->head->parameters, &config->model.head.settings);
    ambit_parameters_default(ambit_model_parameters, &config->model);
    ambit_parameters_default(ambit_training_parameters, &config->training);
    ambit_parameters_default(ambit_schedule_parameters, &config->training.schedule);
    half->set_defaults(config);
}

/* Refuses a file that names several runs. `grid: null` takes an inherited grid away. */
static AmbitStatus refuse_grid(const ConfigReader *reader, ConfigNode *root)
{
    ConfigNode *grid = ambit_config_find(root, "grid");
    if (!grid)
        return AMBIT_OK;
    char file[AMBIT_SHELL_WORD];
    if (grid->kind != CONFIG_NULL)
        return ambit_config_error(reader->error, grid, NULL,
                                  "makes several runs of this file; `ambit grid %s` lists them and "
                                  "runs them, --grid=null leaves one",
                                  ambit_shell_word(root->file, file, sizeof file));
    ambit_config_remove(root, grid);
    return AMBIT_OK;
}

/* Reads the sections in the order in which they depend on each other. A finding in one of them is
 * kept, and the rest is read; without a model or classes to train on there is none. */
static AmbitStatus read_sections(ConfigReader *reader, ConfigNode *root, AmbitConfig *config)
{
    const ConfigHalf *half = config->half;
    AmbitStatus status = ambit_config_check_section(reader, root, &half->top);
    if (!status)
        status = ambit_config_read_table(reader, root, ambit_config_top_parameters, &config->run);
    if (!status && half->read_sections)
        status = ambit_config_recover(reader, half->read_sections(reader, root, config));
    if (!status)
        status = read_model(reader, root, config);
    if (!status)
        status = read_training(reader, root, config);
    if (!status)
        status = ambit_config_recover(reader, read_wandb(reader, root, config));
    return status ? status : read_evaluation(reader, root, config);
}

static AmbitStatus read_all(ConfigReader *reader, ConfigNode *root, AmbitConfig *config)
{
    const ConfigNode *model = ambit_config_find(root, "model");
    AmbitStatus status = refuse_grid(reader, root);
    config->half = ambit_config_halves[0];
    config->model.head.type = config->half->head;
    if (!status && model && model->kind == CONFIG_MAPPING)
        status = ambit_config_read_head(reader, model, config);
    if (!status)
        status = ambit_config_tell(reader); // another head has other keys
    if (status)
        return status;
    set_defaults(config);
    status = read_sections(reader, root, config);
    if (!status || (status == AMBIT_INVALID && reader->tree->n_findings > 0))
        status = ambit_config_tell(reader);
    if (!status)
        status = ambit_config_write(config, &config->resolved, reader->error);
    if (!status && strlen(config->resolved) > CONFIG_MOST_BYTES)
        status = ambit_error_set(reader->error, AMBIT_INVALID,
                                 "%s: with all defaults it takes %zu bytes, allowed are %d; have "
                                 "fewer targets, or sweep",
                                 root->file, strlen(config->resolved), CONFIG_MOST_BYTES);
    return status;
}

/* Merges overlay and overrides into `root`, then reads all settings. */
static AmbitStatus finish(ConfigReader *reader, ConfigNode *root, const char *overlay_path,
                          char *const *overrides, size_t n_overrides)
{
    ConfigTree *tree = reader->tree;
    AmbitError *error = reader->error;
    AmbitStatus status = AMBIT_OK;
    if (overlay_path) {
        ConfigNode *overlay;
        status = ambit_config_load_file(tree, &overlay, overlay_path, error);
        if (!status)
            ambit_config_merge(root, overlay);
    }
    for (size_t i = 0; i < n_overrides && !status; i++)
        status = ambit_config_override(tree, root, overrides[i], error);
    return status ? status : read_all(reader, root, reader->config);
}

AmbitStatus ambit_config_read_root(ConfigTree *tree, ConfigNode *root, AmbitConfig **config,
                                   AmbitError *error)
{
    *config = ambit_alloc(1, sizeof **config);
    if (!*config)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the configuration");
    ConfigReader reader = {.tree = tree, .config = *config, .error = error};
    AmbitStatus status = read_all(&reader, root, *config);
    if (status)
        ambit_config_destroy(config);
    return status;
}

static AmbitStatus load(AmbitConfig **config, const char *path, const char *text,
                        const char *overlay_path, char *const *overrides, size_t n_overrides,
                        AmbitError *error)
{
    AmbitError unheard;
    ConfigTree tree = {0};
    ConfigNode *root;
    if (!error)
        error = &unheard;
    *config = ambit_alloc(1, sizeof **config);
    if (!*config)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the configuration");
    AmbitStatus status = text ? ambit_config_load_string(&tree, &root, text, path, error)
                              : ambit_config_load_file(&tree, &root, path, error);
    ConfigReader reader = {
        .tree = &tree, .config = *config, .other_file = text ? path : NULL, .error = error};
    if (!status)
        status = finish(&reader, root, overlay_path, overrides, n_overrides);
    ambit_config_tree_free(&tree);
    if (status)
        ambit_config_destroy(config);
    return status;
}

AmbitStatus ambit_config_load(AmbitConfig **config, const char *path, char *const *overrides,
                              size_t n_overrides, AmbitError *error)
{
    return load(config, path, NULL, NULL, overrides, n_overrides, error);
}

AmbitStatus ambit_config_load_text(AmbitConfig **config, const char *text, const char *name,
                                   const char *overlay_path, char *const *overrides,
                                   size_t n_overrides, AmbitError *error)
{
    return load(config, name, text, overlay_path, overrides, n_overrides, error);
}

void ambit_config_destroy(AmbitConfig **config)
{
    AmbitConfig *c = *config;
    if (!c)
        return;
    ambit_parameters_free(ambit_config_top_parameters, &c->run);
    ambit_parameters_free(ambit_config_logging_parameters, &c->run);
    ambit_parameters_free(ambit_evaluation_parameters, &c->evaluation);
    ambit_config_free_models(c);
    for (const ConfigHalf *const *half = ambit_config_halves; *half; half++)
        (*half)->release(c);
    for (size_t t = 0; t < c->n_targets; t++)
        ambit_target_free(&c->targets[t]);
    ambit_free(c->targets);
    for (size_t i = 0; i < c->n_predictors; i++)
        ambit_predictor_destroy(&c->predictors[i]);
    ambit_free(c->predictors);
    for (size_t i = 0; i < c->n_notes; i++)
        ambit_free(c->notes[i]);
    ambit_free(c->notes);
    free(c->resolved);
    ambit_free(c);
    *config = NULL;
}
