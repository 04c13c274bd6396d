// SPDX-License-Identifier: MIT
// Gradient: the ordered sum of what several backward passes add.
#ifndef AMBIT_GRADIENT_H
#define AMBIT_GRADIENT_H

#include "ambit/model.h"

/* The gradient of several passes (the shards of a group), added in the order of the shards whatever
 * threads make the passes, so that the sum has the same bits.
 *
 * Contract: a pass adds to every tensor exactly once, naming it; `begin` waits until all earlier
 * shards have added to that tensor, so shards must be started in ascending order. A tensor that a
 * pass leaves out or adds to twice is a program error: the pass goes on, no other pass waits for
 * ever, and ambit_gradient_sum_check reports it. */
typedef struct AmbitGradientSum AmbitGradientSum;

AmbitStatus ambit_gradient_sum_create(AmbitGradientSum **sum, const AmbitModel *model,
                                      AmbitError *error);
void ambit_gradient_sum_destroy(AmbitGradientSum **sum);
size_t ambit_gradient_sum_bytes(const AmbitModel *model);
/* Before the first pass of a step: the first shard overwrites what the block holds. */
void ambit_gradient_sum_reset(AmbitGradientSum *sum);
AmbitReal *ambit_gradient_sum_block(AmbitGradientSum *sum); // [block_size]; padding stays 0
/* After the last pass: AMBIT_NUMERICAL, with the tensor's name, if a pass broke the contract. */
AmbitStatus ambit_gradient_sum_check(const AmbitGradientSum *sum, AmbitError *error);

/* One pass's part in a sum. */
struct AmbitGradient {
    AmbitGradientSum *sum;
    size_t shard; // passes of this sum before this one
};

/* Around an addition to the gradient of a tensor: begin waits for the turn of this pass and gives
 * the tensor's part of the block, NULL if the pass has no gradient or had its turn already;
 * *accumulate is false for the first pass, which overwrites. */
AmbitReal *ambit_gradient_begin(const AmbitGradient *gradient, size_t tensor, bool *accumulate);
void ambit_gradient_end(const AmbitGradient *gradient, size_t tensor);
/* Ends a pass: what it left out is noted and counts as 0, so that later passes can go on.
 * ambit_model_backward calls it. */
void ambit_gradient_finish(const AmbitGradient *gradient);
/* begin and end around the addition of values [count] worked out elsewhere. */
void ambit_gradient_add(const AmbitGradient *gradient, const AmbitKernels *kernels, size_t tensor,
                        const AmbitReal *values);

#endif
