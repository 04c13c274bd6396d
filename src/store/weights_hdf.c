// SPDX-License-Identifier: MIT
// Weights in HDF5: checkpoints, and state dicts that h5py wrote, one dataset per tensor.
#include "weights.h"

#include "ambit/memory.h"
#include "ambit/store.h"
#include "origin.h"
#include <string.h>

enum { MOST_TENSORS = 1 << 16 };

/* An open file. */
typedef struct Content {
    hid_t file, group; // −1: none
} Content;

static const char remedy[] = "save it again as `ambit import --help` shows";

static bool is_group(hid_t parent, const char *name)
{
    AmbitError unused;
    AmbitHdf hdf = ambit_hdf_begin(&unused);
    ambit_hdf_release(ambit_hdf_child(&hdf, parent, name, H5I_GROUP));
    return hdf.status == AMBIT_OK;
}

/* Chooses the group that holds the tensors; "/" is the root. */
static const char *choose_group(AmbitHdf *hdf, hid_t file, char *const *names, size_t count)
{
    static const char *const usual[] = {"parameters", "state_dict"};
    size_t n_groups = 0;
    while (n_groups < count && is_group(file, names[n_groups]))
        n_groups++;
    if (n_groups < count || count == 0)
        return "/";
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (ambit_hdf_has(hdf, file, usual[i]))
            return usual[i];
    if (count > 1)
        ambit_hdf_fail(hdf, AMBIT_INVALID, file,
                       "found %zu groups and no tensors; save these at the root, or in "
                       "/parameters or /state_dict",
                       count);
    return names[0];
}

static hid_t open_group(AmbitHdf *hdf, hid_t file)
{
    size_t count;
    hid_t group = -1;
    char **names = ambit_hdf_names(hdf, file, MOST_TENSORS, &count);
    if (hdf->status == AMBIT_OK) {
        const char *name = choose_group(hdf, file, names, count);
        group = strcmp(name, "/") == 0 ? H5Gopen2(file, name, H5P_DEFAULT)
                                       : ambit_hdf_child(hdf, file, name, H5I_GROUP);
    }
    for (size_t i = 0; i < count; i++)
        ambit_free(names[i]);
    ambit_free(names);
    return group;
}

/* Opens a file. One that ambit wrote must be an intact checkpoint, and has a config and a step. */
static hid_t open_file(AmbitHdf *hdf, AmbitWeights *weights)
{
    hid_t file = ambit_hdf_open(hdf, weights->path);
    if (file < 0 || !ambit_hdf_has_attribute(hdf, file, "schema_version"))
        return file;
    AmbitCheckpointSummary *summary;
    ambit_hdf_close(file);
    hdf->status = ambit_checkpoint_summarize(&summary, weights->path, hdf->error);
    if (hdf->status == AMBIT_OK) {
        weights->config = summary->origin.config;
        weights->step = summary->origin.step;
        summary->origin.config = NULL;
    }
    ambit_checkpoint_summary_destroy(&summary);
    return ambit_hdf_open(hdf, weights->path);
}

static AmbitStatus open_hdf(AmbitWeights *weights, AmbitError *error)
{
    AmbitHdf hdf = ambit_hdf_begin(error);
    Content *content = weights->content = ambit_alloc(1, sizeof *content);
    if (!content)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "%s: out of memory", weights->path);
    content->group = -1;
    content->file = open_file(&hdf, weights);
    content->group = open_group(&hdf, content->file);
    weights->names = ambit_hdf_names(&hdf, content->group, MOST_TENSORS, &weights->n_names);
    return hdf.status;
}

static void close_hdf(void *opened)
{
    Content *content = opened;
    ambit_hdf_release(content->group);
    ambit_hdf_close(content->file);
    ambit_free(content);
}

/* Returns the type that the tensor must be stored as; fails if it is not a real number of 32 or 64
 * bits. */
static hid_t check_type(AmbitHdf *hdf, hid_t dataset)
{
    if (hdf->status != AMBIT_OK)
        return -1;
    hid_t type = H5Dget_type(dataset);
    size_t size = type >= 0 && H5Tget_class(type) == H5T_FLOAT ? H5Tget_size(type) : 0;
    ambit_hdf_release(type);
    if (size != sizeof(float) && size != sizeof(double))
        ambit_hdf_fail(hdf, AMBIT_INVALID, dataset,
                       "found another number type, allowed are float32 and float64 (.float())");
    return size == sizeof(double) ? H5T_IEEE_F64LE : H5T_IEEE_F32LE;
}

static AmbitStatus take_shape(const AmbitWeights *weights, const char *name,
                              AmbitWeightsShape *shape, AmbitError *error)
{
    const Content *content = weights->content;
    hsize_t length[AMBIT_WEIGHTS_RANK];
    AmbitHdf hdf = ambit_hdf_begin(error);
    hdf.remedy = remedy;
    hid_t dataset = ambit_hdf_child(&hdf, content->group, name, H5I_DATASET);
    hid_t type = check_type(&hdf, dataset);
    shape->rank = ambit_hdf_shape(&hdf, dataset, AMBIT_WEIGHTS_RANK, length);
    ambit_hdf_check_stored(&hdf, dataset, type);
    for (size_t i = 0; i < shape->rank; i++)
        shape->length[i] = length[i];
    ambit_hdf_release(dataset);
    return hdf.status;
}

static AmbitStatus read_values(const AmbitWeights *weights, const char *name, AmbitReal *values,
                               AmbitError *error)
{
    const Content *content = weights->content;
    AmbitHdf hdf = ambit_hdf_begin(error);
    hdf.remedy = remedy;
    hid_t dataset = ambit_hdf_child(&hdf, content->group, name, H5I_DATASET);
    if (hdf.status == AMBIT_OK &&
        H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        ambit_hdf_fail(&hdf, AMBIT_INVALID, dataset, "the numbers cannot be read");
    ambit_hdf_release(dataset);
    return hdf.status;
}

const AmbitWeightsFormat ambit_weights_hdf = {
    .open = open_hdf, .shape = take_shape, .read = read_values, .close = close_hdf};
