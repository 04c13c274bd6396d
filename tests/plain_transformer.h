// SPDX-License-Identifier: MIT
// A transformer in double written from the formulas, with attention under any mask. Slow; for
// comparison with passes over batches.
#ifndef AMBIT_PLAIN_TRANSFORMER_H
#define AMBIT_PLAIN_TRANSFORMER_H

#include "ambit/model.h"

/* Writes state [n][E], the trunk's results for a language model's words id [n]. Row t sees row s if
 * s ≤ t and visible [n] is true at s, or s = t. Unless NULL, attention [L][H][n][n] receives the
 * probabilities. */
void plain_states(const AmbitModel *model, const int32_t *id, size_t n, const bool *visible,
                  double *state, double *attention);

#endif
