// SPDX-License-Identifier: MIT
// Mean, median and the bootstrap interval of the mean over prompts.
#include "ambit/evaluation.h"

#include "ambit/memory.h"

#include <gsl/gsl_statistics_double.h>
#include <string.h>

static void add_row(double *sum, const double *row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += row[i];
}

static void means(const double *values, size_t n_prompts, size_t n_queries, double *mean)
{
    memset(mean, 0, n_queries * sizeof *mean);
    for (size_t n = 0; n < n_prompts; n++)
        add_row(mean, values + n * n_queries, n_queries);
    for (size_t q = 0; q < n_queries; q++)
        mean[q] /= (double)n_prompts;
}

static void copy_column(const double *values, size_t n_rows, size_t n_columns, size_t at,
                        double *column)
{
    for (size_t n = 0; n < n_rows; n++)
        column[n] = values[n * n_columns + at];
}

/* A quantile, interpolated between the two nearest values as GSL does for sorted data. Reorders the
 * values. */
static double quantile(double *values, size_t n, double share)
{
    double at = share * (double)(n - 1);
    size_t below = (size_t)at;
    double low = gsl_stats_select(values, 1, n, below), part = at - (double)below;
    if (below + 1 >= n)
        return low;
    return (1.0 - part) * low + part * gsl_stats_select(values, 1, n, below + 1);
}

static void medians(const double *values, size_t n_prompts, size_t n_queries, double *column,
                    double *median)
{
    for (size_t q = 0; q < n_queries; q++) {
        copy_column(values, n_prompts, n_queries, q, column);
        median[q] = quantile(column, n_prompts, 0.5);
    }
}

/* row [Q]: the mean of as many prompts, drawn with replacement, as there are. */
static void resample(const double *values, size_t n_prompts, size_t n_queries, AmbitKey key,
                     uint32_t index, double *row)
{
    AmbitRandom random;
    ambit_random_open(&random, key, AMBIT_STREAM_BOOTSTRAP, index);
    memset(row, 0, n_queries * sizeof *row);
    for (size_t i = 0; i < n_prompts; i++) {
        size_t n = gsl_rng_uniform_int(&random.rng, n_prompts);
        add_row(row, values + n * n_queries, n_queries);
    }
    for (size_t q = 0; q < n_queries; q++)
        row[q] /= (double)n_prompts;
}

/* The 90 % interval of each query's mean over `resampled` [R][Q]. */
static void intervals(const double *resampled, size_t n_resamples, size_t n_queries, double *column,
                      double *low, double *high)
{
    for (size_t q = 0; q < n_queries; q++) {
        copy_column(resampled, n_resamples, n_queries, q, column);
        low[q] = quantile(column, n_resamples, 0.05);
        high[q] = quantile(column, n_resamples, 0.95);
    }
}

AmbitStatus ambit_bootstrap_statistics(const double *values, size_t n_prompts, size_t n_queries,
                                       size_t n_resamples, AmbitKey key, double *mean,
                                       double *median, double *low, double *high, AmbitError *error)
{
    double *column = ambit_alloc(n_prompts > n_resamples ? n_prompts : n_resamples, sizeof *column);
    double *resampled = ambit_alloc(n_resamples, n_queries * sizeof *resampled); // [R][Q]
    bool ok = column && resampled;
    if (ok) {
        means(values, n_prompts, n_queries, mean);
        medians(values, n_prompts, n_queries, column, median);
    }
    for (size_t r = 0; ok && r < n_resamples; r++)
        resample(values, n_prompts, n_queries, key, (uint32_t)r, resampled + r * n_queries);
    if (ok)
        intervals(resampled, n_resamples, n_queries, column, low, high);
    ambit_free(column);
    ambit_free(resampled);
    return ok ? AMBIT_OK
              : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu resamples of %zu means",
                                n_resamples, n_queries);
}
