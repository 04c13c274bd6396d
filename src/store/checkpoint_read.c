// SPDX-License-Identifier: MIT
// Reading checkpoints. The file is not trusted: type, shape and storage of a tensor are checked
// before it is read, and nothing reaches the trainer before all digests agree.
#include "checkpoint.h"

#include "ambit/memory.h"
#include "origin.h"
#include <string.h>

enum { MOST_TENSORS = 1 << 16 };
#define MOST_STEPS ((int64_t)1 << 48)

/* What a run over one block's tensors needs. */
typedef struct Reader {
    AmbitHdf *hdf;
    hid_t group;
    uint64_t digest;
} Reader;

static Reader open_block(AmbitHdf *hdf, hid_t file, const char *name)
{
    hid_t group = ambit_hdf_child(hdf, file, name, H5I_GROUP);
    return (Reader){.hdf = hdf, .group = group, .digest = AMBIT_DIGEST_START};
}

static void close_block(Reader *reader)
{
    uint64_t digest = 0;
    ambit_hdf_get(reader->hdf, reader->group, "digest", H5T_NATIVE_UINT64, &digest);
    if (reader->hdf->status == AMBIT_OK && digest != reader->digest)
        ambit_hdf_fail(reader->hdf, AMBIT_INVALID, reader->group,
                       "the numbers are damaged: found digest %016llx, expected %016llx",
                       (unsigned long long)reader->digest, (unsigned long long)digest);
    ambit_hdf_release(reader->group);
}

/* Opens the tensor and fills rank, shape and count; its size is bounded by the file's. */
static hid_t open_tensor(Reader *reader, const char *name, AmbitTensor *tensor)
{
    hsize_t shape[2] = {1, 1};
    hid_t dataset = ambit_hdf_child(reader->hdf, reader->group, name, H5I_DATASET);
    tensor->rank = ambit_hdf_shape(reader->hdf, dataset, 2, shape);
    ambit_hdf_check_stored(reader->hdf, dataset, H5T_IEEE_F32LE);
    tensor->shape[0] = shape[0];
    tensor->shape[1] = tensor->rank == 2 ? shape[1] : 1;
    tensor->count = tensor->shape[0] * tensor->shape[1];
    return dataset;
}

