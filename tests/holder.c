// SPDX-License-Identifier: MIT
#include "testing.h"

#include "holder.h"

#include "ambit/head.h"
#include "ambit/memory.h"

#include <string.h>

const AmbitModelSettings held_model = {
    .trunk = {.n_context = 12, .n_embd = 8, .n_layer = 1, .n_head = 2, .attention_bias = true},
    .head = {.type = &ambit_head_regression, .settings = {.numbers = {3}}}};

const AmbitProvenance held_provenance = {.config = "model:\n  n_embd: 8 # ä\n",
                                         .command = "ambit pretrain small.yaml",
                                         .kernels = "reference",
                                         .seed = UINT64_MAX,
                                         .wall_seconds = 1.5};

AmbitState holder_state(Holder *holder)
{
    return (AmbitState){
        .model = holder->model,
        .n_blocks = 5,
        .blocks = {{.name = "parameters", .tensors = ambit_model_block(holder->model)},
                   {.name = "moment1", .tensors = holder->moments[0]},
                   {.name = "moment2", .tensors = holder->moments[1], .adam_only = holder->muon},
                   {.name = "step", .integer = &holder->step},
                   {.name = "n_skipped", .integer = &holder->n_skipped, .optional = true}}};
}

Holder holder_create(const AmbitModelSettings *settings, unsigned salt)
{
    Holder holder = {.step = 1000 * salt, .n_skipped = salt};
    AmbitError error;
    assert_int_equal(ambit_model_create(&holder.model, settings, &error), AMBIT_OK);
    AmbitReal *blocks[3] = {ambit_model_block(holder.model)};
    for (size_t b = 1; b < 3; b++)
        blocks[b] = holder.moments[b - 1] =
            ambit_alloc(ambit_model_block_size(holder.model), sizeof **blocks);
    for (size_t i = 0; i < ambit_model_n_tensors(holder.model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(holder.model, i);
        for (size_t b = 0; salt && b < 3; b++)
            for (size_t j = 0; j < tensor->count; j++)
                blocks[b][tensor->offset + j] =
                    (AmbitReal)(salt + b) / (AmbitReal)(1 + tensor->offset + j);
    }
    return holder;
}

void holder_drop(Holder *holder)
{
    ambit_model_destroy(&holder->model);
    ambit_free(holder->moments[0]);
    ambit_free(holder->moments[1]);
}

bool holder_same(const Holder *a, const Holder *b)
{
    size_t bytes = ambit_model_block_size(a->model) * sizeof(AmbitReal);
    return a->step == b->step && a->n_skipped == b->n_skipped &&
           memcmp(ambit_model_block_const(a->model), ambit_model_block_const(b->model), bytes) ==
               0 &&
           memcmp(a->moments[0], b->moments[0], bytes) == 0 &&
           memcmp(a->moments[1], b->moments[1], bytes) == 0;
}

AmbitStatus holder_write(const char *path, Holder *holder, AmbitError *error)
{
    AmbitState state = holder_state(holder);
    return ambit_checkpoint_write(path, &state, &held_provenance, error);
}

AmbitStatus holder_read(const char *path, Holder *holder, AmbitError *error)
{
    AmbitState state = holder_state(holder);
    return ambit_checkpoint_read(path, &state, error);
}

void holder_assert_refused(const char *path, const AmbitModelSettings *settings, const char *words)
{
    Holder read = holder_create(settings, 0), untouched = holder_create(settings, 0);
    AmbitError error = {0};
    assert_int_equal(holder_read(path, &read, &error), AMBIT_INVALID);
    if (!strstr(error.message, path) || !strstr(error.message, words))
        fail_msg("message \"%s\" lacks \"%s\"", error.message, words);
    assert_true(holder_same(&read, &untouched));
    holder_drop(&read);
    holder_drop(&untouched);
}
