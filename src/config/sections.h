// SPDX-License-Identifier: MIT
// Reads the sections of a configuration, one function each, and writes a configuration as YAML. The
// caller frees whatever a function filled, also when it fails.
#ifndef AMBIT_CONFIG_SECTIONS_H
#define AMBIT_CONFIG_SECTIONS_H

#include "read.h"

#include <stdio.h>

/* Reads `training.*`. */
AmbitStatus ambit_config_read_training(const ConfigReader *reader, ConfigNode *training,
                                       AmbitConfig *config);

/* Reads a whole configuration from its merged layers. *config is NULL on failure. */
AmbitStatus ambit_config_read_root(ConfigTree *tree, ConfigNode *root, AmbitConfig **config,
                                   AmbitError *error);

/* "RUN" of "folder/RUN.yaml"; NULL if there is no memory, free with ambit_free. */
char *ambit_config_stem(const char *file);

/* Read and write the probes of a target with sentences, or with prompts. */
AmbitStatus ambit_config_read_probes(const ConfigReader *reader, const ConfigNode *entry,
                                     bool sentences, AmbitTarget *target);
void ambit_config_write_probes(FILE *out, bool sentences, const AmbitTarget *target);

AmbitStatus ambit_config_read_targets(const ConfigReader *reader, ConfigNode *evaluation,
                                      AmbitConfig *config);
/* The same for splits of a corpus; by default validation and generalization, those of them that
 * have sentences, else train. */
AmbitStatus ambit_config_read_splits(const ConfigReader *reader, ConfigNode *evaluation,
                                     AmbitConfig *config);
AmbitStatus ambit_config_read_sweep(const ConfigReader *reader, ConfigNode *entry,
                                    AmbitTarget *target);
AmbitStatus ambit_config_read_predictors(const ConfigReader *reader, ConfigNode *evaluation,
                                         AmbitConfig *config);

/* Reads `evaluation.models`; must follow the predictors. Checks `evaluation.reference` too. */
AmbitStatus ambit_config_read_models(const ConfigReader *reader, ConfigNode *evaluation,
                                     AmbitConfig *config);
void ambit_config_free_models(AmbitConfig *config);

/* The parts of the two halves (half.h) that stand with others of their kind. */
void ambit_config_write_prompt_training(FILE *out, const AmbitConfig *config);
void ambit_config_write_prompt_evaluation(FILE *out, const AmbitConfig *config);
AmbitStatus ambit_config_compare_prompts(const AmbitConfig *now, const AmbitConfig *before,
                                         AmbitError *error);

void ambit_config_write_corpus(FILE *out, const AmbitConfig *config);
void ambit_config_write_sentence_training(FILE *out, const AmbitConfig *config);
void ambit_config_write_sentence_evaluation(FILE *out, const AmbitConfig *config);
AmbitStatus ambit_config_compare_sentences(const AmbitConfig *now, const AmbitConfig *before,
                                           AmbitError *error);

/* The words that the corpus of a config has, in the order of their ids, with blanks between, or a
 * digest of them; NULL if they are not known before it is read. Free with ambit_free. */
AmbitStatus ambit_config_words(char **words, const AmbitSentenceSettings *sentences,
                               AmbitError *error);

/* Refuses other words, and names the first. Either may be NULL: not known. */
AmbitStatus ambit_config_same_words(const char *here, const char *there, AmbitError *error);

/* Writes the settings of a table as lines "KEY: VALUE", or "KEY:" with the settings below it
 * ("KEY: {}" without any), or a text in double quotes. */
void ambit_config_write_table(FILE *out, int indent, const AmbitParameter *table,
                              const void *settings);
void ambit_config_write_kwargs(FILE *out, int indent, const char *key, const AmbitParameter *table,
                               const void *settings);
void ambit_config_write_text(FILE *out, const char *text);
void ambit_config_write_real(FILE *out, double value);
void ambit_config_write_reals(FILE *out, const AmbitDoubles *reals);
/* Writes `predictors` and `models` of `evaluation`. */
void ambit_config_write_predictors(FILE *out, const AmbitConfig *config);

/* Returns AMBIT_INVALID if a parameter of the table differs and may not change. `path` is the path
 * of the mapping, with its final dot. */
AmbitStatus ambit_config_compare_table(const char *path, const AmbitParameter *table,
                                       const void *now, const void *before, AmbitError *error);

/* Writes one value (not AMBIT_FAMILIES), or the complete configuration, as YAML; free with free().
 */
AmbitStatus ambit_config_value_text(const AmbitParameter *parameter, const void *field, char **text,
                                    AmbitError *error);
AmbitStatus ambit_config_write(const AmbitConfig *config, char **text, AmbitError *error);

#endif
