// SPDX-License-Identifier: MIT
// Independent multiply-adds in registers: the float32 peak of this level's instructions.
#include "vector.h"

enum { CHAINS = 12 }; // enough to hide the latency of one multiply-add

double AMBIT_LEVELED(ambit_vector_multiply_add)(size_t rounds)
{
    Vector sum[CHAINS];
    volatile float seed = 0.5f; // unknown to the compiler
    const Vector factor = splat(seed), addend = splat(1 - seed);
    for (size_t i = 0; i < CHAINS; i++)
        sum[i] = splat(seed * (float)i);
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < CHAINS; i++)
            sum[i] = sum[i] * factor + addend;
    float total = 0;
    for (size_t i = 0; i < CHAINS; i++)
        total += sum[i][0];
    seed = total;
    return 2.0 * CHAINS * W * (double)rounds;
}
