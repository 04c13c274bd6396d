// SPDX-License-Identifier: MIT
// Reading the axes of a target.
#include "results.h"

#include "ambit/memory.h"
#include <math.h>
#include <string.h>

enum { MOST_LABELS = 1 << 16 };

static size_t read_length(AmbitHdf *hdf, hid_t group, const char *name)
{
    hsize_t length = 0;
    hid_t dataset = ambit_hdf_child(hdf, group, name, H5I_DATASET);
    size_t rank = ambit_hdf_shape(hdf, dataset, 1, &length);
    if (hdf->status == AMBIT_OK && (rank != 1 || length == 0))
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "not an axis: it has no length");
    ambit_hdf_release(dataset);
    return length;
}

/* A list of texts that is an attribute of `object`. */
static char **read_labels(AmbitHdf *hdf, hid_t object, const char *attribute, size_t length)
{
    if (hdf->status == AMBIT_OK && length > MOST_LABELS)
        ambit_hdf_fail(hdf, AMBIT_INVALID, object, "found %zu labels, at most %d are read", length,
                       MOST_LABELS);
    char **labels = ambit_results_take(hdf, object, length, sizeof *labels);
    if (labels)
        ambit_hdf_get_texts(hdf, object, attribute, labels, length);
    return labels;
}

static double *read_values(AmbitHdf *hdf, hid_t group, hid_t dataset, const char *name,
                           size_t length)
{
    hid_t type = H5Dget_type(dataset);
    bool whole = H5Tget_class(type) == H5T_INTEGER;
    ambit_hdf_release(type);
    double *values = ambit_results_read_numbers(hdf, group, name, 1, &length,
                                                whole ? H5T_STD_I64LE : H5T_IEEE_F64LE,
                                                H5T_NATIVE_DOUBLE, false);
    for (size_t i = 0; hdf->status == AMBIT_OK && i < length; i++)
        if (!isfinite(values[i]))
            ambit_hdf_fail(hdf, AMBIT_INVALID, dataset, "coordinate %zu is not finite", i);
    return values;
}

/* What an axis is called, how long it is, and its coordinates. */
typedef struct Found {
    AmbitCaption words;
    size_t length;
    double *values;
    char **labels;
    char *texts[3]; // long_name, units, description; owned
} Found;

static void found_free(Found *found)
{
    for (size_t i = 0; found->labels && i < found->length; i++)
        ambit_free(found->labels[i]);
    ambit_free(found->labels);
    ambit_free(found->values);
    for (size_t i = 0; i < 3; i++)
        ambit_free(found->texts[i]);
}

/* What an axis says of itself; "" where it does not. */
static void read_caption(AmbitHdf *hdf, hid_t dataset, Found *found)
{
    static const char *const names[] = {"long_name", "units", "description"};
    const char **words[] = {&found->words.long_name, &found->words.units,
                            &found->words.description};
    for (size_t i = 0; i < 3; i++) {
        found->texts[i] = ambit_results_read_text(hdf, dataset, names[i]);
        *words[i] = found->texts[i] ? found->texts[i] : "";
    }
}

/* Labels stand in the attribute `labels` of the axis; the predictors' in their group's. */
static Found find_axis(AmbitHdf *hdf, hid_t group, const char *name)
{
    const AmbitHdfPlace *place = hdf->place;
    hdf->place = NULL; // the axes are those of all runs
    Found found = {.words = {name, "", "", ""}, .length = read_length(hdf, group, name)};
    hid_t dataset = ambit_hdf_child(hdf, group, name, H5I_DATASET);
    if (hdf->status == AMBIT_OK && strcmp(name, "predictor") == 0)
        found.labels = read_labels(hdf, group, "predictors", found.length);
    else if (ambit_hdf_has_attribute(hdf, dataset, "labels"))
        found.labels = read_labels(hdf, dataset, "labels", found.length);
    else if (hdf->status == AMBIT_OK)
        found.values = read_values(hdf, group, dataset, name, found.length);
    read_caption(hdf, dataset, &found);
    ambit_hdf_release(dataset);
    hdf->place = place;
    return found;
}

