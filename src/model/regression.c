// SPDX-License-Identifier: MIT
// The regression head on the trunk: a linear read-in of input vectors and a scalar read-out at
// the tokens that are read.
#include "model.h"

#include <assert.h>

/* out [rows][n_out] = x [rows][n_in] · weight [n_out][n_in]ᵀ + bias: too small to be worth packing.
 */
static void read(const AmbitPackedModel *packed, AmbitReal *out, const AmbitReal *x, size_t weight,
                 size_t bias, size_t rows, size_t n_in, size_t n_out)
{
    const AmbitReal *block = packed->model->block;
    ambit_linear(&packed->kernels, out, x,
                 &(AmbitMatrix){.b = block + weight, .transposed = true, .k = n_in, .n = n_out},
                 rows, &(AmbitEpilogue){.bias = block + bias});
}

void ambit_model_forward(const AmbitPackedModel *packed, const AmbitTokens *tokens,
                         AmbitActivations *activations, AmbitReal *output)
{
    const AmbitModel *model = packed->model;
    size_t rows = tokens->n_sequences * tokens->n_tokens;
    size_t width = (size_t)model->settings.n_embd, dims = (size_t)model->settings.n_dims;
    assert(rows <= activations->n_rows);
    read(packed, activations->layers[0].residual1, tokens->input, model->read_in_weight,
         model->read_in_bias, rows, dims, width);
    ambit_trunk_forward(packed, tokens, activations);
    read(packed, output, activations->norm, model->read_out_weight, model->read_out_bias,
         tokens->n_sequences * ambit_token_reads(tokens), width, 1);
}

/* weight [n_out][n_in]: doutᵀ·x, bias: Σ rows of dout. */
static void read_gradient(const AmbitGradient *gradient, const AmbitKernels *kernels, size_t weight,
                          size_t bias, const AmbitReal *dout, const AmbitReal *x, size_t rows,
                          size_t n_in, size_t n_out, AmbitReal *small)
{
    kernels->sum_rows(&kernels->context, small, dout, rows, n_out);
    if (ambit_gradient_begin(gradient)) {
        kernels->matmul(&kernels->context, gradient->block + weight, dout, x, n_out, n_in, rows,
                        true, false, gradient->before);
        ambit_gradient_add(gradient, kernels, bias, small, n_out);
        ambit_gradient_end(gradient);
    }
}

void ambit_model_backward(const AmbitPackedModel *packed, const AmbitTokens *tokens,
                          AmbitActivations *activations, const AmbitReal *doutput,
                          const AmbitGradient *gradient, AmbitReal *dinput)
{
    const AmbitModel *model = packed->model;
    const AmbitKernels *kernels = &packed->kernels;
    size_t rows = tokens->n_sequences * ambit_token_reads(tokens);
    size_t width = (size_t)model->settings.n_embd, dims = (size_t)model->settings.n_dims;
    assert(activations->backward);
    // output = norm · read_out_weightᵀ + read_out_bias
    read_gradient(gradient, kernels, model->read_out_weight, model->read_out_bias, doutput,
                  activations->norm, rows, width, 1, activations->dsmall);
    kernels->matmul(&kernels->context, activations->dnorm, doutput,
                    model->block + model->read_out_weight, rows, width, 1, false, false, false);
    ambit_trunk_backward(packed, tokens, activations, gradient);
    // stream = input · read_in_weightᵀ + read_in_bias
    rows = tokens->n_sequences * tokens->n_tokens;
    read_gradient(gradient, kernels, model->read_in_weight, model->read_in_bias,
                  activations->dstream, tokens->input, rows, dims, width, activations->dsmall);
    if (dinput)
        kernels->matmul(&kernels->context, dinput, activations->dstream,
                        model->block + model->read_in_weight, rows, dims, width, false, false,
                        false);
}

/* Backward of a product costs twice its forward; causal attention takes T(T+1)/2 pairs, two
 * products of them forward. */
double ambit_model_flop(const AmbitModelSettings *settings, size_t n_tokens)
{
    double width = (double)settings->n_embd, layers = (double)settings->n_layer;
    double tokens = (double)n_tokens, dims = (double)settings->n_dims;
    double weights = layers * 12 * width * width + width * dims + width;
    double pairs = tokens * (tokens + 1) / 2;
    return 6 * weights * tokens + 3 * layers * 4 * pairs * width;
}
