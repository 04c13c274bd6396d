// SPDX-License-Identifier: MIT
// The peaks of this CPU that kernels are measured against, for `ambit bench`.
#ifndef AMBIT_PEAK_H
#define AMBIT_PEAK_H

#include "ambit/status.h"
#include <stddef.h>

/* Loops of independent multiply-adds in registers, which measure the peak of a level. Each function
 * runs `rounds` rounds on the calling thread and returns the FLOP done. */
typedef struct AmbitPeak {
    double (*float32)(size_t rounds);
    double (*bfloat16)(size_t rounds); // with the unit that matmul uses; NULL without bfloat16
    unsigned n_products;               // bfloat16 products for each float32 product; 0: none
} AmbitPeak;

/* Fills in the peak of a level. Levels and errors are those of ambit_kernels_select. */
AmbitStatus ambit_kernels_peak(AmbitPeak *peak, const char *level, AmbitError *error);

#endif
