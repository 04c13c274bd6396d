// SPDX-License-Identifier: MIT
// Attributes of a target's group: mixture, prompt distribution with its settings, sweep.
#include "results.h"

#include "ambit/memory.h"

#include <stdio.h>
#include <string.h>

static bool is_taken(const AmbitHdf *hdf, const char *name, const AmbitTargetResult *result)
{
    for (size_t a = 0; hdf->place && a < hdf->place->n_axes; a++)
        if (strcmp(name, hdf->place->axes[a].words.name) == 0)
            return true;
    const AmbitScoreNames *names = &result->metric->names;
    const char *const taken[] = {
        "step",        "flag",      "normalizer",
        "seconds",     names->low,  names->high,
        names->scores, names->mean, names->median ? names->median : "step"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(name, taken[i]) == 0)
            return true;
    return ambit_result_find_axis(result, name) < result->n_axes ||
           ambit_result_find(result, name) != NULL;
}

void ambit_results_sweep_axis(const AmbitHdf *hdf, const AmbitTargetResult *result,
                              char name[AMBIT_AXIS_NAME_SIZE])
{
    const char *sweep = ambit_result_sweep(result), *dot = strrchr(sweep, '.');
    const char *last = dot ? dot + 1 : sweep;
    snprintf(name, AMBIT_AXIS_NAME_SIZE, "%s%s", last, is_taken(hdf, last, result) ? "_value" : "");
}

void ambit_results_put_measurements(AmbitHdf *hdf, hid_t group, const AmbitTargetResult *result)
{
    char *names[AMBIT_MOST_ARRAYS];
    size_t count = 0;
    for (size_t i = 0; i < result->n_arrays; i++)
        if (!result->arrays[i].measure.raw)
            names[count++] = (char *)result->arrays[i].measure.words.name;
    const int64_t n_measurements = (int64_t)count;
    ambit_hdf_put(hdf, group, "n_measurements", H5T_NATIVE_INT64, &n_measurements, 0);
    if (count)
        ambit_hdf_put_texts(hdf, group, "measurements", names, count);
}

static void put_probes(AmbitHdf *hdf, hid_t group, const AmbitTarget *target)
{
    char list[512] = "";
    const char *name;
    size_t used = 0;
    for (size_t bit = 0; (name = ambit_probe_bit_name(target->corpus, bit)); bit++)
        if (target->probes & 1u << bit && used < sizeof list)
            used +=
                (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? " " : "", name);
    ambit_hdf_put_text(hdf, group, "probes", list);
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
        const AmbitDoubles *reals = field;
        if (reals->count > 0)
            ambit_hdf_put(hdf, group, name, H5T_NATIVE_DOUBLE, reals->values, reals->count);
        break;
    }
    case AMBIT_TEXTS:
        ambit_hdf_put_texts(hdf, group, name, ((const AmbitTexts *)field)->texts,
                            ((const AmbitTexts *)field)->count);
        break;
    case AMBIT_FAMILIES: // prompt distributions have no parts
        break;
    }
}

/* Why predictors have no answers, in the order of `predictors`; nothing if all have. */
static void put_notes(AmbitHdf *hdf, hid_t group, const AmbitTargetResult *result)
{
    static char none[] = "";
    bool any = false;
    char **notes = ambit_alloc(result->n_columns, sizeof *notes);
    for (size_t c = 0; notes && c < result->n_columns; c++) {
        notes[c] = result->notes[c] ? result->notes[c] : none;
        any |= *notes[c] != '\0';
    }
    if (!notes)
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, group, "out of memory");
    else if (any)
        ambit_hdf_put_texts(hdf, group, "notes", notes, result->n_columns);
    ambit_free(notes);
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

