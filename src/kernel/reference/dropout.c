// SPDX-License-Identifier: MIT
// Dropout (Srivastava et al. 2014, §4), with the scale at training, by counter-based numbers.
#include "reference.h"

/* keep [AMBIT_DROPOUT_CHUNK]: which elements of a chunk are kept. */
static void keep_chunk(bool *keep, const uint32_t words[4], size_t chunk, uint32_t threshold)
{
    for (uint32_t lane = 0; lane < AMBIT_DROPOUT_LANES; lane++) {
        const uint32_t counter[4] = {(uint32_t)chunk * AMBIT_DROPOUT_LANES + lane, words[2],
                                     words[3], 0};
        uint32_t block[4];
        ambit_philox(counter, words, block);
        for (size_t q = 0; q < 8; q++)
            keep[q * AMBIT_DROPOUT_LANES + lane] =
                (q < 4 ? block[q] & 0xffff : block[q - 4] >> 16) >= threshold;
    }
}

void ambit_reference_dropout(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *slope,
                             const AmbitReal *x, size_t count, const AmbitDropout *dropout)
{
    (void)context;
    const AmbitReal scale = (AmbitReal)ambit_dropout_factor(dropout);
    bool keep[AMBIT_DROPOUT_CHUNK];
    uint32_t words[4];
    ambit_random_place(words, dropout->key, AMBIT_STREAM_DROPOUT, dropout->sequence,
                       dropout->place);
    for (size_t i = 0; i < count; i++) {
        if (i % AMBIT_DROPOUT_CHUNK == 0)
            keep_chunk(keep, words, i / AMBIT_DROPOUT_CHUNK, dropout->threshold);
        AmbitReal factor = keep[i % AMBIT_DROPOUT_CHUNK] ? scale : 0;
        out[i] = x ? factor * x[i] : factor;
        if (slope)
            slope[i] *= factor;
    }
}
