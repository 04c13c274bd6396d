// SPDX-License-Identifier: MIT
// Lifetime of families, and what can be asked of every family through its record.
#include "ambit/family.h"

#include "ambit/memory.h"
#include "vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Returns the field of `settings` that a parameter describes. */
static void *field(void *settings, const AmbitParameter *parameter)
{
    return (char *)settings + parameter->offset;
}

AmbitStatus ambit_family_create(AmbitFamily **family, const AmbitFamilyType *type, size_t n_dims,
                                AmbitError *error)
{
    *family = ambit_alloc(1, sizeof **family);
    if (!*family)
        goto fail;
    (*family)->type = type;
    (*family)->n_dims = n_dims;
    (*family)->settings = ambit_alloc(1, type->settings_size);
    (*family)->known_second_moments =
        ambit_alloc(n_dims + 1, sizeof *(*family)->known_second_moments);
    if (!(*family)->settings || !(*family)->known_second_moments)
        goto fail;
    ambit_parameters_default(type->parameters, (*family)->settings);
    return AMBIT_OK;
fail:
    ambit_family_destroy(family);
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for family %s", type->name);
}

AmbitStatus ambit_family_finish(AmbitFamily *family, AmbitError *error)
{
    AmbitStatus status = family->type->init ? family->type->init(family, error) : AMBIT_OK;
    family->function_size = status ? 0 : family->type->function_size(family);
    return status;
}

void ambit_family_destroy(AmbitFamily **family)
{
    AmbitFamily *f = *family;
    if (!f)
        return;
    if (f->type->fini)
        f->type->fini(f);
    if (f->settings) {
        for (const AmbitParameter *p = f->type->parameters; p->name; p++)
            if (p->type == AMBIT_FAMILIES)
                ambit_family_list_free(field(f->settings, p));
        ambit_parameters_free(f->type->parameters, f->settings);
    }
    ambit_free(f->settings);
    ambit_free(f->known_second_moments);
    ambit_free(f);
    *family = NULL;
}

void ambit_family_list_free(AmbitFamilyList *list)
{
    for (size_t i = 0; list->items && i < list->count; i++)
        ambit_family_destroy(&list->items[i]);
    ambit_free(list->items);
    *list = (AmbitFamilyList){0};
}

static AmbitStatus copy_list(AmbitFamilyList *to, const AmbitFamilyList *from, AmbitError *error)
{
    to->items = ambit_alloc(from->count, sizeof *to->items);
    if (!to->items)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu families", from->count);
    to->count = from->count;
    for (size_t i = 0; i < from->count; i++) {
        AmbitStatus status = ambit_family_copy(&to->items[i], from->items[i], error);
        if (status)
            return status;
    }
    return AMBIT_OK;
}

/* Sets a number of the family ("sparsity") or of a part ("families[0].sparsity"). */
static AmbitStatus set_number(AmbitFamily *family, const char *name, double value,
                              AmbitError *error)
{
    const AmbitFamilyType *type = family->type;
    size_t length = strcspn(name, "[");
    if (!name[length])
        return ambit_parameters_set_number(type->parameters, family->settings, type->name, name,
                                           value, error);
    char *rest;
    unsigned long index = strtoul(name + length + 1, &rest, 10);
    for (const AmbitParameter *p = type->parameters; p->name; p++) {
        const AmbitFamilyList *list = field(family->settings, p);
        if (p->type == AMBIT_FAMILIES && strncmp(p->name, name, length) == 0 && !p->name[length] &&
            strncmp(rest, "].", 2) == 0 && index < list->count) {
            AmbitFamily *part = list->items[index];
            AmbitStatus status =
                ambit_family_with(&list->items[index], part, rest + 2, value, error);
            if (status)
                list->items[index] = part;
            else
                ambit_family_destroy(&part);
            return status;
        }
    }
    return ambit_error_parameter(error, name, "%s has no part with a number \"%s\" to vary",
                                 type->name, name);
}

/* A copy that is not finished yet. */
static AmbitStatus copy_settings(AmbitFamily **copy, const AmbitFamily *family, AmbitError *error)
{
    AmbitStatus status = ambit_family_create(copy, family->type, family->n_dims, error);
    if (status)
        return status;
    void *to = (*copy)->settings;
    for (const AmbitParameter *p = family->type->parameters; p->name && !status; p++)
        status = p->type == AMBIT_FAMILIES
                     ? copy_list(field(to, p), field(family->settings, p), error)
                     : ambit_parameter_copy(p, field(to, p), field(family->settings, p), error);
    return status;
}

static AmbitStatus finish_copy(AmbitStatus status, AmbitFamily **copy, AmbitError *error)
{
    if (!status)
        status = ambit_family_finish(*copy, error);
    if (status)
        ambit_family_destroy(copy);
    return status;
}

AmbitStatus ambit_family_copy(AmbitFamily **copy, const AmbitFamily *family, AmbitError *error)
{
    return finish_copy(copy_settings(copy, family, error), copy, error);
}

AmbitStatus ambit_family_with(AmbitFamily **copy, const AmbitFamily *family, const char *parameter,
                              double value, AmbitError *error)
{
    AmbitStatus status = copy_settings(copy, family, error);
    if (!status)
        status = set_number(*copy, parameter, value, error);
    return finish_copy(status, copy, error);
}

void ambit_family_draw_inputs(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, size_t n,
                              double *x)
{
    memset(x, 0, n * family->n_dims * sizeof *x);
    for (size_t i = 0; i < n; i++, x += family->n_dims) {
        if (family->type->draw_input)
            family->type->draw_input(family, rng, active_dims, x);
        else
            ambit_draw_normal(rng, 1.0, x, active_dims);
    }
}

bool ambit_family_has_standard_inputs(const AmbitFamily *family)
{
    return !family->type->draw_input || family->standard_inputs;
}

void ambit_family_observe(const AmbitFamily *family, gsl_rng *rng, double value, double *context,
                          double *query)
{
    if (family->type->observe)
        family->type->observe(family, rng, value, context, query);
    else
        *context = *query = value;
}

AmbitPrior ambit_family_prior(const AmbitFamily *family)
{
    double factor = 1.0;
    for (;;) {
        AmbitPrior prior = {0};
        if (family->type->prior)
            prior = family->type->prior(family);
        prior.family = family;
        prior.factor = factor;
        if (prior.kind != AMBIT_PRIOR_SUM || prior.n_parts != 1)
            return prior;
        factor *= prior.share[0];
        family = prior.parts[0];
    }
}

double ambit_family_function_second_moment(const AmbitFamily *family, const double *function,
                                           size_t active_dims)
{
    return family->type->function_second_moment
               ? family->type->function_second_moment(family, function, active_dims)
               : NAN;
}