static void put_prompts(AmbitHdf *hdf, hid_t group, const AmbitTarget *target)
{
    const AmbitPromptDistribution *distribution = target->distribution;
    const AmbitMixture *mixture = target->mixture;
    char description[512];
    describe(target, description, sizeof description);
    ambit_hdf_put_text(hdf, group, "description", description);
    ambit_hdf_put_texts(hdf, group, "tasks", mixture->labels, mixture->n_classes);
    ambit_hdf_put(hdf, group, "task_weights", H5T_NATIVE_DOUBLE, mixture->weights,
                  mixture->n_classes);
    ambit_hdf_put_text(hdf, group, "prompts", distribution->type->name);
    for (const AmbitParameter *parameter = distribution->type->parameters;
         parameter && parameter->name; parameter++)
        put_setting(hdf, group, parameter, distribution->settings);
}

static void put_sentences(AmbitHdf *hdf, hid_t group, const AmbitTarget *target)
{
    const char *language = target->corpus->language->type->name;
    const char *split = ambit_split_names[target->split];
    char description[512];
    snprintf(description, sizeof description, "%s, %s split of %zu sentences", language, split,
             target->corpus->splits[target->split].n_sentences);
    ambit_hdf_put_text(hdf, group, "description", description);
    ambit_hdf_put_text(hdf, group, "language", language);
    ambit_hdf_put_text(hdf, group, "split", split);
}

/* Texts of fixed length, which any reader may trust (hdf.h); those of datasets are of variable
 * length. As many as an attribute has room for. */
static void put_trees(AmbitHdf *hdf, hid_t group, const AmbitTargetResult *result)
{
    enum { MOST = 12, MOST_BYTES = 4000 };
    static char none[] = "";
    const AmbitResultArray *trees = ambit_result_find(result, "tree");
    const AmbitResultArray *gold = ambit_result_find(result, "gold_tree");
    char *texts[MOST];
    size_t count = 0, first = 0;
    if (!trees || !trees->texts || !gold || !gold->texts || gold->count == 0)
        return;
    char **last = trees->texts + (ambit_result_n_conditions(result) - 1) * trees->count;
    while (first < trees->count && !last[first])
        first++;
    first -= first % gold->count; // the first predictor that has trees
    for (size_t i = 0; i < gold->count && first + i < trees->count && count < MOST; i++) {
        char *tree = last[first + i], *true_tree = gold->texts[i] ? gold->texts[i] : none;
        if (!tree || strlen(tree) > MOST_BYTES || strlen(true_tree) > MOST_BYTES)
            continue;
        texts[count++] = tree;
        texts[count++] = true_tree;
    }
    if (count)
        ambit_hdf_put_texts(hdf, group, "trees", texts, count);
}

void ambit_results_put_attributes(AmbitHdf *hdf, hid_t group, const AmbitTarget *target,
                                  const AmbitTargetResult *result)
{
    if (hdf->status != AMBIT_OK)
        return;
    if (target->corpus)
        put_sentences(hdf, group, target);
    else
        put_prompts(hdf, group, target);
    ambit_hdf_put_texts(hdf, group, "predictors", result->axes[AMBIT_AXIS_PREDICTOR].labels,
                        result->n_columns);
    put_notes(hdf, group, result);
    put_trees(hdf, group, result);
    if (result->metric->normalized)
        ambit_hdf_put_text(hdf, group, "normalizer_kind",
                           result->normalizer_is_declared ? "declared" : "sampled");
    ambit_hdf_put_text(hdf, group, "metric", result->metric->name);
    ambit_hdf_put_text(hdf, group, "example_axis", result->axes[AMBIT_AXIS_EXAMPLE].words.name);
    ambit_hdf_put_text(hdf, group, "query_axis", result->axes[AMBIT_AXIS_QUERY].words.name);
    ambit_results_put_measurements(hdf, group, result);
    put_probes(hdf, group, target);
    if (target->sweep) {
        char axis[AMBIT_AXIS_NAME_SIZE];
        ambit_results_sweep_axis(hdf, result, axis);
        ambit_hdf_put_text(hdf, group, "sweep", target->sweep);
        ambit_hdf_put_text(hdf, group, "sweep_axis", axis);
    }
}
