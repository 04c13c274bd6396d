// SPDX-License-Identifier: MIT
// Writing results: one group per target whose axes are HDF5 dimension scales, so that xarray and
// netCDF-4 see named axes with coordinates. Layout: design, "Files".
#include "aside.h"
#include "origin.h"
#include "results.h"

#include "ambit/memory.h"
#include <hdf5_hl.h>
#include <stdio.h>
#include <string.h>

struct AmbitResultsFile {
    AmbitAside aside;
    hid_t targets; // group
    size_t n_targets;
};

typedef struct Axes {
    hid_t scale[AMBIT_N_AXES]; // −1: the target does not have it
    hsize_t length[AMBIT_N_AXES];
} Axes;

typedef struct Words {
    const char *name, *long_name, *units, *description;
} Words;

static void put_words(AmbitHdf *hdf, hid_t dataset, const Words *words)
{
    ambit_hdf_put_text(hdf, dataset, "long_name", words->long_name);
    ambit_hdf_put_text(hdf, dataset, "units", words->units);
    ambit_hdf_put_text(hdf, dataset, "description", words->description);
}

/* One axis with its coordinates. */
static void write_scale(AmbitHdf *hdf, hid_t group, Axes *axes, AmbitAxis axis, const Words *words,
                        size_t length, hid_t file_type, hid_t memory_type, const void *values)
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
    put_words(hdf, dataset, words);
    ambit_hdf_release(space);
    axes->scale[axis] = dataset;
}

static void write_counts(AmbitHdf *hdf, hid_t group, Axes *axes, AmbitAxis axis, const Words *words,
                         size_t length, const size_t *counts)
{
    int64_t *values = ambit_alloc(length, sizeof *values);
    if (!values) {
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, group, "out of memory");
        return;
    }
    for (size_t i = 0; i < length; i++)
        values[i] = (int64_t)(counts ? counts[i] : i);
    write_scale(hdf, group, axes, axis, words, length, H5T_STD_I64LE, H5T_NATIVE_INT64, values);
    ambit_free(values);
}

static void write_axes(AmbitHdf *hdf, hid_t group, Axes *axes, const AmbitTarget *target,
                       const AmbitTargetResult *result)
{
    const Words predictor = {"predictor", "predictor", "1", "what predicted from the context"};
    const Words prompt = {"prompt", "prompt", "1",
                          "index of the prompt; every predictor sees the same prompts"};
    const Words k = {"k", "in-context examples seen", "1",
                     "examples shown before the query; queries may share a k"};
    if (target->sweep) {
        char name[AMBIT_AXIS_NAME_SIZE];
        ambit_results_sweep_axis(target->sweep, name);
        const Words sweep = {name, target->sweep, "1", "swept parameter of the target's family"};
        write_scale(hdf, group, axes, AMBIT_AXIS_SWEEP, &sweep, result->n_sweep, H5T_IEEE_F64LE,
                    H5T_NATIVE_DOUBLE, target->sweep_values.values);
    }
    // netCDF-4 reads no other text here; ambit reads the attribute `predictors` (see hdf.h).
    hid_t text = H5Tcopy(H5T_C_S1);
    if (H5Tset_size(text, H5T_VARIABLE) < 0 || H5Tset_cset(text, H5T_CSET_UTF8) < 0)
        ambit_hdf_fail(hdf, AMBIT_IO, group, "cannot make a text type");
    write_scale(hdf, group, axes, AMBIT_AXIS_PREDICTOR, &predictor, result->n_columns, text, text,
                result->columns);
    ambit_hdf_release(text);
    write_counts(hdf, group, axes, AMBIT_AXIS_PROMPT, &prompt, result->n_prompts, NULL);
    write_counts(hdf, group, axes, AMBIT_AXIS_K, &k, result->n_queries, result->seen);
}

/* Raw data are compressed in chunks of one predictor's prompts, near a mebibyte each. */
static hid_t raw_layout(const hsize_t *shape, size_t rank)
{
    const hsize_t chunk_values = (hsize_t)1 << 17;
    hsize_t chunk[AMBIT_N_AXES] = {1, 1, 1, 1}, rows = chunk_values / shape[rank - 1] + 1;
    chunk[rank - 1] = shape[rank - 1];
    chunk[rank - 2] = rows < shape[rank - 2] ? rows : shape[rank - 2];
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    if (layout >= 0 && (H5Pset_chunk(layout, (int)rank, chunk) < 0 || H5Pset_shuffle(layout) < 0 ||
                        H5Pset_deflate(layout, 4) < 0)) {
        ambit_hdf_release(layout);
        return -1;
    }
    return layout;
}

