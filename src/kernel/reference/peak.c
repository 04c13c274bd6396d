// SPDX-License-Identifier: MIT
// Multiply-adds in registers, as the compiler makes them of plain C.
#include "reference.h"

double ambit_reference_multiply_add(size_t rounds)
{
    enum { CHAINS = 8 };
    volatile AmbitReal seed = (AmbitReal)0.5; // unknown to the compiler
    AmbitReal factor = seed, addend = 1 - factor, sum[CHAINS] = {0};
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < CHAINS; i++)
            sum[i] = sum[i] * factor + addend;
    for (size_t i = 1; i < CHAINS; i++)
        sum[0] += sum[i];
    seed = sum[0];
    return 2.0 * CHAINS * (double)rounds;
}
