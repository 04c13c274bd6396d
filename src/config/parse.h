// SPDX-License-Identifier: MIT
// YAML text → config tree.
#ifndef AMBIT_CONFIG_PARSE_H
#define AMBIT_CONFIG_PARSE_H

#include "tree.h"

/* Parses YAML text; `file` (kept by the caller as long as the tree) names it in errors. Anchors are
 * resolved. An empty document is an empty mapping. */
AmbitStatus ambit_config_parse(ConfigTree *tree, ConfigNode **root, const char *text, size_t length,
                               const char *file, AmbitError *error);

#endif
