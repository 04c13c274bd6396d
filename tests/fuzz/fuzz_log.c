// SPDX-License-Identifier: MIT
// Reads any bytes as the log of two runs, and joins the two.
#include "fuzz.h"

#include "../../src/cli/collect.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    char *path = (char *)fuzz_file(bytes, size);
    char *const paths[] = {path, path};
    AmbitRuns runs = {
        .n_axes = 1,
        .n_runs = 2,
        .axes = {{.words = {(char *)"seed", (char *)"seed", (char *)"1", (char *)"setting"},
                  .length = 2}}};
    AmbitError error = {0};
    AmbitLogs *logs = NULL;
    AmbitTargetResult *log = NULL;
    fuzz_must(ambit_logs_create(&logs, &runs, paths, &error) == AMBIT_OK);
    if (ambit_logs_n_steps(logs) > 0) {
        fuzz_must(ambit_logs_read(logs, path, &log, &error) == AMBIT_OK);
        ambit_target_result_destroy(&log);
    }
    ambit_logs_destroy(&logs);
    return 0;
}

void fuzz_seeds(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/log.jsonl", folder);
    FILE *file = fopen(path, "w");
    fuzz_must(file &&
              fputs("{\"step\":0,\"loss\":1.5,\"class_loss\":{\"dense\":1,\"sparse\":2},"
                    "\"gradient_norm\":2e3,\"learning_rate\":1e-4,\"active_dims\":3}\n"
                    "{\"step\":5,\"loss\":null,\"validation\":{\"loss\":0.1,\"accuracy\":1},"
                    "\"skipped\":true}\n\n{\"step\":6",
                    file) >= 0 &&
              fclose(file) == 0);
}
