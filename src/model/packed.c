// SPDX-License-Identifier: MIT
// A model whose linear layers have packed matrices, for kernels that pack.
#include "model.h"

#include "ambit/memory.h"
#include "ambit/threads.h"

/* The tensor behind matrix i of AmbitPackedModel. */
static const AmbitTensor *tensor_of(const AmbitModel *model, size_t i)
{
    return &model->tensors[i < model->n_tensors ? i : i - model->n_tensors];
}

/* Matrix i of AmbitPackedModel; b is NULL if the tensor has rank 1. */
static AmbitMatrix matrix_of(const AmbitModel *model, size_t i)
{
    const AmbitTensor *tensor = tensor_of(model, i);
    if (tensor->rank != 2)
        return (AmbitMatrix){0};
    bool transposed = tensor->transposed != (i >= model->n_tensors);
    return (AmbitMatrix){.b = model->block + tensor->offset,
                         .transposed = transposed,
                         .k = tensor->shape[transposed ? 1 : 0],
                         .n = tensor->shape[transposed ? 0 : 1]};
}

/* Bytes of a packed matrix, rounded up to whole cache lines. */
static size_t bytes_of(const AmbitKernels *kernels, const AmbitMatrix *matrix)
{
    return kernels->packed_bytes
               ? (kernels->packed_bytes(&kernels->context, matrix->k, matrix->n) + 63) / 64 * 64
               : 0;
}

size_t ambit_packed_model_bytes(const AmbitModel *model, const AmbitKernels *kernels, bool backward)
{
    size_t bytes = 0;
    for (size_t i = 0; i < model->n_tensors * (backward ? 2 : 1); i++) {
        AmbitMatrix matrix = matrix_of(model, i);
        bytes += tensor_of(model, i)->packed ? bytes_of(kernels, &matrix) : 0;
    }
    return bytes;
}

AmbitStatus ambit_packed_model_create(AmbitPackedModel **packed, const AmbitModel *model,
                                      const AmbitKernels *kernels, bool backward, AmbitError *error)
{
    size_t bytes = ambit_packed_model_bytes(model, kernels, backward), used = 0;
    AmbitPackedModel *p = *packed = ambit_alloc(1, sizeof *p);
    if (!p)
        goto fail;
    *p = (AmbitPackedModel){.model = model, .kernels = *kernels};
    p->matrices = ambit_alloc(2 * model->n_tensors, sizeof *p->matrices);
    p->memory = bytes ? ambit_alloc(bytes, 1) : NULL;
    if (!p->matrices || (bytes && !p->memory))
        goto fail;
    p->n_packed = bytes ? model->n_tensors * (backward ? 2 : 1) : 0;
    for (size_t i = 0; i < 2 * model->n_tensors; i++) {
        AmbitMatrix *matrix = &p->matrices[i];
        *matrix = matrix_of(model, i);
        size_t own = i < p->n_packed && tensor_of(model, i)->packed ? bytes_of(kernels, matrix) : 0;
        matrix->packed = own ? p->memory + used : NULL;
        used += own;
    }
    ambit_packed_model_update(p, 1);
    return AMBIT_OK;
fail:
    ambit_packed_model_destroy(packed);
    char amount[AMBIT_BYTES_TEXT];
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %s of packed weights",
                           ambit_bytes_text((double)bytes, amount));
}

void ambit_packed_model_destroy(AmbitPackedModel **packed)
{
    if (!*packed)
        return;
    ambit_free((*packed)->matrices);
    ambit_free((*packed)->memory);
    ambit_free(*packed);
    *packed = NULL;
}

static void pack_one(void *context, size_t index, size_t worker)
{
    (void)worker;
    const AmbitPackedModel *packed = context;
    const AmbitMatrix *matrix = &packed->matrices[index];
    if (matrix->packed)
        packed->kernels.pack(&packed->kernels.context, matrix->packed, matrix->b, matrix->k,
                             matrix->n, matrix->transposed);
}

void ambit_packed_model_update(AmbitPackedModel *packed, size_t n_threads)
{
    if (packed->n_packed)
        ambit_threads_run(packed->n_packed, n_threads, pack_one, packed);
}

const AmbitKernels *ambit_packed_model_kernels(const AmbitPackedModel *packed)
{
    return &packed->kernels;
}
