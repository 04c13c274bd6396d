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
        case AMBIT_FAMILIES: // the family room's list; it is created zeroed
            break;
        }
    }
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
        }
    }
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
    char minimum[32], maximum[32];
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
    char minimum[32], maximum[32];
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
    case AMBIT_FAMILIES:
        describe_families(parameter, text, size);
        break;
    }
}
