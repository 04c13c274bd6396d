// SPDX-License-Identifier: MIT
// Any bytes as a results file.
#include "fuzz.h"

#include "../sample_results.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    AmbitError error = {0};
    AmbitResultsSummary *summary = NULL;
    if (ambit_results_read(&summary, fuzz_file(bytes, size), &error))
        fuzz_must(*error.message && !summary);
    ambit_results_summary_destroy(&summary);
    return 0;
}

void fuzz_seeds(const char *folder)
{
    char path[4096];
    AmbitResultsFile *file;
    snprintf(path, sizeof path, "%s/one.h5", folder);
    fuzz_must(ambit_results_create(&file, path, &sample_provenance, NULL) == AMBIT_OK &&
              sample_add(file, "sparsity", "sparsity", false, NULL) == AMBIT_OK &&
              ambit_results_close(&file, 1, NULL) == AMBIT_OK);
    snprintf(path, sizeof path, "%s/all.h5", folder);
    fuzz_must(sample_write(path, NULL) == AMBIT_OK);
}
