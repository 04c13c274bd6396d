// SPDX-License-Identifier: MIT
// Parameter tables of a config's sections.
#include "tables.h"

#include <float.h>

static const char *const family_names[] = {"gpt2", NULL};

const AmbitParameter ambit_config_context_parameters[] = {
    {"family", AMBIT_CHOICE, offsetof(AmbitConfig, family), 0, 0, 0, family_names, "architecture",
     false},
    {"n_positions", AMBIT_INT, offsetof(AmbitConfig, n_positions), 0, 1, 8192, NULL,
     "most points of a prompt; two rows each", true},
    {0}};

#define FIELD(name) offsetof(AmbitRunSettings, name)
const AmbitParameter ambit_config_top_parameters[] = {
    {"out_dir", AMBIT_TEXT, FIELD(out_dir), 0, 0, 0, NULL, "folder that run folders are made in",
     .required = true, .may_change = true},
    {"test_run", AMBIT_BOOL, FIELD(test_run), 0, 0, 0, NULL,
     "100 steps at the curriculum's last sizes, nothing kept", false},
    {"seed", AMBIT_INT, FIELD(seed), 0, 0, 0x1p53, NULL,
     "seed of pretraining: parameters, prompts and pools (evaluation.seed is another)", false},
    {0}};

const AmbitParameter ambit_config_saving_parameters[] = {
    {"save_every_steps", AMBIT_INT, FIELD(save_every_steps), 1000, 1, 1e15, NULL,
     "steps between checkpoints", .may_change = true},
    {"save_every_minutes", AMBIT_REAL, FIELD(save_every_minutes), 30, 0, 1e6, NULL,
     "minutes without a checkpoint after which the step under way is followed by one; 0: only "
     "steps "
     "count",
     .may_change = true},
    {"keep_last", AMBIT_INT, FIELD(keep_last), 2, 1, AMBIT_MOST_KEPT, NULL,
     "checkpoints that stay, the newest ones: an older one serves if the newest is damaged",
     .may_change = true},
    {"keep_every_steps", AMBIT_INT, FIELD(keep_every_steps), -1, -1, 1e15, NULL,
     "steps between checkpoints that stay for good; -1: none", .may_change = true},
    {0}};

const AmbitParameter ambit_config_logging_parameters[] = {
    {"name", AMBIT_TEXT, FIELD(name), 0, 0, 0, NULL,
     "name of the run; empty: that of the configuration file", .may_change = true},
    {"log_every_steps", AMBIT_INT, FIELD(log_every_steps), 10, 1, 1e15, NULL,
     "steps between lines of the log", .may_change = true},
    {0}};
#undef FIELD

#define FIELD(name) offsetof(AmbitConfig, name)
const AmbitParameter ambit_config_limit_parameters[] = {
    {"num_tasks", AMBIT_INT, 0, 0, 1, 1 << 24, NULL,
     "every class becomes a pool of that many functions; null: unlimited",
     .may_change = true}, // the pools it makes are compared
    {"num_training_examples", AMBIT_INT, FIELD(n_training_examples), 0, 1, 4294967295.0, NULL,
     "number of distinct prompts, which are drawn repeatedly; null: unlimited", false},
    {"distinct_tasks", AMBIT_BOOL, FIELD(distinct_tasks), 0, 0, 0, NULL,
     "a batch draws no function of a pool twice, as in Garg et al.'s code", false},
    {0}};
#undef FIELD

#define FIELD(name) offsetof(AmbitConfig, name)
const AmbitParameter ambit_config_words_parameters[] = {
    {"family", AMBIT_CHOICE, FIELD(family), 0, 0, 0, family_names, "architecture", false},
    {"n_context", AMBIT_INT, FIELD(model.trunk.n_context), 0, 0, 65536, NULL,
     "longest sentence that the model reads, in words with the start symbol; 0: that of the corpus",
     false},
    {"n_words", AMBIT_INT, FIELD(sentences.n_words), 0, 0, 16777216, NULL,
     "words of the vocabulary, with start and end symbol; 0: as many as the corpus has", false},
    {0}};
#undef FIELD

#define FIELD(name) offsetof(AmbitSentenceSettings, name)
const AmbitParameter ambit_config_corpus_parameters[] = {
    {"digest", AMBIT_TEXT, FIELD(digest), 0, 0, 0, NULL,
     "of all sentences, which the config of a run has: others are refused", false},
    {0}};
const AmbitParameter ambit_config_vocabulary_parameters[] = {
    {"words", AMBIT_TEXT, FIELD(words), 0, 0, 0, NULL,
     "of files, in the order of their ids, which the config of a run has: others are refused",
     false},
    {0}};

const AmbitParameter ambit_config_seed_parameters[] = {
    {"initialization_seed", AMBIT_INT, FIELD(initialization_seed), -1, -1, 0x1p53, NULL,
     "seed of the parameters at step 0; -1: seed", false},
    {"order_seed", AMBIT_INT, FIELD(order_seed), -1, -1, 0x1p53, NULL,
     "seed of the order of the sentences; -1: seed", false},
    {"dropout_seed", AMBIT_INT, FIELD(dropout_seed), -1, -1, 0x1p53, NULL,
     "seed of dropout; -1: seed", false},
    {0}};

const AmbitParameter ambit_config_validation_parameters[] = {
    {"validate_every", AMBIT_INT, FIELD(validate_every), 0, 0, 1e12, NULL,
     "steps between validations, which score sentences of both other splits into the log; 0: none",
     .may_change = true},
    {"validate_examples", AMBIT_INT, FIELD(validate_examples), 500, 1, 1e8, NULL,
     "most sentences of a split that a validation scores: its first ones", .may_change = true},
    {0}};
#undef FIELD

#define FIELD(name) offsetof(ConfigClass, name)
const AmbitParameter ambit_config_class_parameters[] = {
    {.name = "label",
     .type = AMBIT_TEXT,
     .offset = FIELD(label),
     .help = "name of the class in logs and results"},
    {.name = "weight",
     .type = AMBIT_REAL,
     .offset = FIELD(weight),
     .fallback = 1,
     .minimum = 0,
     .maximum = DBL_MAX,
     .help = "share of the class, on any scale; 0: "
             "it is never drawn"},
    {.name = NULL}};
#undef FIELD
