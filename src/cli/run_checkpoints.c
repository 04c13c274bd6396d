// SPDX-License-Identifier: MIT
// Checkpoints of a run: resumes from the newest intact one, and removes the oldest when a new one
// is written. Milestones, at multiples of keep_every_steps, are never removed.
#include "run.h"

#include "ambit/file.h"
#include "ambit/memory.h"

#include <string.h>
#include <unistd.h>

static bool is_multiple(int64_t step, int64_t every)
{
    return every > 0 && step % every == 0;
}

/* Whether a file that this process did not write is an intact checkpoint of this run and may be
 * removed. Another is reported and kept. */
static bool may_go(const char *path, uint64_t run)
{
    AmbitError error = {0};
    AmbitCheckpointSummary *summary = NULL;
    bool whole = ambit_checkpoint_summarize(&summary, path, &error) == AMBIT_OK;
    if (!whole)
        ambit_cli_warn("a damaged checkpoint was left alone: %s", error.message);
    bool own = whole && (summary->origin.run == run || summary->origin.run == 0);
    if (whole && !own)
        ambit_cli_warn("a checkpoint of another run was left alone: %s", path);
    ambit_checkpoint_summary_destroy(&summary);
    return own;
}

/* Removes the oldest of the last checkpoints. Failing to remove a file is no error; it only costs
 * disk space.
 */
static void drop_oldest(AmbitCheckpoints *checkpoints, const char *folder, int64_t keep_every)
{
    int64_t step = checkpoints->last[0];
    bool is_milestone =
        is_multiple(step, keep_every) || is_multiple(step, checkpoints->kept_every_before);
    bool is_found = checkpoints->n_found > 0;
    char *path = is_milestone ? NULL : ambit_checkpoint_path(folder, step);
    if (path && (!is_found || may_go(path, checkpoints->run)))
        unlink(path);
    ambit_free(path);
    checkpoints->n_found -= is_found;
    checkpoints->n_last--;
    memmove(checkpoints->last, checkpoints->last + 1,
            checkpoints->n_last * sizeof *checkpoints->last);
}

/* Finds the last checkpoints up to the one resumed from. A kill between writing a checkpoint and
 * removing the oldest leaves one too many; it is removed now, so that repeated kills do not add up.
 */
static AmbitStatus find_last(AmbitCheckpoints *checkpoints, const char *folder, size_t most,
                             int64_t newest, AmbitError *error)
{
    int64_t *steps;
    size_t count;
    AmbitStatus status = ambit_checkpoint_steps(folder, 1, &steps, &count, error);
    while (!status && count > 0 && steps[count - 1] > newest)
        count--;
    for (size_t i = count > most ? count - most : 0; !status && i < count; i++)
        checkpoints->last[checkpoints->n_last++] = steps[i];
    checkpoints->n_found = checkpoints->n_last;
    ambit_free(steps);
    return status;
}

static void drop_surplus(AmbitCheckpoints *checkpoints, const char *folder,
                         const AmbitRunSettings *settings)
{
    while (checkpoints->n_last > (size_t)settings->keep_last)
        drop_oldest(checkpoints, folder, settings->keep_every_steps);
}

/* Notes a change of kernels, library or version, since it changes the order of sums. */
static void note_origin(const AmbitOrigin *origin, const AmbitKernels *kernels)
{
    const char *openblas = ambit_kernels_openblas();
    if (kernels->by_openblas && origin->openblas && strcmp(origin->openblas, openblas) != 0)
        ambit_cli_warn(
            "OpenBLAS used its code for %s so far, and uses that for %s from here on "
            "(it goes by the CPU, or by OPENBLAS_CORETYPE), so the last bits may differ from "
            "those of a run without a stop",
            origin->openblas, openblas);
    if (strcmp(origin->kernels, kernels->name) != 0 ||
        strcmp(origin->code_version, ambit_code_version()) != 0)
        ambit_cli_warn(
            "ambit %s with kernels %s made the run so far, and ambit %s with kernels %s "
            "continues it, so the last bits may differ from those of a run without a stop",
            origin->code_version, origin->kernels, ambit_code_version(), kernels->name);
}

/* Refuses imported weights of a later step: their optimiser state is missing. Imported weights of
 * step 0 need none. */
static AmbitStatus refuse_stateless(const char *path, const AmbitCheckpointSummary *summary,
                                    AmbitError *error)
{
    if (summary->has_moments || summary->origin.step == 0)
        return AMBIT_OK;
    char word[AMBIT_SHELL_WORD];
    return ambit_error_set(error, AMBIT_INVALID,
                           "%s: these are imported weights of step %lld without the state of the "
                           "optimiser, so training cannot go on from that step; a run that begins "
                           "with these weights at step 0: ambit import %s NEW_RUN CONFIG.yaml",
                           path, (long long)summary->origin.step,
                           ambit_shell_word(path, word, sizeof word));
}

