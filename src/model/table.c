// SPDX-License-Identifier: MIT
// The model's parameter table: names, shapes, offsets and initialisation, and its life.
#include "model.h"

#include "ambit/memory.h"
#include "ambit/random.h"

#include <float.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const family_names[] = {"gpt2", NULL};
static const char *const position_names[] = {"learned", "sinusoidal", NULL};

#define FIELD(name) offsetof(AmbitModelSettings, name)
const AmbitParameter ambit_model_parameters[] = {
    {"family", AMBIT_CHOICE, FIELD(family), 0, 0, 0, family_names, "architecture", false},
    {"n_positions", AMBIT_INT, FIELD(n_positions), 0, 1, 8192, NULL,
     "most points of a prompt; two tokens each", true},
    {"n_dims", AMBIT_INT, FIELD(n_dims), 0, 1, 4096, NULL, "dims of an input", true},
    {"n_embd", AMBIT_INT, FIELD(n_embd), 0, 1, 16384, NULL, "width of the residual stream", true},
    {"n_layer", AMBIT_INT, FIELD(n_layer), 0, 1, 256, NULL, "transformer blocks", true},
    {"n_head", AMBIT_INT, FIELD(n_head), 0, 1, 256, NULL, "attention heads of a block", true},
    {"positions", AMBIT_CHOICE, FIELD(positions), AMBIT_POSITIONS_LEARNED, 0, 0, position_names,
     "position embeddings: learned (GPT-2) or sinusoidal (Vaswani et al. 2017, §3.5)", false},
    {"initializer_range", AMBIT_REAL, FIELD(initializer_range), 0.02, DBL_MIN, 10, NULL,
     "standard deviation of matrices and embeddings at step 0, as in Hugging Face's GPT-2", false},
    {0}};
#undef FIELD

AmbitStatus ambit_model_check(const AmbitModelSettings *settings, AmbitError *error)
{
    if (settings->n_embd % settings->n_head != 0)
        return ambit_error_parameter(error, "n_head",
                                     "found %lld, which does not divide n_embd %lld; choose a "
                                     "divisor",
                                     (long long)settings->n_head, (long long)settings->n_embd);
    return AMBIT_OK;
}

enum { TENSORS_PER_LAYER = 12, TENSORS_ELSEWHERE = 7 };

