// SPDX-License-Identifier: MIT
// Standard inputs, conditions on classes and dims, and one step of the Gram-Schmidt procedure.
#include "inputs.h"

#include "vector.h"

#include <math.h>

void ambit_prompts_draw_standard(const AmbitPromptDraw *prompt)
{
    ambit_family_draw_inputs(prompt->family, prompt->input, prompt->active_dims, prompt->n_points,
                             prompt->x);
}

AmbitStatus ambit_prompts_need_normal(const AmbitPromptDistribution *distribution,
                                      const AmbitMixture *mixture, size_t n_points,
                                      AmbitError *error)
{
    (void)n_points;
    for (size_t c = 0; c < mixture->n_classes; c++)
        if (!ambit_family_has_standard_inputs(mixture->families[c]))
            return ambit_error_set(error, AMBIT_INVALID,
                                   "%s prompts are made of inputs from N(0, I), but those of %s "
                                   "have a distribution of their own; use standard prompts",
                                   distribution->type->name, mixture->families[c]->type->name);
    return AMBIT_OK;
}

AmbitStatus ambit_prompts_need_dims(const AmbitPromptDistribution *distribution, size_t least,
                                    AmbitError *error)
{
    if (distribution->n_dims >= least)
        return AMBIT_OK;
    return ambit_error_set(
        error, AMBIT_INVALID,
        "%s prompts need inputs of %zu dims or more, but these have %zu; raise model.n_dims",
        distribution->type->name, least, distribution->n_dims);
}

/* Returns v·u / u·u. The two sums wait for no addition of each other. */
static double share_along(const double *v, const double *u, size_t dims)
{
    double along = 0.0, square = 0.0;
    for (size_t j = 0; j < dims; j++) {
        along += v[j] * u[j];
        square += u[j] * u[j];
    }
    return along / square;
}

/* Two passes make the row orthogonal up to rounding. */
void ambit_orthogonalize(double *rows, size_t row, size_t dims, double norm)
{
    double *v = rows + row * dims;
    for (int pass = 0; pass < 2; pass++)
        for (const double *u = rows; u < v; u += dims) {
            double along = share_along(v, u, dims);
            for (size_t j = 0; j < dims; j++)
                v[j] -= along * u[j];
        }
    double factor = norm / sqrt(ambit_dot(v, v, dims));
    for (size_t j = 0; j < dims; j++)
        v[j] *= factor;
}
