// SPDX-License-Identifier: MIT
// Joined results: one file for the runs of a grid. Its groups are those of a results file. Every
// dataset begins with the grid's axes; entries of missing runs are NaN. The group /log holds the
// losses over training.
#ifndef AMBIT_JOINED_H
#define AMBIT_JOINED_H

#include "ambit/store.h"

enum { AMBIT_MOST_RUN_AXES = 8 };

/* The runs that a file joins: one for each combination of values of the axes, with the last axis
 * fastest. */
typedef struct AmbitRuns {
    size_t n_axes, n_runs; // n_runs: product of the axes' lengths
    AmbitResultAxis axes[AMBIT_MOST_RUN_AXES];
    size_t seed_axis; // axis of the seeds, on which runs are repetitions; n_axes: there is none
    char **names;     // [n_runs]
    const char *grid; // the axes as a config has them, to be written; borrowed, may be NULL
} AmbitRuns;

size_t ambit_runs_place(const AmbitRuns *runs, size_t run, size_t axis);

/* Frees what the fields own. */
void ambit_runs_free(AmbitRuns *runs);

/* Writes the mean of n values and the 90 % interval of the mean by Student's t, without values that
 * are NaN. Returns how many values are left; with fewer than two, the interval is NaN. */
size_t ambit_runs_interval(const double *values, size_t n, double *mean, double *low, double *high);

/* Brings the results of all runs to the same axes, target by target (ambit_results_align): models
 * of different sizes have different layers. results [n_runs], NULL where a run is missing. */
AmbitStatus ambit_runs_align(const AmbitRuns *runs, AmbitResultsSummary *const *results,
                             AmbitError *error);

typedef struct AmbitJoinedFile AmbitJoinedFile;

/* Starts a file under a temporary name. `runs` must outlive it. */
AmbitStatus ambit_joined_create(AmbitJoinedFile **file, const char *path,
                                const AmbitProvenance *provenance, const AmbitRuns *runs,
                                AmbitError *error);

/* Adds the result of one target of a run, with the values of single examples. `examples` is an
 * identifier of the set of examples: runs with equal identifiers answered the same examples. Of
 * `models`, whose seeds may be NULL, the numbers of parameters are added. Returns AMBIT_INVALID if
 * the axes are not those of the earlier runs. */
AmbitStatus ambit_joined_add(AmbitJoinedFile *file, size_t run, const AmbitTarget *target,
                             const AmbitTargetResult *result, int64_t examples,
                             const AmbitModelNotes *models, AmbitError *error);

/* Adds the log of a run: arrays over training steps. All runs must have the same steps. */
AmbitStatus ambit_joined_add_log(AmbitJoinedFile *file, size_t run, const AmbitTargetResult *log,
                                 AmbitError *error);

/* Adds means over seeds, completes the file and renames it to its path. *file is NULL afterwards in
 * all cases. */
AmbitStatus ambit_joined_close(AmbitJoinedFile **file, double wall_seconds, AmbitError *error);
void ambit_joined_abandon(AmbitJoinedFile **file);

/* Accuracy above which a run counts as one that generalizes (2305.18741, figure 3). */
#define AMBIT_GENERALIZES 0.8

/* Accuracy on validation at the end of training from which a run counts as one that learned its
 * task. Below it training failed, whatever the accuracy on generalization. */
#define AMBIT_LEARNED 0.95

/* What is computed over runs of language models: the arrays of the group /over_runs, which
 * src/store/README.md lists. */
typedef struct AmbitOverRuns {
    AmbitTargetResult *result;         // over the axes of the runs, measures and predictors
    char *generalization, *validation; // names of targets; validation may be NULL
    double threshold, learned;         // of AmbitOverInput; AMBIT_LEARNED, or NaN in older files
    AmbitTexts trees; // as in AmbitResultsSummary, of one run with the settings whose accuracy, as
                      // a mean over seeds, is best
    char *tree_run;   // the name of that run; NULL without trees
} AmbitOverRuns;

typedef struct AmbitOverInput {
    const AmbitRuns *runs;
    AmbitResultsSummary *const *results; // [n_runs] NULL: the run is missing
    const double *training_loss;         // [n_runs] at the end; NaN: unknown
    double threshold;                    // mostly AMBIT_GENERALIZES
    uint64_t seed;                       // of the evaluation, for resampling runs
} AmbitOverInput;

/* Computes the arrays over runs. *over becomes NULL if no run has a target of the split
 * `generalization`. */
AmbitStatus ambit_over_runs(AmbitOverRuns **over, const AmbitOverInput *input, AmbitError *error);
void ambit_over_runs_destroy(AmbitOverRuns **over);
AmbitStatus ambit_joined_add_over(AmbitJoinedFile *file, const AmbitOverRuns *over,
                                  AmbitError *error);

/* What `ambit show` reads of joined results. */
typedef struct AmbitJoined {
    AmbitRuns runs;
    AmbitResultsSummary **results; // [n_runs] the targets of each run; NULL: the run is missing
    int64_t **examples;            // [n_runs][n_targets of the run]
    double *n_parameters; // [n_runs] of the first model among a run's predictors; NaN: unknown, as
                          // in older files
    size_t n_targets;
    char **targets;      // [n_targets] of all runs
    AmbitOverRuns *over; // NULL: not of language models, or an older file
    AmbitOrigin origin;
} AmbitJoined;

AmbitStatus ambit_joined_read(AmbitJoined **joined, const char *path, AmbitError *error);
void ambit_joined_destroy(AmbitJoined **joined);

/* Returns the result of a target in a run, or NULL if it is missing. *examples becomes the
 * identifier of the examples (see ambit_joined_add). */
const AmbitTargetResult *ambit_joined_find(const AmbitJoined *joined, size_t run,
                                           const char *target, int64_t *examples);

/* Reads the values of single examples of one target of a run, which ambit_results_drop_raw frees.
 */
AmbitStatus ambit_joined_read_raw(AmbitJoined *joined, size_t run, size_t target, const char *path,
                                  AmbitError *error);

#endif
