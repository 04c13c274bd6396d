// SPDX-License-Identifier: MIT
// Cosines of whole arrays, in arithmetic that compilers turn into vector instructions.
#ifndef AMBIT_PREDICT_COSINE_H
#define AMBIT_PREDICT_COSINE_H

/* Returns cos 2πt for |t| < 2^50, within 4e-16 (the Taylor series of sin ends at 1e-18). Whole
 * turns are taken off exactly: adding 1.5 · 2^52 rounds to an integer. */
static inline double ambit_cosine(double t)
{
    const double integer = 6755399441055744.0, pi = 3.14159265358979323846;
    double turn = t - ((t + integer) - integer); // −½…½
    double angle = 2.0 * pi * (0.25 - (turn < 0.0 ? -turn : turn)), square = angle * angle;
    double series = 1.0 / 51090942171709440000.0; // 1 / 21!
    series = series * square - 1.0 / 121645100408832000.0;
    series = series * square + 1.0 / 355687428096000.0;
    series = series * square - 1.0 / 1307674368000.0;
    series = series * square + 1.0 / 6227020800.0;
    series = series * square - 1.0 / 39916800.0;
    series = series * square + 1.0 / 362880.0;
    series = series * square - 1.0 / 5040.0;
    series = series * square + 1.0 / 120.0;
    series = series * square - 1.0 / 6.0;
    return angle + angle * square * series;
}

#endif
