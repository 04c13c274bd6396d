// SPDX-License-Identifier: MIT
// Merges config files, the files they inherit, and settings from the command line into one tree.
#ifndef AMBIT_CONFIG_LAYERS_H
#define AMBIT_CONFIG_LAYERS_H

#include "tree.h"

/* Loads a file with everything it inherits, or a text, which must not inherit. */
AmbitStatus ambit_config_load_file(ConfigTree *tree, ConfigNode **root, const char *path,
                                   AmbitError *error);
AmbitStatus ambit_config_load_string(ConfigTree *tree, ConfigNode **root, const char *text,
                                     const char *name, AmbitError *error);

/* Sets "a.b[1].c" to a node of this tree, at the place of the node. */
AmbitStatus ambit_config_set(ConfigTree *tree, ConfigNode *root, const char *path,
                             ConfigNode *value, AmbitError *error);

/* Applies "a.b[1].c=YAML" to the root mapping. */
AmbitStatus ambit_config_override(ConfigTree *tree, ConfigNode *root, const char *setting,
                                  AmbitError *error);

/* Whether the path is a pipe made by the shell: `<(…)` or `| ambit pretrain /dev/stdin`. */
bool ambit_config_is_from_shell(const char *path);

#endif
