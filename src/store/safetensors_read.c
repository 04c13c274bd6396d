// SPDX-License-Identifier: MIT
// Reading safetensors. Nothing in the header is believed before it agrees with the file's size.
#include "safetensors.h"

#include "ambit/memory.h"
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_HEADER = 1 << 24, CHUNK = 4096, MOST_RANK = 8 };

struct AmbitSafetensors {
    FILE *stream;
    char *path;    // owned
    cJSON *header; // owned
    size_t data;   // offset of the data in the file
    size_t n_data; // bytes of data
};

/* A tensor's entry, checked. */
typedef struct Entry {
    bool wide; // F64
    size_t rank, shape[MOST_RANK], count, begin;
} Entry;

static AmbitStatus invalid(const AmbitSafetensors *file, AmbitError *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static AmbitStatus invalid(const AmbitSafetensors *file, AmbitError *error, const char *format, ...)
{
    char text[900];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return ambit_error_set(error, AMBIT_INVALID, "%s: %s", file->path, text);
}

/* A number of the header that is whole, not negative and exact. */
static bool take_size(const cJSON *item, size_t *size)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= 0x1p53) ||
        item->valuedouble != floor(item->valuedouble))
        return false;
    *size = (size_t)item->valuedouble;
    return true;
}

static bool take_shape(const cJSON *shape, Entry *entry)
{
    const cJSON *item;
    entry->count = 1;
    entry->rank = 0;
    if (!cJSON_IsArray(shape))
        return false;
    cJSON_ArrayForEach(item, shape)
    {
        size_t length;
        if (entry->rank == MOST_RANK || !take_size(item, &length) ||
            __builtin_mul_overflow(entry->count, length, &entry->count))
            return false;
        entry->shape[entry->rank++] = length;
    }
    return true;
}

static AmbitStatus take_entry(const AmbitSafetensors *file, const cJSON *item, Entry *entry,
                              AmbitError *error)
{
    const char *dtype = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "dtype"));
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    size_t end, size;
    if (!dtype || (strcmp(dtype, "F32") != 0 && strcmp(dtype, "F64") != 0))
        return invalid(file, error, "%s has dtype %.16s, allowed are F32 and F64; save .float()",
                       item->string, dtype ? dtype : "(none)");
    entry->wide = dtype[1] == '6';
    if (!take_shape(cJSON_GetObjectItemCaseSensitive(item, "shape"), entry) ||
        __builtin_mul_overflow(entry->count, entry->wide ? sizeof(double) : sizeof(float), &size))
        return invalid(file, error, "%s has a shape that is none", item->string);
    if (cJSON_GetArraySize(offsets) != 2 ||
        !take_size(cJSON_GetArrayItem(offsets, 0), &entry->begin) ||
        !take_size(cJSON_GetArrayItem(offsets, 1), &end) || end > file->n_data ||
        entry->begin > end || end - entry->begin != size)
        return invalid(file, error,
                       "%s does not lie where its data_offsets say: the shape takes "
                       "%zu bytes, and the file has %zu",
                       item->string, size, file->n_data);
    return AMBIT_OK;
}

static AmbitStatus read_header(AmbitSafetensors *file, AmbitError *error)
{
    struct stat found;
    uint64_t length = 0;
    if (fstat(fileno(file->stream), &found) != 0 || !S_ISREG(found.st_mode))
        return invalid(file, error, "not a file");
    uint64_t size = (uint64_t)found.st_size;
    if (fread(&length, sizeof length, 1, file->stream) != 1 ||
        length > size - AMBIT_SAFETENSORS_PREFIX || length > MOST_HEADER)
        return invalid(file, error, "not a safetensors file: of %llu bytes, its header takes %llu",
                       (unsigned long long)size, (unsigned long long)length);
    char *text = ambit_alloc(length + 1, 1);
    if (!text)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "%s: out of memory", file->path);
    if (fread(text, 1, length, file->stream) == length)
        file->header = cJSON_ParseWithLength(text, length);
    ambit_free(text);
    file->data = AMBIT_SAFETENSORS_PREFIX + length;
    file->n_data = size - file->data;
    return cJSON_IsObject(file->header) ? AMBIT_OK
                                        : invalid(file, error, "the header is not a JSON object");
}

AmbitStatus ambit_safetensors_open(AmbitSafetensors **result, const char *path, AmbitError *error)
{
    AmbitSafetensors *file = *result = ambit_alloc(1, sizeof *file);
    AmbitStatus status = AMBIT_OK;
    if (!file || !(file->path = ambit_strdup(path)))
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "%s: out of memory", path);
    else if (!(file->stream = fopen(path, "rbe")))
        status = invalid(file, error, "%s", strerror(errno));
    else
        status = read_header(file, error);
    if (status)
        ambit_safetensors_close(result);
    return status;
}

void ambit_safetensors_close(AmbitSafetensors **pointer)
{
    AmbitSafetensors *file = *pointer;
    if (!file)
        return;
    if (file->stream)
        fclose(file->stream);
    cJSON_Delete(file->header);
    ambit_free(file->path);
    ambit_free(file);
    *pointer = NULL;
}

