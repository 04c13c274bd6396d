// SPDX-License-Identifier: MIT
// The datasets of a target's group: axes, errors and their statistics, measurements.
#include "results.h"

#include "ambit/memory.h"
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>

/* A target's group under way. */
typedef struct Group {
    AmbitHdf *hdf;
    hid_t id;
    const AmbitTargetResult *result;
    hid_t scales[AMBIT_MOST_AXES];      // by axis; −1: the target does not have it
    hid_t lead[AMBIT_MOST_JOINED_AXES]; // scales of the axes of joined runs
} Group;

/* Where no run has written yet stands NaN, or a flag that there is no answer. */
static bool set_fill(hid_t layout, hid_t file_type)
{
    static const double missing = NAN;
    static const unsigned char no_answer = AMBIT_FLAG_NO_ANSWER;
    bool real = H5Tget_class(file_type) == H5T_FLOAT;
    return H5Pset_fill_value(layout, real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_UCHAR,
                             real ? (const void *)&missing : &no_answer) >= 0 &&
           H5Pset_alloc_time(layout, H5D_ALLOC_TIME_EARLY) >= 0;
}

/* Raw data are compressed in chunks of the last axes, near a mebibyte each, and each of one run.
 * Other data are stored plainly. */
static hid_t find_layout(const Group *group, bool raw, hid_t file_type, const hsize_t *shape,
                         size_t rank)
{
    const AmbitHdfPlace *place = group->hdf->place;
    size_t lead = place ? place->n_axes : 0;
    hsize_t chunk[AMBIT_DATASET_RANK], room = (hsize_t)1 << 17;
    for (size_t i = rank; i-- > 0;) {
        hsize_t most = room > 0 && i >= lead ? room : 1;
        chunk[i] = shape[i] == 0 ? 1 : shape[i] < most ? shape[i] : most;
        room /= chunk[i];
    }
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    bool ok = layout >= 0;
    if (ok && raw)
        ok = H5Pset_chunk(layout, (int)rank, chunk) >= 0 && H5Pset_shuffle(layout) >= 0 &&
             H5Pset_deflate(layout, 4) >= 0;
    if (ok && place)
        ok = set_fill(layout, file_type);
    if (ok)
        return layout;
    ambit_hdf_release(layout);
    return -1;
}

/* A dataset to be written: over the target's step and sweep (unless `fixed`), then `axes`. */
typedef struct Variable {
    AmbitCaption words;
    bool raw, fixed;
    size_t rank;
    const size_t *axes;
    hid_t file_type, memory_type;
    const void *values;
} Variable;

/* The scales that a variable lies over, and their lengths; returns the rank. */
static unsigned find_scales(const Group *group, const Variable *v, hid_t scale[AMBIT_DATASET_RANK],
                            hsize_t shape[AMBIT_DATASET_RANK])
{
    static const size_t lead[] = {AMBIT_AXIS_STEP, AMBIT_AXIS_SWEEP};
    const AmbitHdfPlace *place = group->hdf->place;
    unsigned rank = 0;
    for (; place && rank < place->n_axes; rank++) {
        shape[rank] = place->axes[rank].length;
        scale[rank] = group->lead[rank];
    }
    for (size_t i = v->fixed ? 2 : 0; i < 2 + v->rank; i++) {
        size_t axis = i < 2 ? lead[i] : v->axes[i - 2];
        if (group->scales[axis] >= 0) {
            shape[rank] = group->result->axes[axis].length;
            scale[rank++] = group->scales[axis];
        }
    }
    return rank;
}

/* Creates a dataset over its scales. */
static hid_t create_dataset(const Group *group, const Variable *v, const hid_t *scale,
                            const hsize_t *shape, unsigned rank)
{
    hid_t dataset = -1, layout = find_layout(group, v->raw, v->file_type, shape, rank);
    hid_t space = rank ? H5Screate_simple((int)rank, shape, NULL) : H5Screate(H5S_SCALAR);
    if (space >= 0 && layout >= 0)
        dataset = H5Dcreate2(group->id, v->words.name, v->file_type, space, H5P_DEFAULT, layout,
                             H5P_DEFAULT);
    bool ok = dataset >= 0;
    for (unsigned i = 0; ok && i < rank; i++)
        ok = H5DSattach_scale(dataset, scale[i], i) >= 0;
    if (!ok)
        ambit_hdf_fail(group->hdf, AMBIT_IO, group->id, "cannot create dataset %s", v->words.name);
    ambit_hdf_release(layout);
    ambit_hdf_release(space);
    return dataset;
}

