// SPDX-License-Identifier: MIT
// Reads any bytes as one line of a log, which is what `watch`, `report`, `collect` and a resumed
// run do with each. No file and no HDF5 stand between: this target runs many times in a second.
#include "fuzz.h"

#include "../../src/cli/log_record.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    cJSON *record = NULL;
    fuzz_must(ambit_log_record(&record, (const char *)bytes, size) == AMBIT_OK);
    fuzz_must(!record || ambit_log_step(record) >= 0);
    cJSON_Delete(record);
    return 0;
}

void fuzz_seeds(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/record", folder);
    FILE *file = fopen(path, "w");
    fuzz_must(file &&
              fputs("{\"step\":5,\"loss\":null,\"validation\":{\"loss\":1e-3},\"skipped\":true}\n",
                    file) >= 0 &&
              fclose(file) == 0);
}
