// SPDX-License-Identifier: MIT
// Operations on parameter tables: defaults, copies, bounds, descriptions. The config room reads and
// writes YAML.
#include "ambit/parameter.h"
#include "ambit/memory.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double unbounded = 9e18; // bounds from here on mean unbounded (INT64_MAX, DBL_MAX)

static void free_text(void *field)
{
    ambit_free(*(char **)field);
}

static void free_reals(void *field)
{
    ambit_free(((AmbitDoubles *)field)->values);
}

static void free_texts(void *field)
{
    AmbitTexts *list = field;
    for (size_t i = 0; i < list->count; i++)
        ambit_free(list->texts[i]);
    ambit_free(list->texts);
}

static bool copy_text(void *to, const void *from)
{
    char *const *text = from;
    *(char **)to = ambit_strdup(*text);
    return !*text || *(char **)to;
}

static bool copy_reals(void *to, const void *from)
{
    const AmbitDoubles *reals = from;
    AmbitDoubles *copy = to;
    *copy = (AmbitDoubles){ambit_alloc(reals->count, sizeof(double)), reals->count};
    if (copy->values && reals->count)
        memcpy(copy->values, reals->values, reals->count * sizeof(double));
    return copy->values != NULL;
}

static bool copy_texts(void *to, const void *from)
{
    const AmbitTexts *list = from;
    AmbitTexts *copy = to;
    *copy = (AmbitTexts){ambit_alloc(list->count, sizeof *copy->texts), 0};
    for (; copy->texts && copy->count < list->count; copy->count++)
        if (!(copy->texts[copy->count] = ambit_strdup(list->texts[copy->count]))) {
            free_texts(copy);
            *copy = (AmbitTexts){0};
        }
    return copy->texts != NULL;
}

/* NULL and an empty text are equal. */
static bool equal_text(const void *a, const void *b)
{
    const char *left = *(char *const *)a, *right = *(char *const *)b;
    return strcmp(left ? left : "", right ? right : "") == 0;
}

static bool equal_reals(const void *a, const void *b)
{
    const AmbitDoubles *left = a, *right = b;
    return left->count == right->count &&
           (left->count == 0 ||
            memcmp(left->values, right->values, left->count * sizeof(double)) == 0);
}

static bool equal_texts(const void *a, const void *b)
{
    const AmbitTexts *left = a, *right = b;
    bool equal = left->count == right->count;
    for (size_t i = 0; equal && i < left->count; i++)
        equal = strcmp(left->texts[i], right->texts[i]) == 0;
    return equal;
}

/* Size and operations of a field, by type. A field without operations owns nothing and is compared
 * by its bytes. */
typedef struct Kind {
    size_t size;
    void (*free)(void *field);
    bool (*copy)(void *to, const void *from);
    bool (*equal)(const void *a, const void *b);
} Kind;

static const Kind kinds[] = {
    [AMBIT_BOOL] = {sizeof(bool)},
    [AMBIT_INT] = {sizeof(int64_t)},
    [AMBIT_REAL] = {sizeof(double)},
    [AMBIT_CHOICE] = {sizeof(int)},
    [AMBIT_TEXT] = {sizeof(char *), free_text, copy_text, equal_text},
    [AMBIT_REALS] = {sizeof(AmbitDoubles), free_reals, copy_reals, equal_reals},
    [AMBIT_TEXTS] = {sizeof(AmbitTexts), free_texts, copy_texts, equal_texts},
    [AMBIT_FAMILIES] = {0}, // handled in tasks/family.c
};

void ambit_parameters_default(const AmbitParameter *table, void *settings)
{
    for (const AmbitParameter *p = table; p && p->name; p++) {
        void *field = (char *)settings + p->offset;
        memset(field, 0, kinds[p->type].size);
        if (p->type == AMBIT_BOOL)
            *(bool *)field = p->fallback != 0;
        else if (p->type == AMBIT_INT)
            *(int64_t *)field = (int64_t)p->fallback;
        else if (p->type == AMBIT_REAL)
            *(double *)field = p->fallback;
        else if (p->type == AMBIT_CHOICE)
            *(int *)field = (int)p->fallback;
    }
}

void ambit_parameters_free(const AmbitParameter *table, void *settings)
{
    for (const AmbitParameter *p = table; p && p->name; p++) {
        void *field = (char *)settings + p->offset;
        if (!kinds[p->type].free)
            continue;
        kinds[p->type].free(field);
        memset(field, 0, kinds[p->type].size);
    }
}

AmbitStatus ambit_parameter_copy(const AmbitParameter *parameter, void *to, const void *from,
                                 AmbitError *error)
{
    const Kind *kind = &kinds[parameter->type];
    if (!kind->copy)
        memcpy(to, from, kind->size);
    else if (!kind->copy(to, from))
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a copy of %s",
                               parameter->name);
    return AMBIT_OK;
}

bool ambit_parameter_equal(const AmbitParameter *parameter, const void *a, const void *b)
{
    const Kind *kind = &kinds[parameter->type];
    return kind->equal ? kind->equal(a, b) : memcmp(a, b, kind->size) == 0;
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
    if (fabs(value) < 1e15 && value == trunc(value)) { // "20", for which %g would write "2e+01"
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
