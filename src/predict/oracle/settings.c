// SPDX-License-Identifier: MIT
// Reading settings through parameter tables.
#include "settings.h"

#include <math.h>
#include <string.h>

double ambit_setting_number(const AmbitFamily *family, const char *name)
{
    const AmbitParameter *p = family->type->parameters;
    while (p->name && strcmp(p->name, name) != 0)
        p++;
    const char *field = (const char *)family->settings + p->offset;
    if (!p->name)
        return NAN;
    if (p->type == AMBIT_REAL)
        return *(const double *)field;
    if (p->type == AMBIT_INT)
        return (double)*(const int64_t *)field;
    return p->type == AMBIT_BOOL ? (double)*(const bool *)field : NAN;
}

AmbitFamilyList ambit_setting_parts(const AmbitFamily *family)
{
    for (const AmbitParameter *p = family->type->parameters; p->name; p++)
        if (p->type == AMBIT_FAMILIES)
            return *(const AmbitFamilyList *)((const char *)family->settings + p->offset);
    return (AmbitFamilyList){0};
}

const AmbitFamily *ambit_setting_unwrap(const AmbitFamily *family, double *factor)
{
    *factor = 1.0;
    for (;;) {
        bool rescale = strcmp(family->type->name, "rescale") == 0;
        if (!rescale && strcmp(family->type->name, "noise") != 0)
            return family;
        const AmbitFamily *part = ambit_setting_parts(family).items[0];
        if (rescale)
            *factor *= ambit_setting_number(family, "factor");
        if (rescale && ambit_setting_number(family, "unit_power") != 0.0)
            *factor /= sqrt(ambit_family_second_moment(part, part->n_dims));
        family = part;
    }
}
