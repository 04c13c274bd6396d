// SPDX-License-Identifier: MIT
// Parameter tables of the config's sections that do not belong to another room.
#ifndef AMBIT_CONFIG_TABLES_H
#define AMBIT_CONFIG_TABLES_H

#include "ambit/config.h"

/* Tables of AmbitRunSettings, by the place of their keys: at the top, under `training`, under
 * `wandb`. */
extern const AmbitParameter ambit_config_top_parameters[];
extern const AmbitParameter ambit_config_context_parameters[]; // into AmbitConfig, under `model`
extern const AmbitParameter ambit_config_saving_parameters[];
extern const AmbitParameter ambit_config_logging_parameters[];

/* Limits under `training` on the functions and prompts that are drawn, as fields of AmbitConfig.
 * The enum gives the rows. */
enum { CONFIG_NUM_TASKS, CONFIG_NUM_TRAINING_EXAMPLES, CONFIG_DISTINCT_TASKS };
extern const AmbitParameter ambit_config_limit_parameters[];

/* Of language models: under `model` into AmbitConfig; under `corpus` and `training` into
 * AmbitSentenceSettings. */
extern const AmbitParameter ambit_config_words_parameters[];
extern const AmbitParameter ambit_config_corpus_parameters[];
extern const AmbitParameter ambit_config_vocabulary_parameters[];
extern const AmbitParameter ambit_config_seed_parameters[];
extern const AmbitParameter ambit_config_validation_parameters[];

/* One entry of `tasks`, apart from its name and kwargs. */
typedef struct ConfigClass {
    char *label; // NULL: the family's name
    double weight;
} ConfigClass;

extern const AmbitParameter ambit_config_class_parameters[];

#endif
