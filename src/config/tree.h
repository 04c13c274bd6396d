// SPDX-License-Identifier: MIT
// Config tree: YAML values that keep the file and line they come from, so that errors name the
// place even after files have been merged. Nodes live until their tree is freed.
#ifndef AMBIT_CONFIG_TREE_H
#define AMBIT_CONFIG_TREE_H

#include "ambit/status.h"
#include <stdbool.h>
#include <stddef.h>

/* Largest size of a file, and of a resolved config, which must be readable again. */
enum { CONFIG_MOST_BYTES = 1 << 20 };

typedef enum ConfigKind { CONFIG_NULL, CONFIG_SCALAR, CONFIG_SEQUENCE, CONFIG_MAPPING } ConfigKind;

typedef struct ConfigNode ConfigNode;
struct ConfigNode {
    ConfigKind kind;
    const char *text; // of a scalar
    bool quoted;      // the scalar stood in quotes
    const char *key;  // in a mapping
    const char *file; // where it was written
    size_t layer;     // which file, or setting from the command line, in the order of reading
    int line;         // from 1; 0: on the command line
    ConfigNode *parent, *first, *last, *next;
};

/* The `file` of nodes from the command line. */
extern const char ambit_config_command_line[];

/* What is wrong in a configuration is told together: so many findings, a line each, in the order of
 * their places. */
enum { CONFIG_MOST_FINDINGS = 20, CONFIG_FINDING = 190 };

typedef struct ConfigFinding {
    long long place; // of AmbitError
    char text[CONFIG_FINDING];
} ConfigFinding;

/* Owns all nodes and texts of one configuration. Its size is bounded, so that anchors and
 * inheritance cannot blow up a small file. Starts zeroed. */
typedef struct ConfigTree {
    struct ConfigBlock *blocks;
    size_t n_bytes, n_layers;
    bool has_unknown_key; // a mapping was refused for a key that it may not have
    size_t n_findings;
    AmbitError first_finding;
    ConfigFinding findings[CONFIG_MOST_FINDINGS]; // the first ones
} ConfigTree;

void ambit_config_tree_free(ConfigTree *tree);
AmbitStatus ambit_config_text(ConfigTree *tree, const char **copy, const char *text, size_t length,
                              const ConfigNode *place, AmbitError *error);
/* Makes a node whose place (file, layer and line) is that of another one. */
AmbitStatus ambit_config_node(ConfigTree *tree, ConfigNode **node, ConfigKind kind,
                              const ConfigNode *place, AmbitError *error);

/* Appends a child to a sequence, or to a mapping under `key`. */
void ambit_config_append(ConfigNode *parent, const char *key, ConfigNode *child);
void ambit_config_remove(ConfigNode *parent, ConfigNode *child);
ConfigNode *ambit_config_find(const ConfigNode *mapping, const char *key); // NULL if there is none
ConfigNode *ambit_config_item(const ConfigNode *sequence, size_t index);   // NULL if there is none
size_t ambit_config_count(const ConfigNode *node);

/* Moves everything in mapping `over` into mapping `base`. Mappings are merged, other values
 * replaced. `task` replaces an inherited `tasks` and vice versa. */
void ambit_config_merge(ConfigNode *base, ConfigNode *over);

/* "training.tasks[1].kwargs" into `path`; returns its length. */
size_t ambit_config_path(const ConfigNode *node, char *path, size_t size);

/* Returns AMBIT_INVALID with "FILE:LINE: PATH: MESSAGE" for a node or, if `key` is not NULL, for a
 * key of it, present or missing. */
AmbitStatus ambit_config_error(AmbitError *error, const ConfigNode *node, const char *key,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same with the message "found VALUE, allowed ALLOWED". */
AmbitStatus ambit_config_refuse(AmbitError *error, const ConfigNode *node, const char *allowed);

/* Describes the value of a node for messages: "12", "\"a\"", "nothing", "a list", "a mapping". */
void ambit_config_found(const ConfigNode *node, char *text, size_t size);

#endif
