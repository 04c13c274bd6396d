// SPDX-License-Identifier: MIT
// Parameter tables of a config's sections, as far as they are not those of other rooms' settings.
#ifndef AMBIT_CONFIG_TABLES_H
#define AMBIT_CONFIG_TABLES_H

#include "ambit/config.h"

/* Of AmbitRunSettings, by where the keys stand: at the top, under `training`, under `wandb`. */
extern const AmbitParameter config_top_parameters[];
extern const AmbitParameter config_context_parameters[]; // into AmbitConfig, under `model`
extern const AmbitParameter config_saving_parameters[];
extern const AmbitParameter config_logging_parameters[];

/* Under `training`, of AmbitConfig: how many functions and prompts there are. Rows by number. */
enum { CONFIG_NUM_TASKS, CONFIG_NUM_TRAINING_EXAMPLES, CONFIG_DISTINCT_TASKS };
extern const AmbitParameter config_limit_parameters[];

/* An entry of `tasks`, beside name and kwargs. */
typedef struct ConfigClass {
    char *label; // NULL: the family's name
    double weight;
} ConfigClass;

extern const AmbitParameter config_class_parameters[];

#endif
