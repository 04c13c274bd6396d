// SPDX-License-Identifier: MIT
// Writing results: one group per target whose axes are HDF5 dimension scales, so that xarray and
// netCDF-4 see named axes with coordinates. Layout: design, "Files".
#include "aside.h"
#include "origin.h"
#include "results.h"

#include "ambit/memory.h"
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct AmbitResultsFile {
    AmbitAside aside;
    hid_t targets; // group
    size_t n_targets;
};

enum { MOST_AXES = AMBIT_N_AXES + AMBIT_MOST_AXES, MOST_RANK = AMBIT_ARRAY_RANK + 2 };

typedef struct Axes {
    hid_t scale[MOST_AXES]; // −1: the target does not have it
    hsize_t length[MOST_AXES];
} Axes;

/* Numbers have a unit, labels none (CF-1.10, §3.1). */
static void put_words(AmbitHdf *hdf, hid_t dataset, const AmbitWords *words, hid_t type)
{
    ambit_hdf_put_text(hdf, dataset, "long_name", words->long_name);
    if (hdf->status == AMBIT_OK && H5Tget_class(type) != H5T_STRING)
        ambit_hdf_put_text(hdf, dataset, "units", words->units);
    ambit_hdf_put_text(hdf, dataset, "description", words->description);
}

/* One axis with its coordinates. */
static void write_scale(AmbitHdf *hdf, hid_t group, Axes *axes, size_t axis,
                        const AmbitWords *words, size_t length, hid_t file_type, hid_t memory_type,
                        const void *values)
{
    axes->length[axis] = length;
    if (hdf->status != AMBIT_OK)
        return;
    hid_t space = H5Screate_simple(1, &axes->length[axis], NULL), dataset = -1;
    if (space >= 0 && file_type >= 0)
        dataset =
            H5Dcreate2(group, words->name, file_type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (dataset < 0 || H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0 ||
        H5DSset_scale(dataset, words->name) < 0)
        ambit_hdf_fail(hdf, AMBIT_IO, group, "cannot write axis %s", words->name);
    put_words(hdf, dataset, words, file_type);
    ambit_hdf_release(space);
    axes->scale[axis] = dataset;
}

static void write_integers(AmbitHdf *hdf, hid_t group, Axes *axes, size_t axis,
                           const AmbitWords *words, size_t length, const int64_t *values)
{
    write_scale(hdf, group, axes, axis, words, length, H5T_STD_I64LE, H5T_NATIVE_INT64, values);
}

static void write_counts(AmbitHdf *hdf, hid_t group, Axes *axes, size_t axis,
                         const AmbitWords *words, size_t length, const size_t *counts)
{
    int64_t *values = ambit_alloc(length, sizeof *values);
    if (!values) {
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, group, "out of memory");
        return;
    }
    for (size_t i = 0; i < length; i++)
        values[i] = (int64_t)(counts ? counts[i] : i);
    write_integers(hdf, group, axes, axis, words, length, values);
    ambit_free(values);
}

/* netCDF-4 reads no other text than that of variable length; ambit reads the attribute `labels`,
 * or the group's `predictors` (see hdf.h). */
static void write_labels(AmbitHdf *hdf, hid_t group, Axes *axes, size_t axis,
                         const AmbitWords *words, size_t length, char *const *labels)
{
    hid_t text = H5Tcopy(H5T_C_S1);
    if (H5Tset_size(text, H5T_VARIABLE) < 0 || H5Tset_cset(text, H5T_CSET_UTF8) < 0)
        ambit_hdf_fail(hdf, AMBIT_IO, group, "cannot make a text type");
    write_scale(hdf, group, axes, axis, words, length, text, text, labels);
    ambit_hdf_release(text);
}

/* An axis that a measurement declares; whole numbers are stored as such. */
static void write_own_axis(AmbitHdf *hdf, hid_t group, Axes *axes, size_t axis,
                           const AmbitResultAxis *own)
{
    if (own->labels) {
        write_labels(hdf, group, axes, axis, &own->words, own->length, own->labels);
        ambit_hdf_put_texts(hdf, axes->scale[axis], "labels", own->labels, own->length);
        return;
    }
    bool whole = true;
    size_t *counts = ambit_alloc(own->length, sizeof *counts);
    if (!counts) {
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, group, "out of memory");
        return;
    }
    for (size_t i = 0; i < own->length && whole; i++) {
        whole = own->values[i] >= 0 && own->values[i] < 0x1p53 &&
                own->values[i] == floor(own->values[i]);
        counts[i] = whole ? (size_t)own->values[i] : 0;
    }
    if (whole)
        write_counts(hdf, group, axes, axis, &own->words, own->length, counts);
    else
        write_scale(hdf, group, axes, axis, &own->words, own->length, H5T_IEEE_F64LE,
                    H5T_NATIVE_DOUBLE, own->values);
    ambit_free(counts);
}

