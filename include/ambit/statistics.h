// SPDX-License-Identifier: MIT
// Statistics of few values, such as one value per run. Statistics over the examples of an
// evaluation are in ambit/evaluation.h.
#ifndef AMBIT_STATISTICS_H
#define AMBIT_STATISTICS_H

#include "ambit/random.h"
#include "ambit/status.h"
#include <stddef.h>

/* The 90 % interval of a probability after `successes` in n trials by Wilson's score (Wilson 1927;
 * Brown, Cai and DasGupta 2001, equation 4), with share = successes / n and z = 1.645:
 *     (share + z²/2n ± z √(share (1 − share) / n + z²/4n²)) / (1 + z²/n).
 * The interval lies within 0 … 1, and its width is positive even if all trials succeeded or none
 * did. NaN if n is 0. */
void ambit_wilson_interval(size_t successes, size_t n, double *low, double *high);

/* The least number of pairs for which ambit_rank_correlation computes an interval. */
enum { AMBIT_LEAST_PAIRS = 4 };

typedef struct AmbitRankCorrelation {
    double value;     // NaN with fewer than two pairs, or if all x or all y are equal
    double low, high; // 90 % interval; NaN if value is, or with fewer than AMBIT_LEAST_PAIRS pairs
    size_t n_pairs;   // pairs without NaN, which alone are used
} AmbitRankCorrelation;

/* Spearman's rank correlation of n pairs: the correlation of their ranks, where equal values share
 * the mean of their ranks (Spearman 1904). A pair with NaN is left out. The interval lies between
 * the quantiles .05 and .95 over resamples of the pairs (Efron and Tibshirani 1993, chapter 13),
 * which `key` determines. A resample in which all x or all y are equal is left out. */
AmbitStatus ambit_rank_correlation(AmbitRankCorrelation *correlation, const double *x,
                                   const double *y, size_t n, size_t n_resamples, AmbitKey key,
                                   AmbitError *error);

#endif
