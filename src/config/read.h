// SPDX-License-Identifier: MIT
// Reads settings structs from a config tree by their parameter tables. The caller frees whatever a
// function filled, also when it fails.
#ifndef AMBIT_CONFIG_READ_H
#define AMBIT_CONFIG_READ_H

#include "ambit/config.h"
#include "tree.h"

typedef struct ConfigReader {
    ConfigTree *tree;
    AmbitConfig *config;    // for notes
    const char *other_file; // name of a config that was read from a checkpoint: old spellings in it
                            // are not noted
    size_t n_dims;          // of families and prompt distributions
    size_t n_points;        // of targets' prompts
    AmbitKey key;           // random key for what a prompt distribution draws only once
    AmbitError *error;
} ConfigReader;

/* Adds a note to config->notes. */
AmbitStatus ambit_config_note(const ConfigReader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Finds the mapping under `key`, or creates an empty one. */
AmbitStatus ambit_config_section(const ConfigReader *reader, ConfigNode *parent, const char *key,
                                 ConfigNode **section);

/* Keeps as findings the keys of `mapping` that are neither parameters of the tables nor in
 * `others`; both lists end with NULL. A key that was meant for an absent parameter is read as that.
 */
AmbitStatus ambit_config_check_keys(const ConfigReader *reader, const ConfigNode *mapping,
                                    const AmbitParameter *const *tables, const char *const *others);

/* Keep an error among the findings that are told together, so that reading goes on as if what is
 * wrong were not there: AMBIT_OK for AMBIT_INVALID. What may follow from an earlier finding is kept
 * only if it is the first (recover). */
AmbitStatus ambit_config_keep(const ConfigReader *reader, AmbitStatus status);
AmbitStatus ambit_config_recover(const ConfigReader *reader, AmbitStatus status);

/* Reports all findings; AMBIT_OK if there are none. */
AmbitStatus ambit_config_tell(const ConfigReader *reader);

/* Sets the fields for which `mapping` has a value; other fields keep theirs. Lists of families are
 * read by mixture.c instead. Wrong and missing values are kept as findings. */
AmbitStatus ambit_config_read_table(const ConfigReader *reader, const ConfigNode *mapping,
                                    const AmbitParameter *table, void *settings);
AmbitStatus ambit_config_read_value(const ConfigReader *reader, const ConfigNode *node,
                                    const AmbitParameter *parameter, void *field);

/* Reports "found VALUE, allowed …" with what the parameter allows. */
AmbitStatus ambit_config_refuse_value(const ConfigReader *reader, const ConfigNode *node,
                                      const AmbitParameter *parameter);

/* Reports "FINDING, did you mean NAME? allowed: NAME, NAME" for a word that is not in `names`. */
AmbitStatus ambit_config_unknown_word(const ConfigReader *reader, const ConfigNode *node,
                                      const char *finding, const char *word,
                                      const char *const *names);

/* Reads the section under `key`, in which only the parameters of the table are allowed. */
AmbitStatus ambit_config_read_kwargs(const ConfigReader *reader, ConfigNode *entry, const char *key,
                                     const AmbitParameter *table, void *settings,
                                     ConfigNode **kwargs);

/* Checks that a node is a list with at least one item. */
AmbitStatus ambit_config_check_list(const ConfigReader *reader, const ConfigNode *node);

/* Checks a label or name that will stand in files: letters, digits, '_', '.', '-'. */
AmbitStatus ambit_config_check_plain(const ConfigReader *reader, const ConfigNode *entry,
                                     const char *key, const char *text);

/* Adds the place to an error of another room: the key of `mapping` that error->parameter names, or
 * the mapping itself. Returns `status`. */
AmbitStatus ambit_config_locate(const ConfigReader *reader, AmbitStatus status,
                                const ConfigNode *mapping);

#endif
