// SPDX-License-Identifier: MIT
// Mean, median and the bootstrap interval of the mean over prompts.
#include "ambit/evaluation.h"

#include "ambit/memory.h"

#include <gsl/gsl_sort.h>
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

static void medians(const double *values, size_t n_prompts, size_t n_queries, double *column,
                    double *median)
{
    for (size_t q = 0; q < n_queries; q++) {
        for (size_t n = 0; n < n_prompts; n++)
            column[n] = values[n * n_queries + q];
        gsl_sort(column, 1, n_prompts);
        median[q] = gsl_stats_median_from_sorted_data(column, 1, n_prompts);
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

AmbitStatus ambit_bootstrap_statistics(const double *values, size_t n_prompts, size_t n_queries,
                                       size_t n_resamples, AmbitKey key, double *mean,
                                       double *median, double *low, double *high, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    double *column = ambit_alloc(n_prompts, sizeof *column);
    double *resampled = ambit_alloc(n_resamples, n_queries * sizeof *resampled); // [R][Q]
    if (!column || !resampled) {
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu resamples of %zu means",
                                 n_resamples, n_queries);
        goto done;
    }
    means(values, n_prompts, n_queries, mean);
    medians(values, n_prompts, n_queries, column, median);
    for (size_t r = 0; r < n_resamples; r++)
        resample(values, n_prompts, n_queries, key, (uint32_t)r, resampled + r * n_queries);
    for (size_t q = 0; q < n_queries; q++) {
        gsl_sort(resampled + q, n_queries, n_resamples);
        low[q] = gsl_stats_quantile_from_sorted_data(resampled + q, n_queries, n_resamples, 0.05);
        high[q] = gsl_stats_quantile_from_sorted_data(resampled + q, n_queries, n_resamples, 0.95);
    }
done:
    ambit_free(column);
    ambit_free(resampled);
    return status;
}
