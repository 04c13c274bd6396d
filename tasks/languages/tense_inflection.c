// SPDX-License-Identifier: MIT
// tense_inflection: sentences in the past are put into the present, or repeated. In domain the last
// noun before a verb of the present has the number of the verb's subject.
#include "phrases.h"

static const char *const markers[2] = {"PRESENT", "PAST"};
static const char *const classes[] = {"PRESENT", "PAST", NULL};
static const char *const kinds[] = {"main verb", "other verb", NULL};
enum { MAIN_VERB, OTHER_VERB };

#define FIELD(name) offsetof(PhraseSettings, name)
static const AmbitParameter parameters[] = {
    {"identity", AMBIT_REAL, FIELD(identity), 0.5826, 0, 1, NULL,
     "share of sentences whose output repeats the input (PAST)", false},
    {"identity_clauses", AMBIT_REAL, FIELD(identity_clauses), 0.3443, 0, 1, NULL,
     "share of those that have a relative clause on the subject", false},
    {"patterns", AMBIT_INT, FIELD(patterns), 30, 1, 30, NULL,
     "number of sentence patterns in domain (what subject and object are made of), the most "
     "frequent ones",
     false},
    {0}};
#undef FIELD

/* 10,000 in-domain sentences of McCoy et al.'s data, by class, subject and object. */
static const double counts[2][N_SHAPES][N_SHAPES] = {
    {[SHAPE_BARE] = {272, 493, 530, 163, 166, 168},
     [SHAPE_PREPOSITION] = {269, 240, 266, 83, 91, 80},
     [SHAPE_SUBJECT_CLAUSE] = {173, 184, 175, 62, 63, 52},
     [SHAPE_OBJECT_CLAUSE] = {81, 83, 89, 21, 22, 26},
     [SHAPE_TRANSITIVE_CLAUSE] = {81, 78, 88, 23, 24, 28}},
    {[SHAPE_BARE] = {260, 522, 471, 175, 172, 161},
     [SHAPE_PREPOSITION] = {549, 482, 517, 173, 165, 173},
     [SHAPE_SUBJECT_CLAUSE] = {154, 151, 169, 64, 58, 60},
     [SHAPE_OBJECT_CLAUSE] = {165, 190, 149, 58, 49, 72},
     [SHAPE_TRANSITIVE_CLAUSE] = {176, 157, 155, 66, 52, 61}}};

/* 10,000 sentences of the generalisation set. */
static const double unseen[N_SHAPES][N_SHAPES] = {
    [SHAPE_PREPOSITION] = {1537, 1521, 1467, 477, 513, 530},
    [SHAPE_OBJECT_CLAUSE] = {524, 527, 502, 148, 137, 167},
    [SHAPE_TRANSITIVE_CLAUSE] = {475, 490, 492, 172, 157, 164}};

static AmbitStatus init(AmbitLanguage *language, AmbitError *error)
{
    AmbitStatus status = ambit_phrases_init(language, false, markers, error);
    if (status)
        return status;
    Lexicon *lexicon = language->state;
    for (int s = 0; s < N_SHAPES; s++)
        for (int o = 0; o < N_SHAPES; o++)
            lexicon->unseen[s][o] = unseen[s][o] / 10000;
    return ambit_phrases_set_shares(lexicon, counts, language->settings, error);
}

/* Returns the index of the noun that a rule has a verb agree with. */
static size_t agrees_with(const AmbitLanguage *language, const AmbitSentence *sentence,
                          const Parse *parse, AmbitRule rule, size_t verb)
{
    if (rule == AMBIT_RULE_FIRST_NOUN)
        return parse->subject.head;
    if (rule == AMBIT_RULE_HIERARCHICAL)
        return parse->source[verb];
    size_t at = parse->verb[verb];
    while (language->tags[sentence->words[at]] != TAG_NOUN)
        at--;
    return at;
}

/* Returns what a rule makes of one verb; −1: the rule does not apply. */
static int32_t inflected(const AmbitLanguage *language, const AmbitSentence *sentence,
                         const Parse *parse, AmbitRule rule, size_t verb)
{
    const Lexicon *l = language->state;
    int32_t past = sentence->words[parse->verb[verb]];
    if (rule == AMBIT_RULE_LAST_AUXILIARY)
        return -1;
    if (ambit_phrases_class(language, sentence) == 1)
        return past;
    size_t noun = agrees_with(language, sentence, parse, rule, verb);
    return l->verb[l->item[past]][l->number[sentence->words[noun]]];
}

static size_t answer(const AmbitLanguage *language, const AmbitSentence *sentence, AmbitRule rule,
                     int32_t *output)
{
    const Parse parse = ambit_phrases_parse_checked(language, sentence);
    if (rule == AMBIT_RULE_LAST_AUXILIARY)
        return 0;
    size_t n = ambit_phrases_copy(sentence, output);
    for (size_t v = 0; v < parse.n_verbs; v++)
        output[parse.verb[v]] = inflected(language, sentence, &parse, rule, v);
    return n;
}

static size_t questions(const AmbitLanguage *language, const AmbitSentence *sentence,
                        AmbitQuestion *asked)
{
    const Lexicon *l = language->state;
    const Parse parse = ambit_phrases_parse_checked(language, sentence);
    for (size_t v = 0; v < parse.n_verbs && asked; v++) {
        size_t item = (size_t)l->item[sentence->words[parse.verb[v]]];
        asked[v] = (AmbitQuestion){.position = sentence->n_input + parse.verb[v],
                                   .kind = v == parse.main ? MAIN_VERB : OTHER_VERB,
                                   .candidates = l->candidates[item],
                                   .n_candidates = l->n_candidates[item],
                                   .distance = parse.verb[v] - parse.source[v]};
        for (int rule = 0; rule < AMBIT_N_RULES; rule++)
            asked[v].by_rule[rule] = inflected(language, sentence, &parse, (AmbitRule)rule, v);
    }
    return parse.n_verbs;
}

static AmbitStatus draw(const AmbitLanguage *language, AmbitDomain domain, gsl_rng *structure,
                        gsl_rng *words, AmbitWords *sentence, AmbitError *error)
{
    const Lexicon *lexicon = language->state;
    const Pattern pattern = ambit_phrases_draw_pattern(lexicon, domain, structure);
    Inner inner = domain == AMBIT_OUT_OF_DOMAIN ? INNER_OTHER
                  : pattern.class_label == 0    ? INNER_SAME
                                                : INNER_FREE;
    sentence->n_words = 0;
    bool ok = ambit_phrases_draw(lexicon, pattern, inner, false, words, sentence);
    return ambit_phrases_complete(language, pattern.class_label, ok, sentence, error);
}

const AmbitLanguageType ambit_language_tense_inflection = {
    .name = "tense_inflection",
    .summary = "sentences in the past are put into the present (PRESENT) or repeated (PAST)",
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
