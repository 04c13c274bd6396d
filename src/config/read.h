// SPDX-License-Identifier: MIT
// Reading: config tree → settings structs by their parameter tables, and the things made of them.
// Every function leaves what it filled to the caller to free, also when it fails.
#ifndef AMBIT_CONFIG_READ_H
#define AMBIT_CONFIG_READ_H

#include "ambit/config.h"
#include "registry.h"
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

/* Sets every field of a table that `mapping` gives; the others keep their values. */
AmbitStatus config_read_table(const ConfigReader *reader, const ConfigNode *mapping,
                              const AmbitParameter *table, void *settings);
AmbitStatus config_read_value(const ConfigReader *reader, const ConfigNode *node,
                              const AmbitParameter *parameter, void *field);

/* "FINDING, did you mean NAME? allowed: NAME, NAME" for a word that is none of `names`. */
AmbitStatus config_unknown_word(const ConfigReader *reader, const ConfigNode *node,
                                const char *finding, const char *word, const char *const *names);

/* The settings under `key`, a section of its own with these parameters and no other keys. */
AmbitStatus config_read_kwargs(const ConfigReader *reader, ConfigNode *entry, const char *key,
                               const AmbitParameter *table, void *settings, ConfigNode **kwargs);

/* Where in its registry the name under `key` stands; `fallback` (NULL: none) if there is none. */
AmbitStatus config_read_registered(const ConfigReader *reader, const ConfigNode *entry,
                                   const char *key, ConfigRegistry registry, const char *fallback,
                                   size_t *index);

/* Checks that a node is a list with at least one item. */
AmbitStatus config_check_list(const ConfigReader *reader, const ConfigNode *node);

/* Labels and names in files: letters, digits, '_', '.', '-'. */
AmbitStatus config_check_plain(const ConfigReader *reader, const ConfigNode *entry, const char *key,
                               const char *text);

/* Gives an error from outside its place: the key of `mapping` that error->parameter names, or the
 * mapping itself. Passes `status` on. */
AmbitStatus config_locate(const ConfigReader *reader, AmbitStatus status,
                          const ConfigNode *mapping);

/* One family {name_key: …, kwargs_key: {…}}, a list of them, or what `task` or `tasks` say. */
AmbitStatus config_read_family(const ConfigReader *reader, ConfigNode *entry, const char *name_key,
                               const char *kwargs_key, AmbitFamily **family);
AmbitStatus config_read_families(const ConfigReader *reader, const ConfigNode *list,
                                 const AmbitParameter *parameter, AmbitFamilyList *families);
AmbitStatus config_read_mixture(const ConfigReader *reader, ConfigNode *mapping,
                                AmbitMixture **mixture);

AmbitStatus config_read_targets(const ConfigReader *reader, ConfigNode *evaluation,
                                AmbitConfig *config);
AmbitStatus config_read_predictors(const ConfigReader *reader, ConfigNode *evaluation,
                                   AmbitConfig *config);

AmbitStatus config_read_sweep(const ConfigReader *reader, ConfigNode *entry, AmbitTarget *target);

/* `evaluation.models`, after the predictors; checks `evaluation.reference` too. */
AmbitStatus config_read_models(const ConfigReader *reader, ConfigNode *evaluation,
                               AmbitConfig *config);
void config_free_models(AmbitConfig *config);

/* One value (not AMBIT_FAMILIES) as YAML, and the complete configuration; free with free(). */
AmbitStatus config_value_text(const AmbitParameter *parameter, const void *field, char **text,
                              AmbitError *error);
AmbitStatus config_write(const AmbitConfig *config, char **text, AmbitError *error);

/* `training.*` but for what is pretrained on; checks the ramps against the model. */
AmbitStatus config_read_training(const ConfigReader *reader, ConfigNode *training,
                                 AmbitConfig *config);

/* What `training.*` says of the mixture that was read: num_tasks, num_training_examples, and the
 * loss of each class. */
AmbitStatus config_read_limits(const ConfigReader *reader, const ConfigNode *training,
                               AmbitConfig *config);

/* Run-level settings by where they stand: at the top, under `training`, under `wandb`. */
extern const AmbitParameter config_top_parameters[];
extern const AmbitParameter config_saving_parameters[];
extern const AmbitParameter config_limit_parameters[]; // of the prompts of training
extern const AmbitParameter
    config_class_parameters[]; // of an entry of `tasks`, beside name and kwargs
extern const AmbitParameter config_logging_parameters[];

#endif
