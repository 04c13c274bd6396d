// SPDX-License-Identifier: MIT
// Writes safetensors. The whole file is assembled in memory first.
#include "aside.h"
#include "weights.h"

#include "ambit/head.h"
#include "ambit/memory.h"
#include "ambit/store.h"
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(AmbitReal) == sizeof(float), "safetensors are written as F32");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "safetensors are little endian");

static const char position_table[] = "_backbone.wpe.weight";

void ambit_weights_name(const char *ours, char name[AMBIT_WEIGHTS_NAME])
{
    static const char backbone[] = "_backbone.";
    size_t length = sizeof backbone - 1;
    bool trunk = strncmp(ours, backbone, length) == 0;
    snprintf(name, AMBIT_WEIGHTS_NAME, "%s%s", trunk ? "transformer." : "",
             trunk ? ours + length : ours);
}

/* Whether GPT-2 is such a model: it norms before its branches, its attention has biases, and where
 * it embeds words, it does not scale them. */
static bool is_gpt2(const AmbitModelSettings *model)
{
    return model->trunk.norm == AMBIT_NORM_PRE && model->trunk.attention_bias &&
           model->head.type == &ambit_head_regression;
}

/* Writes the arguments of Hugging Face's GPT2Config that describe this trunk. */
static char *gpt2_config(const AmbitTrunkSettings *trunk)
{
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"n_positions", (double)trunk->n_context},
                   {"n_embd", (double)trunk->n_embd},
                   {"n_layer", (double)trunk->n_layer},
                   {"n_inner", (double)trunk->n_inner},
                   {"n_head", (double)trunk->n_head},
                   {"layer_norm_epsilon", AMBIT_LAYER_NORM_EPSILON},
                   {"resid_pdrop", 0},
                   {"embd_pdrop", 0},
                   {"attn_pdrop", 0}};
    bool relu = trunk->activation == AMBIT_ACTIVATION_RELU;
    cJSON *config = cJSON_CreateObject();
    bool built = config &&
                 cJSON_AddStringToObject(config, "activation_function", relu ? "relu" : "gelu_new");
    for (size_t i = 0; built && i < sizeof numbers / sizeof *numbers; i++)
        built = cJSON_AddNumberToObject(config, numbers[i].name, numbers[i].value);
    char *text = built ? cJSON_PrintUnformatted(config) : NULL;
    cJSON_Delete(config);
    return text;
}

static bool add_metadata(cJSON *header, const AmbitModel *model, int64_t step, const char *config)
{
    char number[32];
    snprintf(number, sizeof number, "%" PRId64, step);
    const AmbitModelSettings *settings = ambit_model_settings(model);
    bool describe = is_gpt2(settings);
    char *gpt2 = describe ? gpt2_config(&settings->trunk) : NULL;
    cJSON *metadata = cJSON_AddObjectToObject(header, ambit_safetensors_metadata);
    bool added = metadata && (!describe || gpt2) &&
                 cJSON_AddStringToObject(metadata, "format", "pt") &&
                 cJSON_AddStringToObject(metadata, "ambit", ambit_code_version()) &&
                 cJSON_AddStringToObject(metadata, "step", number) &&
                 cJSON_AddStringToObject(metadata, "config", config) &&
                 (!describe || cJSON_AddStringToObject(metadata, "gpt2_config", gpt2));
    cJSON_free(gpt2);
    return added;
}

/* Adds the header entry of a tensor whose data begin at byte *end, and advances *end. */
static bool add_tensor(cJSON *header, const AmbitTensor *tensor, size_t *end)
{
    char name[AMBIT_WEIGHTS_NAME];
    ambit_weights_name(tensor->name, name);
    const double shape[] = {(double)tensor->shape[0], (double)tensor->shape[1]};
    const double offsets[] = {(double)*end, (double)(*end += tensor->count * sizeof(float))};
    cJSON *entry = cJSON_AddObjectToObject(header, name);
    return entry && cJSON_AddStringToObject(entry, "dtype", "F32") &&
           cJSON_AddItemToObject(entry, "shape",
                                 cJSON_CreateDoubleArray(shape, (int)tensor->rank)) &&
           cJSON_AddItemToObject(entry, "data_offsets", cJSON_CreateDoubleArray(offsets, 2));
}

/* Adds the position table if it is not among the parameters. */
static bool fixed_positions(const AmbitModel *model, AmbitTensor *table)
{
    const AmbitTrunkSettings *s = &ambit_model_settings(model)->trunk;
    size_t rows = (size_t)s->n_context, width = (size_t)s->n_embd;
    *table = (AmbitTensor){.rank = 2, .shape = {rows, width}, .count = rows * width};
    memcpy(table->name, position_table, sizeof position_table);
    return s->positions == AMBIT_POSITIONS_SINUSOIDAL;
}

/* Returns the header as text and sets the number of data bytes it describes; free with cJSON_free.
 */
static char *make_header(const AmbitModel *model, int64_t step, const char *config, size_t *n_data)
{
    AmbitTensor table;
    cJSON *header = cJSON_CreateObject();
    *n_data = 0;
    bool built = header && add_metadata(header, model, step, config);
    for (size_t i = 0; built && i < ambit_model_n_tensors(model); i++)
        built = add_tensor(header, ambit_model_tensor(model, i), n_data);
    if (built && fixed_positions(model, &table))
        built = add_tensor(header, &table, n_data);
    char *text = built ? cJSON_PrintUnformatted(header) : NULL;
    cJSON_Delete(header);
    return text;
}

static void copy_data(char *to, const AmbitModel *model)
{
    AmbitTensor table;
    for (size_t i = 0; i < ambit_model_n_tensors(model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(model, i);
        size_t size = tensor->count * sizeof(float);
        memcpy(to, ambit_model_block_const(model) + tensor->offset, size);
        to += size;
    }
    if (fixed_positions(model, &table))
        memcpy(to, ambit_model_positions(model), table.count * sizeof(float));
}

AmbitStatus ambit_weights_write(const char *path, const AmbitModel *model, int64_t step,
                                const char *config, AmbitError *error)
{
    size_t n_data;
    char *header = make_header(model, step, config, &n_data);
    size_t used = header ? strlen(header) : 0, padded = (used + 7) / 8 * 8;
    char *bytes = header ? ambit_alloc(AMBIT_SAFETENSORS_PREFIX + padded + n_data, 1) : NULL;
    AmbitHdf hdf = ambit_hdf_begin(error);
    if (bytes) {
        const uint64_t length = padded;
        memcpy(bytes, &length, sizeof length);
        memset(bytes + AMBIT_SAFETENSORS_PREFIX, ' ', padded);
        memcpy(bytes + AMBIT_SAFETENSORS_PREFIX, header, used);
        copy_data(bytes + AMBIT_SAFETENSORS_PREFIX + padded, model);
        ambit_aside_write(&hdf, path, bytes, AMBIT_SAFETENSORS_PREFIX + padded + n_data);
    } else {
        ambit_hdf_fail(&hdf, AMBIT_NO_MEMORY, -1, "%s: out of memory", path);
    }
    ambit_free(bytes);
    cJSON_free(header);
    return hdf.status;
}
