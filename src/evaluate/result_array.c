// SPDX-License-Identifier: MIT
// Axes and arrays of a result.
#include "ambit/memory.h"
#include "result.h"

#include <string.h>

size_t ambit_result_n_leads(const AmbitTargetResult *result)
{
    return result->n_steps * result->n_sweep;
}

size_t ambit_result_axis_length(const AmbitTargetResult *result, size_t axis)
{
    const size_t own[AMBIT_N_AXES] = {result->n_steps, result->n_sweep, result->n_columns,
                                      result->n_prompts, result->n_queries};
    return axis < AMBIT_N_AXES ? own[axis] : result->axes[axis - AMBIT_N_AXES].length;
}

const AmbitResultArray *ambit_result_find(const AmbitTargetResult *result, const char *name)
{
    for (size_t i = 0; i < result->n_arrays; i++)
        if (strcmp(result->arrays[i].words.name, name) == 0)
            return &result->arrays[i];
    return NULL;
}

static bool copy_words(AmbitWords *copy, const AmbitWords *words)
{
    *copy = (AmbitWords){ambit_strdup(words->name), ambit_strdup(words->long_name),
                         ambit_strdup(words->units), ambit_strdup(words->description)};
    return copy->name && copy->long_name && copy->units && copy->description;
}

static void free_words(AmbitWords *words)
{
    ambit_free((char *)words->name);
    ambit_free((char *)words->long_name);
    ambit_free((char *)words->units);
    ambit_free((char *)words->description);
}

static bool copy_coordinates(AmbitResultAxis *axis, const double *values, char *const *labels)
{
    if (values) {
        axis->values = ambit_alloc(axis->length, sizeof *values);
        if (axis->values)
            memcpy(axis->values, values, axis->length * sizeof *values);
        return axis->values != NULL;
    }
    axis->labels = ambit_alloc(axis->length, sizeof *axis->labels);
    for (size_t i = 0; axis->labels && i < axis->length; i++)
        if (!(axis->labels[i] = ambit_strdup(labels[i])))
            return false;
    return axis->labels != NULL;
}

AmbitStatus ambit_result_add_axis(AmbitTargetResult *result, const AmbitWords *words, size_t length,
                                  const double *values, char *const *labels, size_t *axis,
                                  AmbitError *error)
{
    for (size_t i = 0; i < result->n_axes; i++)
        if (strcmp(result->axes[i].words.name, words->name) == 0) {
            *axis = AMBIT_N_AXES + i;
            return AMBIT_OK;
        }
    if (result->n_axes == AMBIT_MOST_AXES)
        return ambit_error_set(error, AMBIT_INVALID,
                               "axis %s: a target has %d of its own at most; give it fewer probes",
                               words->name, AMBIT_MOST_AXES);
    AmbitResultAxis *new = &result->axes[result->n_axes];
    *axis = AMBIT_N_AXES + result->n_axes++;
    new->length = length;
    if (copy_words(&new->words, words) && copy_coordinates(new, values, labels))
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for axis %s", words->name);
}

AmbitStatus ambit_result_add_array(AmbitTargetResult *result, const AmbitWords *words, bool raw,
                                   size_t rank, const size_t *axes, size_t *index,
                                   AmbitError *error)
{
    if (result->n_arrays == AMBIT_MOST_ARRAYS || rank > AMBIT_ARRAY_RANK)
        return ambit_error_set(
            error, AMBIT_INVALID,
            "measurement %s: at most %d over at most %d axes; give the target fewer probes",
            words->name, AMBIT_MOST_ARRAYS, AMBIT_ARRAY_RANK);
    AmbitResultArray *array = &result->arrays[ *index = result->n_arrays++];
    array->raw = raw;
    array->rank = rank;
    array->count = 1;
    for (size_t i = 0; i < rank; i++) {
        array->axes[i] = axes[i];
        array->count *= ambit_result_axis_length(result, axes[i]);
    }
    array->values = ambit_alloc(ambit_result_n_leads(result), array->count * sizeof *array->values);
    if (copy_words(&array->words, words) && array->values)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for measurement %s", words->name);
}

void ambit_result_free_arrays(AmbitTargetResult *result)
{
    for (size_t i = 0; i < result->n_arrays; i++) {
        free_words(&result->arrays[i].words);
        ambit_free(result->arrays[i].values);
    }
    for (size_t i = 0; i < result->n_axes; i++) {
        AmbitResultAxis *axis = &result->axes[i];
        free_words(&axis->words);
        ambit_free(axis->values);
        for (size_t l = 0; axis->labels && l < axis->length; l++)
            ambit_free(axis->labels[l]);
        ambit_free(axis->labels);
    }
}
