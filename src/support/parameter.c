// SPDX-License-Identifier: MIT
// Parameter tables: defaults, freeing, bounds, and their descriptions. Reading from YAML and
// writing back is the config room's.
#include "ambit/parameter.h"
#include "ambit/memory.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double unbounded = 9e18; // a bound from here on stands for none (INT64_MAX, DBL_MAX)

void ambit_parameters_default(const AmbitParameter *table, void *settings)
{
    for (const AmbitParameter *p = table; p && p->name; p++) {
        char *field = (char *)settings + p->offset;
        switch (p->type) {
        case AMBIT_BOOL:
            *(bool *)field = p->fallback != 0;
            break;
        case AMBIT_INT:
            *(int64_t *)field = (int64_t)p->fallback;
            break;
        case AMBIT_REAL:
            *(double *)field = p->fallback;
            break;
        case AMBIT_CHOICE:
            *(int *)field = (int)p->fallback;
            break;
        case AMBIT_TEXT:
            *(char **)field = NULL;
            break;
        case AMBIT_REALS:
            *(AmbitReals *)field = (AmbitReals){0};
            break;
        case AMBIT_TEXTS:
            *(AmbitTexts *)field = (AmbitTexts){0};
            break;
        case AMBIT_FAMILIES: // the family room's list; it is created zeroed
            break;
        }
    }
}

static void free_texts(AmbitTexts *list)
{
    for (size_t i = 0; i < list->count; i++)
        ambit_free(list->texts[i]);
    ambit_free(list->texts);
    *list = (AmbitTexts){0};
}

static bool copy_texts(AmbitTexts *to, const AmbitTexts *from)
{
    *to = (AmbitTexts){ambit_alloc(from->count, sizeof *to->texts), 0};
    if (!to->texts)
        return false;
    for (; to->count < from->count; to->count++)
        if (!(to->texts[to->count] = ambit_strdup(from->texts[to->count]))) {
            free_texts(to);
            return false;
        }
    return true;
}

void ambit_parameters_free(const AmbitParameter *table, void *settings)
{
    for (const AmbitParameter *p = table; p && p->name; p++) {
        char *field = (char *)settings + p->offset;
        if (p->type == AMBIT_TEXT) {
            ambit_free(*(char **)field);
            *(char **)field = NULL;
        } else if (p->type == AMBIT_REALS) {
            ambit_free(((AmbitReals *)field)->values);
            *(AmbitReals *)field = (AmbitReals){0};
        } else if (p->type == AMBIT_TEXTS) {
            free_texts((AmbitTexts *)field);
        }
    }
}

AmbitStatus ambit_parameter_copy(const AmbitParameter *parameter, void *to, const void *from,
                                 AmbitError *error)
{
    const AmbitReals *reals = from;
    const char *text = NULL;
    bool copied = true;
    switch (parameter->type) {
    case AMBIT_BOOL:
        memcpy(to, from, sizeof(bool));
        break;
    case AMBIT_INT:
        memcpy(to, from, sizeof(int64_t));
        break;
    case AMBIT_REAL:
        memcpy(to, from, sizeof(double));
        break;
    case AMBIT_CHOICE:
        memcpy(to, from, sizeof(int));
        break;
    case AMBIT_TEXT:
        memcpy(&text, from, sizeof text);
        *(char **)to = ambit_strdup(text);
        copied = !text || *(char **)to;
        break;
    case AMBIT_REALS:
        *(AmbitReals *)to = (AmbitReals){ambit_alloc(reals->count, sizeof(double)), reals->count};
        copied = ((AmbitReals *)to)->values != NULL;
        if (copied && reals->count)
            memcpy(((AmbitReals *)to)->values, reals->values, reals->count * sizeof(double));
        break;
    case AMBIT_TEXTS:
        copied = copy_texts(to, from);
        break;
    case AMBIT_FAMILIES:
        break;
    }
    if (copied)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a copy of %s", parameter->name);
}

