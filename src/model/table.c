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
static const char *const norm_names[] = {"pre", "post", NULL};
static const char *const activation_names[] = {"gelu", "relu", NULL};
static const char *const initialization_names[] = {"gpt2", "xavier", NULL};

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
    {"norm", AMBIT_CHOICE, FIELD(norm), AMBIT_NORM_PRE, 0, 0, norm_names,
     "layer norms before attention and MLP and after the last layer (pre, GPT-2), or after each "
     "sum "
     "with the residual stream and nowhere else (post, Vaswani et al. 2017)",
     .omit_default = true},
    {"activation", AMBIT_CHOICE, FIELD(activation), AMBIT_ACTIVATION_GELU, 0, 0, activation_names,
     "of the MLP: gelu in its tanh form (GPT-2) or relu", .omit_default = true},
    {"attention_bias", AMBIT_BOOL, FIELD(attention_bias), 1, 0, 1, NULL,
     "query, key, value and their projection add biases", .omit_default = true},
    {"initialization", AMBIT_CHOICE, FIELD(initialization), AMBIT_INITIALIZATION_GPT2, 0, 0,
     initialization_names,
     "parameters at step 0: normal (gpt2), or uniform by widths (xavier: Glorot & Bengio 2010, "
     "eq. 16)",
     .omit_default = true},
    {"dropout", AMBIT_REAL, FIELD(dropout), 0, 0, 0.99, NULL,
     "probability by which a training step drops an activation: after positions, of attention "
     "weights, inside the MLP, and of both branches before they are added; a multiple of 2^-16",
     .omit_default = true},
    {"initializer_range", AMBIT_REAL, FIELD(initializer_range), 0.02, DBL_MIN, 10, NULL,
     "with gpt2: standard deviation of matrices and embeddings at step 0, as in Hugging Face's "
     "GPT-2",
     false},
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
static Norm add_norm(AmbitModel *m, const char *name)
{
    size_t width = (size_t)m->settings.trunk.n_embd;
    Norm norm;
    norm.gain = ambit_model_add(m, &(AmbitTensor){.shape = {width}, .init = AMBIT_INIT_ONE},
                                "_backbone.%s.weight", name);
    norm.bias = ambit_model_add(m, &(AmbitTensor){.shape = {width}}, "_backbone.%s.bias", name);
    return norm;
}

void ambit_initial_matrix(AmbitTensor *tensor, const AmbitTrunkSettings *trunk, double divisor,
                          double gain, size_t n_in, size_t n_out)
{
    bool xavier = trunk->initialization == AMBIT_INITIALIZATION_XAVIER;
    tensor->init = xavier ? AMBIT_INIT_UNIFORM : AMBIT_INIT_NORMAL;
    tensor->init_scale =
        xavier ? gain * sqrt(6.0 / (double)(n_in + n_out)) : trunk->initializer_range / divisor;
}

void ambit_initial_bias(AmbitTensor *tensor, const AmbitTrunkSettings *trunk, size_t n_in)
{
    if (trunk->initialization != AMBIT_INITIALIZATION_XAVIER)
        return;
    tensor->init = AMBIT_INIT_UNIFORM;
    tensor->init_scale = 1 / sqrt((double)n_in);
}

/* One matrix product of a layer: n_hidden matrices [n_in][n_out] side by side. */
typedef struct Product {
    const char *name;
    size_t n_in, n_out, n_hidden;
    double divisor, gain; // of ambit_initial_matrix
    bool bias;
} Product;

static AmbitLinear add_linear(AmbitModel *m, size_t l, const Product *product)
{
    const AmbitTrunkSettings *trunk = &m->settings.trunk;
    size_t columns = product->n_out * product->n_hidden;
    AmbitTensor weight = {
        .shape = {product->n_in, columns}, .n_hidden = product->n_hidden, .packed = true};
    AmbitTensor bias = {.shape = {columns}};
    AmbitLinear linear = {.bias = AMBIT_NO_TENSOR};
    ambit_initial_matrix(&weight, trunk, product->divisor, product->gain, product->n_in,
                         product->n_out);
    ambit_initial_bias(&bias, trunk, product->n_in);
    linear.weight = ambit_model_add(m, &weight, "_backbone.h.%zu.%s.weight", l, product->name);
    if (product->bias)
        linear.bias = ambit_model_add(m, &bias, "_backbone.h.%zu.%s.bias", l, product->name);
    return linear;
}