static const char *metadata(const AmbitSafetensors *file, const char *name)
{
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(file->header, ambit_safetensors_metadata);
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(all, name));
}

const char *ambit_safetensors_config(const AmbitSafetensors *file)
{
    return metadata(file, "config");
}

int64_t ambit_safetensors_step(const AmbitSafetensors *file)
{
    const char *text = metadata(file, "step");
    char *end = NULL;
    long long step = text ? strtoll(text, &end, 10) : 0;
    return end && *end == '\0' && step > 0 && step < (long long)1 << 48 ? step : 0;
}

/* The tensor's entry under Hugging Face's name or ours. */
static const cJSON *find(const AmbitSafetensors *file, const char *ours)
{
    char name[AMBIT_SAFETENSORS_NAME];
    ambit_safetensors_name(ours, name);
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(file->header, name);
    return item ? item : cJSON_GetObjectItemCaseSensitive(file->header, ours);
}

/* Appends to a list of at most `size` bytes, "…" in place of what does not fit. */
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

/* Names in `list` what of the model is missing or has another shape; counts what is there. */
static AmbitStatus compare(const AmbitSafetensors *file, const AmbitModel *model, char *list,
                           size_t size, AmbitError *error)
{
    for (size_t i = 0; i < ambit_model_n_tensors(model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        const cJSON *item = find(file, tensor->name);
        Entry entry;
        if (!item) {
            append(list, size, "%s is missing", tensor->name);
            continue;
        }
        AmbitStatus status = take_entry(file, item, &entry, error);
        if (status)
            return status;
        if (entry.rank != tensor->rank ||
            memcmp(entry.shape, tensor->shape, entry.rank * sizeof *entry.shape) != 0) {
            char found[128], expected[64];
            shape_text(found, sizeof found, entry.rank, entry.shape);
            shape_text(expected, sizeof expected, tensor->rank, tensor->shape);
            append(list, size, "%s is %s, the model's %s", item->string, found, expected);
        }
    }
    return AMBIT_OK;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Buffers of GPT-2 that Garg et al.'s and Hugging Face's files carry, and a fixed position table.
 */
static bool is_buffer(const char *name, const AmbitModel *model)
{
    static const char *const buffers[] = {"attn.bias", "attn.masked_bias", "wte.weight",
                                          "lm_head.weight"};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        if (ends_with(name, buffers[i]))
            return true;
    return strcmp(name, ambit_safetensors_metadata) == 0 ||
           (ends_with(name, ".wpe.weight") &&
            ambit_model_settings(model)->positions == AMBIT_POSITIONS_SINUSOIDAL);
}

static bool is_known(const char *name, const AmbitModel *model)
{
    char theirs[AMBIT_SAFETENSORS_NAME];
    for (size_t i = 0; i < ambit_model_n_tensors(model); i++) {
        const char *ours = ambit_model_tensor(model, i)->name;
        ambit_safetensors_name(ours, theirs);
        if (strcmp(name, ours) == 0 || strcmp(name, theirs) == 0)
            return true;
    }
    return is_buffer(name, model);
}

static AmbitStatus read_values(const AmbitSafetensors *file, const cJSON *item, AmbitReal *values,
                               AmbitError *error)
{
    Entry entry;
    double chunk[CHUNK];
    AmbitStatus status = take_entry(file, item, &entry, error);
    if (status)
        return status;
    bool ok = fseeko(file->stream, (off_t)(file->data + entry.begin), SEEK_SET) == 0;
    if (!entry.wide)
        ok = ok && fread(values, sizeof *values, entry.count, file->stream) == entry.count;
    for (size_t at = 0; ok && entry.wide && at < entry.count; at += CHUNK) {
        size_t n = entry.count - at < CHUNK ? entry.count - at : CHUNK;
        ok = fread(chunk, sizeof *chunk, n, file->stream) == n;
        for (size_t i = 0; ok && i < n; i++)
            values[at + i] = (AmbitReal)chunk[i];
    }
    return ok ? AMBIT_OK
              : ambit_error_set(error, AMBIT_IO, "%s: %s cannot be read", file->path, item->string);
}

AmbitStatus ambit_safetensors_read(AmbitSafetensors *file, AmbitModel *model, AmbitError *error)
{
    char list[800] = "";
    const cJSON *item;
    AmbitStatus status = compare(file, model, list, sizeof list, error);
    if (status)
        return status;
    cJSON_ArrayForEach(item, file->header)
    {
        if (!is_known(item->string, model))
            append(list, sizeof list, "%.100s is none of the model's", item->string);
    }
    if (*list)
        return invalid(file, error, "%s; compare model.* of the config", list);
    for (size_t i = 0; i < ambit_model_n_tensors(model) && !status; i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        status = read_values(file, find(file, tensor->name),
                             ambit_model_block(model) + tensor->offset, error);
    }
    return status;
}