AmbitStatus ambit_parameters_set_number(const AmbitParameter *table, void *settings,
                                        const char *owner, const char *name, double value,
                                        AmbitError *error)
{
    const AmbitParameter *p = table;
    while (p && p->name && strcmp(p->name, name) != 0)
        p++;
    if (!p || !p->name || (p->type != AMBIT_REAL && p->type != AMBIT_INT))
        return ambit_error_parameter(error, name, "%s has no numeric parameter \"%s\" to vary",
                                     owner, name);
    bool fits = p->type != AMBIT_INT || (value == floor(value) && fabs(value) < 0x1p53);
    if (!fits || !ambit_parameter_in_range(p, value)) {
        char allowed[128];
        ambit_parameter_describe(p, allowed, sizeof allowed);
        return ambit_error_parameter(error, name, "%s of %s is %g; allowed: %s", name, owner, value,
                                     allowed);
    }
    char *field = (char *)settings + p->offset;
    if (p->type == AMBIT_INT)
        *(int64_t *)field = (int64_t)value;
    else
        *(double *)field = value;
    return AMBIT_OK;
}

bool ambit_parameter_in_range(const AmbitParameter *parameter, double value)
{
    return isfinite(value) && value >= parameter->minimum && value <= parameter->maximum;
}

void ambit_real_text(double value, char *text, size_t size)
{
    if (fabs(value) < 1e15 && value == trunc(value)) { // 20, where %g would say 2e+01
        snprintf(text, size, "%.0f", value);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}

/* "", " > 0", " ≥ 1", " ≤ 5" or " in 1…5". */
static void describe_bounds(const AmbitParameter *parameter, char *text, size_t size)
{
    const bool above = parameter->minimum > -unbounded, below = parameter->maximum < unbounded;
    char minimum[26], maximum[26];
    ambit_real_text(parameter->minimum, minimum, sizeof minimum);
    ambit_real_text(parameter->maximum, maximum, sizeof maximum);
    if (parameter->minimum == DBL_MIN)
        snprintf(text, size, below ? " > 0 and ≤ %s" : " > 0", maximum);
    else if (above && below)
        snprintf(text, size, " in %s…%s", minimum, maximum);
    else if (above)
        snprintf(text, size, " ≥ %s", minimum);
    else if (below)
        snprintf(text, size, " ≤ %s", maximum);
    else
        snprintf(text, size, "%s", "");
}

static void describe_choices(const AmbitParameter *parameter, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "one of");
    for (size_t i = 0; parameter->choices[i] && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s %s", i ? "," : "",
                                 parameter->choices[i]);
}

static void describe_families(const AmbitParameter *parameter, char *text, size_t size)
{
    char minimum[26], maximum[26];
    ambit_real_text(parameter->minimum, minimum, sizeof minimum);
    ambit_real_text(parameter->maximum, maximum, sizeof maximum);
    if (parameter->minimum == parameter->maximum)
        snprintf(text, size, "list of %s families", minimum);
    else if (parameter->maximum < unbounded)
        snprintf(text, size, "list of %s…%s families", minimum, maximum);
    else
        snprintf(text, size, "list of at least %s families", minimum);
}

void ambit_parameter_describe(const AmbitParameter *parameter, char *text, size_t size)
{
    char bounds[64];
    describe_bounds(parameter, bounds, sizeof bounds);
    switch (parameter->type) {
    case AMBIT_BOOL:
        snprintf(text, size, "true or false");
        break;
    case AMBIT_INT:
        snprintf(text, size, "integer%s", bounds);
        break;
    case AMBIT_REAL:
        snprintf(text, size, "real%s", bounds);
        break;
    case AMBIT_TEXT:
        snprintf(text, size, "text");
        break;
    case AMBIT_CHOICE:
        describe_choices(parameter, text, size);
        break;
    case AMBIT_REALS:
        snprintf(text, size, "list of reals%s", bounds);
        break;
    case AMBIT_TEXTS:
        snprintf(text, size, "list of texts");
        break;
    case AMBIT_FAMILIES:
        describe_families(parameter, text, size);
        break;
    }
}
