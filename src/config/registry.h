// SPDX-License-Identifier: MIT
// One view of the registries (families, prompt distributions, predictors, probes), for names in
// errors and for `ambit list`.
#ifndef AMBIT_CONFIG_REGISTRY_H
#define AMBIT_CONFIG_REGISTRY_H

#include "ambit/parameter.h"

typedef enum ConfigRegistry {
    CONFIG_FAMILIES,
    CONFIG_PROMPTS,
    CONFIG_PREDICTORS,
    CONFIG_PROBES
} ConfigRegistry;

typedef struct ConfigEntry {
    const char *name; // NULL: past the end
    const char *summary, *source;
    const AmbitParameter *parameters;
} ConfigEntry;

ConfigEntry config_registry_entry(ConfigRegistry registry, size_t index);

enum { CONFIG_MOST_NAMES = 128 };

/* All names of a registry, NULL-ended, into names [CONFIG_MOST_NAMES]. */
void config_registry_names(ConfigRegistry registry, const char **names);

#endif
