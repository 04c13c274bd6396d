// SPDX-License-Identifier: MIT
// Reads any bytes as joined results, with the values of single examples of one target of a run.
#include "fuzz.h"

#include "../sample_results.h"

#include "ambit/joined.h"
#include "ambit/memory.h"

#include <stdio.h>

static void read_raw(AmbitJoined *joined, size_t choice, const char *path)
{
    AmbitError error = {0};
    size_t run = choice % joined->runs.n_runs;
    const AmbitResultsSummary *summary = joined->results[run];
    size_t t = summary ? choice / joined->runs.n_runs % summary->n_targets : 0;
    if (summary && ambit_joined_read_raw(joined, run, t, path, &error))
        fuzz_must(*error.message && !summary->results[t]->error);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    AmbitError error = {0};
    AmbitJoined *joined = NULL;
    const char *path = fuzz_file(bytes, size);
    if (ambit_joined_read(&joined, path, &error))
        fuzz_must(*error.message && !joined);
    else
        read_raw(joined, fuzz_choice(bytes, size, 1024), path);
    ambit_joined_destroy(&joined);
    return 0;
}

static AmbitStatus add_target(AmbitJoinedFile *file, size_t run)
{
    const AmbitTarget target = sample_target("swept", "families[0].sparsity");
    AmbitTargetResult *result = sample_result(target.sweep, false);
    AmbitStatus status =
        ambit_joined_add(file, run, &target, result, 0, &(AmbitModelNotes){0}, NULL);
    ambit_target_result_destroy(&result);
    return status;
}

/* A measure over runs of language models, and what is beside it. */
static AmbitStatus add_over(AmbitJoinedFile *file)
{
    static char *trees[] = {"((a b) c)"};
    const AmbitCaption predictor = {"predictor", "predictor", "1", "answers"};
    const AmbitMeasure measure = {.words = {"end_above", "runs above", "1", "at the end"}};
    const size_t axes[] = {AMBIT_AXIS_PREDICTOR};
    size_t index;
    AmbitTargetResult *result = ambit_alloc(1, sizeof *result);
    fuzz_must(result != NULL);
    for (size_t axis = 0; axis < AMBIT_N_AXES; axis++)
        if (axis != AMBIT_AXIS_PREDICTOR)
            fuzz_must(!ambit_result_set_axis(result, (AmbitAxis)axis, NULL, 1, NULL, NULL, NULL));
    fuzz_must(!ambit_result_set_axis(result, AMBIT_AXIS_PREDICTOR, &predictor, N_COLUMNS, NULL,
                                     (char *const *)sample_columns, NULL) &&
              !ambit_result_add_array(result, &measure, 1, axes, &index, NULL));
    const AmbitOverRuns over = {.result = result,
                                .generalization = (char *)"swept",
                                .validation = (char *)"swept",
                                .threshold = AMBIT_GENERALIZES,
                                .learned = AMBIT_LEARNED,
                                .trees = {trees, 1},
                                .tree_run = (char *)"a"};
    AmbitStatus status = ambit_joined_add_over(file, &over, NULL);
    ambit_target_result_destroy(&result);
    return status;
}

/* Two runs, the first of which is missing. Few runs and targets: a run takes as long as there are
 * objects to open. */
void fuzz_seeds(const char *folder)
{
    static double seeds[] = {1, 2};
    static char *labels[] = {"many"}, *names[] = {"a", "b"};
    const AmbitRuns runs = {
        .n_axes = 2,
        .n_runs = 2,
        .seed_axis = 1,
        .names = names,
        .axes = {{.words = {(char *)"size", (char *)"model.n_embd", (char *)"1", (char *)"setting"},
                  .length = 1,
                  .labels = labels},
                 {.words = {(char *)"seed", (char *)"seed", (char *)"1", (char *)"setting"},
                  .length = 2,
                  .values = seeds}}};
    char path[4096];
    AmbitJoinedFile *file;
    snprintf(path, sizeof path, "%s/joined.h5", folder);
    fuzz_must(ambit_joined_create(&file, path, &sample_provenance, &runs, NULL) == AMBIT_OK &&
              add_target(file, 1) == AMBIT_OK && add_over(file) == AMBIT_OK &&
              ambit_joined_close(&file, 1, NULL) == AMBIT_OK);
}
