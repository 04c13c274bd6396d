// SPDX-License-Identifier: MIT
// Parameter tables: one table describes the fields of a settings struct. Tables are used to check
// settings, to list them (`ambit list`), and to read and write them as YAML.
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
    AMBIT_REALS,   // AmbitDoubles, owned
    AMBIT_TEXTS,   // AmbitTexts, owned
    AMBIT_FAMILIES // AmbitFamilyList (family.h), owned: the parts of a combination
} AmbitParameterType;

typedef struct AmbitDoubles {
    double *values;
    size_t count;
} AmbitDoubles;

typedef struct AmbitTexts {
    char **texts;
    size_t count;
} AmbitTexts;

/* `minimum` and `maximum` bound numbers, each element of AMBIT_REALS, and the number of parts of
 * AMBIT_FAMILIES; both are inclusive. A minimum of DBL_MIN means "greater than 0". The last row of
 * a table has name NULL. */
typedef struct AmbitParameter {
    const char *name;
    AmbitParameterType type;
    size_t offset;   // of the field in the settings struct
    double fallback; // default of a number, bool or choice (its index); other types start empty
    double minimum, maximum;    // bounds, both inclusive
    const char *const *choices; // AMBIT_CHOICE: NULL-ended
    const char *help;           // one sentence: meaning and unit
    bool required;              // no default: the config must give a value
    const char *alias;          // an earlier name, which configs may still use; NULL: none
    bool alias_stays;           // a config that uses the alias gets no note: it is a second name
    bool may_change;            // a resumed run may have another value
    bool omit_default;          // numbers, bools, choices: a resolved config leaves the parameter
                                // out at its default, as versions without the parameter did
} AmbitParameter;

/* Writes every default of a NULL-ended table into `settings`. */
void ambit_parameters_default(const AmbitParameter *table, void *settings);

/* Frees texts and lists and sets these fields to 0. Ignores AMBIT_FAMILIES (see family.h). */
void ambit_parameters_free(const AmbitParameter *table, void *settings);

/* Whether a number is finite and within a parameter's bounds. */
bool ambit_parameter_in_range(const AmbitParameter *parameter, double value);

/* Makes a deep copy of one field; `to` must own nothing. Not for AMBIT_FAMILIES (see family.h). */
AmbitStatus ambit_parameter_copy(const AmbitParameter *parameter, void *to, const void *from,
                                 AmbitError *error);

/* Whether two fields hold the same value. Not for AMBIT_FAMILIES. */
bool ambit_parameter_equal(const AmbitParameter *parameter, const void *a, const void *b);

/* Sets the AMBIT_INT or AMBIT_REAL parameter `name`. Returns AMBIT_INVALID if there is no such
 * parameter, or the value is out of bounds or is not whole where it must be. The message calls the
 * settings `owner`. */
AmbitStatus ambit_parameters_set_number(const AmbitParameter *table, void *settings,
                                        const char *owner, const char *name, double value,
                                        AmbitError *error);

/* Describes the allowed values for messages and lists: "integer in 1…100", "real > 0", "one of a,
 * b". */
void ambit_parameter_describe(const AmbitParameter *parameter, char *text, size_t size);

/* Writes the shortest decimal that reads back as the same double, but whole numbers below 1e15 with
 * all digits. 32 bytes suffice. */
void ambit_real_text(double value, char *text, size_t size);

#endif