/* Writes a dataset, or the part of a run; returns it opened. */
static hid_t write_variable(const Group *group, const Variable *v)
{
    AmbitHdf *hdf = group->hdf;
    if (hdf->status != AMBIT_OK)
        return -1;
    hsize_t shape[AMBIT_DATASET_RANK];
    hid_t scale[AMBIT_DATASET_RANK];
    unsigned rank = find_scales(group, v, scale, shape);
    hid_t dataset = hdf->place && ambit_hdf_has(hdf, group->id, v->words.name)
                        ? ambit_hdf_child(hdf, group->id, v->words.name, H5I_DATASET)
                        : create_dataset(group, v, scale, shape, rank);
    hid_t memory, part = ambit_hdf_part(hdf, dataset, &memory);
    if (hdf->status == AMBIT_OK &&
        H5Dwrite(dataset, v->memory_type, memory, part, H5P_DEFAULT, v->values) < 0)
        ambit_hdf_fail(hdf, AMBIT_IO, group->id, "cannot write dataset %s", v->words.name);
    ambit_results_put_caption(hdf, dataset, &v->words, v->file_type);
    ambit_hdf_release_space(part);
    ambit_hdf_release_space(memory);
    return dataset;
}

static hid_t write_reals(const Group *group, Variable variable)
{
    variable.file_type = H5T_IEEE_F64LE;
    variable.memory_type = H5T_NATIVE_DOUBLE;
    return write_variable(group, &variable);
}

/* Texts of variable length, the only ones that netCDF-4 reads; "" where there is none. */
static hid_t write_texts(const Group *group, Variable variable, char *const *texts)
{
    static char none[] = "";
    hsize_t shape[AMBIT_DATASET_RANK];
    hid_t scale[AMBIT_DATASET_RANK], type = H5Tcopy(H5T_C_S1);
    size_t count = 1;
    for (size_t i = find_scales(group, &variable, scale, shape); i-- > 0;)
        count *= shape[i];
    char **filled = ambit_alloc(count, sizeof *filled);
    for (size_t i = 0; filled && i < count; i++)
        filled[i] = texts[i] ? texts[i] : none;
    variable.file_type = variable.memory_type = type;
    variable.values = filled;
    if (!filled)
        ambit_hdf_fail(group->hdf, AMBIT_NO_MEMORY, group->id, "out of memory");
    else if (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)
        ambit_hdf_fail(group->hdf, AMBIT_IO, group->id, "cannot make a text type");
    hid_t dataset = write_variable(group, &variable);
    ambit_hdf_release(type);
    ambit_free(filled);
    return dataset;
}

static const size_t over_answers[] = {AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_EXAMPLE, AMBIT_AXIS_QUERY};
static const size_t over_statistics[] = {AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_QUERY};

static void write_flags(const Group *group)
{
    static const unsigned char masks[] = {AMBIT_FLAG_NOT_CONVERGED, AMBIT_FLAG_SINGULAR,
                                          AMBIT_FLAG_NO_ANSWER};
    const Variable variable = {.words = {"flag", "what was not regular about a prediction", "1",
                                         "0: nothing; else a sum of flag_masks"},
                               .raw = true,
                               .rank = 3,
                               .axes = over_answers,
                               .file_type = H5T_STD_U8LE,
                               .memory_type = H5T_NATIVE_UCHAR,
                               .values = group->result->flag};
    hid_t dataset = write_variable(group, &variable);
    ambit_hdf_put(group->hdf, dataset, "flag_masks", H5T_NATIVE_UCHAR, masks, sizeof masks);
    ambit_hdf_put_text(group->hdf, dataset, "flag_meanings", "not_converged singular no_answer");
    ambit_hdf_release(dataset);
}

static void write_errors(const Group *group)
{
    const AmbitMetric *metric = group->result->metric;
    hid_t dataset = write_reals(group, (Variable){.words = {metric->names.scores, metric->long_name,
                                                            metric->unit, metric->description},
                                                  .raw = true,
                                                  .rank = 3,
                                                  .axes = over_answers,
                                                  .values = group->result->error});
    ambit_hdf_put_text(group->hdf, dataset, "metric", metric->name);
    ambit_hdf_put_text(group->hdf, dataset, "ancillary_variables", "flag");
    ambit_hdf_release(dataset);
}

static void write_statistics(const Group *group)
{
    const AmbitTargetResult *r = group->result;
    const AmbitScoreNames *names = &r->metric->names;
    const struct {
        const char *name, *long_name, *description;
        const double *values;
    } statistics[] = {
        {names->mean, "mean", "mean of %s over examples", r->mean},
        {names->median, "median", "median of %s over examples", r->median},
        {names->low, "lower end of the interval of the mean", "90 %% bootstrap interval", r->low},
        {names->high, "upper end of the interval of the mean", "90 %% bootstrap interval",
         r->high}};
    for (size_t i = 0; i < 4; i++) {
        char long_name[128], description[128], beside[128];
        if (!statistics[i].name)
            continue;
        snprintf(long_name, sizeof long_name, "%s %s", statistics[i].long_name,
                 r->metric->long_name);
        snprintf(description, sizeof description, statistics[i].description, names->scores);
        hid_t dataset = write_reals(group, (Variable){.words = {statistics[i].name, long_name,
                                                                r->metric->unit, description},
                                                      .rank = 2,
                                                      .axes = over_statistics,
                                                      .values = statistics[i].values});
        snprintf(beside, sizeof beside, "%s %s", names->low, names->high);
        if (statistics[i].values == r->mean)
            ambit_hdf_put_text(group->hdf, dataset, "ancillary_variables", beside);
        ambit_hdf_release(dataset);
    }
}

