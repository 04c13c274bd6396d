// SPDX-License-Identifier: MIT
// The halves of ambit as configs see them. What a config holds beside trunk, optimiser and log
// depends on the head of its model: `regression` learns functions from prompts of a mixture,
// `language` sentences of a corpus.
#ifndef AMBIT_CONFIG_HALF_H
#define AMBIT_CONFIG_HALF_H

#include "ambit/head.h"
#include "read.h"

#include <stdio.h>

/* Keys that a section may have. */
typedef struct ConfigKeys {
    const AmbitParameter *const *tables; // NULL-ended
    const char *const *others;           // NULL-ended; keys of lists and of sections within
} ConfigKeys;

struct ConfigHalf {
    const AmbitHeadType *head;
    bool is_default; // of configs that do not name their head
    ConfigKeys top, model, training, evaluation;
    const AmbitParameter *context; // keys of `model` that are fields of AmbitConfig

    void (*set_defaults)(AmbitConfig *config);
    /* Optional. Before `model`: reads sections of its own. */
    AmbitStatus (*read_sections)(const ConfigReader *reader, ConfigNode *root, AmbitConfig *config);
    /* After `model` has been read by its tables: derives what depends on several keys. */
    AmbitStatus (*finish_model)(ConfigReader *reader, const ConfigNode *model, AmbitConfig *config);
    /* After what both halves have in `training`. */
    AmbitStatus (*read_training)(const ConfigReader *reader, ConfigNode *training,
                                 AmbitConfig *config);
    AmbitStatus (*read_evaluation)(ConfigReader *reader, ConfigNode *evaluation,
                                   AmbitConfig *config);

    void (*write_sections)(FILE *out, const AmbitConfig *config); // optional
    void (*write_training)(FILE *out, const AmbitConfig *config);
    void (*write_evaluation)(FILE *out, const AmbitConfig *config);

    /* Refuses what a continued run may not change, beside model and optimiser. */
    AmbitStatus (*compare)(const AmbitConfig *now, const AmbitConfig *before, AmbitError *error);
    void (*release)(AmbitConfig *config);
};

/* NULL-ended; the first is the default. */
extern const ConfigHalf *const ambit_config_halves[];
extern const ConfigHalf ambit_config_prompts, ambit_config_sentences;

/* Reads `model.head`, and sets the config's half. */
AmbitStatus ambit_config_read_head(const ConfigReader *reader, const ConfigNode *model,
                                   AmbitConfig *config);

/* Refuses keys of a section that the half does not have; `keys` is the section's place in the
 * record. A key that belongs to the other half is told as that. */
AmbitStatus ambit_config_check_section(const ConfigReader *reader, const ConfigNode *section,
                                       const ConfigKeys *keys);

#endif
