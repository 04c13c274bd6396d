// SPDX-License-Identifier: MIT
// Where training might have been stopped early.
#include "ambit/evaluation.h"

#include <math.h>

const char *const ambit_stop_names[AMBIT_N_STOPS + 1] = {"best_accuracy", "least_loss", "end",
                                                         NULL};

/* Index of the first of the greatest values; SIZE_MAX if none is defined. `sign` −1: the least. */
static size_t first_best(const double *values, size_t n, size_t stride, double sign)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i * stride]) &&
            (best == SIZE_MAX || sign * values[i * stride] > sign * values[best * stride]))
            best = i;
    return best;
}

/* A result from a file may have an array of this name over other axes. */
static bool is_by_predictor(const AmbitResultArray *array)
{
    return array && array->rank == 1 && array->axes[0] == AMBIT_AXIS_PREDICTOR && array->values &&
           !array->measure.fixed;
}

size_t ambit_stop_index(const AmbitTargetResult *r, size_t column, AmbitStop stop)
{
    const AmbitResultArray *loss = ambit_result_find(r, "mean_loss");
    size_t curve = r->n_sweep * r->n_columns * r->n_queries;
    if (!r->axes[AMBIT_AXIS_STEP].values)
        return SIZE_MAX;
    if (stop == AMBIT_STOP_END)
        return r->n_steps - 1;
    if (stop == AMBIT_STOP_BEST_ACCURACY)
        return first_best(r->mean + column * r->n_queries, r->n_steps, curve,
                          r->metric->normalized ? -1.0 : 1.0);
    return is_by_predictor(loss)
               ? first_best(loss->values + column, r->n_steps, r->n_sweep * loss->count, -1.0)
               : SIZE_MAX;
}