static void write_axes(AmbitHdf *hdf, hid_t group, Axes *axes, const AmbitTarget *target,
                       const AmbitTargetResult *result)
{
    static const AmbitWords step = {"step", "training step", "1",
                                    "optimiser steps that the model had taken"};
    static const AmbitWords predictor = {"predictor", "predictor", "1",
                                         "what predicted from the context"};
    static const AmbitWords prompt = {"prompt", "prompt", "1",
                                      "index of the prompt; every predictor sees the same prompts"};
    static const AmbitWords k = {"k", "in-context examples seen", "1",
                                 "examples shown before the query; queries may share a k"};
    if (result->steps)
        write_integers(hdf, group, axes, AMBIT_AXIS_STEP, &step, result->n_steps, result->steps);
    if (target->sweep) {
        char name[AMBIT_AXIS_NAME_SIZE];
        ambit_results_sweep_axis(target->sweep, result, name);
        const AmbitWords sweep = {name, target->sweep, "1", "swept number of the target"};
        write_scale(hdf, group, axes, AMBIT_AXIS_SWEEP, &sweep, result->n_sweep, H5T_IEEE_F64LE,
                    H5T_NATIVE_DOUBLE, target->sweep_values.values);
    }
    write_labels(hdf, group, axes, AMBIT_AXIS_PREDICTOR, &predictor, result->n_columns,
                 result->columns);
    write_counts(hdf, group, axes, AMBIT_AXIS_PROMPT, &prompt, result->n_prompts, NULL);
    write_counts(hdf, group, axes, AMBIT_AXIS_K, &k, result->n_queries, result->seen);
    for (size_t i = 0; i < result->n_axes; i++)
        write_own_axis(hdf, group, axes, AMBIT_N_AXES + i, &result->axes[i]);
}

/* Raw data are compressed in chunks of the last axes, near a mebibyte each. */
static hid_t raw_layout(const hsize_t *shape, size_t rank)
{
    hsize_t chunk[MOST_RANK], room = (hsize_t)1 << 17;
    for (size_t i = rank; i-- > 0;) {
        hsize_t most = room > 0 ? room : 1;
        chunk[i] = shape[i] == 0 ? 1 : shape[i] < most ? shape[i] : most;
        room /= chunk[i];
    }
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    if (layout >= 0 && (H5Pset_chunk(layout, (int)rank, chunk) < 0 || H5Pset_shuffle(layout) < 0 ||
                        H5Pset_deflate(layout, 4) < 0)) {
        ambit_hdf_release(layout);
        return -1;
    }
    return layout;
}

/* A dataset to be written: over the target's step and sweep (unless `fixed`), then `axes`. */
typedef struct Variable {
    const AmbitWords *words;
    bool raw, fixed;
    size_t rank;
    const size_t *axes;
    hid_t file_type, memory_type;
    const void *values;
    const char *beside; // variables that say more of this one; NULL: none
} Variable;

/* Writes a dataset; returns it opened. */
static hid_t write_variable(AmbitHdf *hdf, hid_t group, const Axes *axes, const Variable *v)
{
    static const size_t lead[] = {AMBIT_AXIS_STEP, AMBIT_AXIS_SWEEP};
    if (hdf->status != AMBIT_OK)
        return -1;
    hsize_t shape[MOST_RANK];
    hid_t scale[MOST_RANK], dataset = -1, layout = H5P_DEFAULT;
    unsigned rank = 0;
    for (size_t i = v->fixed ? 2 : 0; i < 2 + v->rank; i++) {
        size_t axis = i < 2 ? lead[i] : v->axes[i - 2];
        if (axes->scale[axis] >= 0) {
            shape[rank] = axes->length[axis];
            scale[rank++] = axes->scale[axis];
        }
    }
    hid_t space = rank ? H5Screate_simple((int)rank, shape, NULL) : H5Screate(H5S_SCALAR);
    if (v->raw)
        layout = raw_layout(shape, rank);
    if (space >= 0 && layout >= 0)
        dataset = H5Dcreate2(group, v->words->name, v->file_type, space, H5P_DEFAULT, layout,
                             H5P_DEFAULT);
    bool ok = dataset >= 0 &&
              H5Dwrite(dataset, v->memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, v->values) >= 0;
    for (unsigned i = 0; ok && i < rank; i++)
        ok = H5DSattach_scale(dataset, scale[i], i) >= 0;
    if (!ok)
        ambit_hdf_fail(hdf, AMBIT_IO, group, "cannot write dataset %s", v->words->name);
    put_words(hdf, dataset, v->words, v->file_type);
    if (v->beside)
        ambit_hdf_put_text(hdf, dataset, "ancillary_variables", v->beside);
    if (layout != H5P_DEFAULT)
        ambit_hdf_release(layout);
    ambit_hdf_release(space);
    return dataset;
}

