// SPDX-License-Identifier: MIT
// What families made of families share: checks of their parts, and drawing from all of them.
#include "combination.h"

#include "ambit/memory.h"
#include "ambit/random.h"

#include <string.h>

static const AmbitFamilyList *parts_of(const AmbitFamily *family)
{
    return family->settings;
}

const AmbitFamily *ambit_part(const AmbitFamily *family, size_t index)
{
    return parts_of(family)->items[index];
}

AmbitStatus ambit_parts_check(AmbitFamily *family, AmbitError *error)
{
    const AmbitFamilyList *parts = parts_of(family);
    const AmbitParameter *p = family->type->parameters;
    while (p->type != AMBIT_FAMILIES)
        p++;
    if (!ambit_parameter_in_range(p, (double)parts->count))
        return ambit_error_parameter(error, p->name, "%s takes %g families, but %zu are given",
                                     family->type->name, p->minimum, parts->count);
    for (size_t i = 0; i < parts->count; i++)
        if (parts->items[i]->n_dims != family->n_dims)
            return ambit_error_parameter(
                error, p->name, "part %zu (%s) has %zu dims, the combination %zu; they must agree",
                i + 1, parts->items[i]->type->name, parts->items[i]->n_dims, family->n_dims);
    family->standard_inputs =
        ambit_family_has_standard_inputs(ambit_part(family, parts->count - 1));
    return AMBIT_OK;
}

/* Two distributions are taken to be the same if they draw the same from the same stream. */
static bool same_inputs(const AmbitFamily *const part[2], double *x)
{
    enum { DRAWS = 4 };
    size_t dims = part[0]->n_dims;
    for (int i = 0; i < 2; i++) {
        AmbitRandom random;
        ambit_random_open(&random, (AmbitKey){0}, AMBIT_STREAM_TARGET, 0);
        for (size_t draw = 0; draw < DRAWS; draw++)
            ambit_family_draw_inputs(part[i], &random.rng, dims, 1, x + i * dims);
    }
    return memcmp(x, x + dims, dims * sizeof *x) == 0;
}

AmbitStatus ambit_parts_check_inputs(const AmbitFamily *family, AmbitError *error)
{
    const AmbitFamily *const part[2] = {ambit_part(family, 0), ambit_part(family, 1)};
    double *x = ambit_alloc(2 * family->n_dims, sizeof *x);
    if (!x)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for inputs of %s",
                               family->type->name);
    bool same = same_inputs(part, x);
    ambit_free(x);
    if (same)
        return AMBIT_OK;
    return ambit_error_parameter(
        error, "families",
        "the inputs of %s and of %s follow different distributions; a %s needs "
        "families with the same",
        part[0]->type->name, part[1]->type->name, family->type->name);
}

AmbitStatus ambit_parts_refuse_binary(const AmbitFamily *family, const char *reason,
                                      AmbitError *error)
{
    for (size_t i = 0; i < parts_of(family)->count; i++)
        if (ambit_part(family, i)->binary)
            return ambit_error_parameter(error, "families", "part %zu, %s, has labels -1 and 1: %s",
                                         i + 1, ambit_part(family, i)->type->name, reason);
    return AMBIT_OK;
}

AmbitStatus ambit_parts_refuse_noise(const AmbitFamily *family, const char *reason,
                                     AmbitError *error)
{
    for (size_t i = 0; i < parts_of(family)->count; i++) {
        const AmbitFamily *part = ambit_part(family, i);
        if (part->context_noise > 0.0 || part->query_noise > 0.0)
            return ambit_error_parameter(error, "families", "part %zu, %s, has label noise: %s",
                                         i + 1, part->type->name, reason);
    }
    return AMBIT_OK;
}

size_t ambit_parts_function_size(const AmbitFamily *family)
{
    size_t size = 0;
    for (size_t i = 0; i < parts_of(family)->count; i++)
        size += ambit_part(family, i)->function_size;
    return size;
}

void ambit_parts_draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    for (size_t i = 0; i < parts_of(family)->count; i++) {
        const AmbitFamily *part = ambit_part(family, i);
        part->type->draw(part, rng, active_dims, function);
        function += part->function_size;
    }
}

void ambit_parts_draw_input(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *x)
{
    ambit_family_draw_inputs(ambit_part(family, parts_of(family)->count - 1), rng, active_dims, 1,
                             x);
}
