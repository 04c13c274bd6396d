// SPDX-License-Identifier: MIT
// The norm of the gradient, and the update of the parameters. The block is cut into items of work
// for threads: chunks for the norm and for Adam, whole matrices for Muon.
#include "trainer.h"

#include "ambit/memory.h"
#include "ambit/threads.h"

static size_t chunk_count(const AmbitTrainer *trainer, size_t first)
{
    size_t left = ambit_model_block_size(trainer->model) - first;
    return left < AMBIT_CHUNK ? left : AMBIT_CHUNK;
}

static void add_chunk(void *context, size_t chunk, size_t worker)
{
    (void)worker;
    AmbitTrainer *trainer = context;
    const AmbitKernels *kernels = &trainer->kernels;
    size_t first = chunk * AMBIT_CHUNK, count = chunk_count(trainer, first);
    for (size_t apart = 1; apart < trainer->n_own_groups; apart *= 2)
        for (size_t g = 0; g < trainer->n_own_groups; g += 2 * apart)
            kernels->add(&kernels->context, ambit_gradient_sum_block(trainer->groups[g]) + first,
                         ambit_gradient_sum_block(trainer->groups[g + apart]) + first, count);
}

void ambit_trainer_combine_groups(AmbitTrainer *trainer)
{
    if (trainer->n_own_groups > 1)
        ambit_threads_run(trainer->n_chunks, trainer->n_threads, add_chunk, trainer);
    ambit_trainer_sum_processes(trainer);
}

static void square_chunk(void *context, size_t item, size_t worker)
{
    (void)worker;
    AmbitTrainer *trainer = context;
    size_t chunk = trainer->shares.chunk[trainer->team->index] + item;
    size_t first = chunk * AMBIT_CHUNK, count = chunk_count(trainer, first);
    const AmbitKernels *kernels = &trainer->kernels;
    trainer->chunk_squares[chunk] =
        kernels->squares(&kernels->context, trainer->gradient + first, count);
}

double ambit_trainer_squares(AmbitTrainer *trainer)
{
    const size_t *limit = trainer->shares.chunk, own = trainer->team->index;
    ambit_threads_run(limit[own + 1] - limit[own], trainer->n_threads, square_chunk, trainer);
    ambit_team_gather(trainer->team, trainer->chunk_squares, limit, sizeof(double));
    double squares = 0;
    for (size_t chunk = 0; chunk < trainer->n_chunks; chunk++)
        squares += trainer->chunk_squares[chunk];
    return squares;
}

/* The matrices of a tensor that Muon moves. They lie side by side, so the stride of each is the row
 * length of the tensor. */
static void add_matrices(AmbitTrainer *trainer, const AmbitTensor *tensor)
{
    size_t columns = tensor->shape[1] / tensor->n_hidden;
    for (size_t i = 0; i < tensor->n_hidden; i++)
        trainer->items[trainer->n_items++] =
            (UpdateItem){.offset = tensor->offset + i * columns,
                         .matrix = {tensor->shape[0], columns, tensor->shape[1]},
                         .cost = ambit_muon_flop(tensor->shape[0], columns),
                         .joins = i > 0};
}

/* FLOP of products in the time that Adam, which waits for memory, takes for a parameter. */
enum { ADAM_COST = 250 };

/* Parameters that Adam moves, in chunks. */
static void add_range(AmbitTrainer *trainer, size_t offset, size_t count)
{
    for (size_t first = 0; first < count; first += AMBIT_CHUNK) {
        size_t size = count - first < AMBIT_CHUNK ? count - first : AMBIT_CHUNK;
        trainer->items[trainer->n_items++] =
            (UpdateItem){.offset = offset + first, .count = size, .cost = ADAM_COST * (double)size};
    }
}

static size_t largest_scratch(const AmbitTrainer *trainer)
{
    size_t largest = 0;
    for (size_t i = 0; i < trainer->n_items; i++) {
        size_t size =
            ambit_muon_scratch(trainer->items[i].matrix.rows, trainer->items[i].matrix.columns);
        largest = size > largest ? size : largest;
    }
    return largest;
}

AmbitStatus ambit_trainer_create_update_items(AmbitTrainer *trainer, AmbitError *error)
{
    const AmbitModel *model = trainer->model;
    size_t n_tensors = ambit_model_n_tensors(model), most = trainer->n_chunks;
    bool muon = trainer->settings.optimizer == AMBIT_OPTIMIZER_MUON;
    for (size_t i = 0; i < n_tensors; i++)
        most += 1 + ambit_model_tensor(model, i)->n_hidden;
    trainer->items = ambit_alloc(most, sizeof *trainer->items);
    if (!trainer->items)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the update's items of work");
    if (!muon)
        add_range(trainer, 0, ambit_model_block_size(model));
    for (size_t i = 0; muon && i < n_tensors; i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        if (tensor->n_hidden)
            add_matrices(trainer, tensor);
        else
            add_range(trainer, tensor->offset, tensor->count);
    }
    for (size_t i = 0; muon && i < trainer->n_workspaces; i++) {
        trainer->workspaces[i].muon = ambit_alloc(largest_scratch(trainer), sizeof(AmbitReal));
        if (!trainer->workspaces[i].muon)
            return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for Muon's products");
    }
    return AMBIT_OK;
}

static void update_item(void *context, size_t index, size_t worker)
{
    AmbitTrainer *t = context;
    const UpdateItem *item = &t->items[t->shares.item[t->team->index] + index];
    AmbitReal *parameter = ambit_model_block(t->model) + item->offset,
              *moment1 = t->moment1 + item->offset;
    const AmbitReal *gradient = t->gradient + item->offset;
    AmbitMuon muon = {t->adam.learning_rate, t->settings.momentum};
    if (item->matrix.rows)
        ambit_muon(parameter, moment1, gradient, &item->matrix, &muon, &t->kernels,
                   t->workspaces[worker].muon);
    else
        t->kernels.adam(&t->kernels.context, parameter, moment1, t->moment2 + item->offset,
                        gradient, item->count, &t->adam);
}

void ambit_trainer_update(AmbitTrainer *trainer)
{
    const size_t *limit = trainer->shares.item, own = trainer->team->index;
    ambit_threads_run(limit[own + 1] - limit[own], trainer->n_workspaces, update_item, trainer);
    ambit_team_gather(trainer->team, ambit_model_block(trainer->model), trainer->shares.first,
                      sizeof(AmbitReal));
}