/* Appends a row (columns 0: rank 1) and returns its offset. */
static size_t add_tensor(AmbitModel *model, AmbitInit init, double scale, size_t rows,
                         size_t columns, const char *format, ...)
{
    AmbitTensor *tensor = &model->tensors[model->n_tensors++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(tensor->name, sizeof tensor->name, format, arguments);
    va_end(arguments);
    tensor->rank = columns ? 2 : 1;
    tensor->shape[0] = rows;
    tensor->shape[1] = columns ? columns : 1;
    tensor->count = tensor->shape[0] * tensor->shape[1];
    tensor->offset = model->block_size;
    tensor->init = init;
    tensor->init_scale = scale;
    model->n_parameters += tensor->count;
    model->block_size += (tensor->count + 15) / 16 * 16;
    return tensor->offset;
}

/* Weight and bias of a linear layer; the weight is n_hidden matrices side by side. */
static Linear add_linear(AmbitModel *m, double scale, size_t n_in, size_t n_out, size_t n_hidden,
                         size_t l, const char *name)
{
    const char *format = "_backbone.h.%zu.%s.%s";
    Linear linear = {.n_in = n_in, .n_out = n_out};
    m->tensors[m->n_tensors].n_hidden = n_hidden;
    linear.weight = add_tensor(m, AMBIT_INIT_NORMAL, scale, n_in, n_out, format, l, name, "weight");
    linear.bias = add_tensor(m, AMBIT_INIT_ZERO, 0, n_out, 0, format, l, name, "bias");
    return linear;
}

/* GPT-2's law: N(0, initializer_range), residual projections divided by √(2L) (Radford et al. 2019,
 * §2.3). */
static void add_layer(AmbitModel *m, size_t l)
{
    size_t e = (size_t)m->settings.n_embd;
    double range = m->settings.initializer_range,
           residual = range / sqrt(2.0 * (double)m->settings.n_layer);
    const char *format = "_backbone.h.%zu.%s";
    Layer *layer = &m->layers[l];
    layer->norm1_gain = add_tensor(m, AMBIT_INIT_ONE, 0, e, 0, format, l, "ln_1.weight");
    layer->norm1_bias = add_tensor(m, AMBIT_INIT_ZERO, 0, e, 0, format, l, "ln_1.bias");
    layer->linears[QKV] = add_linear(m, range, e, 3 * e, 3, l, "attn.c_attn");
    layer->linears[PROJ] = add_linear(m, residual, e, e, 1, l, "attn.c_proj");
    layer->norm2_gain = add_tensor(m, AMBIT_INIT_ONE, 0, e, 0, format, l, "ln_2.weight");
    layer->norm2_bias = add_tensor(m, AMBIT_INIT_ZERO, 0, e, 0, format, l, "ln_2.bias");
    layer->linears[FC] = add_linear(m, range, e, 4 * e, 1, l, "mlp.c_fc");
    layer->linears[OUT] = add_linear(m, residual, 4 * e, e, 1, l, "mlp.c_proj");
}

/* Rows in the order of Garg et al.'s state_dict. Read-in and read-out have nn.Linear's default law,
 * U(±1/√fan_in) for weight and bias. */
static void add_all_tensors(AmbitModel *m)
{
    const AmbitModelSettings *s = &m->settings;
    size_t e = (size_t)s->n_embd, d = (size_t)s->n_dims;
    double in = 1 / sqrt((double)d), out = 1 / sqrt((double)e);
    m->read_in_weight = add_tensor(m, AMBIT_INIT_UNIFORM, in, e, d, "_read_in.weight");
    m->read_in_bias = add_tensor(m, AMBIT_INIT_UNIFORM, in, e, 0, "_read_in.bias");
    if (s->positions == AMBIT_POSITIONS_LEARNED)
        m->positions = add_tensor(m, AMBIT_INIT_NORMAL, s->initializer_range,
                                  2 * (size_t)s->n_positions, e, "_backbone.wpe.weight");
    for (size_t l = 0; l < (size_t)s->n_layer; l++)
        add_layer(m, l);
    m->norm_gain = add_tensor(m, AMBIT_INIT_ONE, 0, e, 0, "_backbone.ln_f.weight");
    m->norm_bias = add_tensor(m, AMBIT_INIT_ZERO, 0, e, 0, "_backbone.ln_f.bias");
    m->read_out_weight = add_tensor(m, AMBIT_INIT_UNIFORM, out, 1, e, "_read_out.weight");
    m->read_out_bias = add_tensor(m, AMBIT_INIT_UNIFORM, out, 1, 0, "_read_out.bias");
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
    size_t layers = (size_t)settings->n_layer;
    AmbitModel *m = *model = ambit_alloc(1, sizeof *m);
    if (!m)
        goto fail;
    m->settings = *settings;
    m->tensors = ambit_alloc(TENSORS_ELSEWHERE + TENSORS_PER_LAYER * layers, sizeof *m->tensors);
    m->layers = ambit_alloc(layers, sizeof *m->layers);
    if (!m->tensors || !m->layers)
        goto fail;
    add_all_tensors(m);
    m->block = ambit_alloc(m->block_size, sizeof *m->block);
    if (!m->block)
        goto fail;
    if (settings->positions == AMBIT_POSITIONS_SINUSOIDAL) {
        m->sinusoids = sinusoid_table(2 * (size_t)settings->n_positions, (size_t)settings->n_embd);
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
    return model->sinusoids ? model->sinusoids : model->block + model->positions;
}
