// SPDX-License-Identifier: MIT
// Writing joined results: each run writes its part of datasets that the first one makes.
#include "aside.h"
#include "joined.h"
#include "origin.h"

#include "ambit/memory.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The means over examples of one target in all runs, for the means over seeds. */
typedef struct Means {
    char *target;            // owned
    AmbitTargetResult *like; // owned: axes and metric of the first result, without numbers
    size_t count;            // numbers of one run
    double *values;          // [n_runs][count], NaN where a run is missing; owned
} Means;

struct AmbitJoinedFile {
    AmbitAside aside;
    const AmbitRuns *runs;
    hid_t targets; // group
    size_t n_means;
    Means *means; // [n_means]
};

/* Frees everything but the HDF5 file. */
static void release(AmbitJoinedFile **pointer)
{
    AmbitJoinedFile *file = *pointer;
    for (size_t i = 0; i < file->n_means; i++) {
        ambit_free(file->means[i].target);
        ambit_free(file->means[i].values);
        ambit_target_result_destroy(&file->means[i].like);
    }
    ambit_free(file->means);
    ambit_free(file);
    *pointer = NULL;
}

AmbitStatus ambit_joined_create(AmbitJoinedFile **result, const char *path,
                                const AmbitProvenance *provenance, const AmbitRuns *runs,
                                AmbitError *error)
{
    *result = NULL;
    AmbitHdf hdf = ambit_hdf_begin(error);
    AmbitJoinedFile *file = ambit_alloc(1, sizeof *file);
    if (!file)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "%s: out of memory", path);
    file->runs = runs;
    ambit_aside_create(&hdf, &file->aside, path);
    hid_t root = file->aside.file;
    char *axes[AMBIT_MOST_RUN_AXES];
    for (size_t a = 0; a < runs->n_axes; a++)
        axes[a] = (char *)runs->axes[a].words.name;
    ambit_origin_put(&hdf, root, AMBIT_JOINED, provenance->step, provenance);
    ambit_hdf_put_text(&hdf, root, "Conventions", "CF-1.10");
    ambit_hdf_put_text(&hdf, root, "title", "ambit: results of several runs");
    const int64_t n_axes = (int64_t)runs->n_axes;
    ambit_hdf_put(&hdf, root, "n_run_axes", H5T_NATIVE_INT64, &n_axes, 0);
    ambit_hdf_put_texts(&hdf, root, "run_axes", axes, runs->n_axes);
    ambit_hdf_put_texts(&hdf, root, "runs", runs->names, runs->n_runs);
    if (runs->grid)
        ambit_hdf_put_text(&hdf, root, "grid", runs->grid);
    if (runs->seed_axis < runs->n_axes)
        ambit_hdf_put_text(&hdf, root, "seed_axis", axes[runs->seed_axis]);
    file->targets = ambit_hdf_create_group(&hdf, root, "targets");
    if (hdf.status == AMBIT_OK)
        *result = file;
    else
        ambit_joined_abandon(&file);
    return hdf.status;
}

/* Opens a group, which the first run creates. */
static hid_t open_group(AmbitHdf *hdf, hid_t parent, const char *name)
{
    return ambit_hdf_has(hdf, parent, name) ? ambit_hdf_child(hdf, parent, name, H5I_GROUP)
                                            : ambit_hdf_create_group(hdf, parent, name);
}

static AmbitStatus copy_axis(AmbitTargetResult *to, const AmbitTargetResult *from, AmbitAxis axis,
                             AmbitError *error)
{
    const AmbitResultAxis *own = &from->axes[axis];
    return ambit_result_set_axis(to, axis, own->words.name ? &own->words : NULL, own->length,
                                 own->values, own->labels, error);
}

/* A result with the axes of `from` that its means lie over, and no numbers. */
static AmbitStatus copy_axes(AmbitTargetResult **copy, const AmbitTargetResult *from,
                             AmbitError *error)
{
    static const AmbitAxis axes[] = {AMBIT_AXIS_STEP, AMBIT_AXIS_SWEEP, AMBIT_AXIS_PREDICTOR,
                                     AMBIT_AXIS_EXAMPLE, AMBIT_AXIS_QUERY};
    *copy = ambit_alloc(1, sizeof **copy);
    if (!*copy)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    AmbitStatus status = AMBIT_OK;
    for (size_t i = 0; i < sizeof axes / sizeof *axes && !status; i++)
        status = copy_axis(*copy, from, axes[i], error);
    (*copy)->metric = from->metric;
    return status;
}