/* Whether the run may go on from the checkpoint at `checkpoints->from`, and what that entails. */
static AmbitStatus examine(AmbitCheckpoints *checkpoints, const AmbitConfig *config,
                           const AmbitKernels *kernels, AmbitError *error)
{
    const char *path = checkpoints->from;
    AmbitCheckpointSummary *summary;
    AmbitStatus status = ambit_checkpoint_summarize(&summary, path, error);
    if (!status)
        status = refuse_stateless(path, summary, error);
    if (!status)
        status = ambit_run_may_continue(config, summary->origin.config, path, summary->origin.step,
                                        &checkpoints->kept_every_before, error);
    checkpoints->from_weights = !status && !summary->has_moments;
    if (checkpoints->from_weights)
        ambit_cli_note("the weights were imported, so the optimiser and the schedule are at "
                       "their start");
    else if (!status)
        note_origin(&summary->origin, kernels);
    ambit_checkpoint_summary_destroy(&summary);
    return status;
}

/* Finds the newest step among files named like checkpoints, intact or not; −1 if there are none. */
static AmbitStatus newest_file(const char *folder, int64_t *step, AmbitError *error)
{
    int64_t *steps;
    size_t count;
    *step = -1;
    AmbitStatus status = ambit_checkpoint_steps(folder, 1, &steps, &count, error);
    if (!status)
        *step = steps[count - 1];
    ambit_free(steps);
    return status == AMBIT_INVALID ? AMBIT_OK : status;
}

AmbitStatus ambit_run_find(AmbitCheckpoints *checkpoints, const char *folder,
                           const AmbitConfig *config, const AmbitKernels *kernels, int64_t *taken,
                           AmbitError *error)
{
    int64_t newest;
    AmbitStatus status = newest_file(folder, &newest, error);
    if (!status && newest < 0) {
        ambit_cli_say("there is no run in %s yet, so training starts at step 0", folder);
        return ambit_run_refuse_foreign(folder, config, error);
    }
    if (!status)
        status = ambit_checkpoint_latest(folder, &checkpoints->from, taken, error);
    if (!status && *error->message)
        ambit_cli_warn("a damaged checkpoint was skipped: %s", error->message);
    checkpoints->from_step = *taken;
    if (!status)
        status = examine(checkpoints, config, kernels, error);
    if (!status)
        ambit_cli_say("continuing from %s", checkpoints->from);
    return status;
}

AmbitStatus ambit_run_read(AmbitCheckpoints *checkpoints, const char *folder,
                           const AmbitRunSettings *settings, const AmbitState *state,
                           AmbitError *error)
{
    AmbitState blocks = *state;
    if (!checkpoints->from)
        return AMBIT_OK;
    if (checkpoints->from_weights)
        blocks.n_blocks = 1;
    AmbitStatus status = ambit_checkpoint_read(checkpoints->from, &blocks, error);
    if (!status)
        status = find_last(checkpoints, folder, (size_t)settings->keep_last + 1,
                           checkpoints->from_step, error);
    if (!status)
        drop_surplus(checkpoints, folder, settings);
    return status;
}

int64_t ambit_run_newest(const AmbitCheckpoints *checkpoints)
{
    return checkpoints->n_last ? checkpoints->last[checkpoints->n_last - 1] : -1;
}

AmbitStatus ambit_run_refuse_used(const char *folder, AmbitError *error)
{
    int64_t newest;
    AmbitStatus status = newest_file(folder, &newest, error);
    if (status || newest < 0)
        return status;
    return ambit_error_set(error, AMBIT_INVALID,
                           "%s: the folder already holds checkpoints, the newest of step %lld; "
                           "`ambit pretrain --resume` continues that run, and another folder "
                           "starts another run",
                           folder, (long long)newest);
}

AmbitStatus ambit_run_save(AmbitCheckpoints *checkpoints, const char *folder,
                           const AmbitRunSettings *settings, const AmbitState *state,
                           const AmbitProvenance *provenance, AmbitError *error)
{
    if (provenance->step != ambit_run_newest(checkpoints)) {
        char *path = ambit_checkpoint_path(folder, provenance->step);
        if (!path)
            return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
        AmbitStatus status = ambit_checkpoint_write(path, state, provenance, error);
        ambit_free(path);
        if (status)
            return status;
        checkpoints->last[checkpoints->n_last++] = provenance->step;
    }
    drop_surplus(checkpoints, folder, settings);
    return AMBIT_OK;
}

AmbitStatus ambit_run_save_parameters(const char *folder, const AmbitRunSettings *settings,
                                      const AmbitState *state, const AmbitProvenance *provenance,
                                      AmbitError *error)
{
    AmbitState parameters = *state;
    parameters.n_blocks = 1;
    if (is_multiple(provenance->step, settings->keep_every_steps))
        return AMBIT_OK;
    char *path = ambit_parameters_path(folder, provenance->step);
    if (!path)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    AmbitStatus status = ambit_checkpoint_write(path, &parameters, provenance, error);
    ambit_free(path);
    return status;
}