static void write_reals(AmbitHdf *hdf, hid_t group, const Axes *axes, Variable variable)
{
    variable.file_type = H5T_IEEE_F64LE;
    variable.memory_type = H5T_NATIVE_DOUBLE;
    ambit_hdf_release(write_variable(hdf, group, axes, &variable));
}

static const size_t over_predictions[] = {AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_PROMPT, AMBIT_AXIS_K};
static const size_t over_statistics[] = {AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_K};

static void write_flags(AmbitHdf *hdf, hid_t group, const Axes *axes, const unsigned char *flag)
{
    static const unsigned char masks[] = {AMBIT_FLAG_NOT_CONVERGED, AMBIT_FLAG_SINGULAR,
                                          AMBIT_FLAG_NO_ANSWER};
    static const AmbitWords words = {"flag", "what was not regular about a prediction", "1",
                                     "0: nothing; else a sum of flag_masks"};
    const Variable variable = {.words = &words,
                               .raw = true,
                               .rank = 3,
                               .axes = over_predictions,
                               .file_type = H5T_STD_U8LE,
                               .memory_type = H5T_NATIVE_UCHAR,
                               .values = flag};
    hid_t dataset = write_variable(hdf, group, axes, &variable);
    ambit_hdf_put(hdf, dataset, "flag_masks", H5T_NATIVE_UCHAR, masks, sizeof masks);
    ambit_hdf_put_text(hdf, dataset, "flag_meanings", "not_converged singular no_answer");
    ambit_hdf_release(dataset);
}

static void write_errors(AmbitHdf *hdf, hid_t group, const Axes *axes,
                         const AmbitTargetResult *result)
{
    static const AmbitWords words[2][5] = {
        {{"squared_error", "squared error", "1",
          "(prediction - f(query))^2 over the normalizer: the zero predictor scores 1"},
         {"mean", "mean squared error", "1", "mean of squared_error over prompts"},
         {"median", "median squared error", "1", "median of squared_error over prompts"},
         {"low", "lower end of the interval of the mean", "1", "90 % bootstrap interval"},
         {"high", "upper end of the interval of the mean", "1", "90 % bootstrap interval"}},
        {{"squared_error", "misclassification", "1",
          "1 where the prediction has the wrong sign, 1/2 where it is 0, over the normalizer: the "
          "zero predictor scores 1"},
         {"mean", "misclassification rate", "1", "mean of squared_error over prompts"},
         {"median", "median misclassification", "1", "median of squared_error over prompts"},
         {"low", "lower end of the interval of the rate", "1", "90 % bootstrap interval"},
         {"high", "upper end of the interval of the rate", "1", "90 % bootstrap interval"}}};
    static const char *const beside[5] = {"flag", "low high"};
    const double *values[] = {result->squared_error, result->mean, result->median, result->low,
                              result->high};
    for (size_t i = 0; i < 5; i++)
        write_reals(hdf, group, axes,
                    (Variable){.words = &words[result->binary][i],
                               .raw = i == 0,
                               .rank = i ? 2 : 3,
                               .axes = i ? over_statistics : over_predictions,
                               .values = values[i],
                               .beside = beside[i]});
}

static void write_variables(AmbitHdf *hdf, hid_t group, const Axes *axes,
                            const AmbitTargetResult *result)
{
    static const AmbitWords normalizer = {
        "normalizer", "error of the zero predictor", "1",
        "what raw errors were divided by: E f^2, or 1/2 for labels +1 and -1; see normalizer_kind"};
    static const AmbitWords seconds = {"seconds", "time spent predicting", "s",
                                       "predictors computed together share their time"};
    write_errors(hdf, group, axes, result);
    write_reals(hdf, group, axes, (Variable){.words = &normalizer, .values = result->normalizer});
    write_reals(hdf, group, axes,
                (Variable){.words = &seconds,
                           .fixed = true,
                           .rank = 1,
                           .axes = over_statistics,
                           .values = result->seconds});
    write_flags(hdf, group, axes, result->flag);
}

/* What evaluation measured beyond errors. */
static void write_array(AmbitHdf *hdf, hid_t group, const Axes *axes,
                        const AmbitTargetResult *result, const AmbitResultArray *array)
{
    static const char *const names[] = {"step", "sweep", "predictor", "prompt", "k"};
    char list[AMBIT_ARRAY_RANK * AMBIT_AXIS_NAME_SIZE] = "";
    size_t used = 0;
    for (size_t i = 0; i < array->rank && used < sizeof list; i++) {
        size_t axis = array->axes[i];
        const char *name =
            axis < AMBIT_N_AXES ? names[axis] : result->axes[axis - AMBIT_N_AXES].words.name;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? " " : "", name);
    }
    const Variable variable = {.words = &array->words,
                               .raw = array->raw,
                               .rank = array->rank,
                               .axes = array->axes,
                               .file_type = H5T_IEEE_F64LE,
                               .memory_type = H5T_NATIVE_DOUBLE,
                               .values = array->values};
    hid_t dataset = write_variable(hdf, group, axes, &variable);
    ambit_hdf_put_text(hdf, dataset, "axes", list);
    ambit_hdf_release(dataset);
}