/* Residual projections are divided by √(2L) with gpt2 (Radford et al. 2019, §2.3). With xavier and
 * ReLU the MLP's first matrix is multiplied by √2 (He et al. 2015, eq. 10). */
static void add_layer(AmbitModel *m, size_t l)
{
    const AmbitTrunkSettings *trunk = &m->settings.trunk;
    size_t e = (size_t)trunk->n_embd, inner = ambit_model_inner_width(trunk);
    bool bias = trunk->attention_bias;
    double residual = sqrt(2.0 * (double)trunk->n_layer);
    double gain = trunk->activation == AMBIT_ACTIVATION_RELU ? sqrt(2) : 1;
    char name[32];
    Layer *layer = &m->layers[l];
    snprintf(name, sizeof name, "h.%zu.ln_1", l);
    layer->norm1 = add_norm(m, name);
    layer->qkv = add_linear(m, l, &(Product){"attn.c_attn", e, e, 3, 1, 1, bias});
    layer->proj = add_linear(m, l, &(Product){"attn.c_proj", e, e, 1, residual, 1, bias});
    snprintf(name, sizeof name, "h.%zu.ln_2", l);
    layer->norm2 = add_norm(m, name);
    layer->fc = add_linear(m, l, &(Product){"mlp.c_fc", e, inner, 1, 1, gain, true});
    layer->out = add_linear(m, l, &(Product){"mlp.c_proj", inner, e, 1, residual, 1, true});
}

/* Rows in the order of Garg et al.'s state_dict. */
static void add_all_tensors(AmbitModel *m)
{
    const AmbitModelSettings *s = &m->settings;
    AmbitTensor positions = {.shape = {(size_t)s->trunk.n_context, (size_t)s->trunk.n_embd}};
    ambit_initial_matrix(&positions, &s->trunk, 1, 1, positions.shape[0], positions.shape[1]);
    s->head.type->add_before(m, s);
    if (s->trunk.positions == AMBIT_POSITIONS_LEARNED)
        m->positions = ambit_model_add(m, &positions, "_backbone.wpe.weight");
    for (size_t l = 0; l < (size_t)s->trunk.n_layer; l++) {
        size_t first = m->n_tensors;
        add_layer(m, l);
        for (size_t i = first; i < m->n_tensors; i++)
            m->tensors[i].layer = l + 1;
    }
    if (s->trunk.norm == AMBIT_NORM_PRE)
        m->norm = add_norm(m, "ln_f");
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

AmbitStatus ambit_model_outline(AmbitModel **model, const AmbitModelSettings *settings,
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
    return AMBIT_OK;
fail:
    ambit_model_destroy(model);
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a model's table of tensors");
}

AmbitStatus ambit_model_create(AmbitModel **model, const AmbitModelSettings *settings,
                               AmbitError *error)
{
    AmbitStatus status = ambit_model_outline(model, settings, error);
    if (status)
        return status;
    AmbitModel *m = *model;
    const AmbitTrunkSettings *trunk = &m->settings.trunk;
    bool fixed = trunk->positions == AMBIT_POSITIONS_SINUSOIDAL;
    double bytes = (double)m->block_size * sizeof *m->block;
    m->block = ambit_alloc(m->block_size, sizeof *m->block);
    if (fixed)
        m->sinusoids = sinusoid_table((size_t)trunk->n_context, (size_t)trunk->n_embd);
    if (m->block && (!fixed || m->sinusoids)) {
        m->position_table = fixed ? m->sinusoids : m->block + m->tensors[m->positions].offset;
        return AMBIT_OK;
    }
    ambit_model_destroy(model);
    char amount[AMBIT_BYTES_TEXT];
    return ambit_error_set(error, AMBIT_NO_MEMORY,
                           "no memory for the model's parameters, which take %s",
                           ambit_bytes_text(bytes, amount));
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
    return model->position_table;
}