/* The means of a target, made by its first run. */
static AmbitStatus find_means(AmbitJoinedFile *file, const char *target,
                              const AmbitTargetResult *result, Means **found, AmbitError *error)
{
    for (size_t i = 0; i < file->n_means; i++)
        if (strcmp(file->means[i].target, target) == 0) {
            *found = &file->means[i];
            return AMBIT_OK;
        }
    size_t count = ambit_result_n_conditions(result) * result->n_columns * result->n_queries;
    Means *means = ambit_alloc(file->n_means + 1, sizeof *means);
    Means fresh = {.target = ambit_strdup(target),
                   .count = count,
                   .values = ambit_alloc(file->runs->n_runs, count * sizeof *fresh.values)};
    AmbitStatus status = means && fresh.target && fresh.values
                             ? copy_axes(&fresh.like, result, error)
                             : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    if (status) {
        ambit_free(means);
        ambit_free(fresh.target);
        ambit_free(fresh.values);
        ambit_target_result_destroy(&fresh.like);
        return status;
    }
    for (size_t i = 0; i < file->runs->n_runs * count; i++)
        fresh.values[i] = NAN;
    if (file->n_means)
        memcpy(means, file->means, file->n_means * sizeof *means);
    ambit_free(file->means);
    file->means = means;
    *found = &means[file->n_means++];
    **found = fresh;
    return AMBIT_OK;
}

/* The number of parameters of a predictor; NaN if it is no model of the list. */
static double count_parameters(const AmbitModelNotes *models, const char *predictor)
{
    for (size_t i = 0; i < models->count; i++)
        if (strcmp(models->names[i], predictor) == 0)
            return (double)models->n_parameters[i];
    return NAN;
}

/* Writes what is said of a run as a whole: the number of its examples, and the sizes of models. */
static AmbitStatus write_run(AmbitHdf *hdf, hid_t group, const AmbitTargetResult *result,
                             int64_t examples, const AmbitModelNotes *models, AmbitError *error)
{
    static const size_t over[] = {AMBIT_AXIS_PREDICTOR};
    static const AmbitMeasure measure = {
        .words = {"examples", "number of the examples that were asked", "1",
                  "runs with the same number answered the same examples; NaN: the run is missing"},
        .fixed = true,
        .shown = AMBIT_SHOWN_NOT};
    static const AmbitMeasure sizes = {
        .words = {"n_parameters", "number of the model's parameters", "1",
                  "NaN: the predictor is no model, or the run is missing or of an older version"},
        .fixed = true,
        .shown = AMBIT_SHOWN_NOT};
    size_t index, at;
    AmbitTargetResult *number = ambit_alloc(1, sizeof *number);
    if (!number)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    number->n_steps = number->n_sweep = 1;
    AmbitStatus status = copy_axis(number, result, AMBIT_AXIS_PREDICTOR, error);
    if (!status)
        status = ambit_result_add_array(number, &measure, 0, NULL, &index, error);
    if (!status)
        status = ambit_result_add_array(number, &sizes, 1, over, &at, error);
    if (!status) {
        number->arrays[index].values[0] = (double)examples;
        for (size_t c = 0; c < result->n_columns; c++)
            number->arrays[at].values[c] =
                count_parameters(models, result->axes[AMBIT_AXIS_PREDICTOR].labels[c]);
        ambit_results_write_arrays(hdf, group, number);
    }
    ambit_target_result_destroy(&number);
    return status ? status : hdf->status; // of the writing
}

AmbitStatus ambit_joined_add(AmbitJoinedFile *file, size_t run, const AmbitTarget *target,
                             const AmbitTargetResult *result, int64_t examples,
                             const AmbitModelNotes *models, AmbitError *error)
{
    AmbitHdf hdf = ambit_hdf_begin(error);
    const AmbitHdfPlace place = ambit_joined_place(file->runs, run);
    Means *means = NULL;
    hid_t group = open_group(&hdf, file->targets, target->name);
    hdf.place = &place;
    ambit_results_put_attributes(&hdf, group, target, result);
    ambit_results_write_datasets(&hdf, group, result);
    if (hdf.status == AMBIT_OK)
        hdf.status = write_run(&hdf, group, result, examples, models, error);
    if (hdf.status == AMBIT_OK)
        hdf.status = find_means(file, target->name, result, &means, error);
    ambit_hdf_release(group);
    if (hdf.status == AMBIT_OK)
        memcpy(means->values + run * means->count, result->mean, means->count * sizeof(double));
    return hdf.status;
}

AmbitStatus ambit_joined_add_log(AmbitJoinedFile *file, size_t run, const AmbitTargetResult *log,
                                 AmbitError *error)
{
    AmbitHdf hdf = ambit_hdf_begin(error);
    const AmbitHdfPlace place = ambit_joined_place(file->runs, run);
    hid_t group = open_group(&hdf, file->aside.file, "log");
    hdf.place = &place;
    ambit_results_write_arrays(&hdf, group, log);
    ambit_hdf_release(group);
    return hdf.status;
}

