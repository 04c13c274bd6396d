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

size_t ambit_training_window(size_t n_own_groups, size_t n_threads)
{
    size_t window = 1;
    while (window < 4 * n_threads && window < n_own_groups)
        window *= 2;
    return window;
}

size_t ambit_training_n_buffers(const AmbitTrainingSettings *settings, size_t n_threads,
                                size_t n_processes)
{
    size_t groups = (size_t)(settings->groups ? settings->groups : 1) / n_processes,
           window = ambit_training_window(groups, n_threads);
    size_t count = window;
    for (size_t windows = 1; windows * window < groups; windows *= 2)
        count++;
    return count;
}

/* Adds a chunk of the window's groups: an ambit_item_fn. */
static void add_chunk(void *context, size_t chunk, size_t worker)
{
    (void)worker;
    AmbitTrainer *trainer = context;
    const AmbitKernels *kernels = &trainer->kernels;
    size_t first = chunk * AMBIT_CHUNK, count = chunk_count(trainer, first);
    for (size_t apart = 1; apart < trainer->window; apart *= 2)
        for (size_t g = 0; g < trainer->window; g += 2 * apart)
            kernels->add(&kernels->context, ambit_gradient_sum_block(trainer->groups[g]) + first,
                         ambit_gradient_sum_block(trainer->groups[g + apart]) + first, count);
}

/* The first buffer, and the sum of as many windows before, to which it is added. */
typedef struct Level {
    AmbitTrainer *trainer;
    AmbitGradientSum **sum;
} Level;

static void add_level_chunk(void *context, size_t chunk, size_t worker)
{
    (void)worker;
    const Level *level = context;
    AmbitTrainer *trainer = level->trainer;
    size_t first = chunk * AMBIT_CHUNK;
    trainer->kernels.add(&trainer->kernels.context, ambit_gradient_sum_block(*level->sum) + first,
                         ambit_gradient_sum_block(trainer->groups[0]) + first,
                         chunk_count(trainer, first));
}

static void swap_first(AmbitTrainer *trainer, AmbitGradientSum **other)
{
    AmbitGradientSum *first = trainer->groups[0];
    trainer->groups[0] = *other;
    *other = first;
}

void ambit_trainer_combine_groups(AmbitTrainer *trainer)
{
    size_t before = trainer->first_group / trainer->window; // windows, whose sums are the bits set
    bool last = trainer->first_group + trainer->window == trainer->n_own_groups;
    Level level = {trainer, &trainer->groups[trainer->window]};
    if (trainer->window > 1)
        ambit_threads_run(trainer->n_chunks, trainer->n_threads, add_chunk, trainer);
    for (; before & 1; before /= 2, level.sum++) {
        ambit_threads_run(trainer->n_chunks, trainer->n_threads, add_level_chunk, &level);
        swap_first(trainer, level.sum);
    }
    if (!last) {
        swap_first(trainer, level.sum);
        return;
    }
    trainer->gradient = ambit_gradient_sum_block(trainer->groups[0]);
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
    if (!muon)
        return AMBIT_OK;
    trainer->muon =
        ambit_alloc(trainer->n_threads * ambit_muon_largest_scratch(model), sizeof *trainer->muon);
    if (!trainer->muon)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for Muon's products");
    return AMBIT_OK;
}

/* Shrinks the parameters of an item towards 0. */
static void decay_item(const AmbitTrainer *t, const UpdateItem *item)
{
    double rate = t->adam.learning_rate * t->settings.weight_decay;
    if (!(rate > 0))
        return;
    bool matrix = item->matrix.rows > 0;
    size_t rows = matrix ? item->matrix.rows : 1,
           columns = matrix ? item->matrix.columns : item->count;
    AmbitReal *parameter = ambit_model_block(t->model) + item->offset;
    for (size_t r = 0; r < rows; r++)
        t->kernels.scale(&t->kernels.context, parameter + r * item->matrix.stride, 1 - rate,
                         columns);
}

static void update_item(void *context, size_t index, size_t worker)
{
    AmbitTrainer *t = context;
    const UpdateItem *item = &t->items[t->shares.item[t->team->index] + index];
    AmbitReal *parameter = ambit_model_block(t->model) + item->offset,
              *moment1 = t->moment1 + item->offset;
    const AmbitReal *gradient = t->gradient + item->offset;
    decay_item(t, item);
    AmbitMuon muon = {t->adam.learning_rate, t->settings.momentum};
    if (item->matrix.rows)
        ambit_muon(parameter, moment1, gradient, &item->matrix, &muon, &t->kernels,
                   t->muon + worker * ambit_muon_largest_scratch(t->model));
    else
        t->kernels.adam(&t->kernels.context, parameter, moment1, t->moment2 + item->offset,
                        gradient, item->count, &t->adam);
}

void ambit_trainer_update(AmbitTrainer *trainer)
{
    const size_t *limit = trainer->shares.item, own = trainer->team->index;
    ambit_threads_run(limit[own + 1] - limit[own], trainer->n_threads, update_item, trainer);
    ambit_team_gather(trainer->team, ambit_model_block(trainer->model), trainer->shares.first,
                      sizeof(AmbitReal));
}
