// SPDX-License-Identifier: MIT
// Reads the sections of a configuration, one function each, and writes a configuration as YAML. The
// caller frees whatever a function filled, also when it fails.
#ifndef AMBIT_CONFIG_SECTIONS_H
#define AMBIT_CONFIG_SECTIONS_H

#include "read.h"

/* Reads `training.*` except the mixture; checks the curriculum against the model. */
AmbitStatus ambit_config_read_training(const ConfigReader *reader, ConfigNode *training,
                                       AmbitConfig *config);

/* Applies num_tasks, num_training_examples and distinct_tasks to the mixture, and chooses the loss
 * of each class. */
AmbitStatus ambit_config_read_limits(const ConfigReader *reader, const ConfigNode *training,
                                     AmbitConfig *config);

AmbitStatus ambit_config_read_targets(const ConfigReader *reader, ConfigNode *evaluation,
                                      AmbitConfig *config);
AmbitStatus ambit_config_read_sweep(const ConfigReader *reader, ConfigNode *entry,
                                    AmbitTarget *target);
AmbitStatus ambit_config_read_predictors(const ConfigReader *reader, ConfigNode *evaluation,
                                         AmbitConfig *config);

/* Reads `evaluation.models`; must follow the predictors. Checks `evaluation.reference` too. */
AmbitStatus ambit_config_read_models(const ConfigReader *reader, ConfigNode *evaluation,
                                     AmbitConfig *config);
void ambit_config_free_models(AmbitConfig *config);

/* Writes one value (not AMBIT_FAMILIES), or the complete configuration, as YAML; free with free().
 */
AmbitStatus ambit_config_value_text(const AmbitParameter *parameter, const void *field, char **text,
                                    AmbitError *error);
AmbitStatus ambit_config_write(const AmbitConfig *config, char **text, AmbitError *error);

#endif
