// SPDX-License-Identifier: MIT
// Reads any bytes as a results file.
#include "fuzz.h"

#include "../sample_results.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    AmbitError error = {0};
    AmbitResultsSummary *summary = NULL;
    if (ambit_results_read(&summary, fuzz_file(bytes, size), &error))
        fuzz_must(*error.message && !summary);
    for (size_t i = 0; summary && i < summary->n_targets; i++)
        if (ambit_results_read_raw(summary, i, fuzz_file(bytes, size), &error))
            fuzz_must(*error.message && !summary->results[i]->error);
    ambit_results_summary_destroy(&summary);
    return 0;
}

static void write_seed(const char *folder, const char *name, const AmbitTarget *target,
                       AmbitTargetResult *result)
{
    char path[4096];
    AmbitResultsFile *file;
    snprintf(path, sizeof path, "%s/%s.h5", folder, name);
    fuzz_must(ambit_results_create(&file, path, &sample_provenance, &sample_models, NULL) ==
                  AMBIT_OK &&
              ambit_results_write_target(file, target, result, NULL) == AMBIT_OK &&
              ambit_results_close(&file, 1, NULL) == AMBIT_OK);
    ambit_target_result_destroy(&result);
}

void fuzz_seeds(const char *folder)
{
    const AmbitTarget plain = sample_target("plain", NULL);
    const AmbitTarget trained = sample_target("trained", "families[0].distance");
    write_seed(folder, "plain", &plain, sample_result(NULL, false));
    write_seed(folder, "trained", &trained, sample_trained());
}
