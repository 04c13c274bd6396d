// SPDX-License-Identifier: MIT
// Axes and arrays of a result.
#include "ambit/memory.h"
#include "result.h"

#include <string.h>

size_t ambit_result_n_conditions(const AmbitTargetResult *result)
{
    return result->n_steps * result->n_sweep;
}

const char *ambit_result_sweep(const AmbitTargetResult *result)
{
    return result->axes[AMBIT_AXIS_SWEEP].words.name;
}

size_t ambit_result_find_axis(const AmbitTargetResult *result, const char *name)
{
    for (size_t i = AMBIT_AXIS_PREDICTOR; i < result->n_axes; i++)
        if (result->axes[i].words.name && strcmp(result->axes[i].words.name, name) == 0)
            return i;
    return result->n_axes;
}

const AmbitResultArray *ambit_result_find(const AmbitTargetResult *result, const char *name)
{
    for (size_t i = 0; i < result->n_arrays; i++)
        if (strcmp(result->arrays[i].measure.words.name, name) == 0)
            return &result->arrays[i];
    return NULL;
}

static bool copy_words(AmbitCaption *copy, const AmbitCaption *words)
{
    *copy = (AmbitCaption){ambit_strdup(words->name), ambit_strdup(words->long_name),
                           ambit_strdup(words->units), ambit_strdup(words->description)};
    return copy->name && copy->long_name && copy->units && copy->description;
}

static void free_words(AmbitCaption *words)
{
    ambit_free((char *)words->name);
    ambit_free((char *)words->long_name);
    ambit_free((char *)words->units);
    ambit_free((char *)words->description);
}

static bool copy_measure(AmbitMeasure *copy, const AmbitMeasure *measure)
{
    *copy = *measure;
    copy->low = measure->low ? ambit_strdup(measure->low) : NULL;
    copy->high = measure->high ? ambit_strdup(measure->high) : NULL;
    return copy_words(&copy->words, &measure->words) && !copy->low == !measure->low &&
           !copy->high == !measure->high;
}

static void free_axis(AmbitResultAxis *axis)
{
    free_words(&axis->words);
    ambit_free(axis->values);
    for (size_t i = 0; axis->labels && i < axis->length; i++)
        ambit_free(axis->labels[i]);
    ambit_free(axis->labels);
    *axis = (AmbitResultAxis){0};
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

static AmbitStatus fill_axis(AmbitResultAxis *axis, const AmbitCaption *words, size_t length,
                             const double *values, char *const *labels, AmbitError *error)
{
    axis->length = length;
    if (copy_words(&axis->words, words) && copy_coordinates(axis, values, labels))
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for axis %s", words->name);
}

AmbitStatus ambit_result_set_axis(AmbitTargetResult *result, AmbitAxis axis,
                                  const AmbitCaption *words, size_t length, const double *values,
                                  char *const *labels, AmbitError *error)
{
    size_t *const counts[AMBIT_N_AXES] = {&result->n_steps, &result->n_sweep, &result->n_columns,
                                          &result->n_examples, &result->n_queries};
    if (result->n_axes < AMBIT_N_AXES)
        result->n_axes = AMBIT_N_AXES;
    free_axis(&result->axes[axis]);
    result->axes[axis].length = *counts[axis] = words ? length : 1;
    return words ? fill_axis(&result->axes[axis], words, length, values, labels, error) : AMBIT_OK;
}

AmbitStatus ambit_result_add_axis(AmbitTargetResult *result, const AmbitCaption *words,
                                  size_t length, const double *values, char *const *labels,
                                  size_t *axis, AmbitError *error)
{
    *axis = ambit_result_find_axis(result, words->name);
    if (*axis < result->n_axes)
        return AMBIT_OK;
    if (*axis == AMBIT_MOST_AXES)
        return ambit_error_set(error, AMBIT_INVALID,
                               "axis %s: a target has %d at most; give it fewer probes",
                               words->name, AMBIT_MOST_AXES);
    result->n_axes++;
    return fill_axis(&result->axes[*axis], words, length, values, labels, error);
}

AmbitStatus ambit_result_add_index(AmbitTargetResult *result, const AmbitCaption *words,
                                   size_t length, size_t *axis, AmbitError *error)
{
    double *values = ambit_alloc(length, sizeof *values);
    for (size_t i = 0; values && i < length; i++)
        values[i] = (double)i;
    AmbitStatus status =
        values ? ambit_result_add_axis(result, words, length, values, NULL, axis, error)
               : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for axis %s", words->name);
    ambit_free(values);
    return status;
}

AmbitStatus ambit_result_add_array(AmbitTargetResult *result, const AmbitMeasure *measure,
                                   size_t rank, const size_t *axes, size_t *index,
                                   AmbitError *error)
{
    const char *name = measure->words.name;
    if (result->n_arrays == AMBIT_MOST_ARRAYS || rank > AMBIT_ARRAY_RANK)
        return ambit_error_set(
            error, AMBIT_INVALID,
            "measurement %s: at most %d over at most %d axes; give the target fewer probes", name,
            AMBIT_MOST_ARRAYS, AMBIT_ARRAY_RANK);
    *index = result->n_arrays++;
    AmbitResultArray *array = &result->arrays[*index];
    array->rank = rank;
    array->count = 1;
    for (size_t i = 0; i < rank; i++) {
        array->axes[i] = axes[i];
        array->count *= result->axes[axes[i]].length;
    }
    size_t conditions = measure->fixed ? 1 : ambit_result_n_conditions(result);
    if (measure->text)
        array->texts = ambit_alloc(conditions, array->count * sizeof *array->texts);
    else
        array->values = ambit_alloc(conditions, array->count * sizeof *array->values);
    if (copy_measure(&array->measure, measure) && (array->values || array->texts))
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for measurement %s", name);
}

const double *ambit_result_values(const AmbitResultArray *array, size_t condition)
{
    return array->values + (array->measure.fixed ? 0 : condition * array->count);
}

static void free_array(AmbitResultArray *array, size_t n_conditions)
{
    size_t n_texts = array->texts ? array->count * (array->measure.fixed ? 1 : n_conditions) : 0;
    for (size_t i = 0; i < n_texts; i++)
        ambit_free(array->texts[i]);
    free_words(&array->measure.words);
    ambit_free((char *)array->measure.low);
    ambit_free((char *)array->measure.high);
    ambit_free(array->values);
    ambit_free(array->texts);
}

void ambit_result_free_arrays(AmbitTargetResult *result)
{
    for (size_t i = 0; i < result->n_arrays; i++)
        free_array(&result->arrays[i], ambit_result_n_conditions(result));
    for (size_t i = 0; i < result->n_axes; i++)
        free_axis(&result->axes[i]);
}
