// SPDX-License-Identifier: MIT
// A running `ambit evaluate`: what it has loaded and what it writes.
#ifndef AMBIT_CLI_SESSION_H
#define AMBIT_CLI_SESSION_H

#include "ambit/config.h"
#include "ambit/store.h"
#include "cli.h"
#include "models.h"

/* State of a running command. */
typedef struct AmbitSession {
    const AmbitOptions *options;
    AmbitConfig *config;
    AmbitKernels kernels;
    AmbitCliModels models;       // the run's (unless `none`), then those of evaluation.models
    int64_t step;                // of the run's checkpoint
    uint64_t training_seed;      // the run's
    char *checkpoint, *output;   // paths
    AmbitPredictor **predictors; // [n_predictors] the models', then the config's (borrowed)
    AmbitEvaluation evaluation;
    int64_t *steps; // [evaluation.n_steps], or NULL
    AmbitResultsFile *file;
    double started;
} AmbitSession;

/* Loads the run's newest checkpoint, its config and the models; with `none` the config alone. */
AmbitStatus ambit_session_load(AmbitSession *session, AmbitError *error);
void ambit_session_unload(AmbitSession *session);

/* Prints how long every target would take, from a few of its examples. */
AmbitStatus ambit_session_print_cost(const AmbitSession *session, AmbitError *error);

/* Says so if answers of 0 do not score 1, by five standard errors: then the declared second moment
 * of the labels is wrong, and all errors of the target are off by the same factor. Returns whether
 * it was said. */
bool ambit_cli_note_zero(const char *target, const AmbitTargetResult *result);

#endif
