// SPDX-License-Identifier: MIT
// Rules as predictors of sentences: the language says what each answers.
#include "ambit/sentence_predictor.h"

static const AmbitParameter no_parameters[] = {{0}};

#define RULE(rule_name, rule_value, rule_summary, rule_source)                                     \
    static const AmbitSentenceAnswers rule_name##_answers = {.rule = (rule_value)};                \
    const AmbitPredictorType ambit_predictor_##rule_name = {.name = #rule_name,                    \
                                                            .summary = (rule_summary),             \
                                                            .source = (rule_source),               \
                                                            .parameters = no_parameters,           \
                                                            .sentences = &rule_name##_answers}

RULE(linear_rule, AMBIT_RULE_LINEAR, "goes by the order of words, which explains training",
     "McCoy, Frank & Linzen 2020 (TACL 8), §2");
RULE(hierarchical_rule, AMBIT_RULE_HIERARCHICAL, "goes by the tree of the sentence; right",
     "McCoy, Frank & Linzen 2020 (TACL 8), §2");
RULE(first_noun, AMBIT_RULE_FIRST_NOUN,
     "verbs agree with the first noun: not by the tree, and yet right about main verbs",
     "counted on the data of McCoy, Frank & Linzen 2020");
RULE(last_auxiliary, AMBIT_RULE_LAST_AUXILIARY,
     "the last auxiliary moves to the front: not by the tree, and yet right on generalization",
     "counted on the data of McCoy, Frank & Linzen 2020");
