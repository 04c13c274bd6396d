// SPDX-License-Identifier: MIT
// Combination of lane gradients and the Adam update, both in chunks of the parameter block that
// threads share; every element's arithmetic is fixed by the number of lanes alone.
#include "trainer.h"

#include "ambit/lanes.h"

static size_t chunk_count(const AmbitTrainer *trainer, size_t first)
{
    size_t left = ambit_model_block_size(trainer->model) - first;
    return left < AMBIT_CHUNK ? left : AMBIT_CHUNK;
}

static void combine_chunk(void *context, size_t chunk, size_t slot)
{
    (void)slot;
    AmbitTrainer *trainer = context;
    size_t first = chunk * AMBIT_CHUNK, count = chunk_count(trainer, first);
    for (size_t stride = 1; stride < trainer->n_lanes; stride *= 2)
        for (size_t lane = 0; lane + stride < trainer->n_lanes; lane += 2 * stride)
            trainer->kernels.add(trainer->lanes[lane].gradient + first,
                                 trainer->lanes[lane + stride].gradient + first, count);
    const AmbitReal *gradient = trainer->lanes[0].gradient + first;
    double part[8] = {0};
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (size_t j = 0; j < 8; j++)
            part[j] += (double)gradient[i + j] * (double)gradient[i + j];
    for (; i < count; i++)
        part[0] += (double)gradient[i] * (double)gradient[i];
    trainer->chunk_squares[chunk] =
        ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
}

double ambit_trainer_combine(AmbitTrainer *trainer)
{
    ambit_lanes_run(trainer->n_chunks, trainer->n_threads, combine_chunk, trainer);
    double squares = 0;
    for (size_t chunk = 0; chunk < trainer->n_chunks; chunk++)
        squares += trainer->chunk_squares[chunk];
    return squares;
}

static void update_chunk(void *context, size_t chunk, size_t slot)
{
    (void)slot;
    AmbitTrainer *trainer = context;
    size_t first = chunk * AMBIT_CHUNK;
    trainer->kernels.adam(ambit_model_block(trainer->model) + first, trainer->moment1 + first,
                          trainer->moment2 + first, trainer->lanes[0].gradient + first,
                          chunk_count(trainer, first), &trainer->adam);
}

void ambit_trainer_update(AmbitTrainer *trainer)
{
    ambit_lanes_run(trainer->n_chunks, trainer->n_threads, update_chunk, trainer);
}
