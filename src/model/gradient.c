// SPDX-License-Identifier: MIT
// Additions to a gradient that several passes share: each waits until the pass before has made its.
#include "model.h"

#include <sched.h>
#include <string.h>

bool ambit_gradient_begin(const AmbitGradient *gradient)
{
    if (!gradient)
        return false;
    size_t made = gradient->made ? atomic_load_explicit(gradient->made, memory_order_relaxed) : 0;
    if (gradient->before)
        while (atomic_load_explicit(gradient->before, memory_order_acquire) <= made)
            sched_yield(); // the pass before may need this processor
    return true;
}

void ambit_gradient_end(const AmbitGradient *gradient)
{
    if (gradient->made)
        atomic_fetch_add_explicit(gradient->made, 1, memory_order_release);
}

void ambit_gradient_add(const AmbitGradient *gradient, const AmbitKernels *kernels, size_t offset,
                        const AmbitReal *values, size_t count)
{
    if (gradient->before)
        kernels->add(&kernels->context, gradient->block + offset, values, count);
    else
        memcpy(gradient->block + offset, values, count * sizeof *values);
}
