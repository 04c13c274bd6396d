// SPDX-License-Identifier: MIT
// Every formula as Vaswani et al. 2017 and Radford et al. 2019 write it, for one sequence.
#include "plain_transformer.h"

#include "ambit/memory.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct Plain {
    const AmbitModel *model;
    const AmbitTrunkSettings *trunk;
    size_t n, width;
    const bool *visible;
} Plain;

/* The values of the tensor of this name; NULL if there is none. */
static const AmbitReal *tensor(const AmbitModel *model, const char *format, ...)
{
    char name[64];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < ambit_model_n_tensors(model); i++)
        if (strcmp(ambit_model_tensor(model, i)->name, name) == 0)
            return ambit_model_block_const(model) + ambit_model_tensor(model, i)->offset;
    return NULL;
}

/* out [n][n_out] = x [n][n_in] · weight + bias of layer l. */
static void linear(const Plain *p, double *out, const double *x, size_t n_in, size_t n_out,
                   size_t l, const char *name)
{
    const AmbitReal *weight = tensor(p->model, "_backbone.h.%zu.%s.weight", l, name);
    const AmbitReal *bias = tensor(p->model, "_backbone.h.%zu.%s.bias", l, name);
    assert(weight);
    for (size_t t = 0; t < p->n; t++)
        for (size_t o = 0; o < n_out; o++) {
            double sum = bias ? (double)bias[o] : 0;
            for (size_t i = 0; i < n_in; i++)
                sum += x[t * n_in + i] * (double)weight[i * n_out + o];
            out[t * n_out + o] = sum;
        }
}

/* out [n][E]: each row of x with mean 0 and variance 1, times gain, plus bias. */
static void layer_norm(const Plain *p, double *out, const double *x, const AmbitReal *gain,
                       const AmbitReal *bias)
{
    size_t width = p->width;
    assert(gain && bias);
    for (size_t t = 0; t < p->n; t++) {
        double mean = 0, variance = 0;
        for (size_t i = 0; i < width; i++)
            mean += x[t * width + i] / (double)width;
        for (size_t i = 0; i < width; i++)
            variance += pow(x[t * width + i] - mean, 2) / (double)width;
        for (size_t i = 0; i < width; i++)
            out[t * width + i] =
                (x[t * width + i] - mean) / sqrt(variance + 1e-5) * (double)gain[i] +
                (double)bias[i];
    }
}

static void layer_norm_of(const Plain *p, double *out, const double *x, size_t l, int which)
{
    layer_norm(p, out, x, tensor(p->model, "_backbone.h.%zu.ln_%d.weight", l, which),
               tensor(p->model, "_backbone.h.%zu.ln_%d.bias", l, which));
}

/* probability [n][n] = softmax over the visible rows of query · key / √size, for one head. */
static void attend(const Plain *p, double *out, const double *qkv, size_t head, double *probability)
{
    size_t width = p->width, size = width / (size_t)p->trunk->n_head;
    for (size_t t = 0; t < p->n; t++) {
        const double *query = qkv + t * 3 * width + head * size;
        double sum = 0;
        for (size_t s = 0; s < p->n; s++) {
            const double *key = qkv + s * 3 * width + width + head * size;
            double score = 0;
            for (size_t i = 0; i < size; i++)
                score += query[i] * key[i] / sqrt((double)size);
            bool seen = s == t || (s < t && p->visible[s]);
            sum += probability[t * p->n + s] = seen ? exp(score) : 0;
        }
        for (size_t i = 0; i < size; i++)
            out[t * width + head * size + i] = 0;
        for (size_t s = 0; s < p->n; s++) {
            const double *value = qkv + s * 3 * width + 2 * width + head * size;
            probability[t * p->n + s] /= sum;
            for (size_t i = 0; i < size; i++)
                out[t * width + head * size + i] += probability[t * p->n + s] * value[i];
        }
    }
}

static double activate(const Plain *p, double x)
{
    if (p->trunk->activation == AMBIT_ACTIVATION_RELU)
        return x > 0 ? x : 0;
    return 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

/* One layer, in place. `memory` has room for the largest of what follows. */
static void run_layer(const Plain *p, double *x, size_t l, double *memory, double *attention)
{
    size_t width = p->width, inner = ambit_model_inner_width(p->trunk), size = p->n * width;
    double *normed = memory, *qkv = normed + size, *attended = qkv + 3 * size;
    double *out = attended + size, *hidden = out + size;
    bool post = p->trunk->norm == AMBIT_NORM_POST;
    if (!post)
        layer_norm_of(p, normed, x, l, 1);
    linear(p, qkv, post ? x : normed, width, 3 * width, l, "attn.c_attn");
    for (size_t h = 0; h < (size_t)p->trunk->n_head; h++)
        attend(p, attended, qkv, h, attention + h * p->n * p->n);
    linear(p, out, attended, width, width, l, "attn.c_proj");
    for (size_t i = 0; i < size; i++)
        x[i] += out[i];
    layer_norm_of(p, post ? x : normed, x, l, post ? 1 : 2);
    linear(p, hidden, post ? x : normed, width, inner, l, "mlp.c_fc");
    for (size_t i = 0; i < p->n * inner; i++)
        hidden[i] = activate(p, hidden[i]);
    linear(p, out, hidden, inner, width, l, "mlp.c_proj");
    for (size_t i = 0; i < size; i++)
        x[i] += out[i];
    if (post)
        layer_norm_of(p, x, x, l, 2);
}

void plain_states(const AmbitModel *model, const int32_t *id, size_t n, const bool *visible,
                  double *state, double *attention)
{
    const AmbitTrunkSettings *trunk = &ambit_model_settings(model)->trunk;
    size_t width = (size_t)trunk->n_embd, heads = (size_t)trunk->n_head;
    const Plain p = {model, trunk, n, width, visible};
    const AmbitReal *embedding = tensor(model, "_backbone.wte.weight");
    double *memory = ambit_alloc(n * (6 * width + ambit_model_inner_width(trunk)), sizeof *memory);
    double *probability = ambit_alloc(heads * n * n, sizeof *probability);
    assert(embedding && memory && probability);
    for (size_t i = 0; i < n * width; i++)
        state[i] =
            sqrt((double)width) * (double)embedding[(size_t)id[i / width] * width + i % width] +
            (double)ambit_model_positions(model)[i];
    for (size_t l = 0; l < (size_t)trunk->n_layer; l++)
        run_layer(&p, state, l, memory, attention ? attention + l * heads * n * n : probability);
    if (trunk->norm == AMBIT_NORM_PRE) {
        memcpy(memory, state, n * width * sizeof *memory);
        layer_norm(&p, state, memory, tensor(model, "_backbone.ln_f.weight"),
                   tensor(model, "_backbone.ln_f.bias"));
    }
    ambit_free(memory);
    ambit_free(probability);
}
