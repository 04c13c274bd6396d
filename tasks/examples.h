// SPDX-License-Identifier: MIT
// Which of a finite set of prompts a batch is made of.
#ifndef AMBIT_TASKS_EXAMPLES_H
#define AMBIT_TASKS_EXAMPLES_H

#include "ambit/random.h"

/* The example at `place` < n_examples of the key's step: places 0, 1, … are a random permutation of
 * the n_examples, another at every step. Depends on nothing else, so that lanes need not know of
 * each other. */
uint32_t ambit_example(AmbitKey key, uint32_t n_examples, uint32_t place);

#endif