void ambit_results_read_lone_axis(AmbitHdf *hdf, hid_t group, const char *name,
                                  AmbitResultAxis *axis)
{
    Found found = find_axis(hdf, group, name);
    *axis =
        (AmbitResultAxis){.length = found.length, .values = found.values, .labels = found.labels};
    found.values = NULL;
    found.labels = NULL;
    found_free(&found);
}

void ambit_results_free_lone_axis(AmbitResultAxis *axis)
{
    Found found = {.length = axis->length, .values = axis->values, .labels = axis->labels};
    found_free(&found);
}

/* One of the first axes; `name` NULL: the target does not have it. */
static void read_first_axis(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result, AmbitAxis axis,
                            const char *name, const char *shown_name)
{
    if (hdf->status != AMBIT_OK)
        return;
    if (!name) {
        hdf->status = ambit_result_set_axis(result, axis, NULL, 1, NULL, NULL, hdf->error);
        return;
    }
    Found found = find_axis(hdf, group, name);
    found.words.name = shown_name;
    if (hdf->status == AMBIT_OK)
        hdf->status = ambit_result_set_axis(result, axis, &found.words, found.length, found.values,
                                            found.labels, hdf->error);
    found_free(&found);
}

/* The axis of examples or of queries: up to schema version 3 of `otherwise`. */
static void read_named_axis(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result, AmbitAxis axis,
                            const char *attribute, const char *otherwise)
{
    char *kept = ambit_results_read_text(hdf, group, attribute);
    const char *name = kept ? kept : otherwise;
    read_first_axis(hdf, group, result, axis, name, name);
    ambit_free(kept);
}

/* In schema version 1 the axis has the name of what is swept. */
static void read_sweep(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result)
{
    char *sweep = ambit_results_read_text(hdf, group, "sweep");
    char *axis = ambit_results_read_text(hdf, group, "sweep_axis");
    read_first_axis(hdf, group, result, AMBIT_AXIS_SWEEP, sweep && axis ? axis : sweep, sweep);
    ambit_free(sweep);
    ambit_free(axis);
}

static void check_values(AmbitHdf *hdf, hid_t group, const AmbitTargetResult *result)
{
    static const bool labelled[AMBIT_N_AXES] = {[AMBIT_AXIS_PREDICTOR] = true};
    for (size_t i = 0; i < AMBIT_N_AXES && hdf->status == AMBIT_OK; i++)
        if (i != AMBIT_AXIS_QUERY && result->axes[i].words.name &&
            (result->axes[i].labels != NULL) != labelled[i])
            ambit_hdf_fail(hdf, AMBIT_INVALID, group, "axis %s has other coordinates than it may",
                           result->axes[i].words.name);
}

void ambit_results_read_axes(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result)
{
    const char *step = ambit_hdf_has(hdf, group, "step") ? "step" : NULL;
    read_first_axis(hdf, group, result, AMBIT_AXIS_STEP, step, step);
    read_sweep(hdf, group, result);
    read_first_axis(hdf, group, result, AMBIT_AXIS_PREDICTOR, "predictor", "predictor");
    read_named_axis(hdf, group, result, AMBIT_AXIS_EXAMPLE, "example_axis", "prompt");
    read_named_axis(hdf, group, result, AMBIT_AXIS_QUERY, "query_axis", "k");
    check_values(hdf, group, result);
}

void ambit_results_read_predictors(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result)
{
    for (size_t axis = 0; axis < AMBIT_N_AXES; axis++) {
        const char *name = axis == AMBIT_AXIS_PREDICTOR ? "predictor" : NULL;
        read_first_axis(hdf, group, result, (AmbitAxis)axis, name, name);
    }
    check_values(hdf, group, result);
}

size_t ambit_results_read_axis(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result,
                               const char *name)
{
    size_t axis = ambit_result_find_axis(result, name);
    if (axis < result->n_axes)
        return axis;
    Found found = find_axis(hdf, group, name);
    if (hdf->status == AMBIT_OK)
        hdf->status = ambit_result_add_axis(result, &found.words, found.length, found.values,
                                            found.labels, &axis, hdf->error);
    found_free(&found);
    return axis;
}
