// SPDX-License-Identifier: MIT
// Norms of parameters (Murty et al. 2305.18741, section 4.1): all of the model's, and each layer's.
#include "inside.h"

#include <math.h>

enum { NORM, LAYER_NORM, LAYER_RMS };

static AmbitStatus declare(const AmbitInside *inside, size_t *arrays, AmbitError *error)
{
    static const AmbitMeasure norm = {.words = {"weight_norm", "norm of the parameters", "1",
                                                "root of the sum of the squares of all parameters"},
                                      .headline = true,
                                      .shown = AMBIT_SHOWN_WHOLE};
    static const AmbitMeasure layer_norm = {.words = {"layer_weight_norm",
                                                      "norm of a layer's parameters", "1",
                                                      "root of the sum of their squares"},
                                            .shown = AMBIT_SHOWN_EACH};
    static const AmbitMeasure layer_rms = {.words = {"layer_weight_rms",
                                                     "root mean square of a layer's parameters",
                                                     "1", "norm / root of their number"},
                                           .shown = AMBIT_SHOWN_EACH};
    size_t axes[] = {AMBIT_AXIS_PREDICTOR, 0};
    AmbitTargetResult *r = inside->tally->result;
    AmbitStatus status = ambit_inside_layers(inside, &axes[1], error);
    if (!status)
        status = ambit_result_add_array(r, &norm, 1, axes, &arrays[NORM], error);
    if (!status)
        status = ambit_result_add_array(r, &layer_norm, 2, axes, &arrays[LAYER_NORM], error);
    return status ? status
                  : ambit_result_add_array(r, &layer_rms, 2, axes, &arrays[LAYER_RMS], error);
}

static double squares(const AmbitModel *model, const AmbitTensor *tensor)
{
    const AmbitReal *value = ambit_model_block_const(model) + tensor->offset;
    double sum = 0;
    for (size_t i = 0; i < tensor->count; i++)
        sum += (double)value[i] * (double)value[i];
    return sum;
}

static AmbitStatus measure(const AmbitInside *inside, const size_t *arrays, size_t column,
                           const AmbitTransformer *transformer, AmbitError *error)
{
    const AmbitModel *model = transformer->model;
    size_t layers = (size_t)ambit_model_settings(model)->trunk.n_layer;
    double *norm = ambit_inside_values(inside, arrays[LAYER_NORM], column);
    double *rms = ambit_inside_values(inside, arrays[LAYER_RMS], column);
    double sum = 0;
    (void)error;
    for (size_t l = 0; l < layers; l++) {
        double of_layer = 0, count = 0;
        for (size_t i = 0; i < ambit_model_n_tensors(model); i++)
            if (ambit_model_tensor(model, i)->layer == l + 1) {
                of_layer += squares(model, ambit_model_tensor(model, i));
                count += (double)ambit_model_tensor(model, i)->count;
            }
        norm[l] = sqrt(of_layer);
        rms[l] = sqrt(of_layer / count);
    }
    for (size_t i = 0; i < ambit_model_n_tensors(model); i++)
        sum += squares(model, ambit_model_tensor(model, i));
    *ambit_inside_values(inside, arrays[NORM], column) = sqrt(sum);
    return AMBIT_OK;
}

const AmbitInsideType ambit_inside_weight_norm = {
    .name = "weight_norm",
    .summary = "norm of all parameters, and norm and root mean square of each layer's",
    .source = "Murty et al. 2305.18741, section 4.1",
    .declare = declare,
    .measure = measure,
};
