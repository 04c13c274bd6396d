// SPDX-License-Identifier: MIT
// Mixture: families with weights (Yadlowsky et al. 2311.00871, eq. 2). Every prompt draws its class
// by these weights and keeps the class as a label. A single family is a mixture of one.
#ifndef AMBIT_MIXTURE_H
#define AMBIT_MIXTURE_H

#include "ambit/family.h"

typedef struct AmbitMixture {
    size_t n_classes;       // C
    AmbitFamily **families; // [C], owned; all of the same dims
    char **labels;          // [C], owned; distinct
    double *weights;        // [C], ≥ 0, of any finite sum. A class of weight 0 is never drawn.
    size_t function_size;   // F, how many doubles a function takes at most
} AmbitMixture;

/* Creates an empty mixture, to which families are added. */
AmbitStatus ambit_mixture_create(AmbitMixture **mixture, AmbitError *error);

/* Adds a class. Takes ownership of `family`, also on failure, and copies `label`. Refuses
 * (AMBIT_INVALID) weights that are negative or not finite, dims other than those of the first
 * family, and labels already taken. */
AmbitStatus ambit_mixture_add(AmbitMixture *mixture, AmbitFamily *family, const char *label,
                              double weight, AmbitError *error);
void ambit_mixture_destroy(AmbitMixture **mixture);

/* Returns E y² over classes, functions, noise and inputs. */
double ambit_mixture_second_moment(const AmbitMixture *mixture, size_t active_dims);

/* Returns the class that a uniform draw u in [0, 1) selects. The weights must not all be 0. */
size_t ambit_mixture_class(const AmbitMixture *mixture, double u);

#endif
