// SPDX-License-Identifier: MIT
// The model's parameter table: names, shapes, offsets and initialisation. Also creates and destroys
// models.
#include "model.h"

#include "ambit/memory.h"
#include "ambit/random.h"

#include <assert.h>
#include <float.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const position_names[] = {"learned", "sinusoidal", NULL};

#define FIELD(name) offsetof(AmbitModelSettings, trunk.name)
const AmbitParameter ambit_model_parameters[] = {
    {"n_embd", AMBIT_INT, FIELD(n_embd), 0, 1, 16384, NULL, "width of the residual stream", true},
    {"n_layer", AMBIT_INT, FIELD(n_layer), 0, 1, 256, NULL, "layers, each of attention and MLP",
     true},
    {"n_head", AMBIT_INT, FIELD(n_head), 0, 1, 256, NULL, "attention heads of a layer", true},
    {"n_inner", AMBIT_INT, FIELD(n_inner), 0, 0, 65536, NULL,
     "width of the MLP between its two layers; 0: 4 · n_embd", false},
    {"positions", AMBIT_CHOICE, FIELD(positions), AMBIT_POSITIONS_LEARNED, 0, 0, position_names,
     "position embeddings: learned (GPT-2) or sinusoidal (Vaswani et al. 2017, §3.5)", false},
    {"initializer_range", AMBIT_REAL, FIELD(initializer_range), 0.02, DBL_MIN, 10, NULL,
     "standard deviation of matrices and embeddings at step 0, as in Hugging Face's GPT-2", false},
    {0}};
#undef FIELD

AmbitStatus ambit_model_check(const AmbitModelSettings *settings, AmbitError *error)
{
    const AmbitTrunkSettings *trunk = &settings->trunk;
    if (trunk->n_embd % trunk->n_head != 0)
        return ambit_error_parameter(error, "n_head",
                                     "found %lld, which does not divide n_embd %lld; choose a "
                                     "divisor",
                                     (long long)trunk->n_head, (long long)trunk->n_embd);
    const AmbitHead *head = &settings->head;
    return head->type->check ? head->type->check(head, trunk, error) : AMBIT_OK;
}

size_t ambit_model_inner_width(const AmbitTrunkSettings *trunk)
{
    return (size_t)(trunk->n_inner ? trunk->n_inner : 4 * trunk->n_embd);
}

/* A head has at most HEAD_TENSORS. */
enum { TENSORS_PER_LAYER = 12, TENSORS_ELSEWHERE = 3, HEAD_TENSORS = 16 };

size_t ambit_model_add(AmbitModel *model, const AmbitTensor *row, const char *format, ...)
{
    assert(model->n_tensors < model->tensor_capacity);
    AmbitTensor *tensor = &model->tensors[model->n_tensors];
    va_list arguments;
    *tensor = *row;
    va_start(arguments, format);
    vsnprintf(tensor->name, sizeof tensor->name, format, arguments);
    va_end(arguments);
    tensor->rank = row->shape[1] ? 2 : 1;
    tensor->shape[1] = row->shape[1] ? row->shape[1] : 1;
    tensor->count = tensor->shape[0] * tensor->shape[1];
    tensor->offset = model->block_size;
    model->n_parameters += tensor->count;
    model->block_size += (tensor->count + 15) / 16 * 16;
    return model->n_tensors++;
}

/* A layer norm, gain before bias. */
static void add_norm(AmbitModel *m, size_t *gain, size_t *bias, const char *name)
{
    size_t width = (size_t)m->settings.trunk.n_embd;
    *gain = ambit_model_add(m, &(AmbitTensor){.shape = {width}, .init = AMBIT_INIT_ONE},
                            "_backbone.%s.weight", name);
    *bias = ambit_model_add(m, &(AmbitTensor){.shape = {width}}, "_backbone.%s.bias", name);
}

/* Weight and bias of one matrix product of layer l; the weight is n_hidden matrices side by side.
 */
static Linear add_linear(AmbitModel *m, double scale, size_t n_in, size_t n_out, size_t n_hidden,
                         size_t l, const char *name)
{
    const AmbitTensor weight = {.shape = {n_in, n_out},
                                .init = AMBIT_INIT_NORMAL,
                                .init_scale = scale,
                                .n_hidden = n_hidden,
                                .packed = true};
    Linear linear;
    linear.weight = ambit_model_add(m, &weight, "_backbone.h.%zu.%s.weight", l, name);
    linear.bias =
        ambit_model_add(m, &(AmbitTensor){.shape = {n_out}}, "_backbone.h.%zu.%s.bias", l, name);
    return linear;
}

/* GPT-2's initialisation: N(0, initializer_range), residual projections divided by √(2L) (Radford
 * et al. 2019, §2.3). */
static void add_layer(AmbitModel *m, size_t l)
{
    const AmbitTrunkSettings *trunk = &m->settings.trunk;
    size_t e = (size_t)trunk->n_embd, inner = ambit_model_inner_width(trunk);
    double range = trunk->initializer_range, residual = range / sqrt(2.0 * (double)trunk->n_layer);
    char name[32];
    Layer *layer = &m->layers[l];
    snprintf(name, sizeof name, "h.%zu.ln_1", l);
    add_norm(m, &layer->norm1_gain, &layer->norm1_bias, name);
    layer->qkv = add_linear(m, range, e, 3 * e, 3, l, "attn.c_attn");
    layer->proj = add_linear(m, residual, e, e, 1, l, "attn.c_proj");
    snprintf(name, sizeof name, "h.%zu.ln_2", l);
    add_norm(m, &layer->norm2_gain, &layer->norm2_bias, name);
    layer->fc = add_linear(m, range, e, inner, 1, l, "mlp.c_fc");
    layer->out = add_linear(m, residual, inner, e, 1, l, "mlp.c_proj");
}

