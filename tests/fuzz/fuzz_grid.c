// SPDX-License-Identifier: MIT
// Reads any bytes as a config with a grid, and the configs of its first tasks.
#include "fuzz.h"

#include "ambit/grid.h"
#include "ambit/memory.h"

#include <stdio.h>

enum { MOST = 2 };

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    AmbitGrid *grid = NULL;
    AmbitError error = {0};
    if (ambit_grid_load(&grid, fuzz_file(bytes, size), NULL, 0, &error)) {
        fuzz_must(*error.message && !grid);
        return 0;
    }
    for (size_t task = 0; task < grid->n_tasks && task < MOST; task++) {
        AmbitConfig *config = NULL;
        char *name = ambit_grid_name(grid, task);
        fuzz_must(name != NULL);
        if (ambit_grid_config(grid, task, &config, &error))
            fuzz_must(*error.message && !config);
        ambit_config_destroy(&config);
        ambit_free(name);
    }
    ambit_grid_destroy(&grid);
    return 0;
}

void fuzz_seeds(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/grid.yaml", folder);
    FILE *file = fopen(path, "w");
    fuzz_must(file &&
              fputs("out_dir: x\n"
                    "model: {n_positions: 4, n_dims: 3, n_embd: 8, n_layer: 1, n_head: 2}\n"
                    "training: {tasks: [{name: linear_regression}], train_steps: 5}\n"
                    "grid:\n"
                    "  - name: weight\n"
                    "    training.tasks[0].weight: [0.5, 2]\n"
                    "    training.batch_size: [8, 16]\n"
                    "  - seed: [1, 2, null]\n",
                    file) >= 0 &&
              fclose(file) == 0);
}
