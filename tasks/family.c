// SPDX-License-Identifier: MIT
// Lifetime of families, and what every family answers through its record.
#include "ambit/family.h"

#include "ambit/memory.h"
#include "vector.h"

#include <math.h>
#include <string.h>

/* The field of `settings` that a parameter describes. */
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
    if (!(*family)->settings)
        goto fail;
    ambit_parameters_default(type->parameters, (*family)->settings);
    return AMBIT_OK;
fail:
    ambit_family_destroy(family);
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for family %s", type->name);
}

AmbitStatus ambit_family_finish(AmbitFamily *family, AmbitError *error)
{
    return family->type->init ? family->type->init(family, error) : AMBIT_OK;
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
        AmbitStatus status = ambit_family_with(&to->items[i], from->items[i], NULL, 0.0, error);
        if (status)
            return status;
    }
    return AMBIT_OK;
}

/* Copies one field deeply into settings whose owned fields are empty. */
static AmbitStatus copy_field(void *to, const void *from, AmbitParameterType type,
                              AmbitError *error)
{
    const AmbitReals *reals = from;
    const char *text = NULL;
    switch (type) {
    case AMBIT_BOOL:
        memcpy(to, from, sizeof(bool));
        return AMBIT_OK;
    case AMBIT_INT:
        memcpy(to, from, sizeof(int64_t));
        return AMBIT_OK;
    case AMBIT_REAL:
        memcpy(to, from, sizeof(double));
        return AMBIT_OK;
    case AMBIT_CHOICE:
        memcpy(to, from, sizeof(int));
        return AMBIT_OK;
    case AMBIT_FAMILIES:
        return copy_list(to, from, error);
    case AMBIT_TEXT:
        memcpy(&text, from, sizeof text);
        *(char **)to = ambit_strdup(text);
        return text && !*(char **)to ? AMBIT_NO_MEMORY : AMBIT_OK;
    case AMBIT_REALS:
        *(AmbitReals *)to = (AmbitReals){ambit_alloc(reals->count, sizeof(double)), reals->count};
        if (!((AmbitReals *)to)->values)
            return AMBIT_NO_MEMORY;
        if (reals->count)
            memcpy(((AmbitReals *)to)->values, reals->values, reals->count * sizeof(double));
        return AMBIT_OK;
    }
    return AMBIT_OK;
}

/* Sets the numeric parameter `name`, with its bounds checked. */
static AmbitStatus set_number(AmbitFamily *family, const char *name, double value,
                              AmbitError *error)
{
    const AmbitParameter *p = family->type->parameters;
    while (p->name && strcmp(p->name, name) != 0)
        p++;
    if (!p->name || (p->type != AMBIT_REAL && p->type != AMBIT_INT))
        return ambit_error_parameter(error, name, "%s has no numeric parameter \"%s\" to vary",
                                     family->type->name, name);
    bool fits = p->type != AMBIT_INT || (value == floor(value) && fabs(value) < 0x1p53);
    if (!fits || !ambit_parameter_in_range(p, value)) {
        char allowed[128];
        ambit_parameter_describe(p, allowed, sizeof allowed);
        return ambit_error_parameter(error, name, "%s of %s is %g; allowed: %s", name,
                                     family->type->name, value, allowed);
    }
    if (p->type == AMBIT_INT)
        *(int64_t *)field(family->settings, p) = (int64_t)value;
    else
        *(double *)field(family->settings, p) = value;
    return AMBIT_OK;
}

AmbitStatus ambit_family_with(AmbitFamily **copy, const AmbitFamily *family, const char *parameter,
                              double value, AmbitError *error)
{
    AmbitStatus status = ambit_family_create(copy, family->type, family->n_dims, error);
    if (status)
        return status;
    void *to = (*copy)->settings;
    for (const AmbitParameter *p = family->type->parameters; p->name && !status; p++)
        status = copy_field(field(to, p), field(family->settings, p), p->type, error);
    if (status == AMBIT_NO_MEMORY)
        ambit_error_set(error, status, "no memory for a copy of family %s", family->type->name);
    if (!status && parameter)
        status = set_number(*copy, parameter, value, error);
    if (!status)
        status = ambit_family_finish(*copy, error);
    if (status)
        ambit_family_destroy(copy);
    return status;
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

void ambit_family_observe(const AmbitFamily *family, gsl_rng *rng, double value, double *context,
                          double *query)
{
    if (family->type->observe)
        family->type->observe(family, rng, value, context, query);
    else
        *context = *query = value;
}

size_t ambit_family_function_size(const AmbitFamily *family)
{
    return family->type->function_size(family);
}

double ambit_family_power(const AmbitFamily *family, size_t active_dims)
{
    return family->type->power(family, active_dims);
}
