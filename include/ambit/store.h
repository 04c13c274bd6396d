// SPDX-License-Identifier: MIT
// Store: HDF5 results, and files that are written under a temporary name, synced and renamed.
#ifndef AMBIT_STORE_H
#define AMBIT_STORE_H

#include "ambit/checkpoint.h"
#include "ambit/evaluation.h"

typedef struct AmbitResultsFile AmbitResultsFile;

/* Returns AMBIT_OK if path does not exist or is a regular file, so that a rename may replace it. A
 * device or a link (/dev/null, /dev/stdout) would be lost. */
AmbitStatus ambit_store_replaceable(const char *path, AmbitError *error);

/* Writes a text file: calls `write` on a temporary file, syncs it and renames it to path, where
 * there is always either the old file or the whole new one. A failure of `write` is returned. */
typedef AmbitStatus (*ambit_write_fn)(FILE *file, const void *context, AmbitError *error);
AmbitStatus ambit_store_write(const char *path, ambit_write_fn write, const void *context,
                              AmbitError *error);

/* What a results file says of the models among its predictors. Borrowed. */
typedef struct AmbitModelNotes {
    size_t count;
    char *const *names;           // [count] of the predictors
    const uint64_t *seeds;        // [count] that the models were trained with
    const uint64_t *n_parameters; // [count]
} AmbitModelNotes;

/* FNV-1a, 64 bits (Fowler, Noll, Vo; IETF draft-eastlake-fnv). Start with AMBIT_DIGEST_START and
 * pass the result on to digest several pieces as one. */
#define AMBIT_DIGEST_START UINT64_C(0xcbf29ce484222325)
uint64_t ambit_digest(uint64_t digest, const void *bytes, size_t count);

/* Starts a results file under a temporary name; `path` does not change before close succeeds.
 * One group /targets/NAME per target, for xarray.open_dataset(path, group="targets/NAME"). */
AmbitStatus ambit_results_create(AmbitResultsFile **file, const char *path,
                                 const AmbitProvenance *provenance, const AmbitModelNotes *models,
                                 AmbitError *error);
AmbitStatus ambit_results_write_target(AmbitResultsFile *file, const AmbitTarget *target,
                                       const AmbitTargetResult *result, AmbitError *error);
/* Completes the file and renames it to its path, where it replaces any file. Without targets the
 * file is deleted and AMBIT_INVALID returned. *file is NULL afterwards in all cases. */
AmbitStatus ambit_results_close(AmbitResultsFile **file, double wall_seconds, AmbitError *error);
/* Makes ambit_results_close fail with AMBIT_INVALID if the path has a file by then. */
void ambit_results_replace_none(AmbitResultsFile *file);
/* Deletes the temporary file. */
void ambit_results_abandon(AmbitResultsFile **file);

/* Writes the targets of an unfinished results file to `path`, with the seconds that they have taken
 * and a digest of all that decides their numbers. HDF5 readers refuse the file at `path`. */
AmbitStatus ambit_results_keep(AmbitResultsFile *file, const char *path, uint64_t digest,
                               double seconds, AmbitError *error);
/* As ambit_results_create, but starts with the targets that the file `partial` of
 * ambit_results_keep holds. If that file is missing, damaged or of another digest, *file becomes
 * NULL and the status is AMBIT_OK. */
AmbitStatus ambit_results_resume(AmbitResultsFile **file, const char *path, const char *partial,
                                 uint64_t digest, double *seconds, AmbitError *error);
/* Whether an unfinished results file has the target; false if file is NULL. */
bool ambit_results_has(const AmbitResultsFile *file, const char *target);

/* An ambit_answers_fn for predictions that another program made: seed, target and shape in the file
 * must be those of the context. */
AmbitStatus ambit_predictions_read(const char *path, const AmbitPredictorContext *context,
                                   size_t n_queries, double *prediction, AmbitError *error);

/* What `ambit show` reads of a results file. */
typedef struct AmbitResultsSummary {
    size_t n_targets;
    char **names;        // [n_targets]
    char **descriptions; // [n_targets]
    char **splits;       // [n_targets] split of the sentences; NULL: prompts, or joined results
    unsigned *probes;    // [n_targets] as in AmbitTarget
    AmbitTargetResult **results; // [n_targets] without values of single examples
    AmbitTexts *trees;           // [n_targets] trees of a few sentences, written with brackets: for
                                 // each sentence the projected tree, then the gold tree
    AmbitTexts models;           // names of the predictors that are models; none in older files
    uint64_t *n_parameters;      // [models.count] of each; NULL in older files
    AmbitOrigin origin;
} AmbitResultsSummary;

AmbitStatus ambit_results_read(AmbitResultsSummary **summary, const char *path, AmbitError *error);
void ambit_results_summary_destroy(AmbitResultsSummary **summary);

/* Reads `error` and `flag` of one target into the summary's result; path is the file that `summary`
 * was read from. These arrays may be large: ambit_results_drop_raw frees them. On failure they are
 * NULL. */
AmbitStatus ambit_results_read_raw(AmbitResultsSummary *summary, size_t target, const char *path,
                                   AmbitError *error);
void ambit_results_drop_raw(AmbitTargetResult *result);

#endif
