// SPDX-License-Identifier: MIT
// Reads any bytes as joined results, with the values of single examples.
#include "fuzz.h"

#include "../sample_results.h"

#include "ambit/joined.h"
#include "ambit/memory.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    AmbitError error = {0};
    AmbitJoined *joined = NULL;
    const char *path = fuzz_file(bytes, size);
    if (ambit_joined_read(&joined, path, &error)) {
        fuzz_must(*error.message && !joined);
        return 0;
    }
    for (size_t run = 0; run < joined->runs.n_runs; run++)
        for (size_t t = 0; joined->results[run] && t < joined->results[run]->n_targets; t++) {
            AmbitTargetResult *result = joined->results[run]->results[t];
            if (ambit_joined_read_raw(joined, run, t, path, &error))
                fuzz_must(*error.message && !result->error);
            ambit_results_drop_raw(result);
        }
    ambit_joined_destroy(&joined);
    return 0;
}

static AmbitStatus add(AmbitJoinedFile *file, size_t run, const char *name, const char *sweep)
{
    const AmbitTarget target = sample_target(name, sweep);
    AmbitTargetResult *result = sample_result(sweep, false);
    AmbitStatus status = ambit_joined_add(file, run, &target, result, 0, NULL);
    ambit_target_result_destroy(&result);
    return status;
}

/* Four runs, one of which is missing. */
void fuzz_seeds(const char *folder)
{
    static double seeds[] = {1, 2};
    static char *labels[] = {"few", "many"}, *names[] = {"a", "b", "c", "d"};
    const AmbitRuns runs = {
        .n_axes = 2,
        .n_runs = 4,
        .seed_axis = 1,
        .names = names,
        .axes = {{.words = {(char *)"size", (char *)"model.n_embd", (char *)"1", (char *)"setting"},
                  .length = 2,
                  .labels = labels},
                 {.words = {(char *)"seed", (char *)"seed", (char *)"1", (char *)"setting"},
                  .length = 2,
                  .values = seeds}}};
    char path[4096];
    AmbitJoinedFile *file;
    snprintf(path, sizeof path, "%s/joined.h5", folder);
    fuzz_must(ambit_joined_create(&file, path, &sample_provenance, &runs, NULL) == AMBIT_OK);
    for (size_t run = 0; run < 3; run++)
        fuzz_must(add(file, run, "plain", NULL) == AMBIT_OK &&
                  add(file, run, "swept", "families[0].sparsity") == AMBIT_OK);
    fuzz_must(ambit_joined_close(&file, 1, NULL) == AMBIT_OK);
}
