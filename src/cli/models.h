// SPDX-License-Identifier: MIT
// Models that a command loads from checkpoints, as predictors.
#ifndef AMBIT_CLI_MODELS_H
#define AMBIT_CLI_MODELS_H

#include "ambit/config.h"

typedef struct AmbitCliModels {
    size_t count;
    AmbitModel **models;         // [count] owned
    AmbitPredictor **predictors; // [count] owned
    uint64_t *seeds;             // [count] seeds that the models were trained with
    uint64_t *runs;              // [count] identities of the runs they are read from
} AmbitCliModels;

/* Makes room for at most `most` models. To be freed also after a failure. */
AmbitStatus ambit_cli_models_create(AmbitCliModels *models, size_t most, AmbitError *error);
void ambit_cli_models_free(AmbitCliModels *models);

AmbitStatus ambit_cli_models_add(AmbitCliModels *models, const char *checkpoint,
                                 const AmbitModelSettings *settings, uint64_t seed,
                                 const char *label, const AmbitKernels *kernels, AmbitError *error);

/* Adds the model of a checkpoint, or of the newest checkpoint in a run folder, as the checkpoint's
 * config describes the model. It must read what the models of `asked` read. */
AmbitStatus ambit_cli_models_add_source(AmbitCliModels *models, const AmbitModelSource *source,
                                        const AmbitConfig *asked, const AmbitKernels *kernels,
                                        AmbitError *error);

/* Finds the checkpoint for a path: the path itself or, for a run folder, the newest checkpoint,
 * whose step is then set. Free with ambit_free. */
AmbitStatus ambit_cli_find_checkpoint(const char *path, char **checkpoint, int64_t *step,
                                      AmbitError *error);

/* Whether a checkpoint that was found in this run folder is no longer there: a run that trains
 * removes old ones. What was to be read from it is then read from the newest, which is found anew,
 * at most AMBIT_CLI_TRIES times. */
enum { AMBIT_CLI_TRIES = 20 };
bool ambit_cli_is_gone(const char *run, const char *checkpoint);

/* Whether exactly one class of the mixture has a weight above 0. */
bool ambit_cli_has_one_class(const AmbitMixture *mixture);

/* Reads the run's checkpoint of a step, or its parameters alone, into the first model. */
AmbitStatus ambit_cli_models_set_step(AmbitCliModels *models, const char *run, int64_t step,
                                      AmbitError *error);

#endif
