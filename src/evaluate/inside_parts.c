// SPDX-License-Identifier: MIT
// What measures of the inside share.
#include "inside.h"

#include "ambit/memory.h"

double *ambit_inside_values(const AmbitInside *inside, size_t array, size_t column)
{
    const AmbitTargetResult *r = inside->tally->result;
    return ambit_tally_values(inside->tally, array) +
           column * (r->arrays[array].count / r->n_columns);
}

const AmbitTransformer *ambit_inside_transformer(const AmbitPredictor *predictor)
{
    return predictor->type->sentences == &ambit_transformer_sentences ? predictor->state : NULL;
}

AmbitStatus ambit_inside_numbers(const AmbitInside *inside, const AmbitCaption *caption,
                                 size_t count, size_t *axis, AmbitError *error)
{
    double *numbers = ambit_alloc(count, sizeof *numbers);
    if (!numbers)
        return ambit_plan_no_memory(inside->plan, error);
    for (size_t i = 0; i < count; i++)
        numbers[i] = (double)i + 1;
    AmbitStatus status =
        ambit_result_add_axis(inside->tally->result, caption, count, numbers, NULL, axis, error);
    ambit_free(numbers);
    return status;
}

AmbitStatus ambit_inside_layers(const AmbitInside *inside, size_t *axis, AmbitError *error)
{
    static const AmbitCaption caption = {"layer", "layer", "1", "layers of the trunk, from 1"};
    return ambit_inside_numbers(inside, &caption, inside->n_layers, axis, error);
}
