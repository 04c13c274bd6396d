// SPDX-License-Identifier: MIT
// Any bytes as a safetensors file.
#include "fuzz.h"

#include "ambit/safetensors.h"

#include <stdio.h>

static AmbitModel *small_model(void)
{
    static const AmbitModelSettings settings = {
        .n_positions = 2, .n_dims = 2, .n_embd = 2, .n_layer = 1, .n_head = 1};
    static AmbitModel *model;
    if (!model)
        fuzz_must(ambit_model_create(&model, &settings, NULL) == AMBIT_OK);
    return model;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    AmbitError error = {0};
    AmbitSafetensors *file = NULL;
    if (ambit_safetensors_open(&file, fuzz_file(bytes, size), &error))
        fuzz_must(*error.message != '\0');
    else
        ambit_safetensors_read(file, small_model(), &error);
    ambit_safetensors_close(&file);
    return 0;
}

void fuzz_seeds(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    fuzz_must(ambit_safetensors_write(path, small_model(), 7, "out_dir: x\n", NULL) == AMBIT_OK);
}
