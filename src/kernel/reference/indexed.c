// SPDX-License-Identifier: MIT
// Rows picked by index. All levels share these loops: they copy and add, which rounds alike with
// any instruction.
#include "reference.h"

#include <string.h>

void ambit_reference_gather_rows(const AmbitKernelContext *context, AmbitReal *out,
                                 const AmbitReal *x, const size_t *index, size_t n, size_t width)
{
    (void)context;
    for (size_t r = 0; r < n; r++)
        memcpy(out + r * width, x + index[r] * width, width * sizeof *out);
}

/* From the last row on, since index[r] >= r: no row is overwritten before it has moved. */
void ambit_reference_scatter_rows(const AmbitKernelContext *context, AmbitReal *x,
                                  const size_t *index, size_t n, size_t rows, size_t width)
{
    (void)context;
    for (size_t row = rows; row-- > 0;)
        if (n > 0 && index[n - 1] == row)
            memmove(x + row * width, x + --n * width, width * sizeof *x);
        else
            memset(x + row * width, 0, width * sizeof *x);
}

void ambit_reference_add_rows(const AmbitKernelContext *context, AmbitReal *out,
                              const AmbitReal *table, const size_t *index, size_t n, size_t width)
{
    for (size_t r = 0; r < n; r++)
        ambit_reference_add(context, out + r * width, table + index[r] * width, width);
}

void ambit_reference_accumulate_rows(const AmbitKernelContext *context, AmbitReal *table,
                                     const AmbitReal *x, const size_t *index, size_t n,
                                     size_t width)
{
    for (size_t r = 0; r < n; r++)
        ambit_reference_add(context, table + index[r] * width, x + r * width, width);
}
