// SPDX-License-Identifier: MIT
// Reads any bytes as a results file, with the values of single examples of one target.
#include "fuzz.h"

#include "../sample_results.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    AmbitError error = {0};
    AmbitResultsSummary *summary = NULL;
    const char *path = fuzz_file(bytes, size);
    if (ambit_results_read(&summary, path, &error))
        fuzz_must(*error.message && !summary);
    size_t target =
        summary && summary->n_targets ? fuzz_choice(bytes, size, summary->n_targets) : 0;
    if (summary && summary->n_targets && ambit_results_read_raw(summary, target, path, &error))
        fuzz_must(*error.message && !summary->results[target]->error);
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
