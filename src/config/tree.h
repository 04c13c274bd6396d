// SPDX-License-Identifier: MIT
// Config tree: YAML values that remember the file and line they were written at, so that files can
// be merged and every error still names its place. Nodes live until their tree is freed.
#ifndef AMBIT_CONFIG_TREE_H
#define AMBIT_CONFIG_TREE_H

#include "ambit/status.h"
#include <stdbool.h>
#include <stddef.h>

/* Of a file, and of a resolved config, which is to be read again. */
enum { CONFIG_MOST_BYTES = 1 << 20 };

typedef enum ConfigKind { CONFIG_NULL, CONFIG_SCALAR, CONFIG_SEQUENCE, CONFIG_MAPPING } ConfigKind;

typedef struct ConfigNode ConfigNode;
struct ConfigNode {
    ConfigKind kind;
    const char *text; // of a scalar
    bool quoted;      // the scalar stood in quotes
    const char *key;  // in a mapping
    const char *file; // where it was written
    int line;         // from 1; 0: on the command line
    ConfigNode *parent, *first, *last, *next;
};

/* `file` of what was written on the command line. */
extern const char config_command_line[];

/* Owner of all nodes and texts of one configuration; bounded, so that neither anchors nor
 * inheritance can make much of little. Starts zeroed. */
typedef struct ConfigTree {
    struct ConfigBlock *blocks;
    size_t n_bytes, n_files;
} ConfigTree;

void config_tree_free(ConfigTree *tree);
AmbitStatus config_text(ConfigTree *tree, const char **copy, const char *text, size_t length,
                        const ConfigNode *place, AmbitError *error);
AmbitStatus config_node(ConfigTree *tree, ConfigNode **node, ConfigKind kind, const char *file,
                        int line, AmbitError *error);

/* The last child of a sequence, or of a mapping under `key`. */
void config_append(ConfigNode *parent, const char *key, ConfigNode *child);
void config_remove(ConfigNode *parent, ConfigNode *child);
ConfigNode *config_find(const ConfigNode *mapping, const char *key); // NULL if there is none
ConfigNode *config_item(const ConfigNode *sequence, size_t index);   // NULL if there is none
size_t config_count(const ConfigNode *node);

/* Moves everything in mapping `over` into mapping `base`, mappings into mappings; all else is
 * replaced. `task` takes the place of inherited `tasks` and the other way round. */
void config_merge(ConfigNode *base, ConfigNode *over);

/* "training.tasks[1].kwargs" into `path`; returns its length. */
size_t config_path(const ConfigNode *node, char *path, size_t size);

/* AMBIT_INVALID with "FILE:LINE: PATH: MESSAGE" for a node, or for its `key` (NULL: none), whether
 * that is there or missing. */
AmbitStatus config_error(AmbitError *error, const ConfigNode *node, const char *key,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same: "found WHAT STANDS AT THE NODE, allowed ALLOWED". */
AmbitStatus config_refuse(AmbitError *error, const ConfigNode *node, const char *allowed);

/* What stands at a node, for messages: "12", "\"a\"", "nothing", "a list", "a mapping". */
void config_found(const ConfigNode *node, char *text, size_t size);

#endif
