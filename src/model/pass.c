// SPDX-License-Identifier: MIT
// What trunk and heads call in a pass: a linear layer, forward and backward.
#include "model.h"

const AmbitReal *ambit_pass_parameters(const AmbitPass *pass, size_t tensor)
{
    const AmbitModel *model = pass->packed->model;
    return model->block + model->tensors[tensor].offset;
}

void ambit_pass_linear(const AmbitPass *pass, AmbitLinear layer, AmbitReal *out, const AmbitReal *x,
                       size_t rows, AmbitEpilogue epilogue)
{
    if (layer.bias != AMBIT_NO_TENSOR)
        epilogue.bias = ambit_pass_parameters(pass, layer.bias);
    ambit_linear(pass->kernels, out, x, &pass->packed->matrices[layer.weight], rows, &epilogue);
}

void ambit_pass_linear_input(const AmbitPass *pass, size_t weight, AmbitReal *dx,
                             const AmbitReal *dout, size_t rows, const AmbitReal *factor)
{
    size_t n_tensors = pass->packed->model->n_tensors;
    ambit_linear(pass->kernels, dx, dout, &pass->packed->matrices[n_tensors + weight], rows,
                 &(AmbitEpilogue){.factor = factor});
}

void ambit_pass_linear_backward(const AmbitPass *pass, AmbitLinear layer, AmbitReal *dx,
                                const AmbitReal *factor, const AmbitReal *dout, const AmbitReal *x,
                                size_t rows)
{
    // out = x · weight + bias
    if (dx)
        ambit_pass_linear_input(pass, layer.weight, dx, dout, rows, factor);
    const AmbitTensor *tensor = &pass->packed->model->tensors[layer.weight];
    const AmbitKernels *kernels = pass->kernels;
    size_t n_out = tensor->shape[tensor->transposed ? 0 : 1];
    bool accumulate;
    AmbitReal *dweight = ambit_gradient_begin(pass->gradient, layer.weight, &accumulate);
    if (dweight) {
        kernels->matmul(&kernels->context, dweight, tensor->transposed ? dout : x,
                        tensor->transposed ? x : dout, tensor->shape[0], tensor->shape[1], rows,
                        true, false, accumulate);
        ambit_gradient_end(pass->gradient, layer.weight);
    }
    if (layer.bias == AMBIT_NO_TENSOR)
        return;
    kernels->sum_rows(&kernels->context, pass->small, dout, rows, n_out);
    ambit_gradient_add(pass->gradient, kernels, layer.bias, pass->small);
}
