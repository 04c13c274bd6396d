// SPDX-License-Identifier: MIT
// The regression head on the trunk: a linear read-in of input vectors and a scalar read-out at
// the tokens that are read.
#include "model.h"

#include <assert.h>

void ambit_model_forward(const AmbitModel *model, const AmbitReal *block,
                         const AmbitKernels *kernels, const AmbitTokens *tokens,
                         AmbitActivations *activations, AmbitReal *output)
{
    size_t rows = tokens->n_sequences * tokens->n_tokens;
    size_t width = (size_t)model->settings.n_embd, dims = (size_t)model->settings.n_dims;
    assert(rows <= activations->n_rows);
    AmbitReal *stream = activations->layers[0].residual1;
    kernels->add_bias(stream, NULL, block + model->read_in_bias, rows, width);
    kernels->matmul(stream, tokens->input, block + model->read_in_weight, rows, width, dims, false,
                    true, true);
    ambit_trunk_forward(model, block, kernels, tokens, activations);
    rows = tokens->n_sequences * ambit_token_reads(tokens);
    kernels->add_bias(output, NULL, block + model->read_out_bias, rows, 1);
    kernels->matmul(output, activations->norm, block + model->read_out_weight, rows, 1, width,
                    false, true, true);
}

void ambit_model_backward(const AmbitModel *model, const AmbitReal *block,
                          const AmbitKernels *kernels, const AmbitTokens *tokens,
                          AmbitActivations *activations, const AmbitReal *doutput,
                          AmbitReal *gradient, AmbitReal *dinput)
{
    size_t rows = tokens->n_sequences * ambit_token_reads(tokens);
    size_t width = (size_t)model->settings.n_embd, dims = (size_t)model->settings.n_dims;
    assert(activations->backward);
    // output = norm · read_out_weightᵀ + read_out_bias
    kernels->matmul(gradient + model->read_out_weight, doutput, activations->norm, 1, width, rows,
                    true, false, false);
    kernels->sum_rows(gradient + model->read_out_bias, doutput, rows, 1);
    kernels->matmul(activations->dnorm, doutput, block + model->read_out_weight, rows, width, 1,
                    false, false, false);
    ambit_trunk_backward(model, block, kernels, tokens, activations, gradient);
    // stream = input · read_in_weightᵀ + read_in_bias
    rows = tokens->n_sequences * tokens->n_tokens;
    kernels->matmul(gradient + model->read_in_weight, activations->dstream, tokens->input, width,
                    dims, rows, true, false, false);
    kernels->sum_rows(gradient + model->read_in_bias, activations->dstream, rows, width);
    if (dinput)
        kernels->matmul(dinput, activations->dstream, block + model->read_in_weight, rows, dims,
                        width, false, false, false);
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
