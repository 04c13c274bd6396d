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

AmbitStatus ambit_inside_layers(const AmbitInside *inside, size_t *axis, AmbitError *error)
{
    static const AmbitCaption caption = {"layer", "layer", "1", "layers of the trunk, from 1"};
    double *numbers = ambit_alloc(inside->n_layers, sizeof *numbers);
    if (!numbers)
        return ambit_plan_no_memory(inside->plan, error);
    for (size_t l = 0; l < inside->n_layers; l++)
        numbers[l] = (double)l + 1;
    AmbitStatus status = ambit_result_add_axis(inside->tally->result, &caption, inside->n_layers,
                                               numbers, NULL, axis, error);
    ambit_free(numbers);
    return status;
}