static void check_target(AmbitHdf *hdf, const AmbitResultsFile *file, const AmbitTarget *target,
                         const AmbitTargetResult *result)
{
    const char *name = target->name;
    if (!*name || strchr(name, '/') || strcmp(name, ".") == 0)
        ambit_hdf_fail(
            hdf, AMBIT_INVALID, -1,
            "target \"%s\": the name cannot be that of a group: no / and not empty; rename it",
            name);
    else if (ambit_hdf_has(file->targets, name))
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1, "target %s: there are two of this name; rename one",
                       name);
    else if (result->n_sweep != (target->sweep ? target->sweep_values.count : 1))
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1, "target %s: %zu results for %zu swept values", name,
                       result->n_sweep, target->sweep_values.count);
    else if (!result->n_steps || !result->n_columns || !result->n_prompts || !result->n_queries)
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1, "target %s: the result is empty", name);
    else if (target->sweep &&
             (strchr(target->sweep, '/') || strlen(target->sweep) >= AMBIT_AXIS_NAME_SIZE / 2))
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1,
                       "target %s: sweep %s cannot name an axis; sweep another parameter", name,
                       target->sweep);
}

AmbitStatus ambit_results_write_target(AmbitResultsFile *file, const AmbitTarget *target,
                                       const AmbitTargetResult *result, AmbitError *error)
{
    AmbitHdf hdf = ambit_hdf_begin(error);
    check_target(&hdf, file, target, result);
    hid_t group = ambit_hdf_create_group(&hdf, file->targets, target->name);
    Axes axes;
    for (size_t axis = 0; axis < MOST_AXES; axis++)
        axes.scale[axis] = -1;
    ambit_results_put_attributes(&hdf, group, target, result);
    write_axes(&hdf, group, &axes, target, result);
    write_variables(&hdf, group, &axes, result);
    for (size_t i = 0; i < result->n_arrays; i++)
        write_array(&hdf, group, &axes, result, &result->arrays[i]);
    for (size_t axis = 0; axis < MOST_AXES; axis++)
        ambit_hdf_release(axes.scale[axis]);
    ambit_hdf_release(group);
    if (hdf.status == AMBIT_OK)
        file->n_targets++;
    else if (group >= 0)
        H5Ldelete(file->targets, target->name, H5P_DEFAULT);
    return hdf.status;
}

AmbitStatus ambit_results_create(AmbitResultsFile **result, const char *path,
                                 const AmbitProvenance *provenance, AmbitError *error)
{
    *result = NULL;
    AmbitHdf hdf = ambit_hdf_begin(error);
    AmbitResultsFile *file = ambit_alloc(1, sizeof *file);
    if (!file)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "%s: out of memory", path);
    ambit_aside_create(&hdf, &file->aside, path);
    ambit_origin_put(&hdf, file->aside.file, AMBIT_RESULTS, provenance->step, provenance);
    ambit_hdf_put_text(&hdf, file->aside.file, "Conventions", "CF-1.10");
    ambit_hdf_put_text(&hdf, file->aside.file, "title", "ambit: in-context learning errors");
    file->targets = ambit_hdf_create_group(&hdf, file->aside.file, "targets");
    if (hdf.status == AMBIT_OK)
        *result = file;
    else
        ambit_results_abandon(&file);
    return hdf.status;
}

AmbitStatus ambit_results_close(AmbitResultsFile **pointer, double wall_seconds, AmbitError *error)
{
    AmbitResultsFile *file = *pointer;
    AmbitHdf hdf = ambit_hdf_begin(error);
    if (file->n_targets == 0)
        ambit_hdf_fail(&hdf, AMBIT_INVALID, -1,
                       "%s: not written: there is no target in it; give evaluation.targets",
                       file->aside.path);
    ambit_hdf_put(&hdf, file->aside.file, "wall_seconds", H5T_NATIVE_DOUBLE, &wall_seconds, 0);
    ambit_hdf_release(file->targets);
    ambit_aside_commit(&hdf, &file->aside);
    ambit_free(file);
    *pointer = NULL;
    return hdf.status;
}

void ambit_results_abandon(AmbitResultsFile **file)
{
    if (!file || !*file)
        return;
    ambit_hdf_release((*file)->targets);
    ambit_aside_discard(&(*file)->aside);
    ambit_free(*file);
    *file = NULL;
}
