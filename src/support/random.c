// SPDX-License-Identifier: MIT
// Philox 4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011) as a gsl_rng.
#include "ambit/random.h"

#include <assert.h>
#include <string.h>

static const uint32_t multiplier[2] = {0xD2511F53u, 0xCD9E8D57u};
static const uint32_t weyl[2] = {0x9E3779B9u, 0xBB67AE85u};

void ambit_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t k[2] = {key[0], key[1]};
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)multiplier[0] * c[0];
        uint64_t p1 = (uint64_t)multiplier[1] * c[2];
        uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ c[1] ^ k[0], (uint32_t)p1,
                            (uint32_t)(p0 >> 32) ^ c[3] ^ k[1], (uint32_t)p0};
        memcpy(c, next, sizeof c);
        k[0] += weyl[0];
        k[1] += weyl[1];
    }
    memcpy(out, c, sizeof c);
}

static unsigned long philox_get(void *state)
{
    AmbitPhilox *philox = state;
    if (philox->n_used == 4) {
        ambit_philox(philox->counter, philox->key, philox->word);
        philox->counter[0]++;
        philox->n_used = 0;
    }
    return philox->word[philox->n_used++];
}

static double philox_get_double(void *state)
{
    return (double)philox_get(state) * 0x1p-32;
}

static void philox_set(void *state, unsigned long seed)
{
    AmbitPhilox *philox = state;
    memset(philox, 0, sizeof *philox);
    philox->key[0] = (uint32_t)seed;
    philox->key[1] = (uint32_t)((uint64_t)seed >> 32);
    philox->n_used = 4;
}

static const gsl_rng_type philox_type = {"philox4x32-10",     0xFFFFFFFFul, 0,
                                         sizeof(AmbitPhilox), philox_set,   philox_get,
                                         philox_get_double};

const gsl_rng_type *const ambit_rng_philox = &philox_type;

/* The words of the counter: number of the block of four words, index, low 32 bits of the step, high
 * 16 bits of the step with purpose and stream. */
void ambit_random_open(AmbitRandom *random, AmbitKey key, AmbitStream stream, uint32_t index)
{
    assert(key.step < (UINT64_C(1) << 48));
    random->philox =
        (AmbitPhilox){.key = {(uint32_t)key.seed, (uint32_t)(key.seed >> 32)},
                      .counter = {0, index, (uint32_t)key.step,
                                  (uint32_t)(key.step >> 32) | (uint32_t)key.purpose << 16 |
                                      (uint32_t)stream << 24},
                      .n_used = 4};
    random->rng = (gsl_rng){ambit_rng_philox, &random->philox};
}

void ambit_random_place(uint32_t words[4], AmbitKey key, AmbitStream stream, uint32_t index,
                        uint32_t place)
{
    AmbitRandom random;
    ambit_random_open(&random, key, stream, index);
    random.philox.counter[0] = place;
    ambit_philox(random.philox.counter, random.philox.key, words);
}
