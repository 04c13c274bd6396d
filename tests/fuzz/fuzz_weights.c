// SPDX-License-Identifier: MIT
// Reads any bytes as a file of weights: safetensors or HDF5.
#include "fuzz.h"

#include "ambit/head.h"
#include "ambit/store.h"
#include "ambit/weights.h"

#include <hdf5_hl.h>
#include <stdio.h>

static AmbitModel *small_model(void)
{
    static const AmbitModelSettings settings = {
        .trunk = {.n_context = 4, .n_embd = 2, .n_layer = 1, .n_head = 1, .attention_bias = true},
        .head = {.type = &ambit_head_regression, .settings = {.numbers = {2}}}};
    static AmbitModel *model;
    if (!model)
        fuzz_must(ambit_model_create(&model, &settings, NULL) == AMBIT_OK);
    return model;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    AmbitError error = {0};
    AmbitWeights *file = NULL;
    if (ambit_weights_open(&file, fuzz_file(bytes, size), &error))
        fuzz_must(*error.message != '\0');
    else
        ambit_weights_read(file, small_model(), &error);
    ambit_weights_close(&file);
    return 0;
}

/* A state dict as h5py writes it: one dataset per tensor at the root. */
static void write_state_dict(const char *path)
{
    const AmbitModel *model = small_model();
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    for (size_t i = 0; i < ambit_model_n_tensors(model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        const hsize_t shape[] = {tensor->shape[0], tensor->shape[1]};
        fuzz_must(H5LTmake_dataset_float(file, tensor->name, (int)tensor->rank, shape,
                                         ambit_model_block_const(model) + tensor->offset) >= 0);
    }
    fuzz_must(H5Fclose(file) >= 0);
}

void fuzz_seeds(const char *folder)
{
    const AmbitProvenance provenance = {
        .config = "out_dir: x\n", .command = "ambit", .kernels = "none"};
    const AmbitState state = ambit_model_blocks(small_model());
    char path[4096];
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    fuzz_must(ambit_weights_write(path, small_model(), 7, "out_dir: x\n", NULL) == AMBIT_OK);
    snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
    fuzz_must(ambit_checkpoint_write(path, &state, &provenance, NULL) == AMBIT_OK);
    snprintf(path, sizeof path, "%s/state.h5", folder);
    write_state_dict(path);
}
