// SPDX-License-Identifier: MIT
// Families and mixtures from YAML.
#ifndef AMBIT_CONFIG_MIXTURE_H
#define AMBIT_CONFIG_MIXTURE_H

#include "read.h"

/* Reads one family {name_key: …, kwargs_key: {…}} and finishes it. */
AmbitStatus ambit_config_read_family(const ConfigReader *reader, ConfigNode *entry,
                                     const char *name_key, const char *kwargs_key,
                                     AmbitFamily **family);

/* Reads the mixture given by `task` or `tasks` of `mapping`. */
AmbitStatus ambit_config_read_mixture(const ConfigReader *reader, ConfigNode *mapping,
                                      AmbitMixture **mixture);

#endif
