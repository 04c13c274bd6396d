// SPDX-License-Identifier: MIT
// Attributes of a target's group: mixture, prompt distribution with its settings, sweep.
#include "results.h"

#include <stdio.h>
#include <string.h>

void ambit_results_sweep_axis(const char *parameter, char name[AMBIT_AXIS_NAME_SIZE])
{
    const char *const taken[] = {"predictor", "prompt", "k",    "squared_error", "flag",   "mean",
                                 "median",    "low",    "high", "normalizer",    "seconds"};
    bool is_taken = false;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        is_taken = is_taken || strcmp(parameter, taken[i]) == 0;
    snprintf(name, AMBIT_AXIS_NAME_SIZE, "%s%s", parameter, is_taken ? "_value" : "");
}

/* One setting of the prompt distribution as attribute prompts_NAME. */
static void put_setting(AmbitHdf *hdf, hid_t group, const AmbitParameter *parameter,
                        const void *settings)
{
    char name[AMBIT_AXIS_NAME_SIZE];
    const void *field = (const char *)settings + parameter->offset;
    snprintf(name, sizeof name, "prompts_%s", parameter->name);
    switch (parameter->type) {
    case AMBIT_BOOL: {
        const unsigned char value = *(const bool *)field;
        ambit_hdf_put(hdf, group, name, H5T_NATIVE_UCHAR, &value, 0);
        break;
    }
    case AMBIT_INT:
        ambit_hdf_put(hdf, group, name, H5T_NATIVE_INT64, field, 0);
        break;
    case AMBIT_REAL:
        ambit_hdf_put(hdf, group, name, H5T_NATIVE_DOUBLE, field, 0);
        break;
    case AMBIT_TEXT:
        ambit_hdf_put_text(hdf, group, name, *(char *const *)field);
        break;
    case AMBIT_CHOICE:
        ambit_hdf_put_text(hdf, group, name, parameter->choices[*(const int *)field]);
        break;
    case AMBIT_REALS: {
        const AmbitReals *reals = field;
        if (reals->count > 0)
            ambit_hdf_put(hdf, group, name, H5T_NATIVE_DOUBLE, reals->values, reals->count);
        break;
    }
    case AMBIT_FAMILIES: // prompt distributions have no parts
        break;
    }
}

/* "0.5 dense + 0.5 sparse, skewed prompts, sparsity = 1 … 20 (20 values)" */
static void describe(const AmbitTarget *target, char *text, size_t size)
{
    const AmbitMixture *mixture = target->mixture;
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < mixture->n_classes && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s", i ? " + " : "");
        if (mixture->n_classes > 1 && used < size)
            used += (size_t)snprintf(text + used, size - used, "%g ", mixture->weights[i]);
        if (used < size)
            used += (size_t)snprintf(text + used, size - used, "%s", mixture->labels[i]);
    }
    if (used < size)
        used += (size_t)snprintf(text + used, size - used, ", %s prompts",
                                 target->distribution->type->name);
    if (target->sweep && used < size)
        snprintf(text + used, size - used, ", %s = %g … %g (%zu values)", target->sweep,
                 target->sweep_values.values[0],
                 target->sweep_values.values[target->sweep_values.count - 1],
                 target->sweep_values.count);
}

void ambit_results_put_attributes(AmbitHdf *hdf, hid_t group, const AmbitTarget *target,
                                  const AmbitTargetResult *result)
{
    if (hdf->status != AMBIT_OK)
        return;
    const AmbitPromptDistribution *distribution = target->distribution;
    const AmbitMixture *mixture = target->mixture;
    char description[512];
    describe(target, description, sizeof description);
    ambit_hdf_put_text(hdf, group, "description", description);
    ambit_hdf_put_texts(hdf, group, "tasks", mixture->labels, mixture->n_classes);
    ambit_hdf_put(hdf, group, "task_weights", H5T_NATIVE_DOUBLE, mixture->weights,
                  mixture->n_classes);
    ambit_hdf_put_texts(hdf, group, "predictors", result->columns, result->n_columns);
    ambit_hdf_put_text(hdf, group, "prompts", distribution->type->name);
    for (const AmbitParameter *parameter = distribution->type->parameters;
         parameter && parameter->name; parameter++)
        put_setting(hdf, group, parameter, distribution->settings);
    ambit_hdf_put_text(hdf, group, "normalizer_kind",
                       result->normalizer_is_declared ? "declared" : "sampled");
    if (target->sweep)
        ambit_hdf_put_text(hdf, group, "sweep", target->sweep);
}
