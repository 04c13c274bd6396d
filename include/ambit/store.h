// SPDX-License-Identifier: MIT
// Store: HDF5 checkpoints and results. Every file is written aside, fsynced and renamed.
#ifndef AMBIT_STORE_H
#define AMBIT_STORE_H

#include "ambit/evaluation.h"
#include "ambit/trainer.h"

/* Where numbers come from; strings borrowed. Written as root attributes of every file. */
typedef struct AmbitProvenance {
    const char *config;  // resolved YAML
    const char *command; // as typed
    const char *kernels; // kernel set in use
    uint64_t seed;
    double wall_seconds;
} AmbitProvenance;

/* Writes `state` to path. Parameters and both moments appear under /parameters, /moment1, /moment2
 * by tensor name and shape, Fletcher-32 checksummed; root attributes carry step and provenance. */
AmbitStatus ambit_checkpoint_write(const char *path, const AmbitTrainerState *state,
                                   const AmbitProvenance *provenance, AmbitError *error);

/* The resolved config kept in a checkpoint (free with ambit_free), and its step. */
AmbitStatus ambit_checkpoint_read_config(const char *path, char **config, int64_t *step,
                                         AmbitError *error);

/* Reads parameters, and moments and step if `state->moment1` is not NULL, into memory of the right
 * sizes; every tensor must be there with its shape and type. */
AmbitStatus ambit_checkpoint_read(const char *path, const AmbitTrainerState *state,
                                  AmbitError *error);

/* The newest checkpoint of a run folder (free with ambit_free); AMBIT_INVALID if there is none.
 * `step` receives its step. */
AmbitStatus ambit_checkpoint_latest(const char *run, char **path, int64_t *step, AmbitError *error);

/* "RUN/checkpoint_00010000.h5"; free with ambit_free. */
char *ambit_checkpoint_path(const char *run, int64_t step);

typedef struct AmbitResultsFile AmbitResultsFile;

/* Starts a results file aside of `path`; nothing appears under `path` before close succeeds. */
AmbitStatus ambit_results_create(AmbitResultsFile **file, const char *path,
                                 const AmbitProvenance *provenance, AmbitError *error);
AmbitStatus ambit_results_write_target(AmbitResultsFile *file, const AmbitTarget *target,
                                       const AmbitTargetResult *result, AmbitError *error);
/* Completes and renames (wall_seconds updates the provenance). */
AmbitStatus ambit_results_close(AmbitResultsFile **file, double wall_seconds, AmbitError *error);
/* Drops the file written aside. */
void ambit_results_abandon(AmbitResultsFile **file);

/* Reading back, for `ambit show`. */
typedef struct AmbitResultsSummary {
    size_t n_targets;
    char **names;                // [n_targets]
    char **descriptions;         // [n_targets]
    char **sweeps;               // [n_targets] name of the sweep axis or NULL
    AmbitReals *sweep_values;    // [n_targets]
    AmbitTargetResult **results; // [n_targets] without squared_error and flag
    char *config;                // resolved YAML
    uint64_t seed;
} AmbitResultsSummary;

AmbitStatus ambit_results_read(AmbitResultsSummary **summary, const char *path, AmbitError *error);
void ambit_results_summary_destroy(AmbitResultsSummary **summary);

#endif
