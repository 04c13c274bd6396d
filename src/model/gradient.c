// SPDX-License-Identifier: MIT
// The ordered sum of the gradients of several passes: one block and, for each tensor, the shard
// whose turn it is to add.
#include "model.h"

#include "ambit/memory.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

struct AmbitGradientSum {
    const AmbitModel *model;
    AmbitReal *block;
    atomic_size_t *turn;     // [n_tensors] how many shards have added: the next shard to add
    atomic_size_t breach;    // 1 + tensor that a pass added to twice or left out; 0: none
    atomic_bool added_twice; // whether that pass added twice
};

AmbitStatus ambit_gradient_sum_create(AmbitGradientSum **sum, const AmbitModel *model,
                                      AmbitError *error)
{
    AmbitGradientSum *s = *sum = ambit_alloc(1, sizeof *s);
    if (s) {
        s->model = model;
        s->block = ambit_alloc(model->block_size, sizeof *s->block);
        s->turn = ambit_alloc(model->n_tensors, sizeof *s->turn);
        if (s->block && s->turn)
            return AMBIT_OK;
    }
    ambit_gradient_sum_destroy(sum);
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a gradient");
}

void ambit_gradient_sum_destroy(AmbitGradientSum **sum)
{
    if (!*sum)
        return;
    ambit_free((*sum)->block);
    ambit_free((*sum)->turn);
    ambit_free(*sum);
    *sum = NULL;
}

size_t ambit_gradient_sum_bytes(const AmbitModel *model)
{
    return model->block_size * sizeof(AmbitReal);
}

void ambit_gradient_sum_reset(AmbitGradientSum *sum)
{
    for (size_t i = 0; i < sum->model->n_tensors; i++)
        atomic_store_explicit(&sum->turn[i], 0, memory_order_relaxed);
    atomic_store_explicit(&sum->breach, 0, memory_order_relaxed);
}

AmbitReal *ambit_gradient_sum_block(AmbitGradientSum *sum)
{
    return sum->block;
}

static void note_breach(AmbitGradientSum *sum, size_t tensor, bool twice)
{
    atomic_store_explicit(&sum->added_twice, twice, memory_order_relaxed);
    atomic_store_explicit(&sum->breach, tensor + 1, memory_order_relaxed);
}

AmbitStatus ambit_gradient_sum_check(const AmbitGradientSum *sum, AmbitError *error)
{
    size_t breach = atomic_load_explicit(&sum->breach, memory_order_relaxed);
    if (!breach)
        return AMBIT_OK;
    return ambit_error_set(
        error, AMBIT_NUMERICAL, "program error: a backward pass %s the gradient of %s",
        atomic_load_explicit(&sum->added_twice, memory_order_relaxed) ? "added twice to"
                                                                      : "left out",
        sum->model->tensors[breach - 1].name);
}

/* Waits until all earlier shards have added. Returns false if this shard has added already. */
static bool wait_for_turn(const AmbitGradient *gradient, size_t tensor)
{
    atomic_size_t *turn = &gradient->sum->turn[tensor];
    size_t now;
    while ((now = atomic_load_explicit(turn, memory_order_acquire)) < gradient->shard)
        sched_yield(); // the earlier shard may need this processor
    return now == gradient->shard;
}

AmbitReal *ambit_gradient_begin(const AmbitGradient *gradient, size_t tensor, bool *accumulate)
{
    *accumulate = gradient && gradient->shard > 0;
    if (!gradient)
        return NULL;
    if (!wait_for_turn(gradient, tensor)) {
        note_breach(gradient->sum, tensor, true);
        return NULL;
    }
    return gradient->sum->block + gradient->sum->model->tensors[tensor].offset;
}

void ambit_gradient_end(const AmbitGradient *gradient, size_t tensor)
{
    atomic_store_explicit(&gradient->sum->turn[tensor], gradient->shard + 1, memory_order_release);
}

void ambit_gradient_add(const AmbitGradient *gradient, const AmbitKernels *kernels, size_t tensor,
                        const AmbitReal *values)
{
    bool accumulate;
    AmbitReal *sum = ambit_gradient_begin(gradient, tensor, &accumulate);
    if (!sum)
        return;
    size_t count = gradient->sum->model->tensors[tensor].count;
    if (accumulate)
        kernels->add(&kernels->context, sum, values, count);
    else
        memcpy(sum, values, count * sizeof *sum);
    ambit_gradient_end(gradient, tensor);
}

void ambit_gradient_finish(const AmbitGradient *gradient)
{
    const AmbitModel *model = gradient->sum->model;
    for (size_t i = 0; i < model->n_tensors; i++) {
        if (!wait_for_turn(gradient, i))
            continue;
        note_breach(gradient->sum, i, false);
        if (gradient->shard == 0)
            memset(gradient->sum->block + model->tensors[i].offset, 0,
                   model->tensors[i].count * sizeof(AmbitReal));
        ambit_gradient_end(gradient, i);
    }
}
