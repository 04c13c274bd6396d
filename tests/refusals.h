// SPDX-License-Identifier: MIT
// Asserts that configurations are refused with exact messages.
#ifndef AMBIT_REFUSALS_H
#define AMBIT_REFUSALS_H

#include "ambit/config.h"

/* The first two lines of most cases. The lines of a case therefore start at line 3. */
#define HEAD                                                                                       \
    "out_dir: runs\n"                                                                              \
    "model: {n_positions: 11, n_dims: 5, n_embd: 8, n_layer: 1, n_head: 2}\n"
#define TRAINING HEAD "training: {task: linear_regression}\n"

/* A message that ends in * is compared up to there: lists of all names grow. */
typedef struct Refusal {
    const char *text, *message;
} Refusal;

/* Fails the running test unless text, or every text up to NULL, is refused with its message. */
void assert_message(const AmbitError *error, const char *message);
void assert_refused(const char *text, const char *message);
void assert_all_refused(const Refusal *refusals);

#endif
