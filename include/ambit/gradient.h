// SPDX-License-Identifier: MIT
// Gradient: the ordered sum of what several backward passes add.
#ifndef AMBIT_GRADIENT_H
#define AMBIT_GRADIENT_H

#include "ambit/model.h"

/* The sum of the gradients of several passes, one for each shard of a group. Gradients are added in
 * the order of shards, whichever threads make the passes, so that the sum always has the same bits.
 *
 * Contract: every pass adds to every tensor exactly once. ambit_gradient_begin waits until all
 * earlier shards have added to the tensor, so shards must be started in ascending order. A pass
 * that leaves out a tensor, or adds to one twice, is a program error, which
 * ambit_gradient_sum_check reports; no pass waits for ever because of it. */
typedef struct AmbitGradientSum AmbitGradientSum;

AmbitStatus ambit_gradient_sum_create(AmbitGradientSum **sum, const AmbitModel *model,
                                      AmbitError *error);
void ambit_gradient_sum_destroy(AmbitGradientSum **sum);
size_t ambit_gradient_sum_bytes(const AmbitModel *model);
/* To be called before the first pass of a step. The first shard then overwrites the block. */
void ambit_gradient_sum_reset(AmbitGradientSum *sum);
AmbitReal *ambit_gradient_sum_block(AmbitGradientSum *sum); // [block_size]; padding stays 0
/* To be called after the last pass. Returns AMBIT_NUMERICAL, with the tensor's name in the message,
 * if a pass broke the contract. */
AmbitStatus ambit_gradient_sum_check(const AmbitGradientSum *sum, AmbitError *error);

/* Which sum a pass adds to, and when. */
struct AmbitGradient {
    AmbitGradientSum *sum;
    size_t shard; // index of the pass in its group: passes 0 … shard − 1 add before it
};

/* ambit_gradient_begin and ambit_gradient_end enclose an addition to a tensor's gradient. `begin`
 * waits until all earlier passes have added to this tensor, and returns the tensor's part of the
 * sum. It returns NULL if the pass computes no gradient or has already added to the tensor; the
 * caller must then add nothing and not call `end`. *accumulate is false for the first pass, which
 * overwrites the sum. */
AmbitReal *ambit_gradient_begin(const AmbitGradient *gradient, size_t tensor, bool *accumulate);
void ambit_gradient_end(const AmbitGradient *gradient, size_t tensor);
/* Ends a pass. A tensor that the pass left out is noted for ambit_gradient_sum_check and counts as
 * 0, so that later passes need not wait. ambit_model_backward calls this function. */
void ambit_gradient_finish(const AmbitGradient *gradient);
/* Adds `values`, as many as the tensor has: begin, the addition, and end in one call. */
void ambit_gradient_add(const AmbitGradient *gradient, const AmbitKernels *kernels, size_t tensor,
                        const AmbitReal *values);

#endif
