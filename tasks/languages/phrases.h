// SPDX-License-Identifier: MIT
// What question_formation and tense_inflection share (McCoy, Frank & Linzen 2020): nouns,
// determiners, prepositions and relative clauses; sentences of subject, verb and object; how such a
// sentence is drawn, parsed, and bracketed.
#ifndef AMBIT_TASKS_LANGUAGES_PHRASES_H
#define AMBIT_TASKS_LANGUAGES_PHRASES_H

#include "ambit/language.h"

enum { N_DETERMINERS = 6, N_NOUNS = 13, N_PREPOSITIONS = 8, N_RELATIVES = 2, N_VERBS = 18 };
enum { N_INTRANSITIVE = 9 };           // verbs 0 … 8; the others take an object
enum { AMBIT_MOST_PHRASE_WORDS = 32 }; // of an output: at most 17
enum { SINGULAR, PLURAL, PAST, N_FORMS };

/* What follows the head noun of a subject or object. */
typedef enum Shape {
    SHAPE_NONE, // no object
    SHAPE_BARE,
    SHAPE_PREPOSITION,
    SHAPE_SUBJECT_CLAUSE,    // the newt who does sleep
    SHAPE_OBJECT_CLAUSE,     // the newt who the yak does amuse
    SHAPE_TRANSITIVE_CLAUSE, // the newt who does amuse the yak
    N_SHAPES
} Shape;

/* Parts of speech, the tags of words. */
#define TAG_DETERMINER 'D'
#define TAG_NOUN 'N'
#define TAG_VERB 'V'
#define TAG_AUXILIARY 'A'
#define TAG_PREPOSITION 'P'
#define TAG_RELATIVE 'R'
#define TAG_STOP '.'
#define TAG_MARKER 'T'

/* Words as ids, and what is known of a word. Block of memory: the state of a language. */
typedef struct Lexicon {
    bool auxiliaries; // verbs follow do or does and have one form
    int32_t determiner[N_DETERMINERS], noun[2][N_NOUNS], preposition[N_PREPOSITIONS];
    int32_t relative[N_RELATIVES], auxiliary[2][2]; // [number][negated]
    int32_t verb[N_VERBS][N_FORMS];                 // with auxiliaries all forms are one
    int32_t candidates[N_VERBS][N_FORMS];           // different forms of a verb
    size_t n_candidates[N_VERBS];
    int32_t stop, question, marker[2];    // marker of classes 0 and 1
    signed char number[128];              // [W] of a noun or auxiliary: SINGULAR or PLURAL
    signed char item[128];                // [W] index of a verb; whether an auxiliary is negated
    double shares[2][N_SHAPES][N_SHAPES]; // in domain, by class, subject, object; they sum to 1
    double unseen[N_SHAPES][N_SHAPES];    // out of domain, likewise; class 0
} Lexicon;

/* Subject or object: words first … end − 1. */
typedef struct Phrase {
    Shape shape;
    size_t first, end;
    size_t head;  // index of the noun that comes first
    size_t inner; // of the noun in its prepositional phrase or clause; 0: there is none
    size_t verb;  // of the clause's auxiliary or, without auxiliaries, verb; 0: there is no clause
} Phrase;

/* A sentence's structure. Verbs are auxiliaries where there are auxiliaries. */
typedef struct Parse {
    Phrase subject, object;
    size_t end;       // number of words before the final stop
    size_t n_verbs;   // 1 to 3, in the order of the sentence
    size_t verb[3];   // indices of words
    size_t source[3]; // index of the noun that the verb agrees with
    size_t main;      // which of the verbs is the main one: 0 or 1
} Parse;

/* Settings of both languages, and their table but for the defaults. */
typedef struct PhraseSettings {
    double identity;         // share of class 1
    double identity_clauses; // share of those with a relative clause on the subject
    int64_t patterns;        // number of pairs of shapes
} PhraseSettings;

/* Builds words, tags, categories and a Lexicon as state. `markers` are those of classes 0 and 1. */
AmbitStatus ambit_phrases_init(AmbitLanguage *language, bool auxiliaries,
                               const char *const markers[2], AmbitError *error);

/* Sets the shares of pairs of shapes from counts by class, subject and object, as settings say. */
AmbitStatus ambit_phrases_set_shares(Lexicon *lexicon, const double counts[2][N_SHAPES][N_SHAPES],
                                     const PhraseSettings *settings, AmbitError *error);

/* A pair of shapes and a class. */
typedef struct Pattern {
    int class_label;
    Shape subject, object;
} Pattern;
Pattern ambit_phrases_draw_pattern(const Lexicon *lexicon, AmbitDomain domain, gsl_rng *rng);

/* What the first noun after the subject's head may be by number. */
typedef enum Inner { INNER_FREE, INNER_SAME, INNER_OTHER } Inner;

/* Appends a sentence without final stop, verbs in the past or after auxiliaries that agree. With
 * `opposite`, one of the auxiliaries of subject and sentence is negated, the other not. */
bool ambit_phrases_draw(const Lexicon *lexicon, Pattern pattern, Inner inner, bool opposite,
                        gsl_rng *rng, AmbitWords *sentence);

/* Appends to a drawn sentence the final stop, the marker and the output of the hierarchical rule.
 * `ok` is false if there was no memory before. */
AmbitStatus ambit_phrases_complete(const AmbitLanguage *language, int class_label, bool ok,
                                   AmbitWords *sentence, AmbitError *error);

/* Writes the input without marker to output, and returns the number of words. */
size_t ambit_phrases_copy(const AmbitSentence *sentence, int32_t *output);

/* As the functions of AmbitLanguageType. Classes are told by the marker. An output is accepted if
 * the linear or the hierarchical rule of the language makes it. */
AmbitStatus ambit_phrases_check(const AmbitLanguage *language, const AmbitSentence *sentence,
                                size_t *word, AmbitError *error);
int ambit_phrases_class(const AmbitLanguage *language, const AmbitSentence *sentence);
size_t ambit_phrases_category(const AmbitLanguage *language, const AmbitSentence *sentence);
size_t ambit_phrases_tree(const AmbitLanguage *language, const AmbitSentence *sentence,
                          AmbitSpan *spans, size_t *n_words);

/* Parses a sentence that `check` accepts. */
Parse ambit_phrases_parse_checked(const AmbitLanguage *language, const AmbitSentence *sentence);

#endif
