// SPDX-License-Identifier: MIT
// The state of a trainer that a checkpoint keeps: a list of named state blocks.
#include "trainer.h"

AmbitState ambit_model_blocks(AmbitModel *model)
{
    return (AmbitState){.model = model,
                        .n_blocks = 1,
                        .blocks = {{.name = "parameters", .tensors = ambit_model_block(model)}}};
}

AmbitState ambit_trainer_blocks(AmbitTrainer *trainer)
{
    AmbitState state = ambit_model_blocks(trainer->model);
    const AmbitStateBlock blocks[] = {
        {.name = "moment1", .tensors = trainer->moment1},
        {.name = "moment2",
         .tensors = trainer->moment2,
         .adam_only = trainer->settings.optimizer == AMBIT_OPTIMIZER_MUON},
        {.name = "step", .integer = &trainer->step},
        {.name = "n_skipped", .integer = &trainer->n_skipped, .optional = true},
    };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        state.blocks[state.n_blocks++] = blocks[i];
    return state;
}
