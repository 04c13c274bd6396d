// SPDX-License-Identifier: MIT
// Mean, median and the bootstrap interval of the mean over examples.
#include "ambit/evaluation.h"

#include "ambit/memory.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

/* Sums over examples, each [Q]. */
typedef struct Sums {
    double *value, *weight;
} Sums;

static void add_example(const Sums *sums, const AmbitSample *sample, size_t n)
{
    const double *value = sample->values + n * sample->n_queries;
    const double *weight = sample->weights ? sample->weights + n * sample->n_queries : NULL;
    for (size_t q = 0; !weight && q < sample->n_queries; q++)
        sums->value[q] += value[q];
    for (size_t q = 0; weight && q < sample->n_queries; q++)
        if (!isnan(value[q])) {
            sums->value[q] += weight[q] * value[q];
            sums->weight[q] += weight[q];
        }
}

/* mean [Q] over the examples or, with a generator, over as many drawn with replacement. */
static void mean_of(const AmbitSample *sample, const Sums *sums, gsl_rng *rng, double *mean)
{
    size_t n_examples = sample->n_examples;
    memset(sums->value, 0, sample->n_queries * sizeof *sums->value);
    memset(sums->weight, 0, sample->n_queries * sizeof *sums->weight);
    for (size_t n = 0; n < n_examples; n++)
        add_example(sums, sample, rng ? gsl_rng_uniform_int(rng, n_examples) : n);
    for (size_t q = 0; q < sample->n_queries; q++) {
        double count = sample->weights ? sums->weight[q] : (double)n_examples;
        mean[q] = count > 0.0 ? sums->value[q] / count : NAN;
    }
}

static void copy_column(const double *values, size_t n_rows, size_t n_columns, size_t at,
                        double *column)
{
    for (size_t n = 0; n < n_rows; n++)
        column[n] = values[n * n_columns + at];
}

/* Moves the defined values to the front and returns their number. */
static size_t defined(double *values, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            values[count++] = values[i];
    return count;
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

/* Where the mean is NaN, so are the other statistics: values are not in any order then. */
static void medians(const AmbitSample *sample, double *column, const AmbitStatistics *statistics)
{
    for (size_t q = 0; q < sample->n_queries; q++) {
        copy_column(sample->values, sample->n_examples, sample->n_queries, q, column);
        statistics->median[q] =
            isnan(statistics->mean[q]) ? NAN : quantile(column, sample->n_examples, 0.5);
    }
}

/* The 90 % interval of each query's mean over `resampled` [R][Q]. A resample whose examples have no
 * weight does not count. */
static void intervals(const AmbitSample *sample, const double *resampled, size_t n_resamples,
                      double *column, const AmbitStatistics *statistics)
{
    for (size_t q = 0; q < sample->n_queries; q++) {
        size_t n = 0;
        copy_column(resampled, n_resamples, sample->n_queries, q, column);
        if (!isnan(statistics->mean[q]))
            n = defined(column, n_resamples);
        statistics->low[q] = n ? quantile(column, n, 0.05) : NAN;
        statistics->high[q] = n ? quantile(column, n, 0.95) : NAN;
    }
}

AmbitStatus ambit_bootstrap_statistics(const AmbitSample *sample, size_t n_resamples, AmbitKey key,
                                       const AmbitStatistics *statistics, AmbitError *error)
{
    size_t n = sample->n_examples, queries = sample->n_queries;
    double *column = ambit_alloc(n > n_resamples ? n : n_resamples, sizeof *column);
    double *resampled = ambit_alloc(n_resamples, queries * sizeof *resampled); // [R][Q]
    const Sums sums = {ambit_alloc(queries, sizeof(double)), ambit_alloc(queries, sizeof(double))};
    bool ok = column && resampled && sums.value && sums.weight;
    if (ok)
        mean_of(sample, &sums, NULL, statistics->mean);
    if (ok && statistics->median)
        medians(sample, column, statistics);
    for (size_t r = 0; ok && r < n_resamples; r++) {
        AmbitRandom random;
        ambit_random_open(&random, key, AMBIT_STREAM_BOOTSTRAP, (uint32_t)r);
        mean_of(sample, &sums, &random.rng, resampled + r * queries);
    }
    if (ok)
        intervals(sample, resampled, n_resamples, column, statistics);
    ambit_free(column);
    ambit_free(resampled);
    ambit_free(sums.value);
    ambit_free(sums.weight);
    return ok ? AMBIT_OK
              : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu resamples of %zu means",
                                n_resamples, queries);
}
