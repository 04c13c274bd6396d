// SPDX-License-Identifier: MIT
// Mixture: families with weights (Yadlowsky et al. 2311.00871, eq. 2). The class of every prompt is
// drawn per prompt and its label is kept. A single family is a mixture of one.
#ifndef AMBIT_MIXTURE_H
#define AMBIT_MIXTURE_H

#include "ambit/family.h"

typedef struct AmbitMixture {
    size_t n_classes;
    AmbitFamily **families; // [C], owned
    char **labels;          // [C], owned; unique
    double *weights;        // [C], > 0, any scale
} AmbitMixture;

/* An empty mixture to which families are added. Adding takes ownership of `family` (also on
 * failure) and copies `label`; it refuses weights that are not positive and finite, dims that
 * differ from the first family's and labels already taken. */
AmbitStatus ambit_mixture_create(AmbitMixture **mixture, AmbitError *error);
AmbitStatus ambit_mixture_add(AmbitMixture *mixture, AmbitFamily *family, const char *label,
                              double weight, AmbitError *error);
void ambit_mixture_destroy(AmbitMixture **mixture);

size_t ambit_mixture_function_size(const AmbitMixture *mixture); // largest of the classes
double ambit_mixture_second_moment(const AmbitMixture *mixture, size_t active_dims);

/* The class that a uniform draw u in [0, 1) selects. */
size_t ambit_mixture_class(const AmbitMixture *mixture, double u);

#endif
