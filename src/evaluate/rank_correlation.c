// SPDX-License-Identifier: MIT
// Shares and rank correlations over few runs, with their intervals.
#include "ambit/statistics.h"

#include "ambit/memory.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdbool.h>

void ambit_wilson_interval(size_t successes, size_t n, double *low, double *high)
{
    double count = (double)n, share = (double)successes / count;
    double z = gsl_cdf_ugaussian_Pinv(0.95), square = z * z / count;
    double middle = (share + square / 2) / (1 + square);
    double half = z * sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square);
    *low = successes == 0 && n > 0 ? 0 : middle - half; // exactly, whatever the rounding
    *high = successes == n && n > 0 ? 1 : middle + half;
}

/* Pairs of numbers, and room for as many more. */
typedef struct Pairs {
    size_t n;
    double *x, *y;             // [n]
    double *x_drawn, *y_drawn; // [n]
    double *work;              // [2n]
} Pairs;

/* Where one side is all the same, GSL divides 0 by 0. */
static double correlate(const double *x, const double *y, size_t n, double *work)
{
    return n < 2 ? NAN : gsl_stats_spearman(x, 1, y, 1, n, work);
}

static double correlate_resample(const Pairs *pairs, AmbitKey key, uint32_t index)
{
    AmbitRandom random;
    ambit_random_open(&random, key, AMBIT_STREAM_RUNS, index);
    for (size_t i = 0; i < pairs->n; i++) {
        size_t from = gsl_rng_uniform_int(&random.rng, pairs->n);
        pairs->x_drawn[i] = pairs->x[from];
        pairs->y_drawn[i] = pairs->y[from];
    }
    return correlate(pairs->x_drawn, pairs->y_drawn, pairs->n, pairs->work);
}

static void find_interval(const Pairs *pairs, size_t n_resamples, AmbitKey key, double *resampled,
                          AmbitRankCorrelation *correlation)
{
    size_t count = 0;
    for (size_t r = 0; r < n_resamples; r++) {
        double value = correlate_resample(pairs, key, (uint32_t)r);
        if (!isnan(value))
            resampled[count++] = value;
    }
    if (count == 0)
        return;
    gsl_sort(resampled, 1, count);
    correlation->low = gsl_stats_quantile_from_sorted_data(resampled, 1, count, 0.05);
    correlation->high = gsl_stats_quantile_from_sorted_data(resampled, 1, count, 0.95);
}

AmbitStatus ambit_rank_correlation(AmbitRankCorrelation *correlation, const double *x,
                                   const double *y, size_t n, size_t n_resamples, AmbitKey key,
                                   AmbitError *error)
{
    double *room = ambit_alloc(6 * n, sizeof *room);
    double *resampled = ambit_alloc(n_resamples, sizeof *resampled);
    bool ok = room && resampled;
    Pairs pairs = {0, room, room + n, room + 2 * n, room + 3 * n, room + 4 * n};
    *correlation = (AmbitRankCorrelation){NAN, NAN, NAN, 0};
    for (size_t i = 0; ok && i < n; i++)
        if (!isnan(x[i]) && !isnan(y[i])) {
            pairs.x[pairs.n] = x[i];
            pairs.y[pairs.n++] = y[i];
        }
    if (ok) {
        correlation->n_pairs = pairs.n;
        correlation->value = correlate(pairs.x, pairs.y, pairs.n, pairs.work);
    }
    if (ok && pairs.n >= AMBIT_LEAST_PAIRS && !isnan(correlation->value))
        find_interval(&pairs, n_resamples, key, resampled, correlation);
    ambit_free(room);
    ambit_free(resampled);
    return ok ? AMBIT_OK
              : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu resamples of %zu runs",
                                n_resamples, n);
}
