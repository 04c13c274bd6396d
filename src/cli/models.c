// SPDX-License-Identifier: MIT
// Models from checkpoints.
#include "models.h"

#include "ambit/file.h"
#include "ambit/memory.h"
#include "ambit/store.h"
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

AmbitStatus ambit_cli_models_create(AmbitCliModels *models, size_t most, AmbitError *error)
{
    *models = (AmbitCliModels){.models = ambit_alloc(most, sizeof *models->models),
                               .predictors = ambit_alloc(most, sizeof *models->predictors),
                               .seeds = ambit_alloc(most, sizeof *models->seeds),
                               .runs = ambit_alloc(most, sizeof *models->runs)};
    return models->models && models->predictors && models->seeds && models->runs
               ? AMBIT_OK
               : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu models", most);
}

void ambit_cli_models_free(AmbitCliModels *models)
{
    for (size_t i = 0; i < models->count; i++) {
        ambit_predictor_destroy(&models->predictors[i]);
        ambit_model_destroy(&models->models[i]);
    }
    ambit_free(models->models);
    ambit_free(models->predictors);
    ambit_free(models->seeds);
    ambit_free(models->runs);
}

/* Reads another checkpoint into model `index`. */
static AmbitStatus reload(AmbitCliModels *models, size_t index, const char *checkpoint,
                          AmbitError *error)
{
    AmbitState state = ambit_model_blocks(models->models[index]);
    state.run = &models->runs[index];
    AmbitStatus status = ambit_checkpoint_read(checkpoint, &state, error);
    if (!status && models->predictors[index])
        ambit_predictor_transformer_update(models->predictors[index], 1);
    return status;
}

AmbitStatus ambit_cli_models_add(AmbitCliModels *models, const char *checkpoint,
                                 const AmbitModelSettings *settings, uint64_t seed,
                                 const char *label, const AmbitKernels *kernels, AmbitError *error)
{
    size_t index = models->count++;
    models->seeds[index] = seed;
    AmbitStatus status = ambit_model_create(&models->models[index], settings, error);
    if (!status)
        status = reload(models, index, checkpoint, error);
    if (!status)
        status = ambit_predictor_transformer_create(&models->predictors[index],
                                                    models->models[index], kernels, label, error);
    return status;
}

bool ambit_cli_has_one_class(const AmbitMixture *mixture)
{
    size_t n_drawn = 0;
    for (size_t c = 0; mixture && c < mixture->n_classes; c++)
        n_drawn += mixture->weights[c] > 0.0;
    return n_drawn == 1;
}

AmbitStatus ambit_cli_find_checkpoint(const char *path, char **checkpoint, int64_t *step,
                                      AmbitError *error)
{
    if (ambit_cli_is_folder(path)) {
        AmbitStatus status = ambit_checkpoint_latest(path, checkpoint, step, error);
        if (!status && *error->message)
            ambit_cli_warn("a damaged checkpoint was skipped: %s", error->message);
        return status;
    }
    *checkpoint = ambit_strdup(path);
    return *checkpoint ? AMBIT_OK : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
}

bool ambit_cli_is_gone(const char *run, const char *checkpoint)
{
    return checkpoint && ambit_cli_is_folder(run) && access(checkpoint, F_OK) != 0 &&
           (errno == ENOENT || errno == ESTALE);
}

/* A run that trains may give the step's parameters another name between the two looks. Where the
 * file is there after a failure, its name may have come just now, and it is read once more. */
AmbitStatus ambit_cli_models_set_step(AmbitCliModels *models, const char *run, int64_t step,
                                      AmbitError *error)
{
    AmbitStatus status;
    bool gone, again;
    int tries = 0, n_there = 0;
    do {
        char *path = ambit_parameters_find(run, step);
        status = path ? reload(models, 0, path, error)
                      : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
        gone = status && ambit_cli_is_gone(run, path);
        n_there += status && !gone;
        again = gone || n_there == 1;
        ambit_free(path);
    } while (status && again && ambit_file_wait(++tries));
    return status;
}

/* Drops the model that was added last. */
static void drop_last(AmbitCliModels *models)
{
    size_t last = --models->count;
    ambit_predictor_destroy(&models->predictors[last]);
    ambit_model_destroy(&models->models[last]);
}

/* Adds a model once. *gone: its checkpoint was removed after it was found. */
static AmbitStatus add_source(AmbitCliModels *models, const AmbitModelSource *source,
                              const AmbitConfig *asked, const AmbitKernels *kernels, bool *gone,
                              AmbitError *error)
{
    size_t before = models->count;
    char *checkpoint = NULL, *kept = NULL;
    const AmbitHeadType *head = asked->model.head.type;
    int64_t step, n_dims = (int64_t)asked->prompts.n_dims;
    AmbitConfig *config = NULL;
    AmbitStatus status = ambit_cli_find_checkpoint(source->path, &checkpoint, &step, error);
    if (!status)
        status = ambit_checkpoint_read_config(checkpoint, &kept, &step, error);
    if (!status)
        status = ambit_config_load_text(&config, kept, checkpoint, NULL, NULL, 0, error);
    if (!status && config->model.head.type != head)
        status =
            ambit_error_set(error, AMBIT_INVALID,
                            "evaluation.models: %s (%s) has a head of another kind, %s, not "
                            "%s; compare models of one kind",
                            source->name, source->path, config->model.head.type->name, head->name);
    if (!status && config->mixture && (int64_t)config->prompts.n_dims != n_dims)
        status = ambit_error_set(
            error, AMBIT_INVALID,
            "evaluation.models: %s (%s) reads %lld dims, but this evaluation's "
            "prompts have %lld; compare models of the same n_dims",
            source->name, source->path, (long long)config->prompts.n_dims, (long long)n_dims);
    if (!status)
        status = ambit_config_check_words(asked, config, error);
    if (!status)
        status = ambit_cli_models_add(models, checkpoint, &config->model, config->training.seed,
                                      source->name, kernels, error);
    if (!status)
        models->predictors[models->count - 1]->one_class = ambit_cli_has_one_class(config->mixture);
    *gone = status && ambit_cli_is_gone(source->path, checkpoint);
    if (*gone && models->count > before)
        drop_last(models);
    ambit_config_destroy(&config);
    ambit_free(kept);
    ambit_free(checkpoint);
    return status;
}

AmbitStatus ambit_cli_models_add_source(AmbitCliModels *models, const AmbitModelSource *source,
                                        const AmbitConfig *asked, const AmbitKernels *kernels,
                                        AmbitError *error)
{
    AmbitStatus status;
    bool gone;
    int tries = 0;
    do
        status = add_source(models, source, asked, kernels, &gone, error);
    while (gone && ++tries < AMBIT_CLI_TRIES);
    return status;
}
