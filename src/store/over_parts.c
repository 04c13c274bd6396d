// SPDX-License-Identifier: MIT
// What computations over runs share: runs of points, their accuracies, arrays, means.
#include "over_runs.h"

#include <math.h>
#include <string.h>

size_t ambit_over_run(const AmbitRuns *runs, size_t point, size_t seed)
{
    size_t stride = 1;
    if (runs->seed_axis == runs->n_axes)
        return point;
    for (size_t a = runs->seed_axis + 1; a < runs->n_axes; a++)
        stride *= runs->axes[a].length;
    return (point / stride * runs->axes[runs->seed_axis].length + seed) * stride + point % stride;
}

const AmbitTargetResult *ambit_over_find(const AmbitOver *over, const char *target, size_t run)
{
    const AmbitResultsSummary *summary = over->input->results[run];
    for (size_t t = 0; summary && target && t < summary->n_targets; t++)
        if (strcmp(summary->names[t], target) == 0)
            return summary->results[t];
    return NULL;
}

size_t ambit_over_column(const AmbitOver *over, const AmbitTargetResult *result, size_t column)
{
    const char *name = over->result->axes[AMBIT_AXIS_PREDICTOR].labels[column];
    size_t c = 0;
    while (c < result->n_columns && strcmp(result->axes[AMBIT_AXIS_PREDICTOR].labels[c], name) != 0)
        c++;
    return c;
}

double ambit_over_accuracy(const AmbitOver *over, const char *target, size_t run, size_t column,
                           size_t step)
{
    const AmbitTargetResult *result = ambit_over_find(over, target, run);
    size_t c = result ? ambit_over_column(over, result, column) : 0;
    return result && c < result->n_columns && step < result->n_steps
               ? result->mean[(step * result->n_columns + c) * result->n_queries]
               : NAN;
}

bool ambit_over_learned(const AmbitOver *over, size_t run, size_t column)
{
    const AmbitTargetResult *result = ambit_over_find(over, over->validation, run);
    return result && ambit_over_accuracy(over, over->validation, run, column,
                                         result->n_steps - 1) >= AMBIT_LEARNED;
}

AmbitStatus ambit_over_add(const AmbitOver *over, const AmbitMeasure *measure, unsigned shape,
                           AmbitError *error)
{
    const AmbitRuns *runs = over->input->runs;
    size_t axes[AMBIT_ARRAY_RANK], rank = 0, index;
    for (size_t a = 0; a < runs->n_axes && shape & (AMBIT_OVER_POINTS | AMBIT_OVER_ALL); a++)
        if (shape & AMBIT_OVER_ALL || a != runs->seed_axis)
            axes[rank++] = ambit_result_find_axis(over->result, runs->axes[a].words.name);
    if (shape & AMBIT_OVER_MEASURES)
        axes[rank++] = ambit_result_find_axis(over->result, "measure");
    if (shape & AMBIT_OVER_STEPS)
        axes[rank++] = ambit_result_find_axis(over->result, "step");
    if (shape & AMBIT_OVER_PREDICTORS)
        axes[rank++] = AMBIT_AXIS_PREDICTOR;
    AmbitStatus status = ambit_result_add_array(over->result, measure, rank, axes, &index, error);
    for (size_t i = 0; !status && i < over->result->arrays[index].count; i++)
        over->result->arrays[index].values[i] = NAN;
    return status;
}

void ambit_over_mean(const AmbitOver *over, size_t array, size_t at)
{
    AmbitResultArray *arrays_of = over->result->arrays + array;
    ambit_runs_interval(over->scratch, over->n_seeds, &arrays_of[0].values[at],
                        &arrays_of[1].values[at], &arrays_of[2].values[at]);
}
