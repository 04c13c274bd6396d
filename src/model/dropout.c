// SPDX-License-Identifier: MIT
// Dropout of the rows of a batch: the numbers of a sequence depend on its index, not on the shard.
#include "trunk.h"

void ambit_trunk_drop(const Trunk *t, uint32_t place, bool narrowed, AmbitReal *out,
                      AmbitReal *slope, const AmbitReal *x, size_t width)
{
    const AmbitBatch *batch = t->pass->batch;
    AmbitDropout dropout = t->dropout;
    dropout.place = place;
    for (size_t b = 0, first = 0, end; dropout.threshold && b < batch->n_sequences; b++) {
        for (end = first; end < (narrowed ? t->n_scored : t->rows); end++)
            if ((narrowed ? batch->scored[end] : end) >= batch->offset[b + 1])
                break;
        t->kernels->dropout(&t->kernels->context, out + first * width,
                            slope ? slope + first * width : NULL, x + first * width,
                            (end - first) * width, &dropout);
        dropout.sequence++;
        first = end;
    }
}
