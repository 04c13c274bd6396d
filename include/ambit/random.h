// SPDX-License-Identifier: MIT
// Counter-based random streams: Philox 4x32-10 (Salmon et al., SC 2011) offered as a gsl_rng, so
// that every GSL distribution works on it. A draw depends on (seed, step, purpose, stream, index)
// and never on the order of calls: any prompt can be drawn again by its index, on any thread.
#ifndef AMBIT_RANDOM_H
#define AMBIT_RANDOM_H

#include <gsl/gsl_rng.h>
#include <stdint.h>

/* The list of streams. Their order determines the numbers: append only. */
typedef enum AmbitStream {
    AMBIT_STREAM_INIT,        // model parameters; index = number of the tensor
    AMBIT_STREAM_CLASS,       // which class a prompt has
    AMBIT_STREAM_FUNCTION,    // the function drawn from the class
    AMBIT_STREAM_INPUT,       // context inputs
    AMBIT_STREAM_QUERY,       // query inputs that differ from the context
    AMBIT_STREAM_NOISE,       // label noise
    AMBIT_STREAM_TARGET,      // what is drawn once: a linear map, a pool, a sample of sentences
    AMBIT_STREAM_BOOTSTRAP,   // resampling of examples
    AMBIT_STREAM_PROBE,       // random choices of probes
    AMBIT_STREAM_STRUCTURE,   // structure of a sentence
    AMBIT_STREAM_WORD,        // the words in this structure
    AMBIT_STREAM_DROPOUT,     // which activations are dropped
    AMBIT_STREAM_RUNS,        // resampling of runs
    AMBIT_STREAM_COORDINATES, // which coordinates of a prompt are active
    AMBIT_STREAM_POSITIONS    // which positions the points of a prompt take
} AmbitStream;

/* What numbers are drawn for. Draws for different purposes are independent under the same seed. */
typedef enum AmbitPurpose { AMBIT_TRAINING, AMBIT_EVALUATION, AMBIT_VALIDATION } AmbitPurpose;

/* With a stream and an index, a key determines the numbers. */
typedef struct AmbitKey {
    uint64_t seed;
    uint64_t step; // below 2^48
    AmbitPurpose purpose;
} AmbitKey;

typedef struct AmbitPhilox {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t word[4];
    uint32_t n_used;
} AmbitPhilox;

/* A stream lives wherever the caller puts it (the stack is fine); pass `&random.rng` to GSL. It
 * holds a pointer into itself: do not copy it. */
typedef struct AmbitRandom {
    gsl_rng rng;
    AmbitPhilox philox;
} AmbitRandom;

/* out = Philox4x32-10(counter, key), a bijection of counters. */
void ambit_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* The gsl_rng_type "philox4x32-10". gsl_rng_set opens the stream INIT of (seed, step 0, TRAINING)
 * at index 0. */
extern const gsl_rng_type *const ambit_rng_philox;

/* Sets `random` to the start of (key, stream, index). The numbers repeat after 2^34 words of 32
 * bits. */
void ambit_random_open(AmbitRandom *random, AmbitKey key, AmbitStream stream, uint32_t index);

/* Writes block `place`, which has four words, of the stream (key, stream, index). The words are the
 * key of a further stream: its block i is Philox of counter (i, words[2], words[3], 0) under the
 * key (words[0], words[1]). */
void ambit_random_place(uint32_t words[4], AmbitKey key, AmbitStream stream, uint32_t index,
                        uint32_t place);

#endif
