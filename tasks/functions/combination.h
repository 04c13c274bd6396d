// SPDX-License-Identifier: MIT
// What families made of families share. Their settings structs begin with the list of parts.
#ifndef AMBIT_TASKS_COMBINATION_H
#define AMBIT_TASKS_COMBINATION_H

#include "ambit/family.h"

/* Returns a part of the family. */
const AmbitFamily *ambit_part(const AmbitFamily *family, size_t index);

/* The parameter "families" for `count` parts. */
#define AMBIT_PARTS_PARAMETER(count, help_text)                                                    \
    {                                                                                              \
        .name = "families", .type = AMBIT_FAMILIES, .minimum = (count), .maximum = (count),        \
        .help = (help_text), .required = true                                                      \
    }

/* For init functions. ambit_parts_check checks the number of parts and their dims, and notes
 * whether inputs are N(0, I). The others refuse parts whose inputs differ in distribution, parts
 * with binary labels, and parts with label noise; `reason` says why. */
AmbitStatus ambit_parts_check(AmbitFamily *family, AmbitError *error);
AmbitStatus ambit_parts_check_inputs(const AmbitFamily *family, AmbitError *error);
AmbitStatus ambit_parts_refuse_binary(const AmbitFamily *family, const char *reason,
                                      AmbitError *error);
AmbitStatus ambit_parts_refuse_noise(const AmbitFamily *family, const char *reason,
                                     AmbitError *error);

/* Record entries. A function is one function of every part, one after the other; inputs are those
 * of the last part. */
size_t ambit_parts_function_size(const AmbitFamily *family);
void ambit_parts_draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                      double *function);
void ambit_parts_draw_input(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *x);

#endif
