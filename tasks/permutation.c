// SPDX-License-Identifier: MIT
// A random permutation by a Feistel network over the least even number of bits that holds n: its
// output is fed back until it is below n (Black & Rogaway, "Ciphers with arbitrary finite domains",
// 2002).
#include "permutation.h"

#include <assert.h>

enum { ROUNDS = 6 };

static uint32_t permute(uint32_t place, const uint32_t key[2], int half_bits)
{
    uint32_t mask = (UINT32_C(1) << half_bits) - 1, left = place >> half_bits, right = place & mask;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t word[4], kept = right;
        ambit_philox((const uint32_t[4]){right, round, 0, 0}, key, word);
        right = left ^ (word[0] & mask);
        left = kept;
    }
    return left << half_bits | right;
}

uint32_t ambit_permuted(AmbitKey key, uint32_t n, uint32_t i)
{
    assert(i < n);
    AmbitRandom random; // no prompt has this index
    ambit_random_open(&random, key, AMBIT_STREAM_CLASS, UINT32_MAX);
    uint32_t words[2] = {(uint32_t)gsl_rng_get(&random.rng), (uint32_t)gsl_rng_get(&random.rng)};
    int half_bits = 1;
    while (half_bits < 16 && (UINT64_C(1) << 2 * half_bits) < n)
        half_bits++;
    do
        i = permute(i, words, half_bits);
    while (i >= n);
    return i;
}
