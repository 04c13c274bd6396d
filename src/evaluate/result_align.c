// SPDX-License-Identifier: MIT
// Results of models of different sizes, brought to the same axes.
#include "ambit/memory.h"
#include "result.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An axis with the coordinates that any of the results has. */
typedef struct Union {
    double *values; // ascending
    size_t length;
} Union;

static AmbitStatus no_memory(const char *axis, AmbitError *error)
{
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for axis %s", axis);
}

/* The axis of this name among those of numbers that probes have added, or NULL. */
static const AmbitResultAxis *find_axis(const AmbitTargetResult *result, const char *name)
{
    size_t at = result ? ambit_result_find_axis(result, name) : 0;
    return result && at >= AMBIT_N_AXES && at < result->n_axes && result->axes[at].values
               ? &result->axes[at]
               : NULL;
}

static AmbitStatus unite(AmbitTargetResult *const *results, size_t n, const char *name, Union *all,
                         AmbitError *error)
{
    size_t room = 0, count = 0;
    for (size_t i = 0; i < n; i++)
        room += find_axis(results[i], name) ? find_axis(results[i], name)->length : 0;
    all->values = ambit_alloc(room, sizeof *all->values);
    if (!all->values)
        return no_memory(name, error);
    for (size_t i = 0; i < n; i++) {
        const AmbitResultAxis *axis = find_axis(results[i], name);
        for (size_t k = 0; axis && k < axis->length; k++)
            all->values[count++] = axis->values[k];
    }
    gsl_sort(all->values, 1, count);
    for (size_t k = 0; k < count; k++)
        if (k == 0 || all->values[k] != all->values[all->length - 1])
            all->values[all->length++] = all->values[k];
    return AMBIT_OK;
}

/* Moves the values of an array whose axis at `place` becomes longer; `to` [old length] are the new
 * indices of the old coordinates. */
static AmbitStatus widen_array(const AmbitTargetResult *result, AmbitResultArray *array,
                               size_t place, const size_t *to, size_t length, AmbitError *error)
{
    size_t old = result->axes[array->axes[place]].length, inner = 1;
    size_t conditions = array->measure.fixed ? 1 : ambit_result_n_conditions(result);
    for (size_t i = place + 1; i < array->rank; i++)
        inner *= result->axes[array->axes[i]].length;
    size_t outer = conditions * (array->count / (old * inner));
    double *values = ambit_alloc(outer * length, inner * sizeof *values);
    if (!values)
        return no_memory(array->measure.words.name, error);
    for (size_t i = 0; i < outer * length * inner; i++)
        values[i] = NAN;
    for (size_t o = 0; o < outer; o++)
        for (size_t k = 0; k < old; k++)
            memcpy(values + (o * length + to[k]) * inner, array->values + (o * old + k) * inner,
                   inner * sizeof *values);
    ambit_free(array->values);
    array->values = values;
    array->count = array->count / old * length;
    return AMBIT_OK;
}

/* Gives an axis the coordinates of all, of which its own are some. */
static AmbitStatus widen(AmbitTargetResult *result, const char *name, const Union *all,
                         AmbitError *error)
{
    AmbitResultAxis *axis = (AmbitResultAxis *)find_axis(result, name);
    if (!axis || axis->length == all->length)
        return AMBIT_OK;
    size_t at = (size_t)(axis - result->axes), *to = ambit_alloc(axis->length, sizeof *to);
    double *values = ambit_alloc(all->length, sizeof *values);
    AmbitStatus status = to && values ? AMBIT_OK : no_memory(name, error);
    for (size_t k = 0, found = 0; !status && k < axis->length; k++) {
        for (found = 0; all->values[found] != axis->values[k];)
            found++;
        to[k] = found;
    }
    for (size_t i = 0; i < result->n_arrays && !status; i++)
        for (size_t place = 0; place < result->arrays[i].rank && !status; place++)
            if (result->arrays[i].axes[place] == at && result->arrays[i].values)
                status = widen_array(result, &result->arrays[i], place, to, all->length, error);
    if (!status) {
        memcpy(values, all->values, all->length * sizeof *values);
        ambit_free(axis->values);
        axis->values = values;
        axis->length = all->length;
        values = NULL;
    }
    ambit_free(to);
    ambit_free(values);
    return status;
}

AmbitStatus ambit_results_align(AmbitTargetResult *const *results, size_t n, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    size_t first = 0;
    while (first < n && !results[first])
        first++;
    for (size_t a = AMBIT_N_AXES; first < n && a < results[first]->n_axes && !status; a++) {
        const AmbitResultAxis *axis = &results[first]->axes[a];
        Union all = {0};
        if (!axis->values)
            continue;
        status = unite(results, n, axis->words.name, &all, error);
        for (size_t i = 0; i < n && !status; i++)
            status = widen(results[i], axis->words.name, &all, error);
        ambit_free(all.values);
    }
    return status;
}
