// SPDX-License-Identifier: MIT
// Reads weights of any format into a model: matches names, and reports what is missing or does not
// fit.
#include "weights.h"

#include "ambit/file.h"
#include "ambit/head.h"
#include "ambit/memory.h"
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Recognises the format by the first bytes. */
static AmbitStatus find_format(AmbitWeights *file, AmbitError *error)
{
    static const char hdf[8] = "\211HDF\r\n\032\n", torch[4] = "PK\3\4";
    char start[8] = "";
    struct stat found;
    bool there = stat(file->path, &found) == 0;
    if (there && !S_ISREG(found.st_mode))
        return ambit_weights_invalid(file, error, "not a file; give the name of one");
    FILE *stream = there ? ambit_file_open(file->path) : NULL;
    if (!stream)
        return ambit_weights_invalid(file, error, "%s", ambit_system_text(errno));
    size_t size = fread(start, 1, sizeof start, stream);
    fclose(stream);
    if (size >= sizeof torch && memcmp(start, torch, sizeof torch) == 0)
        return ambit_weights_invalid(file, error,
                                     "a file of torch.save, which only Python reads; `ambit import "
                                     "--help` shows how to save a state dict as HDF5");
    file->format =
        memcmp(start, hdf, sizeof hdf) == 0 ? &ambit_weights_hdf : &ambit_weights_safetensors;
    return AMBIT_OK;
}

AmbitStatus ambit_weights_open(AmbitWeights **result, const char *path, AmbitError *error)
{
    AmbitWeights *file = *result = ambit_alloc(1, sizeof *file);
    if (!file || !(file->path = ambit_strdup(path))) {
        ambit_weights_close(result);
        return ambit_error_set(error, AMBIT_NO_MEMORY, "%s: out of memory", path);
    }
    AmbitStatus status = find_format(file, error);
    if (!status)
        status = file->format->open(file, error);
    if (status)
        ambit_weights_close(result);
    return status;
}

void ambit_weights_close(AmbitWeights **pointer)
{
    AmbitWeights *file = *pointer;
    if (!file)
        return;
    if (file->content)
        file->format->close(file->content);
    for (size_t i = 0; i < file->n_names; i++)
        ambit_free(file->names[i]);
    ambit_free(file->names);
    ambit_free(file->config);
    ambit_free(file->path);
    ambit_free(file);
    *pointer = NULL;
}

const char *ambit_weights_config(const AmbitWeights *file)
{
    return file->config;
}

int64_t ambit_weights_step(const AmbitWeights *file)
{
    return file->step;
}

/* Finds the file's name for one of our tensors: Hugging Face's name or ours, or NULL if it is
 * missing. *count is the number of matches. */
static const char *find(const AmbitWeights *file, const char *ours, size_t *count)
{
    char theirs[AMBIT_WEIGHTS_NAME];
    const char *found = NULL;
    *count = 0;
    ambit_weights_name(ours, theirs);
    for (size_t i = 0; i < file->n_names; i++)
        if (strcmp(file->names[i], theirs) == 0 || strcmp(file->names[i], ours) == 0) {
            found = file->names[i];
            ++*count;
        }
    return found;
}

/* Appends to a list of at most `size` bytes; "…" stands for what does not fit. */
static void append(char *list, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void append(char *list, size_t size, const char *format, ...)
{
    size_t used = strlen(list);
    char text[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (used + strlen(text) + 8 < size)
        snprintf(list + used, size - used, "%s%s", used ? "; " : "", text);
    else if (strcmp(list + used - 3, "…") != 0)
        strcpy(list + used, " …");
}

static void shape_text(char *text, size_t size, size_t rank, const size_t *shape)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < rank && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%zu", i ? "×" : "", shape[i]);
}

/* Lists the tensors of the model that the file lacks or has in another shape. */
static AmbitStatus compare(const AmbitWeights *file, const AmbitModel *model, char *list,
                           size_t size, AmbitError *error)
{
    for (size_t i = 0; i < ambit_model_n_tensors(model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        size_t count;
        const char *name = find(file, tensor->name, &count);
        AmbitWeightsShape found;
        if (count != 1) {
            append(list, size, count ? "%s is there twice" : "%s is missing", tensor->name);
            continue;
        }
        AmbitStatus status = file->format->shape(file, name, &found, error);
        if (status)
            return status;
        if (found.rank != tensor->rank ||
            memcmp(found.length, tensor->shape, found.rank * sizeof *found.length) != 0) {
            char theirs[128], ours[64];
            shape_text(theirs, sizeof theirs, found.rank, found.length);
            shape_text(ours, sizeof ours, tensor->rank, tensor->shape);
            append(list, size, "%s is %s, the model's %s", name, theirs, ours);
        }
    }
    return AMBIT_OK;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Tensors of GPT-2 in Garg et al.'s and Hugging Face's files that a model may have no place for:
 * causal masks, word embeddings where inputs are reals, positions where these are fixed. */
static bool is_droppable(const char *name, const AmbitModel *model)
{
    static const char *const ends[] = {"attn.bias", "attn.masked_bias", "wte.weight",
                                       "lm_head.weight"};
    size_t n_words = 2; // names at the end that are of words
    bool words = ambit_model_settings(model)->head.type == &ambit_head_language;
    for (size_t i = 0; i < sizeof ends / sizeof *ends - (words ? n_words : 0); i++)
        if (ends_with(name, ends[i]))
            return true;
    return ends_with(name, ".wpe.weight") &&
           ambit_model_settings(model)->trunk.positions == AMBIT_POSITIONS_SINUSOIDAL;
}

static bool has_place(const char *name, const AmbitModel *model)
{
    char theirs[AMBIT_WEIGHTS_NAME];
    for (size_t i = 0; i < ambit_model_n_tensors(model); i++) {
        const char *ours = ambit_model_tensor(model, i)->name;
        ambit_weights_name(ours, theirs);
        if (strcmp(name, ours) == 0 || strcmp(name, theirs) == 0)
            return true;
    }
    return false;
}

/* Lists the tensors that the model has no place for: in `list`, or in the file's list if they may
 * be dropped. */
static void find_surplus(AmbitWeights *file, const AmbitModel *model, char *list, size_t size)
{
    file->dropped[0] = '\0';
    for (size_t i = 0; i < file->n_names; i++) {
        if (has_place(file->names[i], model))
            continue;
        if (is_droppable(file->names[i], model))
            append(file->dropped, sizeof file->dropped, "%.100s", file->names[i]);
        else
            append(list, size, "%.100s is none of the model's", file->names[i]);
    }
}

const char *ambit_weights_dropped(const AmbitWeights *file)
{
    return file->dropped;
}

AmbitStatus ambit_weights_read(AmbitWeights *file, AmbitModel *model, AmbitError *error)
{
    char list[800] = "";
    AmbitStatus status = compare(file, model, list, sizeof list, error);
    if (status)
        return status;
    find_surplus(file, model, list, sizeof list);
    if (*list)
        return ambit_weights_invalid(file, error, "%s; compare model.* of the config", list);
    for (size_t i = 0; i < ambit_model_n_tensors(model) && !status; i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        const AmbitReal *values = ambit_model_block(model) + tensor->offset;
        size_t count;
        status = file->format->read(file, find(file, tensor->name, &count),
                                    ambit_model_block(model) + tensor->offset, error);
        for (size_t j = 0; j < tensor->count && !status; j++)
            if (!isfinite(values[j]))
                status = ambit_weights_invalid(file, error,
                                               "%s holds %g at place %zu; the training that it is "
                                               "from has failed: take earlier weights",
                                               tensor->name, (double)values[j], j);
    }
    return status;
}
