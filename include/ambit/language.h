// SPDX-License-Identifier: MIT
// Language: a distribution over sentences. A language also gives the gold tree of a sentence, the
// words of it that metrics look at (questions), and the answers of simple rules to them. A language
// type is a const record; each type has a file in tasks/languages/. A language is a type with
// settings and a vocabulary.
#ifndef AMBIT_LANGUAGE_H
#define AMBIT_LANGUAGE_H

#include "ambit/parameter.h"
#include "ambit/status.h"
#include <gsl/gsl_rng.h>

typedef struct AmbitLanguage AmbitLanguage;

/* A sentence as word ids: the input, then the output. A view: the memory is someone else's. */
typedef struct AmbitSentence {
    const int32_t *words; // [n_words] ids below W
    size_t n_words;
    size_t n_input; // words of the input, the last of which is the marker ("quest", "PAST"), if the
                    // language has markers; 0: all words are output (dyck)
} AmbitSentence;

/* A sentence that grows while it is drawn or read; `words` is owned. */
typedef struct AmbitWords {
    int32_t *words; // [room]
    size_t n_words, n_input, room;
} AmbitWords;

/* What can generate an output. The first two agree on in-domain sentences. */
typedef enum AmbitRule {
    AMBIT_RULE_LINEAR,         // goes by the order of words
    AMBIT_RULE_HIERARCHICAL,   // goes by the tree, and is right
    AMBIT_RULE_FIRST_NOUN,     // all verbs agree with the first noun of the sentence
    AMBIT_RULE_LAST_AUXILIARY, // the last auxiliary moves to the front
    AMBIT_N_RULES
} AmbitRule;
extern const char *const ambit_rule_names[AMBIT_N_RULES + 1]; // "linear_rule" …, NULL-ended

/* One word of a sentence that a metric looks at, given all words before it. */
typedef struct AmbitQuestion {
    size_t position;           // words[position] of the sentence is the right answer
    size_t kind;               // index into AmbitLanguageType.kinds
    const int32_t *candidates; // [n_candidates] words to choose from; owned by the language
    size_t n_candidates;
    int32_t by_rule[AMBIT_N_RULES]; // what each rule answers; −1: the rule does not apply
    size_t distance;                // in words, from the word that decides the answer
} AmbitQuestion;

/* Words first … last, both included, counted from the first word of the input. */
typedef struct AmbitSpan {
    size_t first, last;
} AmbitSpan;

/* Which sentences to draw: those of training and validation, or those that test generalization. */
typedef enum AmbitDomain { AMBIT_IN_DOMAIN, AMBIT_OUT_OF_DOMAIN } AmbitDomain;

typedef struct AmbitLanguageType {
    const char *name;
    const char *summary; // one line
    const char *source;  // paper and section
    const AmbitParameter *parameters;
    size_t settings_size;
    bool without_input;         // all words are output (n_input is 0); lines of files end in END
    const char *const *classes; // NULL-ended; each class has a loss of its own in reports
    const char *const *kinds;   // NULL-ended; kinds of questions; the first is what papers report

    /* Checks settings (ambit_error_parameter) and builds words, categories and `state`. */
    AmbitStatus (*init)(AmbitLanguage *language, AmbitError *error);

    /* Draws one sentence: its structure from `structure`, the words in it from `words`. The output
     * is that of the hierarchical rule. Fails only if there is no memory. NULL: the sentences come
     * from files. */
    AmbitStatus (*draw)(const AmbitLanguage *language, AmbitDomain domain, gsl_rng *structure,
                        gsl_rng *words, AmbitWords *sentence, AmbitError *error);

    /* Optional. Cuts a sentence into parts, whose structures decide its split. Writes structure
     * [n_words], one number per word, and end [≤ n_words], the index after the last word of each
     * part; returns the number of parts. Two parts with equal numbers have the same structure.
     * Training may repeat sentences. A validation sentence is not in training, but the structures
     * of all its parts are. A generalization sentence has a part whose structure training lacks.
     * NULL: `draw` goes by the domain of the split, and no input occurs twice, even with another
     * marker. */
    size_t (*parts)(const AmbitLanguage *language, const AmbitSentence *sentence,
                    int32_t *structure, size_t *end);

    /* Refuses what is no sentence of the language; *word is the index of the word at fault, n_words
     * if the sentence is too short. The message names the finding and what is allowed. */
    AmbitStatus (*check)(const AmbitLanguage *language, const AmbitSentence *sentence, size_t *word,
                         AmbitError *error);

    /* This function and those below take only sentences that `check` accepts. Returns the index of
     * the sentence's class in `classes`. */
    int (*class_label)(const AmbitLanguage *language, const AmbitSentence *sentence);

    /* Returns the category, an index into the language's categories. */
    size_t (*category)(const AmbitLanguage *language, const AmbitSentence *sentence);

    /* Returns the number of questions, and writes them to questions [≤ n_words] unless NULL. A
     * sentence may have none (declarations of question_formation). */
    size_t (*questions)(const AmbitLanguage *language, const AmbitSentence *sentence,
                        AmbitQuestion *questions);

    /* Optional. Writes what a rule outputs for the input of `sentence` to output [≤ n_words], and
     * returns the number of words; 0: the rule does not apply. NULL: there are no rules. */
    size_t (*answer)(const AmbitLanguage *language, const AmbitSentence *sentence, AmbitRule rule,
                     int32_t *output);

    /* Optional. Writes the gold binary tree over the n words of the input without final stop and
     * marker: all n − 1 inner nodes, parents before children. Returns their number; *n_words is n.
     * NULL: there is no tree. */
    size_t (*tree)(const AmbitLanguage *language, const AmbitSentence *sentence, AmbitSpan *spans,
                   size_t *n_words);
} AmbitLanguageType;

struct AmbitLanguage {
    const AmbitLanguageType *type;
    void *settings;   // the settings struct of the type, owned
    void *state;      // built by init, owned: one block of memory
    AmbitTexts words; // [W] sorted by bytes; the index is the id; owned
    char *tags;       // [W] part of speech, by which a metric compares outputs; owned. NULL: none
    AmbitTexts categories; // of sentences, by which results are broken down; owned
};

/* Returns all registered types, NULL-ended, in the order `ambit list` shows them. */
const AmbitLanguageType *const *ambit_language_types(void);

/* Returns the type of this name, or NULL if there is none. */
const AmbitLanguageType *ambit_language_type_find(const char *name);

/* Creates a language with default settings, not yet checked. The caller then sets fields of
 * `settings` and calls ambit_language_finish, which checks them. Destroy accepts either state. */
AmbitStatus ambit_language_create(AmbitLanguage **language, const AmbitLanguageType *type,
                                  AmbitError *error);
AmbitStatus ambit_language_finish(AmbitLanguage *language, AmbitError *error);
void ambit_language_destroy(AmbitLanguage **language);

/* Returns the id of a word, or −1. */
int32_t ambit_language_find(const AmbitLanguage *language, const char *word, size_t length);

/* Returns W. The end symbol has id W, the start symbol W + 1, so that a model has W + 2 words. */
static inline int32_t ambit_language_size(const AmbitLanguage *language)
{
    return (int32_t)language->words.count;
}

/* Appends a word; false if there is no memory. */
bool ambit_words_add(AmbitWords *sentence, int32_t word);

#endif
