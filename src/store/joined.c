// SPDX-License-Identifier: MIT
// The runs of a joined file, and intervals over runs.
#include "joined.h"

#include "ambit/memory.h"
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

size_t ambit_runs_place(const AmbitRuns *runs, size_t run, size_t axis)
{
    for (size_t a = runs->n_axes; --a > axis;)
        run /= runs->axes[a].length;
    return run % runs->axes[axis].length;
}

void ambit_runs_free(AmbitRuns *runs)
{
    for (size_t i = 0; runs->names && i < runs->n_runs; i++)
        ambit_free(runs->names[i]);
    ambit_free(runs->names);
    for (size_t a = 0; a < runs->n_axes; a++) {
        AmbitResultAxis *axis = &runs->axes[a];
        for (size_t i = 0; axis->labels && i < axis->length; i++)
            ambit_free(axis->labels[i]);
        ambit_free(axis->labels);
        ambit_free(axis->values);
        ambit_free((char *)axis->words.name);
    }
    *runs = (AmbitRuns){0};
}

size_t ambit_runs_interval(const double *values, size_t n, double *mean, double *low, double *high)
{
    double sum = 0, squares = 0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i])) {
            sum += values[i];
            count++;
        }
    *mean = count ? sum / (double)count : NAN;
    *low = *high = NAN;
    if (count < 2)
        return count;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            squares += (values[i] - *mean) * (values[i] - *mean);
    double freedom = (double)count - 1;
    double half = gsl_cdf_tdist_Pinv(0.95, freedom) * sqrt(squares / freedom / (double)count);
    *low = *mean - half;
    *high = *mean + half;
    return count;
}

/* The result of a target in a run, or NULL. */
static AmbitTargetResult *find_result(const AmbitResultsSummary *summary, const char *target)
{
    for (size_t t = 0; summary && t < summary->n_targets; t++)
        if (strcmp(summary->names[t], target) == 0)
            return summary->results[t];
    return NULL;
}

AmbitStatus ambit_runs_align(const AmbitRuns *runs, AmbitResultsSummary *const *results,
                             AmbitError *error)
{
    AmbitTargetResult **of_target = ambit_alloc(runs->n_runs, sizeof *of_target);
    AmbitStatus status =
        of_target ? AMBIT_OK : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory to join runs");
    for (size_t first = 0; first < runs->n_runs; first++)
        for (size_t t = 0; results[first] && t < results[first]->n_targets && !status; t++) {
            for (size_t run = 0; run < runs->n_runs; run++)
                of_target[run] = find_result(results[run], results[first]->names[t]);
            status = ambit_results_align(of_target, runs->n_runs, error);
        }
    ambit_free(of_target);
    return status;
}

AmbitHdfPlace ambit_joined_place(const AmbitRuns *runs, size_t run)
{
    AmbitHdfPlace place = {.n_axes = runs->n_axes, .axes = runs->axes};
    for (size_t a = 0; a < runs->n_axes; a++)
        place.index[a] = ambit_runs_place(runs, run, a);
    return place;
}