AmbitStatus ambit_joined_add_over(AmbitJoinedFile *file, const AmbitOverRuns *over,
                                  AmbitError *error)
{
    AmbitHdf hdf = ambit_hdf_begin(error);
    ambit_joined_write_over(&hdf, file->aside.file, over);
    return hdf.status;
}

/* The datasets of means over seeds. */
enum { MEAN, LOW, HIGH, N_KINDS };
static const AmbitMeasure kinds[N_KINDS] = {
    {.words = {"runs_mean", "mean over runs", "1", "mean over the seeds of the mean over examples"},
     .shown = AMBIT_SHOWN_NOT,
     .low = "runs_low",
     .high = "runs_high"},
    {.words = {"runs_low", "lower end of the interval of the mean over runs", "1",
               "90 % interval by Student's t over the seeds"},
     .shown = AMBIT_SHOWN_NOT},
    {.words = {"runs_high", "upper end of the interval of the mean over runs", "1",
               "90 % interval by Student's t over the seeds"},
     .shown = AMBIT_SHOWN_NOT}};

/* Fills the means over seeds of the runs that share the places of `run` on all other axes. */
static void fill_means(const AmbitRuns *runs, const Means *means, size_t run, double *values,
                       AmbitTargetResult *result)
{
    size_t stride = 1, n_seeds = runs->axes[runs->seed_axis].length;
    for (size_t a = runs->seed_axis + 1; a < runs->n_axes; a++)
        stride *= runs->axes[a].length;
    for (size_t i = 0; i < means->count; i++) {
        for (size_t s = 0; s < n_seeds; s++)
            values[s] = means->values[(run + s * stride) * means->count + i];
        ambit_runs_interval(values, n_seeds, &result->arrays[MEAN].values[i],
                            &result->arrays[LOW].values[i], &result->arrays[HIGH].values[i]);
    }
}

/* The place of a run on all axes but that of seeds. */
static AmbitHdfPlace other_place(const AmbitRuns *runs, size_t run, AmbitResultAxis *axes)
{
    AmbitHdfPlace place = {.axes = axes};
    for (size_t a = 0; a < runs->n_axes; a++)
        if (a != runs->seed_axis) {
            axes[place.n_axes] = runs->axes[a];
            place.index[place.n_axes++] = ambit_runs_place(runs, run, a);
        }
    return place;
}

static AmbitStatus write_means(const AmbitJoinedFile *file, Means *means, AmbitError *error)
{
    static const size_t over[] = {AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_QUERY};
    const AmbitRuns *runs = file->runs;
    AmbitHdf hdf = ambit_hdf_begin(error);
    AmbitResultAxis axes[AMBIT_MOST_RUN_AXES];
    size_t index;
    double *values = ambit_alloc(runs->axes[runs->seed_axis].length, sizeof *values);
    hid_t group = ambit_hdf_child(&hdf, file->targets, means->target, H5I_GROUP);
    if (!values)
        ambit_hdf_fail(&hdf, AMBIT_NO_MEMORY, group, "out of memory");
    for (size_t kind = 0; hdf.status == AMBIT_OK && kind < N_KINDS; kind++)
        hdf.status = ambit_result_add_array(means->like, &kinds[kind], 2, over, &index, error);
    for (size_t run = 0; hdf.status == AMBIT_OK && run < runs->n_runs; run++) {
        const AmbitHdfPlace place = other_place(runs, run, axes);
        if (ambit_runs_place(runs, run, runs->seed_axis) != 0)
            continue;
        fill_means(runs, means, run, values, means->like);
        hdf.place = &place;
        ambit_results_write_arrays(&hdf, group, means->like);
    }
    ambit_hdf_release(group);
    ambit_free(values);
    return hdf.status;
}

AmbitStatus ambit_joined_close(AmbitJoinedFile **pointer, double wall_seconds, AmbitError *error)
{
    AmbitJoinedFile *file = *pointer;
    AmbitHdf hdf = ambit_hdf_begin(error);
    bool has_seeds = file->runs->seed_axis < file->runs->n_axes;
    for (size_t i = 0; has_seeds && hdf.status == AMBIT_OK && i < file->n_means; i++)
        hdf.status = write_means(file, &file->means[i], error);
    ambit_hdf_put(&hdf, file->aside.file, "wall_seconds", H5T_NATIVE_DOUBLE, &wall_seconds, 0);
    if (hdf.status != AMBIT_OK) {
        ambit_joined_abandon(pointer);
        return hdf.status;
    }
    ambit_hdf_release(file->targets);
    file->targets = -1;
    ambit_aside_commit(&hdf, &file->aside);
    release(pointer);
    return hdf.status;
}

void ambit_joined_abandon(AmbitJoinedFile **pointer)
{
    AmbitJoinedFile *file = pointer ? *pointer : NULL;
    if (!file)
        return;
    ambit_hdf_release(file->targets);
    ambit_aside_discard(&file->aside);
    release(pointer);
}
