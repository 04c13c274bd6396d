// SPDX-License-Identifier: MIT
// Config: reads settings from YAML in Garg et al.'s layout with ambit's additions. Supports
// inheritance, dotted overrides, and errors that name their place. Everything is checked before any
// work starts.
#ifndef AMBIT_CONFIG_H
#define AMBIT_CONFIG_H

#include "ambit/corpus.h"
#include "ambit/evaluation.h"
#include "ambit/head.h"
#include "ambit/mixture.h"
#include "ambit/model.h"
#include "ambit/predictor.h"
#include "ambit/prompt_training.h"
#include "ambit/trainer.h"

enum { AMBIT_MOST_KEPT = 64 }; // largest keep_last

typedef struct AmbitRunSettings {
    char *out_dir; // parent folder of run folders
    bool test_run; // a trial: 100 steps at the curriculum's last sizes, and no files
    int64_t seed;
    int64_t save_every_steps;  // steps between checkpoints
    double save_every_minutes; // a step later than this after a checkpoint writes one; 0: none
    int64_t keep_last;         // how many of the newest checkpoints are kept
    int64_t keep_every_steps;  // steps between checkpoints that are kept for good; −1: none
    int64_t log_every_steps;
    char *name; // name of the run; empty: the config file's name without its extension
} AmbitRunSettings;

/* A further model to evaluate: its name on the predictor axis, and the path of a run folder or
 * checkpoint. */
typedef struct AmbitModelSource {
    char *name, *path;
} AmbitModelSource;

/* What a language model is trained on, and how. */
typedef struct AmbitSentenceSettings {
    AmbitLanguage *language; // finished; NULL: the files' words make one. Owned
    bool from_files;         // sentences are read, not drawn
    AmbitCorpusSettings drawn;
    AmbitCorpusFiles files;
    char *digest;        // of all sentences; NULL before the corpus is made. Owned
    char *words;         // of the model, or a digest of very many; empty: unknown. Owned
    AmbitCorpus *corpus; // NULL before ambit_config_make_corpus. Owned
    int64_t n_words;     // V; 0: not known before the corpus is made
    AmbitCorpusTrainingSettings training;
    int64_t initialization_seed, order_seed, dropout_seed; // −1: run.seed
    int64_t validate_every;                                // steps between validations; 0: none
    int64_t validate_examples; // most sentences of a split that a validation scores
} AmbitSentenceSettings;

typedef struct ConfigHalf ConfigHalf; // src/config/half.h

typedef struct AmbitConfig {
    const ConfigHalf *half; // what depends on the head of the model
    AmbitRunSettings run;
    AmbitModelSettings model;
    int family;                      // architecture; 0 is gpt2, the only one
    int64_t n_positions;             // most points of a prompt; the model's context is twice that
    AmbitTrainingSettings training;  // training.seed is a copy of run.seed
    AmbitPromptTraining prompts;     // the caller must still set `fill` and `prompts`
    AmbitLoss *losses;               // [n_classes] loss of each class's prompts
    AmbitMixture *mixture;           // pretraining distribution
    int64_t n_training_examples;     // number of distinct training prompts; 0: unlimited
    bool distinct_tasks;             // whether the prompts of a batch have distinct functions
    AmbitSentenceSettings sentences; // a language head uses these, and no field about prompts
    AmbitEvaluationSettings evaluation;
    AmbitTarget *targets; // [n_targets]
    size_t n_targets;
    AmbitPredictor **predictors; // [n_predictors] baselines; the transformer is not among them
    size_t n_predictors;
    bool wants_transformer;   // whether evaluation.predictors names `transformer`, as by default
    AmbitModelSource *models; // [n_models] of `evaluation.models`
    size_t n_models;
    char *resolved; // the complete configuration as YAML; reading it gives the same configuration
    char **notes;   // [n_notes] remarks for the user ("wandb.project: not used")
    size_t n_notes;
} AmbitConfig;

/* Reads a file, merges the files it inherits, and applies overrides such as
 * "training.tasks[1].weight=2", without leading dashes. Returns AMBIT_INVALID with file, line, key,
 * finding and remedy if anything is wrong.
 */
AmbitStatus ambit_config_load(AmbitConfig **config, const char *path, char *const *overrides,
                              size_t n_overrides, AmbitError *error);

/* Reads `text`, the resolved config of a checkpoint, in the same way. Messages refer to the text by
 * `name`. Unless `overlay_path` is NULL, the values of that file replace those of the text (ambit
 * evaluate RUN CONFIG.yaml). */
AmbitStatus ambit_config_load_text(AmbitConfig **config, const char *text, const char *name,
                                   const char *overlay_path, char *const *overrides,
                                   size_t n_overrides, AmbitError *error);

/* Returns AMBIT_INVALID if a run that was started with `before` may not continue with `now`: some
 * parameter differs, and its row in the parameter table lacks `may_change`. The message names the
 * key and both values. */
AmbitStatus ambit_config_compare_runs(const AmbitConfig *now, const AmbitConfig *before,
                                      AmbitError *error);

/* Compares the models alone in the same way. AMBIT_OK: parameters of one fit the other. */
AmbitStatus ambit_config_compare_models(const AmbitConfig *now, const AmbitConfig *before,
                                        AmbitError *error);

/* Like ambit_config_compare_runs, for a run that is resumed; the message also lists what may
 * change. */
AmbitStatus ambit_config_may_continue(const AmbitConfig *now, const AmbitConfig *before,
                                      AmbitError *error);

/* Draws or reads the corpus of a language model's config, sets the model's number of words and its
 * context length to suit the corpus, and rewrites `resolved` with these values. Does nothing if the
 * config has no corpus or the corpus exists already. Returns AMBIT_INVALID if the config records
 * the digest or the words of another corpus, or a model that the corpus does not fit. */
AmbitStatus ambit_config_make_corpus(AmbitConfig *config, AmbitError *error);

/* Copies the values that a corpus decides (digest, number of words, context length) from `made`,
 * the config of a run, to `config` where it leaves them out. The two configs can then be compared
 * without making the corpus. */
AmbitStatus ambit_config_expect_corpus(AmbitConfig *config, const AmbitConfig *made,
                                       AmbitError *error);

/* Returns AMBIT_INVALID if the words of the corpus of `config` differ from the words that `model`
 * was trained on; the message names the first difference. Accepts configs whose words are unknown.
 */
AmbitStatus ambit_config_check_words(const AmbitConfig *config, const AmbitConfig *model,
                                     AmbitError *error);

/* Records in `config` the words of `own`, the config of a run, so that ambit_config_make_corpus
 * later refuses a corpus of other words. Returns AMBIT_INVALID if `config` still has a digest
 * although its corpus settings, paths aside, differ from those of `own`. */
AmbitStatus ambit_config_keep_words(AmbitConfig *config, const AmbitConfig *own, AmbitError *error);

/* Writes what decides the examples that an evaluation draws, as YAML; free with free(). Two configs
 * with equal texts draw the same examples. */
AmbitStatus ambit_config_evaluation_text(const AmbitConfig *config, char **text, AmbitError *error);

void ambit_config_destroy(AmbitConfig **config);

#endif
