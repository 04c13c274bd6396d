// SPDX-License-Identifier: MIT
// Reading: config tree → settings structs by their parameter tables, and the things made of them.
// Every function leaves what it filled to the caller to free, also when it fails.
#ifndef AMBIT_CONFIG_READ_H
#define AMBIT_CONFIG_READ_H

#include "ambit/config.h"
#include "tree.h"

typedef struct ConfigReader {
    ConfigTree *tree;
    AmbitConfig *config;    // for notes
    const char *other_file; // a config that a file of ours holds: no notes about its spelling
    size_t n_dims;          // of families and prompt distributions
    size_t n_points;        // of targets' prompts
    AmbitKey key;           // for what a prompt distribution draws once
    AmbitError *error;
} ConfigReader;

/* Adds a note to config->notes. */
AmbitStatus config_note(const ConfigReader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The mapping under `key`; an empty one if there is none. */
AmbitStatus config_section(const ConfigReader *reader, ConfigNode *parent, const char *key,
                           ConfigNode **section);

/* Refuses a key of `mapping` that stands in none of the tables and not in `others`; both lists are
 * NULL-ended. */
AmbitStatus config_check_keys(const ConfigReader *reader, const ConfigNode *mapping,
                              const AmbitParameter *const *tables, const char *const *others);

/* Sets every field of a table that `mapping` gives; the others keep their values. Lists of families
 * are left to mixture.h. */
AmbitStatus config_read_table(const ConfigReader *reader, const ConfigNode *mapping,
                              const AmbitParameter *table, void *settings);
AmbitStatus config_read_value(const ConfigReader *reader, const ConfigNode *node,
                              const AmbitParameter *parameter, void *field);

/* "found WHAT STANDS AT THE NODE, allowed WHAT THE PARAMETER ALLOWS". */
AmbitStatus config_refuse_value(const ConfigReader *reader, const ConfigNode *node,
                                const AmbitParameter *parameter);

/* "FINDING, did you mean NAME? allowed: NAME, NAME" for a word that is none of `names`. */
AmbitStatus config_unknown_word(const ConfigReader *reader, const ConfigNode *node,
                                const char *finding, const char *word, const char *const *names);

/* The settings under `key`, a section of its own with these parameters and no other keys. */
AmbitStatus config_read_kwargs(const ConfigReader *reader, ConfigNode *entry, const char *key,
                               const AmbitParameter *table, void *settings, ConfigNode **kwargs);

/* Checks that a node is a list with at least one item. */
AmbitStatus config_check_list(const ConfigReader *reader, const ConfigNode *node);

/* Labels and names in files: letters, digits, '_', '.', '-'. */
AmbitStatus config_check_plain(const ConfigReader *reader, const ConfigNode *entry, const char *key,
                               const char *text);

/* Gives an error from outside its place: the key of `mapping` that error->parameter names, or the
 * mapping itself. Passes `status` on. */
AmbitStatus config_locate(const ConfigReader *reader, AmbitStatus status,
                          const ConfigNode *mapping);

#endif
