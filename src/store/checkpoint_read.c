// SPDX-License-Identifier: MIT
// Reads checkpoints. The file is not trusted: type, shape and storage of a tensor are checked
// before it is read, and the state is changed only after all digests agree.
#include "checkpoint.h"

#include "ambit/memory.h"
#include "origin.h"
#include <math.h>
#include <string.h>

enum { MOST_TENSORS = 1 << 16, MOST_INTEGERS = 64, MOST_GROUPS = 64 };
#define MOST_STEPS ((int64_t)1 << 48)

/* An open group and the digest of what has been read of it. */
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

/* Opens a tensor and fills in rank, shape and count. Its size is bounded by that of the file. */
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

/* Whether the file should hold the tensor. A block with adam_only lacks tensors that Muon moves,
 * except in files before schema version 4. */
static bool is_expected(const Reader *reader, const AmbitStateBlock *block,
                        const AmbitTensor *tensor)
{
    return !block->adam_only || !tensor->n_hidden ||
           (reader->group >= 0 && ambit_hdf_has(reader->hdf, reader->group, tensor->name));
}

static void read_array(AmbitHdf *hdf, hid_t file, const AmbitModel *model,
                       const AmbitStateBlock *block, AmbitReal *values)
{
    size_t n_tensors = 0;
    H5G_info_t info;
    Reader reader = open_block(hdf, file, block->name);
    for (size_t i = 0; i < ambit_model_n_tensors(model); i++)
        n_tensors += is_expected(&reader, block, ambit_model_tensor(model, i));
    if (hdf->status == AMBIT_OK &&
        (H5Gget_info(reader.group, &info) < 0 || info.nlinks != n_tensors))
        ambit_hdf_fail(hdf, AMBIT_INVALID, reader.group, "found %llu tensors, expected %zu",
                       (unsigned long long)info.nlinks, n_tensors);
    for (size_t i = 0; i < ambit_model_n_tensors(model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        if (is_expected(&reader, block, tensor))
            read_expected(&reader, tensor, values + tensor->offset);
    }
    close_block(&reader);
}

static void read_integer(Reader *reader, const char *name, int64_t *value)
{
    hsize_t length = 0;
    hid_t dataset = ambit_hdf_child(reader->hdf, reader->group, name, H5I_DATASET);
    size_t rank = ambit_hdf_shape(reader->hdf, dataset, 1, &length);
    ambit_hdf_check_stored(reader->hdf, dataset, H5T_STD_I64LE);
    if (reader->hdf->status == AMBIT_OK && (rank != 1 || length != 1))
        ambit_hdf_fail(reader->hdf, AMBIT_INVALID, dataset, "found %llu numbers, expected one",
                       (unsigned long long)length);
    if (reader->hdf->status == AMBIT_OK &&
        H5Dread(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0)
        ambit_hdf_fail(reader->hdf, AMBIT_INVALID, dataset, "the number cannot be read");
    if (reader->hdf->status == AMBIT_OK)
        reader->digest = ambit_digest(reader->digest, value, sizeof *value);
    ambit_hdf_release(dataset);
}

/* Checks the digest of all integers in the file, and writes those that `state` has to staged
 * [n_blocks]. A state of NULL has none. */
static void read_integers(AmbitHdf *hdf, hid_t file, const AmbitState *state, int64_t *staged)
{
    size_t count = 0;
    bool found[AMBIT_MOST_BLOCKS] = {false};
    if (ambit_hdf_has(hdf, file, AMBIT_CHECKPOINT_INTEGERS)) {
        Reader reader = open_block(hdf, file, AMBIT_CHECKPOINT_INTEGERS);
        char **names = ambit_hdf_names(hdf, reader.group, MOST_INTEGERS, &count);
        for (size_t n = 0; n < count; n++) {
            int64_t value = 0;
            read_integer(&reader, names[n], &value);
            for (size_t i = 0; state && i < state->n_blocks; i++)
                if (state->blocks[i].integer && strcmp(state->blocks[i].name, names[n]) == 0) {
                    staged[i] = value;
                    found[i] = true;
                }
            ambit_free(names[n]);
        }
        ambit_free(names);
        close_block(&reader);
    }
    for (size_t i = 0; state && i < state->n_blocks && hdf->status == AMBIT_OK; i++) {
        const AmbitStateBlock *block = &state->blocks[i];
        if (block->integer && !found[i] && !block->optional && !ambit_checkpoint_is_root(block))
            ambit_hdf_fail(hdf, AMBIT_INVALID, file, "%s is missing", block->name);
    }
}

/* Returns the config and sets the step, if both agree with their digest; free with ambit_free. */
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

/* Holds the blocks of a state until all digests have been checked. */
typedef struct Staged {
    AmbitReal *arrays[AMBIT_MOST_BLOCKS]; // NULL for integers
    int64_t integers[AMBIT_MOST_BLOCKS];
} Staged;

static void read_blocks(AmbitHdf *hdf, hid_t file, const AmbitState *state, Staged *staged)
{
    int64_t step = 0;
    ambit_free(read_root(hdf, file, &step));
    for (size_t i = 0; i < state->n_blocks; i++) {
        const AmbitStateBlock *block = &state->blocks[i];
        if (block->integer) {
            staged->integers[i] = ambit_checkpoint_is_root(block) ? step : *block->integer;
            continue;
        }
        staged->arrays[i] =
            ambit_alloc(ambit_model_block_size(state->model), sizeof *block->tensors);
        if (!staged->arrays[i])
            ambit_hdf_fail(hdf, AMBIT_NO_MEMORY, file, "out of memory");
        read_array(hdf, file, state->model, block, staged->arrays[i]);
    }
    read_integers(hdf, file, state, staged->integers);
}

/* Returns the run that the file and what `state` has read before belong to; refuses two. */
static uint64_t check_run(AmbitHdf *hdf, hid_t file, const AmbitState *state)
{
    uint64_t known = state->run ? *state->run : 0, found = 0;
    if (state->run && ambit_hdf_has_attribute(hdf, file, "run"))
        ambit_hdf_get(hdf, file, "run", H5T_NATIVE_UINT64, &found);
    if (known && found && known != found)
        ambit_hdf_fail(hdf, AMBIT_INVALID, file,
                       "of another run (%016llx) than the checkpoints read before (%016llx); move "
                       "it away",
                       (unsigned long long)found, (unsigned long long)known);
    return found ? found : known;
}

static double read_seconds(AmbitHdf *hdf, hid_t file)
{
    double seconds = 0;
    ambit_hdf_get(hdf, file, "wall_seconds", H5T_NATIVE_DOUBLE, &seconds);
    if (hdf->status == AMBIT_OK && !(seconds >= 0 && seconds < HUGE_VAL))
        ambit_hdf_fail(hdf, AMBIT_INVALID, file, "found %g wall_seconds", seconds);
    return seconds;
}

AmbitStatus ambit_checkpoint_read(const char *path, const AmbitState *state, AmbitError *error)
{
    Staged staged = {.integers = {0}};
    AmbitHdf hdf = ambit_hdf_begin(error);
    hid_t file = ambit_origin_open_as(&hdf, path, AMBIT_CHECKPOINT);
    read_blocks(&hdf, file, state, &staged);
    uint64_t run = check_run(&hdf, file, state);
    double seconds = read_seconds(&hdf, file);
    if (state->wall_seconds && hdf.status == AMBIT_OK)
        *state->wall_seconds = seconds;
    if (state->run && hdf.status == AMBIT_OK)
        *state->run = run;
    for (size_t i = 0; i < state->n_blocks && hdf.status == AMBIT_OK; i++) {
        const AmbitStateBlock *block = &state->blocks[i];
        if (block->integer)
            *block->integer = staged.integers[i];
        else
            memcpy(block->tensors, staged.arrays[i],
                   ambit_model_block_size(state->model) * sizeof *block->tensors);
    }
    for (size_t i = 0; i < state->n_blocks; i++)
        ambit_free(staged.arrays[i]);
    ambit_hdf_close(file);
    return hdf.status;
}

/* Reads one tensor for the digest; the model is not known. */
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

/* Lists the tensors of a group in order of creation, which is the order of the model; free with
 * ambit_free. */
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

/* Checks the digests of all groups, and lists the tensors of the parameters. */
static void scan_groups(AmbitHdf *hdf, hid_t file, AmbitCheckpointSummary *summary)
{
    size_t n_groups;
    char **groups = ambit_hdf_names(hdf, file, MOST_GROUPS, &n_groups);
    for (size_t i = 0; i < n_groups; i++) {
        size_t n_tensors = 0;
        AmbitTensor *tensors = NULL;
        if (strcmp(groups[i], AMBIT_CHECKPOINT_INTEGERS) != 0)
            tensors = scan_block(hdf, file, groups[i], &n_tensors);
        if (strcmp(groups[i], "parameters") == 0) {
            summary->tensors = tensors;
            summary->n_tensors = n_tensors;
        } else {
            ambit_free(tensors);
        }
        ambit_free(groups[i]);
    }
    ambit_free(groups);
    read_integers(hdf, file, NULL, NULL);
    if (hdf->status == AMBIT_OK && !summary->tensors)
        ambit_hdf_fail(hdf, AMBIT_INVALID, file, "parameters is missing");
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
        summary->has_moments = ambit_hdf_has(&hdf, file, "moment1");
        scan_groups(&hdf, file, summary);
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
