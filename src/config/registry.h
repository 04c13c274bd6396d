// SPDX-License-Identifier: MIT
// One view of the registries (families, prompt distributions, languages, predictors, probes,
// settings), for names in errors and for `ambit list`.
#ifndef AMBIT_CONFIG_REGISTRY_H
#define AMBIT_CONFIG_REGISTRY_H

#include "read.h"

typedef enum ConfigRegistry {
    CONFIG_FAMILIES,
    CONFIG_PROMPTS,
    CONFIG_LANGUAGES,
    CONFIG_PREDICTORS,
    CONFIG_PROBES,
    CONFIG_SETTINGS // sections of a config with parameters of their own
} ConfigRegistry;

typedef struct ConfigEntry {
    const char *name; // NULL: past the end
    const char *summary, *source;
    const AmbitParameter *parameters;
    const char *answers; // of predictors and probes: "prompts", "sentences" or "both"; else NULL
    const char *inputs;  // of families; else NULL
    const char *oracle;  // the predictor that answers a family exactly, "bayes"; NULL: none
} ConfigEntry;

ConfigEntry ambit_config_registry_entry(ConfigRegistry registry, size_t index);

/* Predictors that need more than settings come first; the registered ones follow. */
enum { CONFIG_TRANSFORMER, CONFIG_FILE };

/* The type of an entry of CONFIG_PREDICTORS after the transformer; NULL past the end. */
const AmbitPredictorType *ambit_config_predictor_type(size_t index);

enum { CONFIG_MOST_NAMES = 128 };

/* Writes the names of a registry, NULL-ended, into names [CONFIG_MOST_NAMES]. */
void ambit_config_registry_names(ConfigRegistry registry, const char **names);

/* Reads a registered name under `key` and finds its index. Without the key the name is `fallback`;
 * a fallback of NULL makes the key required. */
AmbitStatus ambit_config_read_registered(const ConfigReader *reader, const ConfigNode *entry,
                                         const char *key, ConfigRegistry registry,
                                         const char *fallback, size_t *index);

#endif
