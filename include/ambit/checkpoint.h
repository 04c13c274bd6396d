// SPDX-License-Identifier: MIT
// Checkpoints: HDF5 files that hold the state of a run at a step, and their provenance. Every file
// is written under a temporary name, synced and renamed.
#ifndef AMBIT_CHECKPOINT_H
#define AMBIT_CHECKPOINT_H

#include "ambit/trainer.h"

/* Provenance of the numbers in a file, written as its root attributes; strings are borrowed. */
typedef struct AmbitProvenance {
    const char *config;  // resolved YAML
    const char *command; // as typed
    const char *kernels; // kernel set in use
    uint64_t seed;       // of training in a checkpoint, of the evaluation in results
    int64_t step; // training step of the evaluated model, or 0. A checkpoint ignores this field and
                  // records the state block `step`
    double wall_seconds;
} AmbitProvenance;

/* Provenance as read from a file, with what the writer added; strings are owned. */
typedef struct AmbitOrigin {
    char *code_version; // "0.1.0 (commit)"
    char *config, *command, *kernels, *host;
    char *openblas; // the CPU type that OpenBLAS chose; NULL in older files
    char *created;  // ISO 8601, UTC
    uint64_t seed;
    uint64_t run; // identifies the run that wrote a checkpoint; 0 if imported or older
    int64_t step;
    double wall_seconds;
} AmbitOrigin;

/* The version of this program, as recorded in files. */
const char *ambit_code_version(void);

typedef enum AmbitContent { AMBIT_CHECKPOINT, AMBIT_RESULTS, AMBIT_JOINED } AmbitContent;

/* Tells what kind of file `path` is; AMBIT_INVALID if ambit did not write it. */
AmbitStatus ambit_store_content(const char *path, AmbitContent *content, AmbitError *error);

/* Writes `state` to path. Each array becomes a group with a digest and one dataset per tensor,
 * which has the tensor's name and shape and Fletcher-32 checksums; integers become datasets of the
 * group /integers. Root attributes hold the provenance and the step. An existing file is replaced
 * completely or, on failure, left as it was. */
AmbitStatus ambit_checkpoint_write(const char *path, const AmbitState *state,
                                   const AmbitProvenance *provenance, AmbitError *error);

/* Reads the resolved config (free with ambit_free) and the step of a checkpoint. */
AmbitStatus ambit_checkpoint_read_config(const char *path, char **config, int64_t *step,
                                         AmbitError *error);

/* Reads the blocks of `state` from a file written by any version of ambit. The file must hold
 * exactly the tensors of these blocks, with the right shapes and types. On failure `state` is
 * unchanged. */
AmbitStatus ambit_checkpoint_read(const char *path, const AmbitState *state, AmbitError *error);

/* Finds the newest intact checkpoint of a run folder: its path (free with ambit_free) and its step.
 * Returns AMBIT_INVALID if there is none. If newer checkpoints are damaged, the call succeeds, and
 * the error's message names the newest of them and its damage; otherwise the message is empty. */
AmbitStatus ambit_checkpoint_latest(const char *run, char **path, int64_t *step, AmbitError *error);

/* Lists, in ascending order, the steps of a run folder's checkpoints that are multiples of `every`
 * (at least 1). Free *steps with ambit_free. Returns AMBIT_INVALID if there are none, AMBIT_IO if
 * the folder cannot be read. */
AmbitStatus ambit_checkpoint_steps(const char *run, int64_t every, int64_t **steps, size_t *n_steps,
                                   AmbitError *error);

/* "RUN/checkpoint_00010000.h5"; free with ambit_free. */
char *ambit_checkpoint_path(const char *run, int64_t step);

/* The step in a file name like "checkpoint_00010000.h5"; −1 for any other name. */
int64_t ambit_checkpoint_name_step(const char *name);

/* The same for files like "parameters_00010000.h5": checkpoints of the parameters alone, which are
 * kept for evaluation. No run continues from one. */
char *ambit_parameters_path(const char *run, int64_t step);
int64_t ambit_parameters_name_step(const char *name);

/* Like ambit_checkpoint_steps, for files of either name; each step is listed once. */
AmbitStatus ambit_parameters_steps(const char *run, int64_t every, int64_t **steps, size_t *n_steps,
                                   AmbitError *error);

/* Returns the path of the checkpoint of a step if that file exists, and otherwise the path that
 * ambit_parameters_path gives. Free with ambit_free. */
char *ambit_parameters_find(const char *run, int64_t step);

/* What a checkpoint holds, without the numbers. */
typedef struct AmbitCheckpointSummary {
    AmbitOrigin origin;
    bool has_moments;
    size_t n_tensors;
    AmbitTensor *tensors; // [n_tensors] name, rank, shape, count
} AmbitCheckpointSummary;

/* Reads the whole file and checks all digests. */
AmbitStatus ambit_checkpoint_summarize(AmbitCheckpointSummary **summary, const char *path,
                                       AmbitError *error);
void ambit_checkpoint_summary_destroy(AmbitCheckpointSummary **summary);

#endif
