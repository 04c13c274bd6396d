// SPDX-License-Identifier: MIT
// Family: a distribution over functions f: R^D → R. A const record (AmbitFamilyType) per function
// class, one file in tasks/functions/ each; an AmbitFamily is a record with settings and dims.
#ifndef AMBIT_FAMILY_H
#define AMBIT_FAMILY_H

#include "ambit/parameter.h"
#include "ambit/status.h"
#include <gsl/gsl_rng.h>
#include <stddef.h>

typedef struct AmbitFamily AmbitFamily;

typedef struct AmbitFamilyList {
    AmbitFamily **items; // owned
    size_t count;
} AmbitFamilyList;

/* E f(x) and E f(x)² over functions, at one input. */
typedef struct AmbitMoments {
    double mean, square;
} AmbitMoments;

typedef struct AmbitFamilyType {
    const char *name;    // Garg et al.'s spelling where they have the class
    const char *summary; // one line: definition
    const char *source;  // paper and equation
    const AmbitParameter *parameters;
    size_t settings_size;

    /* Optional. Checks settings against n_dims (ambit_error_parameter) and builds `state`. */
    AmbitStatus (*init)(AmbitFamily *family, AmbitError *error);
    void (*fini)(AmbitFamily *family); // optional; accepts a half-built family

    /* Doubles that one drawn function takes. */
    size_t (*function_size)(const AmbitFamily *family);

    /* Draws f; only coordinates < active_dims of x will be non-zero. */
    void (*draw)(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function);

    /* f(x) for one input x [D]. */
    double (*evaluate)(const AmbitFamily *family, const double *function, const double *x);

    /* Optional. E y² over functions and inputs by the class's law: the error of the zero predictor.
     * NULL: sampled from `moments`. */
    double (*second_moment)(const AmbitFamily *family, size_t active_dims);

    /* Optional. The moments at one input x [D], or an unbiased draw of them. NULL: those of one
     * drawn function. The second moments of products and sums of families come from these. */
    AmbitMoments (*moments)(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x);

    /* Optional. E f(x)² over inputs for one function; NaN or NULL: not in closed form. */
    double (*function_second_moment)(const AmbitFamily *family, const double *function,
                                     size_t active_dims);

    /* Optional. One input x [D] by the class's own law (0 from active_dims on); NULL: N(0, I). */
    void (*draw_input)(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *x);

    /* Optional. What is seen of the value f(x): as a label in the context, and as the label a query
     * is scored against: the value and noise that does not depend on it. NULL: the value itself for
     * both. */
    void (*observe)(const AmbitFamily *family, gsl_rng *rng, double value, double *context,
                    double *query);
} AmbitFamilyType;

struct AmbitFamily {
    const AmbitFamilyType *type;
    size_t n_dims;        // D
    void *settings;       // the record's settings struct, owned
    void *state;          // what init built, freed by fini
    bool standard_inputs; // draw_input draws from N(0, I) after all; init sets it
    bool binary; // labels are ±1: trained by logistic loss, scored by accuracy; init sets it
    double context_noise, query_noise;    // variances of what `observe` adds; init sets them
    _Atomic double *known_second_moments; // [D + 1] by active dims, as asked for so far; 0: not yet
};

/* All registered families, NULL-ended, in the order `ambit list` shows. */
const AmbitFamilyType *const *ambit_family_types(void);
const AmbitFamilyType *ambit_family_type_find(const char *name); // NULL if there is none

/* A family with default settings, not yet checked: set fields of `settings`, then call
 * ambit_family_finish. Destroy works in either state. */
AmbitStatus ambit_family_create(AmbitFamily **family, const AmbitFamilyType *type, size_t n_dims,
                                AmbitError *error);
AmbitStatus ambit_family_finish(AmbitFamily *family, AmbitError *error);
void ambit_family_destroy(AmbitFamily **family);
void ambit_family_list_free(AmbitFamilyList *list);

/* A deep copy, finished, with one AMBIT_REAL or AMBIT_INT parameter set to `value` (parameter NULL:
 * a plain copy), its own or a part's ("families[0].sparsity"). This is how a sweep makes its
 * families. */
AmbitStatus ambit_family_with(AmbitFamily **copy, const AmbitFamily *family, const char *parameter,
                              double value, AmbitError *error);

/* x [n][D]: n inputs by the class's law. */
void ambit_family_draw_inputs(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, size_t n,
                              double *x);

/* Whether inputs follow N(0, I). */
bool ambit_family_has_standard_inputs(const AmbitFamily *family);

/* The type's `observe`, or its default. */
void ambit_family_observe(const AmbitFamily *family, gsl_rng *rng, double value, double *context,
                          double *query);

size_t ambit_family_function_size(const AmbitFamily *family);

/* The type's second moment, or a sampled one: always the same sample, of relative standard error
 * 0.1 % (or of 2^20 inputs). Kept once known. */
double ambit_family_second_moment(const AmbitFamily *family, size_t active_dims);

/* The type's `moments` and `function_second_moment`, or their defaults. */
AmbitMoments ambit_family_moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                                  const double *x);
double ambit_family_function_second_moment(const AmbitFamily *family, const double *function,
                                           size_t active_dims);

/* A finished `pool` of this many functions of `part`, which it takes over (also on failure). */
AmbitStatus ambit_pool_create(AmbitFamily **pool, AmbitFamily *part, int64_t size,
                              int64_t pool_seed, AmbitError *error);

/* A pool's functions [M][F], owned by it, and the family they were drawn from; NULL for any other
 * family. A prompt's function of a pool is the index of the pool's function. */
const double *ambit_pool_functions(const AmbitFamily *family, size_t *n_functions,
                                   const AmbitFamily **part);

#endif