/* What evaluation measured beyond errors, and how tables show it. */
static void write_array(const Group *group, const AmbitResultArray *array)
{
    const unsigned char yes = 1;
    const AmbitMeasure *measure = &array->measure;
    AmbitHdf *hdf = group->hdf;
    char list[AMBIT_ARRAY_RANK * AMBIT_AXIS_NAME_SIZE] = "", beside[2 * AMBIT_AXIS_NAME_SIZE];
    size_t used = 0;
    for (size_t i = 0; i < array->rank && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? " " : "",
                                 group->result->axes[array->axes[i]].words.name);
    const Variable variable = {.words = measure->words,
                               .raw = measure->raw,
                               .fixed = measure->fixed,
                               .rank = array->rank,
                               .axes = array->axes,
                               .values = array->values};
    hid_t dataset =
        array->texts ? write_texts(group, variable, array->texts) : write_reals(group, variable);
    ambit_hdf_put_text(hdf, dataset, "axes", list);
    if (measure->fixed)
        ambit_hdf_put(hdf, dataset, "fixed", H5T_NATIVE_UCHAR, &yes, 0);
    if (!measure->raw)
        ambit_hdf_put_text(hdf, dataset, "shown", ambit_shown_names[measure->shown]);
    if (!measure->raw && measure->headline)
        ambit_hdf_put(hdf, dataset, "headline", H5T_NATIVE_UCHAR, &yes, 0);
    if (!measure->raw && measure->low) {
        snprintf(beside, sizeof beside, "%s %s", measure->low, measure->high);
        ambit_hdf_put_text(hdf, dataset, "ancillary_variables", beside);
    }
    ambit_hdf_release(dataset);
}

/* Writes the axes, which the other datasets attach. */
static Group open_group(AmbitHdf *hdf, hid_t id, const AmbitTargetResult *result)
{
    Group group = {.hdf = hdf, .id = id, .result = result};
    for (size_t axis = 0; axis < AMBIT_MOST_AXES; axis++)
        group.scales[axis] = -1;
    for (size_t axis = 0; axis < AMBIT_MOST_JOINED_AXES; axis++)
        group.lead[axis] = -1;
    for (size_t axis = 0; hdf->place && axis < hdf->place->n_axes; axis++)
        group.lead[axis] = ambit_results_write_axis(hdf, id, result, &hdf->place->axes[axis]);
    for (size_t axis = 0; axis < result->n_axes; axis++)
        if (result->axes[axis].words.name)
            group.scales[axis] = ambit_results_write_axis(hdf, id, result, &result->axes[axis]);
    return group;
}

/* Writes the measurements and releases the axes. Texts are not joined: a run that is missing would
 * leave holes that netCDF-4 cannot read. */
static void close_group(Group *group)
{
    for (size_t i = 0; i < group->result->n_arrays; i++)
        if (!(group->hdf->place && group->result->arrays[i].texts))
            write_array(group, &group->result->arrays[i]);
    for (size_t axis = 0; axis < AMBIT_MOST_AXES; axis++)
        ambit_hdf_release(group->scales[axis]);
    for (size_t axis = 0; axis < AMBIT_MOST_JOINED_AXES; axis++)
        ambit_hdf_release(group->lead[axis]);
}

void ambit_results_write_arrays(AmbitHdf *hdf, hid_t id, const AmbitTargetResult *result)
{
    Group group = open_group(hdf, id, result);
    close_group(&group);
}

void ambit_results_write_datasets(AmbitHdf *hdf, hid_t id, const AmbitTargetResult *result)
{
    Group group = open_group(hdf, id, result);
    write_errors(&group);
    write_statistics(&group);
    if (result->metric->normalized)
        ambit_hdf_release(write_reals(
            &group,
            (Variable){.words = {"normalizer", "error of the zero predictor", "1",
                                 "what errors were divided by: E f^2, or 1/2 for labels +1 and "
                                 "-1; see normalizer_kind"},
                       .values = result->normalizer}));
    ambit_hdf_release(
        write_reals(&group, (Variable){.words = {"seconds", "time spent predicting", "s",
                                                 "predictors computed together share their time"},
                                       .fixed = true,
                                       .rank = 1,
                                       .axes = over_statistics,
                                       .values = result->seconds}));
    write_flags(&group);
    close_group(&group);
}
