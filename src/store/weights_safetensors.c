// SPDX-License-Identifier: MIT
// Reads safetensors. Everything in the header is checked against the size of the file before it is
// used.
#include "weights.h"

#include "ambit/file.h"
#include "ambit/memory.h"
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_HEADER = 1 << 24, CHUNK = 4096 };
#define MOST_STEPS ((int64_t)1 << 48)

/* An open file. */
typedef struct Content {
    FILE *stream;
    cJSON *header; // owned
    size_t data;   // offset of the data in the file
    size_t n_data; // bytes of data
} Content;

/* A tensor's entry, checked. */
typedef struct Entry {
    bool wide; // F64
    AmbitWeightsShape shape;
    size_t count, begin;
} Entry;

/* Reads a number of the header, which must be a non-negative integer below 2⁵³. */
static bool take_size(const cJSON *item, size_t *size)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= 0x1p53) ||
        item->valuedouble != floor(item->valuedouble))
        return false;
    *size = (size_t)item->valuedouble;
    return true;
}

static bool take_shape(const cJSON *list, AmbitWeightsShape *shape, size_t *count)
{
    const cJSON *item;
    *count = 1;
    shape->rank = 0;
    if (!cJSON_IsArray(list))
        return false;
    cJSON_ArrayForEach(item, list)
    {
        size_t length;
        if (shape->rank == AMBIT_WEIGHTS_RANK || !take_size(item, &length) ||
            __builtin_mul_overflow(*count, length, count))
            return false;
        shape->length[shape->rank++] = length;
    }
    return true;
}

static AmbitStatus take_entry(const AmbitWeights *file, const char *name, Entry *entry,
                              AmbitError *error)
{
    const Content *content = file->content;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(content->header, name);
    const char *dtype = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "dtype"));
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    size_t end, size;
    if (!dtype || (strcmp(dtype, "F32") != 0 && strcmp(dtype, "F64") != 0))
        return ambit_weights_invalid(file, error,
                                     "%s has dtype %.16s, allowed are F32 and F64; save .float()",
                                     name, dtype ? dtype : "(none)");
    entry->wide = dtype[1] == '6';
    if (!take_shape(cJSON_GetObjectItemCaseSensitive(item, "shape"), &entry->shape,
                    &entry->count) ||
        __builtin_mul_overflow(entry->count, entry->wide ? sizeof(double) : sizeof(float), &size))
        return ambit_weights_invalid(file, error, "%s has a shape that is none; save it again",
                                     name);
    if (cJSON_GetArraySize(offsets) != 2 ||
        !take_size(cJSON_GetArrayItem(offsets, 0), &entry->begin) ||
        !take_size(cJSON_GetArrayItem(offsets, 1), &end) || end > content->n_data ||
        entry->begin > end || end - entry->begin != size)
        return ambit_weights_invalid(file, error,
                                     "%s does not lie where its data_offsets say: the shape takes "
                                     "%zu bytes, and the file has %zu; copy or save it again",
                                     name, size, content->n_data);
    return AMBIT_OK;
}

static AmbitStatus read_header(const AmbitWeights *file, Content *content, AmbitError *error)
{
    struct stat found;
    uint64_t length = 0;
    if (fstat(fileno(content->stream), &found) != 0)
        return ambit_error_set(error, AMBIT_IO, "%s: %s", file->path, ambit_system_text(errno));
    uint64_t size = (uint64_t)found.st_size;
    if (fread(&length, sizeof length, 1, content->stream) != 1 ||
        length > size - AMBIT_SAFETENSORS_PREFIX || length > MOST_HEADER)
        return ambit_weights_invalid(file, error,
                                     "neither HDF5 nor safetensors: of %llu bytes, the header "
                                     "would take %llu; `ambit import --help` shows how to save one",
                                     (unsigned long long)size, (unsigned long long)length);
    char *text = ambit_alloc(length + 1, 1);
    if (!text)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "%s: out of memory", file->path);
    if (fread(text, 1, length, content->stream) == length)
        content->header = cJSON_ParseWithLength(text, length);
    ambit_free(text);
    content->data = AMBIT_SAFETENSORS_PREFIX + length;
    content->n_data = size - content->data;
    return cJSON_IsObject(content->header)
               ? AMBIT_OK
               : ambit_weights_invalid(file, error,
                                       "the header is not a JSON object; copy or save it again");
}

static AmbitStatus take_metadata(AmbitWeights *file, const cJSON *header, AmbitError *error)
{
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(header, ambit_safetensors_metadata);
    const char *config = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(all, "config"));
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(all, "step");
    const char *text = cJSON_GetStringValue(item);
    char *end = NULL;
    file->step = config && text ? strtoll(text, &end, 10) : 0; // other programs' is their affair
    if (config && item &&
        (!text || end == text || *end != '\0' || file->step < 0 || file->step > MOST_STEPS))
        return ambit_weights_invalid(file, error,
                                     "__metadata__.step is \"%.20s\", expected the digits of a "
                                     "step; export it again",
                                     text ? text : "(no text)");
    if (config && !(file->config = ambit_strdup(config)))
        return ambit_error_set(error, AMBIT_NO_MEMORY, "%s: out of memory", file->path);
    return AMBIT_OK;
}

