// SPDX-License-Identifier: MIT
// What optimisers do between matrix products. All levels share Muon's steps: the instructions of a
// level would sum doubles in another order.
#include "reference.h"

#include <tgmath.h>

double ambit_reference_squares(const AmbitKernelContext *context, const AmbitReal *x, size_t count)
{
    (void)context;
    double part[8] = {0};
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (size_t j = 0; j < 8; j++)
            part[j] += (double)x[i + j] * (double)x[i + j];
    for (; i < count; i++)
        part[0] += (double)x[i] * (double)x[i];
    return ((part[0] + part[1]) + (part[2] + part[3])) +
           ((part[4] + part[5]) + (part[6] + part[7]));
}

void ambit_reference_scale(const AmbitKernelContext *context, AmbitReal *out, double factor,
                           size_t count)
{
    (void)context;
    const AmbitReal by = (AmbitReal)factor;
    for (size_t i = 0; i < count; i++)
        out[i] *= by;
}

double ambit_reference_muon_momentum(const AmbitKernelContext *context, AmbitReal *ahead,
                                     AmbitReal *momentum, const AmbitReal *gradient,
                                     const AmbitSubmatrix *shape, double beta)
{
    (void)context;
    const AmbitReal keep = (AmbitReal)beta, take = (AmbitReal)(1 - beta);
    double squares = 0;
    for (size_t r = 0; r < shape->rows; r++) {
        for (size_t c = 0; c < shape->columns; c++) {
            size_t i = r * shape->stride + c;
            AmbitReal g = take * gradient[i];
            momentum[i] = keep * momentum[i] + g;
            AmbitReal next = keep * momentum[i] + g;
            ahead[r * shape->columns + c] = next;
            squares += (double)next * (double)next;
        }
    }
    return squares;
}

void ambit_reference_muon_polynomial(const AmbitKernelContext *context, AmbitReal *square,
                                     const AmbitReal *x, size_t n, const double c[3])
{
    (void)context;
    for (size_t i = 0; i < n * n; i++)
        square[i] = (AmbitReal)c[1] * x[i] + (AmbitReal)c[2] * square[i];
    for (size_t i = 0; i < n; i++)
        square[i * n + i] += (AmbitReal)c[0];
}

void ambit_reference_muon_update(const AmbitKernelContext *context, AmbitReal *parameter,
                                 const AmbitReal *direction, const AmbitSubmatrix *shape,
                                 double rate)
{
    (void)context;
    const AmbitReal step = (AmbitReal)rate;
    for (size_t r = 0; r < shape->rows; r++)
        for (size_t c = 0; c < shape->columns; c++)
            parameter[r * shape->stride + c] -= step * direction[r * shape->columns + c];
}

void ambit_reference_adam(const AmbitKernelContext *context, AmbitReal *parameter,
                          AmbitReal *moment1, AmbitReal *moment2, const AmbitReal *gradient,
                          size_t count, const AmbitAdam *adam)
{
    (void)context;
    const AmbitReal beta1 = (AmbitReal)adam->beta1, beta2 = (AmbitReal)adam->beta2;
    const AmbitReal keep1 = (AmbitReal)(1 - adam->beta1), keep2 = (AmbitReal)(1 - adam->beta2);
    const AmbitReal rate = (AmbitReal)(adam->learning_rate / adam->correction1);
    const AmbitReal unbias = (AmbitReal)(1 / sqrt(adam->correction2));
    const AmbitReal epsilon = (AmbitReal)adam->epsilon, scale = (AmbitReal)adam->gradient_scale;
    for (size_t i = 0; i < count; i++) {
        AmbitReal g = gradient[i] * scale;
        moment1[i] = beta1 * moment1[i] + keep1 * g;
        moment2[i] = beta2 * moment2[i] + keep2 * g * g;
        parameter[i] -= rate * moment1[i] / (sqrt(moment2[i]) * unbias + epsilon);
    }
}
