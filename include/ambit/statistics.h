// SPDX-License-Identifier: MIT
// Statistics over few values, such as one for each of several runs. Those over the examples of an
// evaluation are in ambit/evaluation.h.
#ifndef AMBIT_STATISTICS_H
#define AMBIT_STATISTICS_H

#include "ambit/random.h"
#include "ambit/status.h"
#include <stddef.h>

/* The 90 % interval of a probability after `successes` in n trials by Wilson's score (Wilson 1927;
 * Brown, Cai and DasGupta 2001, equation 4), with share = successes / n and z = 1.645:
 *     (share + z²/2n ± z √(share (1 − share) / n + z²/4n²)) / (1 + z²/n).
 * It lies within 0 … 1, and has a width also where all trials or none succeeded. NaN if n is 0. */
void ambit_wilson_interval(size_t successes, size_t n, double *low, double *high);

/* Fewest pairs of which a rank correlation gets an interval. */
enum { AMBIT_LEAST_PAIRS = 4 };

typedef struct AmbitRankCorrelation {
    double value;     // NaN with fewer than two pairs, or where one side is all the same
    double low, high; // 90 % interval; NaN with fewer than AMBIT_LEAST_PAIRS pairs or without value
    size_t n_pairs;   // of numbers; the others are left out
} AmbitRankCorrelation;

/* Spearman's rank correlation of n pairs: the correlation of their ranks, where equal values share
 * the mean of their ranks (Spearman 1904). A pair with NaN is left out. The interval lies between
 * the quantiles .05 and .95 over resamples of the pairs (Efron and Tibshirani 1993, chapter 13),
 * drawn by the key; a resample of which one side is all the same does not count. */
AmbitStatus ambit_rank_correlation(AmbitRankCorrelation *correlation, const double *x,
                                   const double *y, size_t n, size_t n_resamples, AmbitKey key,
                                   AmbitError *error);

#endif
