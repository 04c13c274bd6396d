// SPDX-License-Identifier: MIT
// Writes checkpoints: a group for each array of the state and one for its integers, each with a
// digest.
#include "aside.h"
#include "checkpoint.h"
#include "origin.h"

#include <string.h>

_Static_assert(sizeof(AmbitReal) == sizeof(float), "checkpoints are float32");

bool ambit_checkpoint_is_root(const AmbitStateBlock *block)
{
    return strcmp(block->name, "step") == 0;
}

uint64_t ambit_digest(uint64_t digest, const void *bytes, size_t count)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < count; i++)
        digest = (digest ^ byte[i]) * UINT64_C(0x100000001b3);
    return digest;
}

uint64_t ambit_checkpoint_root_digest(int64_t step, const char *config)
{
    uint64_t digest = ambit_digest(AMBIT_DIGEST_START, &step, sizeof step);
    return ambit_digest(digest, config, strlen(config));
}

/* Checksummed chunks of whole rows, of about a mebibyte, the size of HDF5's chunk cache. */
static hid_t tensor_layout(const AmbitTensor *tensor)
{
    const size_t chunk_values = (size_t)1 << 18;
    size_t rows = chunk_values / tensor->shape[1];
    if (rows == 0)
        rows = 1;
    hsize_t chunk[2] = {rows < tensor->shape[0] ? rows : tensor->shape[0], tensor->shape[1]};
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    if (layout >= 0 &&
        (H5Pset_chunk(layout, (int)tensor->rank, chunk) < 0 || H5Pset_fletcher32(layout) < 0)) {
        ambit_hdf_release(layout);
        return -1;
    }
    return layout;
}

static void write_tensor(AmbitHdf *hdf, hid_t group, const AmbitTensor *tensor,
                         const AmbitReal *values)
{
    if (hdf->status != AMBIT_OK)
        return;
    hsize_t shape[2] = {tensor->shape[0], tensor->shape[1]};
    hid_t space = H5Screate_simple((int)tensor->rank, shape, NULL);
    hid_t layout = tensor_layout(tensor), dataset = -1;
    if (space >= 0 && layout >= 0)
        dataset = H5Dcreate2(group, tensor->name, H5T_IEEE_F32LE, space, H5P_DEFAULT, layout,
                             H5P_DEFAULT);
    if (dataset < 0 ||
        H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        ambit_hdf_fail(hdf, AMBIT_IO, group, "cannot write tensor %s", tensor->name);
    ambit_hdf_release(dataset);
    ambit_hdf_release(layout);
    ambit_hdf_release(space);
}

static void write_array(AmbitHdf *hdf, hid_t file, const AmbitModel *model,
                        const AmbitStateBlock *block)
{
    uint64_t digest = AMBIT_DIGEST_START;
    hid_t group = ambit_hdf_create_group(hdf, file, block->name);
    for (size_t i = 0; i < ambit_model_n_tensors(model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        const AmbitReal *values = block->tensors + tensor->offset;
        if (block->adam_only && tensor->n_hidden)
            continue;
        write_tensor(hdf, group, tensor, values);
        digest = ambit_digest(digest, values, tensor->count * sizeof *values);
    }
    ambit_hdf_put(hdf, group, "digest", H5T_NATIVE_UINT64, &digest, 0);
    ambit_hdf_release(group);
}

static void write_integer(AmbitHdf *hdf, hid_t group, const AmbitStateBlock *block)
{
    const hsize_t one = 1;
    if (hdf->status != AMBIT_OK)
        return;
    hid_t space = H5Screate_simple(1, &one, NULL);
    hid_t dataset =
        H5Dcreate2(group, block->name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (dataset < 0 ||
        H5Dwrite(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, block->integer) < 0)
        ambit_hdf_fail(hdf, AMBIT_IO, group, "cannot write %s", block->name);
    ambit_hdf_release(dataset);
    ambit_hdf_release(space);
}

/* Writes all integers except the step; without any there is no group. */
static void write_integers(AmbitHdf *hdf, hid_t file, const AmbitState *state)
{
    uint64_t digest = AMBIT_DIGEST_START;
    hid_t group = -1;
    for (size_t i = 0; i < state->n_blocks; i++) {
        const AmbitStateBlock *block = &state->blocks[i];
        if (!block->integer || ambit_checkpoint_is_root(block))
            continue;
        if (group < 0)
            group = ambit_hdf_create_group(hdf, file, AMBIT_CHECKPOINT_INTEGERS);
        write_integer(hdf, group, block);
        digest = ambit_digest(digest, block->integer, sizeof *block->integer);
    }
    if (group >= 0)
        ambit_hdf_put(hdf, group, "digest", H5T_NATIVE_UINT64, &digest, 0);
    ambit_hdf_release(group);
}

AmbitStatus ambit_checkpoint_write(const char *path, const AmbitState *state,
                                   const AmbitProvenance *provenance, AmbitError *error)
{
    const char *config = provenance->config ? provenance->config : "";
    int64_t step = provenance->step;
    for (size_t i = 0; i < state->n_blocks; i++)
        if (ambit_checkpoint_is_root(&state->blocks[i]))
            step = *state->blocks[i].integer;
    uint64_t digest = ambit_checkpoint_root_digest(step, config);
    AmbitHdf hdf = ambit_hdf_begin(error);
    AmbitAside aside;
    ambit_aside_create(&hdf, &aside, path);
    ambit_origin_put(&hdf, aside.file, AMBIT_CHECKPOINT, step, provenance);
    ambit_hdf_put(&hdf, aside.file, "wall_seconds", H5T_NATIVE_DOUBLE, &provenance->wall_seconds,
                  0);
    ambit_hdf_put(&hdf, aside.file, "digest", H5T_NATIVE_UINT64, &digest, 0);
    if (state->run && *state->run)
        ambit_hdf_put(&hdf, aside.file, "run", H5T_NATIVE_UINT64, state->run, 0);
    for (size_t i = 0; i < state->n_blocks; i++)
        if (state->blocks[i].tensors)
            write_array(&hdf, aside.file, state->model, &state->blocks[i]);
    write_integers(&hdf, aside.file, state);
    ambit_aside_commit(&hdf, &aside);
    return hdf.status;
}