/* Rows in the order of Garg et al.'s state_dict. */
static void add_all_tensors(AmbitModel *m)
{
    const AmbitModelSettings *s = &m->settings;
    const AmbitTensor positions = {.shape = {(size_t)s->trunk.n_context, (size_t)s->trunk.n_embd},
                                   .init = AMBIT_INIT_NORMAL,
                                   .init_scale = s->trunk.initializer_range};
    s->head.type->add_before(m, s);
    if (s->trunk.positions == AMBIT_POSITIONS_LEARNED)
        m->positions = ambit_model_add(m, &positions, "_backbone.wpe.weight");
    for (size_t l = 0; l < (size_t)s->trunk.n_layer; l++)
        add_layer(m, l);
    add_norm(m, &m->norm_gain, &m->norm_bias, "ln_f");
    m->first_after = m->n_tensors;
    s->head.type->add_after(m, s);
}

/* Vaswani et al. 2017, §3.5: sines at even coordinates, cosines at odd ones. */
static AmbitReal *sinusoid_table(size_t positions, size_t width)
{
    AmbitReal *table = ambit_alloc(positions, width * sizeof *table);
    for (size_t p = 0; table && p < positions; p++) {
        for (size_t i = 0; i < width; i++) {
            double angle = (double)p / pow(10000, (double)(i - i % 2) / (double)width);
            table[p * width + i] = (AmbitReal)(i % 2 ? cos(angle) : sin(angle));
        }
    }
    return table;
}

AmbitStatus ambit_model_create(AmbitModel **model, const AmbitModelSettings *settings,
                               AmbitError *error)
{
    *model = NULL;
    AmbitStatus status = ambit_model_check(settings, error);
    if (status)
        return status;
    size_t layers = (size_t)settings->trunk.n_layer;
    AmbitModel *m = *model = ambit_alloc(1, sizeof *m);
    if (!m)
        goto fail;
    m->settings = *settings;
    m->settings.trunk.n_inner = (int64_t)ambit_model_inner_width(&settings->trunk);
    m->tensor_capacity = HEAD_TENSORS + TENSORS_ELSEWHERE + TENSORS_PER_LAYER * layers;
    m->tensors = ambit_alloc(m->tensor_capacity, sizeof *m->tensors);
    m->layers = ambit_alloc(layers, sizeof *m->layers);
    if (!m->tensors || !m->layers)
        goto fail;
    add_all_tensors(m);
    m->block = ambit_alloc(m->block_size, sizeof *m->block);
    if (!m->block)
        goto fail;
    if (settings->trunk.positions == AMBIT_POSITIONS_SINUSOIDAL) {
        m->sinusoids =
            sinusoid_table((size_t)settings->trunk.n_context, (size_t)settings->trunk.n_embd);
        if (!m->sinusoids)
            goto fail;
    }
    return AMBIT_OK;
fail:
    ambit_model_destroy(model);
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the model's parameters");
}

void ambit_model_destroy(AmbitModel **model)
{
    if (!*model)
        return;
    ambit_free((*model)->tensors);
    ambit_free((*model)->layers);
    ambit_free((*model)->block);
    ambit_free((*model)->sinusoids);
    ambit_free(*model);
    *model = NULL;
}

static double initial_value(const AmbitTensor *tensor, gsl_rng *rng)
{
    switch (tensor->init) {
    case AMBIT_INIT_ONE:
        return 1;
    case AMBIT_INIT_NORMAL:
        return gsl_ran_gaussian_ziggurat(rng, tensor->init_scale);
    case AMBIT_INIT_UNIFORM:
        return gsl_ran_flat(rng, -tensor->init_scale, tensor->init_scale);
    default:
        return 0;
    }
}

void ambit_model_initialize(AmbitModel *model, uint64_t seed)
{
    AmbitKey key = {.seed = seed, .step = 0, .purpose = AMBIT_TRAINING};
    for (size_t i = 0; i < model->n_tensors; i++) {
        const AmbitTensor *tensor = &model->tensors[i];
        AmbitRandom random;
        ambit_random_open(&random, key, AMBIT_STREAM_INIT, (uint32_t)i);
        for (size_t j = 0; j < tensor->count; j++)
            model->block[tensor->offset + j] = (AmbitReal)initial_value(tensor, &random.rng);
    }
}

const AmbitModelSettings *ambit_model_settings(const AmbitModel *model)
{
    return &model->settings;
}

size_t ambit_model_n_tensors(const AmbitModel *model)
{
    return model->n_tensors;
}

const AmbitTensor *ambit_model_tensor(const AmbitModel *model, size_t index)
{
    return &model->tensors[index];
}

size_t ambit_model_n_parameters(const AmbitModel *model)
{
    return model->n_parameters;
}

size_t ambit_model_block_size(const AmbitModel *model)
{
    return model->block_size;
}

AmbitReal *ambit_model_block(AmbitModel *model)
{
    return model->block;
}

const AmbitReal *ambit_model_block_const(const AmbitModel *model)
{
    return model->block;
}

const AmbitReal *ambit_model_positions(const AmbitModel *model)
{
    return model->sinusoids ? model->sinusoids
                            : model->block + model->tensors[model->positions].offset;
}
