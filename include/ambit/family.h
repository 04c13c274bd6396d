// SPDX-License-Identifier: MIT
// Family: a distribution over functions f: R^D → R. A family type is a const record; each type has
// a file in tasks/functions/. A family is a type with settings and a number of input dims.
#ifndef AMBIT_FAMILY_H
#define AMBIT_FAMILY_H

#include "ambit/parameter.h"
#include "ambit/prior.h"
#include "ambit/status.h"
#include <gsl/gsl_rng.h>
#include <stddef.h>

typedef struct AmbitFamilyList {
    AmbitFamily **items; // owned
    size_t count;
} AmbitFamilyList;

/* E f(x) and E f(x)² over the functions of a family, at one input. */
typedef struct AmbitMoments {
    double mean, square;
} AmbitMoments;

typedef struct AmbitFamilyType {
    const char *name;    // Garg et al.'s spelling where they have the class
    const char *summary; // one line: the definition of f
    const char *source;  // paper and equation
    const char *inputs;  // allowed D and how inputs are drawn; NULL: any D, N(0, I)
    const AmbitParameter *parameters;
    size_t settings_size;

    /* f(x) = w·x, with w the first D numbers of a function. Linear baselines rely on it. */
    bool is_linear;

    /* Optional. Checks settings against n_dims (ambit_error_parameter) and builds `state`. */
    AmbitStatus (*init)(AmbitFamily *family, AmbitError *error);
    void (*fini)(AmbitFamily *family); // optional; accepts a half-built family

    /* Returns F, how many doubles one drawn function takes. */
    size_t (*function_size)(const AmbitFamily *family);

    /* Draws function [F]. Only coordinates < active_dims of x will be non-zero. */
    void (*draw)(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function);

    /* Returns f(x) for one input x [D]. */
    double (*evaluate)(const AmbitFamily *family, const double *function, const double *x);

    /* Optional. Returns E y² over functions, noise and the family's inputs: the error of the zero
     * predictor. NULL: the mean of `moments` over sampled inputs. */
    double (*second_moment)(const AmbitFamily *family, size_t active_dims);

    /* Optional. Returns the moments at one input x [D], exactly or as an unbiased estimate. NULL:
     * f(x) and f(x)² of one drawn function are the estimate. */
    AmbitMoments (*moments)(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x);

    /* Optional. Returns E f(x)² over inputs for one function; NaN if it has no closed form. NULL:
     * there is none for the whole type. */
    double (*function_second_moment)(const AmbitFamily *family, const double *function,
                                     size_t active_dims);

    /* Optional. The prior of the functions; exact Bayes prediction follows from it. A Gaussian
     * prior needs is_linear or exact `moments`. NULL: there is no exact prediction. */
    AmbitPrior (*prior)(const AmbitFamily *family);

    /* Optional. Draws one input x [D], 0 from active_dims on. NULL: from N(0, I). */
    void (*draw_input)(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *x);

    /* Optional. Turns the value f(x) into two labels: *context, which is seen in a prompt, and
     * *query, which predictions are scored against. Each is the value plus noise that
     * is independent of the value. NULL: both are the value. */
    void (*observe)(const AmbitFamily *family, gsl_rng *rng, double value, double *context,
                    double *query);
} AmbitFamilyType;

struct AmbitFamily {
    const AmbitFamilyType *type;
    size_t n_dims;                        // D
    void *settings;                       // the settings struct of the type, owned
    void *state;                          // built by init, freed by fini
    size_t function_size;                 // F, set by ambit_family_finish
    bool standard_inputs;                 // set by init if draw_input draws from N(0, I)
    bool binary;                          // set by init: labels are ±1, trained by logistic loss
    double context_noise, query_noise;    // variances of what `observe` adds, set by init
    _Atomic double *known_second_moments; // [D + 1], by active dims; 0: not computed yet
};

/* Returns all registered family types, NULL-ended, in the order `ambit list` shows them. */
const AmbitFamilyType *const *ambit_family_types(void);

/* Returns the family type of this name, or NULL if there is none. */
const AmbitFamilyType *ambit_family_type_find(const char *name);

/* Creates a family with default settings, not yet checked. The caller then sets fields of
 * `settings` and calls ambit_family_finish, which checks them. Destroy accepts either state. */
AmbitStatus ambit_family_create(AmbitFamily **family, const AmbitFamilyType *type, size_t n_dims,
                                AmbitError *error);
AmbitStatus ambit_family_finish(AmbitFamily *family, AmbitError *error);
void ambit_family_destroy(AmbitFamily **family);
void ambit_family_list_free(AmbitFamilyList *list);

/* Makes a deep copy, finished. */
AmbitStatus ambit_family_copy(AmbitFamily **copy, const AmbitFamily *family, AmbitError *error);

/* Makes a finished copy with another value of one AMBIT_REAL or AMBIT_INT parameter, of the family
 * or of a part ("families[0].sparsity"). Sweeps are made of such copies. */
AmbitStatus ambit_family_with(AmbitFamily **copy, const AmbitFamily *family, const char *parameter,
                              double value, AmbitError *error);

/* Draws x [n][D]: n inputs by the family's distribution. */
void ambit_family_draw_inputs(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, size_t n,
                              double *x);

/* Returns whether inputs are drawn from N(0, I). */
bool ambit_family_has_standard_inputs(const AmbitFamily *family);

/* Calls the type's `observe`, or sets both labels to the value if the type has none. */
void ambit_family_observe(const AmbitFamily *family, gsl_rng *rng, double value, double *context,
                          double *query);

/* Returns the prior of the functions of `family`, which are prior.factor times the functions of
 * prior.family. Families that only add noise or a factor to a part are replaced by this part, as
 * often as needed. */
AmbitPrior ambit_family_prior(const AmbitFamily *family);

/* Returns E y² by the type's formula or, without one, as the mean over a fixed sample of inputs.
 * The sample has as many inputs as give a relative standard error of 0.1 %, but at most 2^20. The
 * value is computed once. Returns NaN if there is no memory. */
double ambit_family_second_moment(const AmbitFamily *family, size_t active_dims);

/* Call the type's `moments` and `function_second_moment`. For types without them, the first returns
 * the moments of one drawn function, the second NaN. */
AmbitMoments ambit_family_moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                                  const double *x);
double ambit_family_function_second_moment(const AmbitFamily *family, const double *function,
                                           size_t active_dims);

/* Makes a finished `pool` of `size` functions of `part`. It takes ownership of `part`, also on
 * failure. */
AmbitStatus ambit_pool_create(AmbitFamily **pool, AmbitFamily *part, int64_t size,
                              int64_t pool_seed, AmbitError *error);

#endif
