// SPDX-License-Identifier: MIT
// Which families have an oracle, and their lifetime.
#include "oracle.h"

#include "hypotheses.h"
#include "settings.h"

#include "ambit/memory.h"

#include <math.h>
#include <string.h>

static const char families[] =
    "linear_regression, noisy_linear_regression, sparse_linear_regression, quadratic_regression, "
    "polynomial, fourier_series, gaussian_mixture_regression, sign_vector, relu_2nn_regression (of "
    "infinite width), sinusoid, any pool, noise and rescale of these, convex of those without ReLU "
    "and sinusoid, and convex of a sinusoid with a linear class";

static bool holds_sinusoid(const AmbitFamily *family)
{
    AmbitFamilyList parts = ambit_setting_parts(family);
    double factor;
    for (size_t i = 0; i < parts.count; i++)
        if (strcmp(ambit_setting_unwrap(parts.items[i], &factor)->type->name, "sinusoid") == 0)
            return true;
    return false;
}

static const AmbitOracleType *find_type(const AmbitFamily *family)
{
    static const struct {
        const char *family;
        const AmbitOracleType *type;
    } others[] = {{"relu_2nn_regression", &ambit_oracle_arc_cosine},
                  {"sinusoid", &ambit_oracle_sinusoid}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i].family, family->type->name) == 0)
            return others[i].type;
    if (strcmp(family->type->name, "convex") == 0 && holds_sinusoid(family))
        return &ambit_oracle_sinusoid;
    return &ambit_oracle_hypotheses;
}

AmbitStatus ambit_oracle_create(AmbitOracle **oracle, const AmbitFamily *family, double noise_floor,
                                size_t n_points, AmbitError *error)
{
    AmbitOracle *o = *oracle = ambit_alloc(1, sizeof *o);
    if (!o)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for an oracle");
    o->n_points = n_points;
    o->noise = fmax(family->context_noise, noise_floor);
    o->family = ambit_setting_unwrap(family, &o->factor);
    o->type = find_type(o->family);
    if (o->type == &ambit_oracle_hypotheses)
        o->family = family; // which takes wrappers off by itself
    AmbitStatus status = o->type->init ? o->type->init(o, error) : AMBIT_OK;
    if (!status && o->type->init && !o->state)
        status = ambit_error_set(error, AMBIT_INVALID,
                                 "%s has no exact Bayes predictor; there is one for %s",
                                 family->type->name, families);
    if (status)
        ambit_oracle_destroy(oracle);
    return status;
}

void ambit_oracle_destroy(AmbitOracle **oracle)
{
    AmbitOracle *o = *oracle;
    if (!o)
        return;
    if (o->type && o->type->fini)
        o->type->fini(o);
    ambit_free(o);
    *oracle = NULL;
}

/* Labels of second moment 1 carry rounding of some 1e-16, whose square this exceeds 1e16 times
 * over. */
double ambit_oracle_noise_floor(const AmbitMixture *mixture)
{
    size_t dims = mixture->families[0]->n_dims;
    return 1e-16 * fmax(ambit_mixture_second_moment(mixture, dims), 1e-200);
}

double ambit_oracle_ridge_penalty(const AmbitMixture *mixture)
{
    double factor;
    const AmbitFamily *family = mixture->families[0];
    const char *name = ambit_setting_unwrap(family, &factor)->type->name;
    bool dense =
        strcmp(name, "linear_regression") == 0 || strcmp(name, "noisy_linear_regression") == 0;
    double second_moment = ambit_family_second_moment(family, family->n_dims) - family->query_noise;
    if (mixture->n_classes != 1 || !dense)
        return NAN;
    double noise = fmax(family->context_noise, ambit_oracle_noise_floor(mixture));
    return noise * (double)family->n_dims / second_moment;
}
