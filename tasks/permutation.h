// SPDX-License-Identifier: MIT
// Random permutations, from which batches of distinct prompts or functions are drawn.
#ifndef AMBIT_TASKS_PERMUTATION_H
#define AMBIT_TASKS_PERMUTATION_H

#include "ambit/random.h"

/* Returns entry i < n of a random permutation of 0 … n − 1, another one for every step of the key.
 * It depends on the arguments alone, so shards of a batch need not know of each other. */
uint32_t ambit_permuted(AmbitKey key, uint32_t n, uint32_t i);

#endif
