// SPDX-License-Identifier: MIT
// Reads what every config has in `training`: optimiser, schedule, checkpoints.
#include "half.h"
#include "sections.h"
#include "tables.h"

#include "ambit/memory.h"

AmbitStatus ambit_config_read_training(const ConfigReader *reader, ConfigNode *training,
                                       AmbitConfig *config)
{
    const ConfigHalf *half = config->half;
    ConfigNode *schedule;
    AmbitStatus status = ambit_config_check_section(reader, training, &half->training);
    if (!status)
        status =
            ambit_config_read_table(reader, training, ambit_training_parameters, &config->training);
    if (!status)
        status = ambit_config_recover(
            reader, ambit_config_locate(
                        reader, ambit_training_check(&config->training, reader->error), training));
    if (!status)
        status =
            ambit_config_read_table(reader, training, ambit_config_saving_parameters, &config->run);
    if (!status)
        status = ambit_config_recover(reader, ambit_config_read_kwargs(reader, training, "schedule",
                                                                       ambit_schedule_parameters,
                                                                       &config->training.schedule,
                                                                       &schedule));
    if (status)
        return status;
    config->training.seed = (uint64_t)config->run.seed;
    if (config->run.test_run)
        config->training.train_steps = 100;
    return half->read_training(reader, training, config);
}
