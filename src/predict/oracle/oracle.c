// SPDX-License-Identifier: MIT
// The choice of an oracle for a prior, and the lifetime of oracles.
#include "oracle.h"

#include "hypotheses.h"

#include "ambit/memory.h"

#include <math.h>
#include <stdio.h>

/* Returns the oracle of a prior, or NULL if there is none. */
static const AmbitOracleType *find_type(const AmbitPrior *prior)
{
    if (prior->kind == AMBIT_PRIOR_RELU)
        return &ambit_oracle_arc_cosine;
    if (ambit_oracle_fits_sinusoid(prior))
        return &ambit_oracle_sinusoid;
    return ambit_hypotheses_fit(prior) ? &ambit_oracle_hypotheses : NULL;
}

/* "convex of linear_regression and decision_tree" */
static void name_family(const AmbitFamily *family, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s", family->type->name);
    for (const AmbitParameter *p = family->type->parameters; p->name; p++) {
        if (p->type != AMBIT_FAMILIES)
            continue;
        const AmbitFamilyList *parts = (const void *)((const char *)family->settings + p->offset);
        for (size_t i = 0; i < parts->count && used < size; i++)
            used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " and " : " of ",
                                     parts->items[i]->type->name);
    }
}

static AmbitStatus refuse(const AmbitFamily *family, AmbitError *error)
{
    char own[256];
    name_family(family, own, sizeof own);
    return ambit_error_set(error, AMBIT_INVALID, "%s has no exact Bayes predictor; %s", own,
                           family->type->prior
                               ? "its parts must have one, and those of a sum be linear, or a "
                                 "sinusoid and a line"
                               : "`ambit list families` marks those that have");
}

AmbitStatus ambit_oracle_create(AmbitOracle **oracle, const AmbitFamily *family, double noise_floor,
                                size_t n_points, AmbitError *error)
{
    AmbitPrior prior = ambit_family_prior(family);
    const AmbitOracleType *type = find_type(&prior);
    *oracle = NULL;
    if (!type)
        return refuse(family, error);
    AmbitOracle *o = *oracle = ambit_alloc(1, sizeof *o);
    if (!o)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for an oracle");
    *o = (AmbitOracle){.type = type,
                       .prior = prior,
                       .noise = fmax(family->context_noise, noise_floor),
                       .n_points = n_points};
    AmbitStatus status = type->init ? type->init(o, error) : AMBIT_OK;
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

/* Rounding of labels of second moment 1 has a variance of some 1e-32, far below this. */
double ambit_oracle_noise_floor(const AmbitMixture *mixture)
{
    size_t dims = mixture->families[0]->n_dims;
    return 1e-16 * fmax(ambit_mixture_second_moment(mixture, dims), 1e-200);
}

bool ambit_oracle_ridge_penalty(double *penalty, const AmbitMixture *mixture)
{
    const AmbitFamily *family = mixture->families[0];
    AmbitPrior prior = ambit_family_prior(family);
    if (mixture->n_classes != 1 || prior.kind != AMBIT_PRIOR_GAUSSIAN ||
        !prior.family->type->is_linear)
        return false;
    double square = ambit_family_second_moment(family, family->n_dims) - family->query_noise;
    double noise = fmax(family->context_noise, ambit_oracle_noise_floor(mixture));
    *penalty = noise * (double)family->n_dims / square;
    return *penalty > 0.0 && isfinite(*penalty);
}