/* Where the data of a tensor lie. */
typedef struct Range {
    size_t begin, end;
    const char *name;
} Range;

static int by_begin(const void *left, const void *right)
{
    const Range *a = left, *b = right;
    return (a->begin > b->begin) - (a->begin < b->begin);
}

/* Refuses tensors that share bytes: one of them is not what was saved. */
static AmbitStatus refuse_overlaps(const AmbitWeights *file, Range *ranges, AmbitError *error)
{
    const Range *longest = ranges;
    qsort(ranges, file->n_names, sizeof *ranges, by_begin);
    for (size_t i = 1; i < file->n_names; i++) {
        if (ranges[i].begin < longest->end && ranges[i].begin < ranges[i].end)
            return ambit_weights_invalid(file, error,
                                         "%s and %s lie over each other; copy or save it again",
                                         longest->name, ranges[i].name);
        if (ranges[i].end > longest->end)
            longest = &ranges[i];
    }
    return AMBIT_OK;
}

static AmbitStatus take_names(AmbitWeights *file, const cJSON *header, AmbitError *error)
{
    const Content *content = file->content;
    const cJSON *item;
    size_t last = 0, most = (size_t)cJSON_GetArraySize(header);
    file->names = ambit_alloc(most, sizeof *file->names);
    Range *ranges = ambit_alloc(most, sizeof *ranges);
    cJSON_ArrayForEach(item, header)
    {
        if (strcmp(item->string, ambit_safetensors_metadata) == 0)
            continue;
        if (!file->names || !ranges || !(file->names[file->n_names] = ambit_strdup(item->string))) {
            ambit_free(ranges);
            return ambit_error_set(error, AMBIT_NO_MEMORY, "%s: out of memory", file->path);
        }
        const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
        Range *range = &ranges[file->n_names];
        range->name = file->names[file->n_names++];
        take_size(cJSON_GetArrayItem(offsets, 0), &range->begin);
        take_size(cJSON_GetArrayItem(offsets, 1), &range->end);
        last = range->end > last ? range->end : last;
    }
    AmbitStatus status = file->n_names ? refuse_overlaps(file, ranges, error) : AMBIT_OK;
    ambit_free(ranges);
    if (status)
        return status;
    if (last < content->n_data)
        return ambit_weights_invalid(file, error,
                                     "%zu bytes follow the last tensor; copy or save it again",
                                     content->n_data - last);
    return AMBIT_OK;
}

static AmbitStatus open_safetensors(AmbitWeights *file, AmbitError *error)
{
    Content *content = file->content = ambit_alloc(1, sizeof *content);
    AmbitStatus status = AMBIT_OK;
    if (!content)
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "%s: out of memory", file->path);
    else if (!(content->stream = ambit_file_open(file->path)))
        status = ambit_error_set(error, AMBIT_IO, "%s: %s", file->path, ambit_system_text(errno));
    else
        status = read_header(file, content, error);
    if (!status)
        status = take_metadata(file, content->header, error);
    return status ? status : take_names(file, content->header, error);
}

static void close_safetensors(void *opened)
{
    Content *content = opened;
    if (content->stream)
        fclose(content->stream);
    cJSON_Delete(content->header);
    ambit_free(content);
}

static AmbitStatus take_tensor_shape(const AmbitWeights *file, const char *name,
                                     AmbitWeightsShape *shape, AmbitError *error)
{
    Entry entry;
    AmbitStatus status = take_entry(file, name, &entry, error);
    if (!status)
        *shape = entry.shape;
    return status;
}

static AmbitStatus read_values(const AmbitWeights *file, const char *name, AmbitReal *values,
                               AmbitError *error)
{
    const Content *content = file->content;
    Entry entry;
    double chunk[CHUNK];
    AmbitStatus status = take_entry(file, name, &entry, error);
    if (status)
        return status;
    FILE *stream = content->stream;
    bool ok = fseeko(stream, (off_t)(content->data + entry.begin), SEEK_SET) == 0;
    if (!entry.wide)
        ok = ok && fread(values, sizeof *values, entry.count, stream) == entry.count;
    for (size_t at = 0; ok && entry.wide && at < entry.count; at += CHUNK) {
        size_t n = entry.count - at < CHUNK ? entry.count - at : CHUNK;
        ok = fread(chunk, sizeof *chunk, n, stream) == n;
        for (size_t i = 0; ok && i < n; i++)
            values[at + i] = (AmbitReal)chunk[i];
    }
    return ok ? AMBIT_OK
              : ambit_error_set(error, AMBIT_IO, "%s: %s cannot be read", file->path, name);
}

const AmbitWeightsFormat ambit_weights_safetensors = {.open = open_safetensors,
                                                      .shape = take_tensor_shape,
                                                      .read = read_values,
                                                      .close = close_safetensors};