static void read_values(Reader *reader, hid_t dataset, size_t count, AmbitReal *values)
{
    if (reader->hdf->status != AMBIT_OK)
        return;
    if (H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        ambit_hdf_fail(reader->hdf, AMBIT_INVALID, dataset, "the numbers cannot be read");
    else
        reader->digest = ambit_digest(reader->digest, values, count * sizeof *values);
}

static void read_expected(Reader *reader, const AmbitTensor *expected, AmbitReal *values)
{
    AmbitTensor found;
    hid_t dataset = open_tensor(reader, expected->name, &found);
    if (reader->hdf->status == AMBIT_OK &&
        (found.rank != expected->rank || found.shape[0] != expected->shape[0] ||
         found.shape[1] != expected->shape[1]))
        ambit_hdf_fail(reader->hdf, AMBIT_INVALID, dataset,
                       "found shape %zu×%zu (rank %zu), expected %zu×%zu (rank %zu)",
                       found.shape[0], found.shape[1], found.rank, expected->shape[0],
                       expected->shape[1], expected->rank);
    read_values(reader, dataset, expected->count, values);
    ambit_hdf_release(dataset);
}

static void read_block(AmbitHdf *hdf, hid_t file, const char *name, const AmbitModel *model,
                       AmbitReal *block)
{
    size_t n_tensors = ambit_model_n_tensors(model);
    H5G_info_t info;
    Reader reader = open_block(hdf, file, name);
    if (hdf->status == AMBIT_OK &&
        (H5Gget_info(reader.group, &info) < 0 || info.nlinks != n_tensors))
        ambit_hdf_fail(hdf, AMBIT_INVALID, reader.group, "found %llu tensors, expected %zu",
                       (unsigned long long)info.nlinks, n_tensors);
    for (size_t i = 0; i < n_tensors; i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        read_expected(&reader, tensor, block + tensor->offset);
    }
    close_block(&reader);
}

/* The config if it and the step are what was written; free with ambit_free. */
static char *read_root(AmbitHdf *hdf, hid_t file, int64_t *step)
{
    uint64_t digest = 0;
    int64_t found = 0;
    ambit_hdf_get(hdf, file, "step", H5T_NATIVE_INT64, &found);
    ambit_hdf_get(hdf, file, "digest", H5T_NATIVE_UINT64, &digest);
    char *config = ambit_hdf_get_text(hdf, file, "config");
    if (config && ambit_checkpoint_root_digest(found, config) != digest)
        ambit_hdf_fail(hdf, AMBIT_INVALID, file, "step and config are damaged: digest differs");
    if (hdf->status == AMBIT_OK && (found < 0 || found > MOST_STEPS))
        ambit_hdf_fail(hdf, AMBIT_INVALID, file, "found step %lld", (long long)found);
    if (hdf->status == AMBIT_OK) {
        *step = found;
        return config;
    }
    ambit_free(config);
    return NULL;
}

AmbitStatus ambit_checkpoint_read_config(const char *path, char **config, int64_t *step,
                                         AmbitError *error)
{
    AmbitHdf hdf = ambit_hdf_begin(error);
    hid_t file = ambit_origin_open_as(&hdf, path, AMBIT_CHECKPOINT);
    *config = read_root(&hdf, file, step);
    ambit_hdf_close(file);
    return hdf.status;
}

AmbitStatus ambit_checkpoint_read(const char *path, const AmbitTrainerState *state,
                                  AmbitError *error)
{
    AmbitReal *targets[AMBIT_N_BLOCKS] = {ambit_model_block(state->model), state->moment1,
                                          state->moment2};
    size_t size = ambit_model_block_size(state->model), n_blocks = state->moment1 ? 3 : 1;
    int64_t step = 0;
    AmbitHdf hdf = ambit_hdf_begin(error);
    hid_t file = ambit_origin_open_as(&hdf, path, AMBIT_CHECKPOINT);
    AmbitReal *staged = ambit_alloc(n_blocks * size, sizeof *staged);
    if (!staged)
        ambit_hdf_fail(&hdf, AMBIT_NO_MEMORY, -1, "%s: out of memory", path);
    ambit_free(read_root(&hdf, file, &step));
    for (size_t i = 0; i < n_blocks; i++)
        read_block(&hdf, file, ambit_checkpoint_groups[i], state->model, staged + i * size);
    if (hdf.status == AMBIT_OK) {
        for (size_t i = 0; i < n_blocks; i++)
            memcpy(targets[i], staged + i * size, size * sizeof *staged);
        if (n_blocks > 1)
            *state->step = step;
    }
    ambit_free(staged);
    ambit_hdf_close(file);
    return hdf.status;
}

/* Reads one tensor of a file whose model is not known, for its digest. */
static void read_found(Reader *reader, const char *name, AmbitTensor *tensor)
{
    *tensor = (AmbitTensor){0};
    if (strlen(name) >= sizeof tensor->name)
        ambit_hdf_fail(reader->hdf, AMBIT_INVALID, reader->group, "tensor name %s is too long",
                       name);
    hid_t dataset = open_tensor(reader, name, tensor);
    if (reader->hdf->status == AMBIT_OK) {
        memcpy(tensor->name, name, strlen(name) + 1);
        AmbitReal *values = ambit_alloc(tensor->count, sizeof *values);
        if (values)
            read_values(reader, dataset, tensor->count, values);
        else
            ambit_hdf_fail(reader->hdf, AMBIT_NO_MEMORY, dataset, "out of memory");
        ambit_free(values);
    }
    ambit_hdf_release(dataset);
}

/* The group's tensors in order of creation, which is the model's; free with ambit_free. */
static AmbitTensor *scan_block(AmbitHdf *hdf, hid_t file, const char *name, size_t *n_tensors)
{
    Reader reader = open_block(hdf, file, name);
    char **names = ambit_hdf_names(hdf, reader.group, MOST_TENSORS, n_tensors);
    AmbitTensor *tensors = ambit_alloc(*n_tensors, sizeof *tensors);
    if (!tensors)
        ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, reader.group, "out of memory");
    for (size_t i = 0; i < *n_tensors; i++) {
        if (hdf->status == AMBIT_OK)
            read_found(&reader, names[i], &tensors[i]);
        ambit_free(names[i]);
    }
    ambit_free(names);
    close_block(&reader);
    return tensors;
}

AmbitStatus ambit_checkpoint_summarize(AmbitCheckpointSummary **result, const char *path,
                                       AmbitError *error)
{
    *result = NULL;
    AmbitHdf hdf = ambit_hdf_begin(error);
    hid_t file = ambit_origin_open_as(&hdf, path, AMBIT_CHECKPOINT);
    AmbitCheckpointSummary *summary = ambit_alloc(1, sizeof *summary);
    if (!summary)
        ambit_hdf_fail(&hdf, AMBIT_NO_MEMORY, -1, "%s: out of memory", path);
    if (hdf.status == AMBIT_OK) {
        int64_t step;
        ambit_origin_get(&hdf, file, &summary->origin);
        ambit_free(read_root(&hdf, file, &step));
        summary->has_moments = ambit_hdf_has(file, ambit_checkpoint_groups[1]);
        for (size_t i = 0; i < (summary->has_moments ? AMBIT_N_BLOCKS : 1); i++) {
            ambit_free(summary->tensors);
            summary->tensors =
                scan_block(&hdf, file, ambit_checkpoint_groups[i], &summary->n_tensors);
        }
    }
    ambit_hdf_close(file);
    if (hdf.status == AMBIT_OK)
        *result = summary;
    else
        ambit_checkpoint_summary_destroy(&summary);
    return hdf.status;
}

void ambit_checkpoint_summary_destroy(AmbitCheckpointSummary **summary)
{
    if (!summary || !*summary)
        return;
    ambit_origin_free(&(*summary)->origin);
    ambit_free((*summary)->tensors);
    ambit_free(*summary);
    *summary = NULL;
}
