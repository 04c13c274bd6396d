// SPDX-License-Identifier: MIT
// Reads any bytes as a checkpoint: summarises it, reads the config, or a trainer's state.
#include "fuzz.h"

#include "ambit/head.h"
#include "ambit/memory.h"
#include "ambit/store.h"

#include <stdio.h>
#include <string.h>

static const AmbitModelSettings settings = {
    .trunk = {.n_context = 4, .n_embd = 2, .n_layer = 1, .n_head = 1, .attention_bias = true},
    .head = {.type = &ambit_head_regression, .settings = {.numbers = {2}}}};

/* A trainer's state, made once. */
static AmbitState state_of(bool with_moments)
{
    static AmbitModel *model;
    static AmbitReal *moments[2];
    static int64_t step, n_skipped;
    if (!model) {
        fuzz_must(ambit_model_create(&model, &settings, NULL) == AMBIT_OK);
        for (size_t i = 0; i < 2; i++)
            moments[i] = ambit_alloc(ambit_model_block_size(model), sizeof **moments);
    }
    step = 7;
    AmbitState state = ambit_model_blocks(model);
    state.blocks[state.n_blocks++] = (AmbitStateBlock){.name = "step", .integer = &step};
    state.blocks[state.n_blocks++] = (AmbitStateBlock){.name = "n_skipped", .integer = &n_skipped};
    for (size_t i = 0; with_moments && i < 2; i++)
        state.blocks[state.n_blocks++] = (AmbitStateBlock){
            .name = i ? "moment2" : "moment1", .tensors = moments[i], .adam_only = i};
    return state;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    const char *path = fuzz_file(bytes, size);
    size_t choice = fuzz_choice(bytes, size, 4);
    AmbitError error = {0};
    AmbitCheckpointSummary *summary = NULL;
    char *config = NULL;
    int64_t step;
    AmbitStatus status;
    if (choice == 0) {
        status = ambit_checkpoint_summarize(&summary, path, &error);
        fuzz_must(!summary == (status != AMBIT_OK));
    } else if (choice == 1) {
        status = ambit_checkpoint_read_config(path, &config, &step, &error);
    } else {
        const AmbitState state = state_of(choice == 3);
        status = ambit_checkpoint_read(path, &state, &error);
    }
    fuzz_must(!status || *error.message);
    ambit_checkpoint_summary_destroy(&summary);
    ambit_free(config);
    return 0;
}

/* Without moments: they are read like the parameters, and small inputs are quick. */
void fuzz_seeds(const char *folder)
{
    const AmbitProvenance provenance = {
        .config = "out_dir: x\n", .command = "ambit", .kernels = "reference"};
    char path[4096];
    const AmbitState state = state_of(false);
    snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
    fuzz_must(ambit_checkpoint_write(path, &state, &provenance, NULL) == AMBIT_OK);
}
