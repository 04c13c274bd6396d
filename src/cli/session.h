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
    double *seconds;             // [n_predictors] threads' time in each
    AmbitEvaluation evaluation;
    int64_t *steps; // [evaluation.n_steps], or NULL
    AmbitResultsFile *file;
    double started;
    char *partial;     // path of what an interrupted evaluation leaves
    uint64_t digest;   // of all that decides the numbers
    size_t n_unkept;   // targets that are done and not in `partial`
    bool owns_partial; // it is of this evaluation
    double next_keep;  // when it may be written again
} AmbitSession;

/* Loads the run's newest checkpoint, its config and the models; with `none` the config alone. */
AmbitStatus ambit_session_load(AmbitSession *session, AmbitError *error);
void ambit_session_unload(AmbitSession *session);

/* Opens the file of the targets that an interrupted evaluation has left, or leaves session->file
 * NULL if there are none. */
AmbitStatus ambit_session_resume(AmbitSession *session, AmbitError *error);

/* Keeps the targets that are done: one more is, or (stops) the evaluation ends before its last. */
void ambit_session_keep(AmbitSession *session, bool stops);

/* Prints how long every target would take, from a few of its examples. */
AmbitStatus ambit_session_print_cost(const AmbitSession *session, AmbitError *error);

/* Says which share of the time each predictor took, those of a per cent or more. */
void ambit_session_note_shares(const AmbitSession *session);

/* Says so if answers of 0 do not score 1, by five standard errors: then the declared second moment
 * of the labels is wrong, and all errors of the target are off by the same factor. Returns whether
 * it was said. */
bool ambit_cli_note_zero(const char *target, const AmbitTargetResult *result);

#endif
