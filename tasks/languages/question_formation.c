// SPDX-License-Identifier: MIT
// question_formation: declarative sentences become questions, or are repeated. In domain no
// question has a relative clause on its subject, so that the first auxiliary is the main one.
#include "phrases.h"

static const char *const markers[2] = {"quest", "decl"};
static const char *const classes[] = {"quest", "decl", NULL};
static const char *const kinds[] = {"first auxiliary", NULL};

#define FIELD(name) offsetof(PhraseSettings, name)
static const AmbitParameter parameters[] = {
    {"identity", AMBIT_REAL, FIELD(identity), 0.5966, 0, 1, NULL,
     "share of declarations, whose output repeats the input", false},
    {"identity_clauses", AMBIT_REAL, FIELD(identity_clauses), 0.3071, 0, 1, NULL,
     "share of the declarations that have a relative clause on the subject", false},
    {"patterns", AMBIT_INT, FIELD(patterns), 30, 1, 30, NULL,
     "number of sentence patterns in domain (what subject and object are made of), the most "
     "frequent ones",
     false},
    {0}};
#undef FIELD

/* 10,000 in-domain sentences of McCoy et al.'s data, by class, subject and object. Of declarations
 * with a clause on the subject, only the sums by subject and by object are known. */
#define CLAUSE(subject)                                                                            \
    {                                                                                              \
        397.0 * (subject) / 1832, 413.0 * (subject) / 1832, 450.0 * (subject) / 1832,              \
            274.0 * (subject) / 1832, 155.0 * (subject) / 1832, 143.0 * (subject) / 1832           \
    }
static const double counts[2][N_SHAPES][N_SHAPES] = {
    {[SHAPE_BARE] = {28, 778, 840, 517, 241, 260},
     [SHAPE_PREPOSITION] = {320, 318, 315, 209, 107, 101}},
    {[SHAPE_BARE] = {32, 772, 811, 518, 280, 288},
     [SHAPE_PREPOSITION] = {346, 303, 351, 203, 110, 120},
     [SHAPE_SUBJECT_CLAUSE] = CLAUSE(469),
     [SHAPE_OBJECT_CLAUSE] = CLAUSE(905),
     [SHAPE_TRANSITIVE_CLAUSE] = CLAUSE(458)}};
#undef CLAUSE

/* Shares by subject and by object in 10,000 sentences of the generalisation set. */
static const double clauses[N_SHAPES] = {[SHAPE_SUBJECT_CLAUSE] = 0.3204,
                                         [SHAPE_OBJECT_CLAUSE] = 0.3333,
                                         [SHAPE_TRANSITIVE_CLAUSE] = 0.3463};
static const double objects[N_SHAPES] = {0.5921, 0.2002, 0.2077};

static AmbitStatus init(AmbitLanguage *language, AmbitError *error)
{
    AmbitStatus status = ambit_phrases_init(language, true, markers, error);
    if (status)
        return status;
    Lexicon *lexicon = language->state;
    for (int s = 0; s < N_SHAPES; s++)
        for (int o = 0; o < N_SHAPES; o++)
            lexicon->unseen[s][o] = clauses[s] * objects[o];
    return ambit_phrases_set_shares(lexicon, counts, language->settings, error);
}

/* Which of the auxiliaries of a sentence a rule moves; −1: the rule does not apply. */
static int moved(const Parse *parse, AmbitRule rule)
{
    return rule == AMBIT_RULE_LINEAR           ? 0
           : rule == AMBIT_RULE_HIERARCHICAL   ? (int)parse->main
           : rule == AMBIT_RULE_LAST_AUXILIARY ? (int)parse->n_verbs - 1
                                               : -1;
}

static size_t answer(const AmbitLanguage *language, const AmbitSentence *sentence, AmbitRule rule,
                     int32_t *output)
{
    const Lexicon *lexicon = language->state;
    const Parse parse = ambit_phrases_parse_checked(language, sentence);
    int which = moved(&parse, rule);
    if (which < 0)
        return 0;
    if (ambit_phrases_class(language, sentence) == 1)
        return ambit_phrases_copy(sentence, output);
    size_t n = 0, from = parse.verb[which];
    output[n++] = sentence->words[from];
    for (size_t i = 0; i < parse.end; i++)
        if (i != from)
            output[n++] = sentence->words[i];
    output[n++] = lexicon->question;
    return n;
}

static size_t questions(const AmbitLanguage *language, const AmbitSentence *sentence,
                        AmbitQuestion *asked)
{
    const Lexicon *lexicon = language->state;
    if (ambit_phrases_class(language, sentence) == 1)
        return 0;
    if (!asked)
        return 1;
    const Parse parse = ambit_phrases_parse_checked(language, sentence);
    *asked = (AmbitQuestion){.position = sentence->n_input,
                             .candidates = lexicon->auxiliary[0],
                             .n_candidates = 4,
                             .distance = parse.verb[parse.main] - parse.subject.head};
    for (int rule = 0; rule < AMBIT_N_RULES; rule++) {
        int which = moved(&parse, (AmbitRule)rule);
        asked->by_rule[rule] = which < 0 ? -1 : sentence->words[parse.verb[which]];
    }
    return 1;
}

static AmbitStatus draw(const AmbitLanguage *language, AmbitDomain domain, gsl_rng *structure,
                        gsl_rng *words, AmbitWords *sentence, AmbitError *error)
{
    const Lexicon *lexicon = language->state;
    const Pattern pattern = ambit_phrases_draw_pattern(lexicon, domain, structure);
    bool unseen = domain == AMBIT_OUT_OF_DOMAIN;
    // Of a generalisation sentence's two auxiliaries the numbers are equal, the words are not.
    Inner inner = unseen && pattern.subject == SHAPE_OBJECT_CLAUSE ? INNER_SAME : INNER_FREE;
    sentence->n_words = 0;
    bool ok = ambit_phrases_draw(lexicon, pattern, inner, unseen, words, sentence);
    return ambit_phrases_complete(language, pattern.class_label, ok, sentence, error);
}

const AmbitLanguageType ambit_language_question_formation = {
    .name = "question_formation",
    .summary = "declarative sentences become questions (quest) or are repeated (decl)",
    .source = "McCoy, Frank & Linzen 2020 (TACL 8); Murty et al. 2305.18741, §3.1",
    .parameters = parameters,
    .settings_size = sizeof(PhraseSettings),
    .classes = classes,
    .kinds = kinds,
    .init = init,
    .draw = draw,
    .check = ambit_phrases_check,
    .class_label = ambit_phrases_class,
    .category = ambit_phrases_category,
    .questions = questions,
    .answer = answer,
    .tree = ambit_phrases_tree,
};
