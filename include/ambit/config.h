// SPDX-License-Identifier: MIT
// Config: YAML (Garg et al.'s layout and ambit's additions) → settings, with inheritance, dotted
// overrides and located errors. Everything is checked before any work starts.
#ifndef AMBIT_CONFIG_H
#define AMBIT_CONFIG_H

#include "ambit/evaluation.h"
#include "ambit/head.h"
#include "ambit/mixture.h"
#include "ambit/model.h"
#include "ambit/predictor.h"
#include "ambit/prompt_training.h"
#include "ambit/trainer.h"

enum { AMBIT_MOST_KEPT = 64 };

typedef struct AmbitRunSettings {
    char *out_dir; // parent folder of run folders
    bool test_run; // 100 steps at final curriculum sizes, nothing kept
    int64_t seed;
    int64_t save_every_steps; // checkpoint
    int64_t keep_last;        // newest checkpoints that stay
    int64_t keep_every_steps; // permanent checkpoints; −1: none
    int64_t log_every_steps;
    char *name; // of the run; empty: the config file's stem
} AmbitRunSettings;

/* A further model to evaluate: its name on the predictor axis, and a run folder or checkpoint. */
typedef struct AmbitModelSource {
    char *name, *path;
} AmbitModelSource;

typedef struct AmbitConfig {
    AmbitRunSettings run;
    AmbitModelSettings model;
    int family;                     // choice; 0 = gpt2
    int64_t n_positions;            // most points of a prompt; the model's context is twice that
    AmbitTrainingSettings training; // seed filled in
    AmbitPromptTraining prompts;    // all but what draws them (fill, prompts)
    AmbitLoss *losses;              // [n_classes] of prompts
    AmbitMixture *mixture;          // what is pretrained on
    int64_t n_training_examples;    // distinct prompts pretrained on; 0: no end of them
    bool distinct_tasks;            // a batch draws no function of a pool twice
    AmbitEvaluationSettings evaluation;
    AmbitTarget *targets; // [n_targets]
    size_t n_targets;
    AmbitPredictor **predictors; // [n_predictors] baselines; the transformer is not among them
    size_t n_predictors;
    bool wants_transformer;   // `transformer` stands in evaluation.predictors (the default list has
                              // it)
    AmbitModelSource *models; // [n_models] `evaluation.models`
    size_t n_models;
    char *resolved; // this configuration as YAML that reads back to itself
    char **notes;   // [n_notes] things to say once ("wandb.project is not used")
    size_t n_notes;
} AmbitConfig;

/* Reads path, merges what it inherits, applies overrides ("training.tasks[1].weight=2", n_overrides
 * of them, without leading dashes). AMBIT_INVALID with file, line, key, finding and remedy
 * otherwise.
 */
AmbitStatus ambit_config_load(AmbitConfig **config, const char *path, char *const *overrides,
                              size_t n_overrides, AmbitError *error);

/* The same from text (a checkpoint's resolved config); `name` stands for the file in messages. If
 * `overlay_path` is not NULL that file is merged over it (ambit evaluate RUN CONFIG.yaml). */
AmbitStatus ambit_config_load_text(AmbitConfig **config, const char *text, const char *name,
                                   const char *overlay_path, char *const *overrides,
                                   size_t n_overrides, AmbitError *error);
/* AMBIT_INVALID if a run that was started as `before` may not go on as `now`: a setting differs
 * that its parameter's row does not let change. The message names key, finding and expectation. */
AmbitStatus ambit_config_may_continue(const AmbitConfig *now, const AmbitConfig *before,
                                      AmbitError *error);

void ambit_config_destroy(AmbitConfig **config);

#endif
