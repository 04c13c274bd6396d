// SPDX-License-Identifier: MIT
// The sections of a configuration from YAML, one function each, and the whole back to YAML. Every
// function leaves what it filled to the caller to free, also when it fails.
#ifndef AMBIT_CONFIG_SECTIONS_H
#define AMBIT_CONFIG_SECTIONS_H

#include "read.h"

/* `training.*` but for what is pretrained on; checks the ramps against the model. */
AmbitStatus config_read_training(const ConfigReader *reader, ConfigNode *training,
                                 AmbitConfig *config);

/* What `training.*` says of the mixture that was read: num_tasks, num_training_examples, and the
 * loss of each class. */
AmbitStatus config_read_limits(const ConfigReader *reader, const ConfigNode *training,
                               AmbitConfig *config);

AmbitStatus config_read_targets(const ConfigReader *reader, ConfigNode *evaluation,
                                AmbitConfig *config);
AmbitStatus config_read_sweep(const ConfigReader *reader, ConfigNode *entry, AmbitTarget *target);
AmbitStatus config_read_predictors(const ConfigReader *reader, ConfigNode *evaluation,
                                   AmbitConfig *config);

/* `evaluation.models`, after the predictors; checks `evaluation.reference` too. */
AmbitStatus config_read_models(const ConfigReader *reader, ConfigNode *evaluation,
                               AmbitConfig *config);
void config_free_models(AmbitConfig *config);

/* One value (not AMBIT_FAMILIES) as YAML, and the complete configuration; free with free(). */
AmbitStatus config_value_text(const AmbitParameter *parameter, const void *field, char **text,
                              AmbitError *error);
AmbitStatus config_write(const AmbitConfig *config, char **text, AmbitError *error);

#endif
