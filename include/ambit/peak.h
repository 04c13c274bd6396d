// SPDX-License-Identifier: MIT
// The peak speed of this CPU, with which `ambit bench` compares the kernels.
#ifndef AMBIT_PEAK_H
#define AMBIT_PEAK_H

#include "ambit/status.h"
#include <stddef.h>

/* Loops of independent multiply-adds in registers, which measure the peak of a level. Each function
 * runs `rounds` rounds on the calling thread and returns how many operations it did, in FLOP. */
typedef struct AmbitPeak {
    double (*float32)(size_t rounds);
    double (*bfloat16)(size_t rounds); // with the unit that matmul uses; NULL without bfloat16
    unsigned n_products; // bfloat16 products that one float32 product takes; 0: no bfloat16
} AmbitPeak;

/* Fills in the peak of a level. Levels and errors are those of ambit_kernels_select. */
AmbitStatus ambit_kernels_peak(AmbitPeak *peak, const char *level, AmbitError *error);

#endif
