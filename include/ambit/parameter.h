// SPDX-License-Identifier: MIT
// Parameter tables: one table per settings struct validates it, documents it (`ambit list`), reads
// it from YAML and writes it back.
#ifndef AMBIT_PARAMETER_H
#define AMBIT_PARAMETER_H

#include "ambit/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum AmbitParameterType {
    AMBIT_BOOL,    // bool
    AMBIT_INT,     // int64_t
    AMBIT_REAL,    // double
    AMBIT_TEXT,    // char *, owned
    AMBIT_CHOICE,  // int, index into `choices`
    AMBIT_REALS,   // AmbitReals, owned
    AMBIT_TEXTS,   // AmbitTexts, owned
    AMBIT_FAMILIES // AmbitFamilyList (family.h), owned: the parts of a combination
} AmbitParameterType;

typedef struct AmbitReals {
    double *values;
    size_t count;
} AmbitReals;

typedef struct AmbitTexts {
    char **texts;
    size_t count;
} AmbitTexts;

/* minimum and maximum are closed bounds of numbers (each element, for AMBIT_REALS) and counts of
 * parts (AMBIT_FAMILIES). A minimum of DBL_MIN means "greater than 0". Tables end with name NULL.
 */
typedef struct AmbitParameter {
    const char *name;
    AmbitParameterType type;
    size_t offset;              // of the field in the settings struct
    double fallback;            // default: number, bool or choice index; 0 = empty for the others
    double minimum, maximum;    // closed
    const char *const *choices; // AMBIT_CHOICE: NULL-ended
    const char *help;           // one sentence: meaning and unit
    bool required;              // no default: the config must give it
    const char *alias;          // an earlier name, which configs may still use; NULL: none
    bool may_change;            // a resumed run may have another value
} AmbitParameter;

/* Writes every default of a NULL-ended table into `settings`. */
void ambit_parameters_default(const AmbitParameter *table, void *settings);

/* Frees what fields of texts and lists own (AMBIT_FAMILIES: see family.h). */
void ambit_parameters_free(const AmbitParameter *table, void *settings);

/* Whether a number is finite and within a parameter's bounds. */
bool ambit_parameter_in_range(const AmbitParameter *parameter, double value);

/* Copies one field deeply into one that owns nothing yet (not AMBIT_FAMILIES: see family.h). */
AmbitStatus ambit_parameter_copy(const AmbitParameter *parameter, void *to, const void *from,
                                 AmbitError *error);

/* Whether two fields hold the same value (not AMBIT_FAMILIES). */
bool ambit_parameter_equal(const AmbitParameter *parameter, const void *a, const void *b);

/* Sets the AMBIT_INT or AMBIT_REAL parameter `name`, within its bounds; `owner` names whose it is
 * in messages. */
AmbitStatus ambit_parameters_set_number(const AmbitParameter *table, void *settings,
                                        const char *owner, const char *name, double value,
                                        AmbitError *error);

/* "integer in 1…100", "real > 0", "one of a, b": what is allowed, for messages and lists. */
void ambit_parameter_describe(const AmbitParameter *parameter, char *text, size_t size);

/* The shortest decimal that reads back to the same double (32 characters suffice). */
void ambit_real_text(double value, char *text, size_t size);

#endif