/* Writes a dataset over those of the target's axes whose bits are in `mask`; returns it opened. */
static hid_t write_variable(AmbitHdf *hdf, hid_t group, const Axes *axes, unsigned mask,
                            const Words *words, hid_t file_type, hid_t memory_type,
                            const void *values)
{
    if (hdf->status != AMBIT_OK)
        return -1;
    hsize_t shape[AMBIT_N_AXES];
    hid_t scale[AMBIT_N_AXES], dataset = -1, layout = H5P_DEFAULT;
    unsigned rank = 0;
    for (unsigned axis = 0; axis < AMBIT_N_AXES; axis++)
        if (axes->scale[axis] >= 0 && mask & 1u << axis) {
            shape[rank] = axes->length[axis];
            scale[rank++] = axes->scale[axis];
        }
    hid_t space = rank ? H5Screate_simple((int)rank, shape, NULL) : H5Screate(H5S_SCALAR);
    if (mask & AMBIT_OVER_PROMPT)
        layout = raw_layout(shape, rank);
    if (space >= 0 && layout >= 0)
        dataset =
            H5Dcreate2(group, words->name, file_type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    bool ok =
        dataset >= 0 && H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    for (unsigned i = 0; ok && i < rank; i++)
        ok = H5DSattach_scale(dataset, scale[i], i) >= 0;
    if (!ok)
        ambit_hdf_fail(hdf, AMBIT_IO, group, "cannot write dataset %s", words->name);
    put_words(hdf, dataset, words);
    if (layout != H5P_DEFAULT)
        ambit_hdf_release(layout);
    ambit_hdf_release(space);
    return dataset;
}

static void write_flags(AmbitHdf *hdf, hid_t group, const Axes *axes, const unsigned char *flag)
{
    const unsigned char masks[] = {AMBIT_FLAG_NOT_CONVERGED, AMBIT_FLAG_SINGULAR};
    const Words words = {"flag", "what was not regular about a prediction", "1",
                         "0: nothing; else a sum of flag_masks"};
    hid_t dataset = write_variable(hdf, group, axes, AMBIT_OVER_PREDICTIONS, &words, H5T_STD_U8LE,
                                   H5T_NATIVE_UCHAR, flag);
    ambit_hdf_put(hdf, dataset, "flag_masks", H5T_NATIVE_UCHAR, masks, 2);
    ambit_hdf_put_text(hdf, dataset, "flag_meanings", "not_converged singular");
    ambit_hdf_release(dataset);
}

static void write_variables(AmbitHdf *hdf, hid_t group, const Axes *axes,
                            const AmbitTargetResult *result)
{
    const struct {
        unsigned mask;
        const double *values;
        Words words;
    } variables[] = {
        {AMBIT_OVER_PREDICTIONS,
         result->squared_error,
         {"squared_error", "squared error", "1",
          "(prediction - f(query))^2 over the normalizer: the zero predictor scores 1"}},
        {AMBIT_OVER_STATISTICS,
         result->mean,
         {"mean", "mean squared error", "1", "mean of squared_error over prompts"}},
        {AMBIT_OVER_STATISTICS,
         result->median,
         {"median", "median squared error", "1", "median of squared_error over prompts"}},
        {AMBIT_OVER_STATISTICS,
         result->low,
         {"low", "lower end of the interval of the mean", "1", "90 % bootstrap interval"}},
        {AMBIT_OVER_STATISTICS,
         result->high,
         {"high", "upper end of the interval of the mean", "1", "90 % bootstrap interval"}},
        {AMBIT_OVER_SWEEP,
         result->normalizer,
         {"normalizer", "power of the functions, E f^2", "1",
          "what raw squared errors were divided by; see normalizer_kind"}},
        {AMBIT_OVER_PREDICTOR,
         result->seconds,
         {"seconds", "time spent predicting", "s",
          "predictors computed together share their time"}},
    };
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        ambit_hdf_release(write_variable(hdf, group, axes, variables[i].mask, &variables[i].words,
                                         H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, variables[i].values));
    write_flags(hdf, group, axes, result->flag);
}

static void check_target(AmbitHdf *hdf, const AmbitResultsFile *file, const AmbitTarget *target,
                         const AmbitTargetResult *result)
{
    const char *name = target->name;
    if (!*name || strchr(name, '/') || strcmp(name, ".") == 0)
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1,
                       "target \"%s\": the name cannot be that of a group: no / and not empty",
                       name);
    else if (ambit_hdf_has(file->targets, name))
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1, "target %s: there are two of this name", name);
    else if (result->n_sweep != (target->sweep ? target->sweep_values.count : 1))
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1, "target %s: %zu results for %zu swept values", name,
                       result->n_sweep, target->sweep_values.count);
    else if (!result->n_sweep || !result->n_columns || !result->n_prompts || !result->n_queries)
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1, "target %s: the result is empty", name);
    else if (target->sweep &&
             (strchr(target->sweep, '/') || strlen(target->sweep) >= AMBIT_AXIS_NAME_SIZE / 2))
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1, "target %s: sweep %s cannot name an axis", name,
                       target->sweep);
}

AmbitStatus ambit_results_write_target(AmbitResultsFile *file, const AmbitTarget *target,
                                       const AmbitTargetResult *result, AmbitError *error)
{
    AmbitHdf hdf = ambit_hdf_begin(error);
    check_target(&hdf, file, target, result);
    hid_t group = ambit_hdf_create_group(&hdf, file->targets, target->name);
    Axes axes = {.scale = {-1, -1, -1, -1}};
    ambit_results_put_attributes(&hdf, group, target, result);
    write_axes(&hdf, group, &axes, target, result);
    write_variables(&hdf, group, &axes, result);
    for (size_t axis = 0; axis < AMBIT_N_AXES; axis++)
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
        ambit_hdf_fail(&hdf, AMBIT_INVALID, -1, "%s: not written: there is no target in it",
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
