// SPDX-License-Identifier: MIT
// Parsing of sentences of subject, verb and object, their gold trees, and what else follows from
// the parse in every language of such sentences.
#include "phrases.h"

#include <assert.h>
#include <string.h>

/* Where a parse stands. After the first failure nothing moves on. The final stop follows the words.
 */
typedef struct Cursor {
    const AmbitLanguage *language;
    const Lexicon *lexicon;
    const int32_t *words;
    size_t n_words, at;
    Parse *parse;
    AmbitStatus status;
    AmbitError *error;
} Cursor;

static void refuse(Cursor *c, const char *expected)
{
    if (!c->status)
        c->status = ambit_error_set(c->error, AMBIT_INVALID, "found '%s', expected %s",
                                    c->language->words.texts[c->words[c->at]], expected);
}

static bool is(const Cursor *c, char tag)
{
    return c->at < c->n_words && c->language->tags[c->words[c->at]] == tag;
}

static void take(Cursor *c, char tag, const char *expected)
{
    if (!is(c, tag))
        refuse(c, expected);
    else if (!c->status)
        c->at++;
}

/* Takes an auxiliary and a verb, or a verb. Returns whether the verb is transitive. */
static bool take_verb(Cursor *c, size_t source, bool object_clause)
{
    Parse *parse = c->parse;
    const Lexicon *l = c->lexicon;
    size_t start = c->at;
    if (l->auxiliaries && is(c, TAG_AUXILIARY) &&
        l->number[c->words[c->at]] != l->number[c->words[source]])
        refuse(c, l->number[c->words[source]] == PLURAL ? "do or don't, since the subject is plural"
                                                        : "does or doesn't, since the subject is "
                                                          "singular");
    if (l->auxiliaries)
        take(c, TAG_AUXILIARY, "an auxiliary");
    if (!is(c, TAG_VERB))
        refuse(c, "a verb");
    if (c->status)
        return false;
    int32_t word = c->words[c->at];
    bool transitive = l->item[word] >= N_INTRANSITIVE;
    if (word != l->verb[l->item[word]][PAST])
        refuse(c, "a verb in the past");
    if (object_clause && !transitive)
        refuse(c, "a verb that takes an object");
    if (c->status)
        return false;
    c->at++;
    parse->verb[parse->n_verbs] = start;
    parse->source[parse->n_verbs++] = source;
    return transitive;
}

static size_t take_noun(Cursor *c)
{
    take(c, TAG_DETERMINER, "a determiner");
    size_t at = c->at;
    take(c, TAG_NOUN, "a noun");
    return at;
}

static void take_clause(Cursor *c, Phrase *phrase)
{
    take(c, TAG_RELATIVE, "who or that");
    if (is(c, TAG_DETERMINER)) {
        phrase->shape = SHAPE_OBJECT_CLAUSE;
        phrase->inner = take_noun(c);
        phrase->verb = c->at;
        if (!c->status)
            take_verb(c, phrase->inner, true);
        return;
    }
    phrase->verb = c->at;
    bool transitive = take_verb(c, phrase->head, false);
    phrase->shape = transitive ? SHAPE_TRANSITIVE_CLAUSE : SHAPE_SUBJECT_CLAUSE;
    if (transitive)
        phrase->inner = take_noun(c);
}

static void take_phrase(Cursor *c, Phrase *phrase)
{
    *phrase = (Phrase){.shape = SHAPE_BARE, .first = c->at};
    phrase->head = take_noun(c);
    if (is(c, TAG_PREPOSITION)) {
        c->at++;
        phrase->shape = SHAPE_PREPOSITION;
        phrase->inner = take_noun(c);
    } else if (is(c, TAG_RELATIVE)) {
        take_clause(c, phrase);
    }
    phrase->end = c->at;
}

/* Parses the words before the final stop; *word is the index of a word at fault. */
static AmbitStatus parse_words(const AmbitLanguage *language, const int32_t *words, size_t n_words,
                               Parse *parse, size_t *word, AmbitError *error)
{
    Cursor c = {language, language->state, words, n_words, 0, parse, AMBIT_OK, error};
    *parse = (Parse){.end = n_words};
    take_phrase(&c, &parse->subject);
    parse->main = parse->n_verbs;
    bool transitive = !c.status && take_verb(&c, parse->subject.head, false);
    parse->object = (Phrase){.shape = SHAPE_NONE, .first = c.at, .end = c.at};
    if (transitive)
        take_phrase(&c, &parse->object);
    if (c.at < n_words)
        refuse(&c, parse->object.shape == SHAPE_NONE || parse->object.shape >= SHAPE_PREPOSITION
                       ? "the final stop"
                       : "a preposition, who, that or the final stop");
    *word = c.at;
    return c.status;
}

Parse ambit_phrases_parse_checked(const AmbitLanguage *language, const AmbitSentence *sentence)
{
    Parse parse = {0};
    size_t word;
    AmbitStatus status =
        parse_words(language, sentence->words, sentence->n_input - 2, &parse, &word, NULL);
    assert(!status);
    (void)status;
    return parse;
}

int ambit_phrases_class(const AmbitLanguage *language, const AmbitSentence *sentence)
{
    const Lexicon *l = language->state;
    return sentence->words[sentence->n_input - 1] == l->marker[1];
}

static AmbitStatus check_output(const AmbitLanguage *language, const AmbitSentence *sentence,
                                size_t *word, AmbitError *error)
{
    int32_t right[AMBIT_MOST_PHRASE_WORDS], linear[AMBIT_MOST_PHRASE_WORDS];
    size_t n = language->type->answer(language, sentence, AMBIT_RULE_HIERARCHICAL, right);
    size_t n_given = sentence->n_words - sentence->n_input, differs = 0;
    const int32_t *given = sentence->words + sentence->n_input;
    language->type->answer(language, sentence, AMBIT_RULE_LINEAR, linear);
    if (n_given == n && memcmp(given, linear, n * sizeof *given) == 0)
        return AMBIT_OK;
    while (differs < n && differs < n_given && given[differs] == right[differs])
        differs++;
    if (differs == n && n_given == n)
        return AMBIT_OK;
    *word = sentence->n_input + differs;
    return ambit_error_set(error, AMBIT_INVALID, "found '%s', expected '%s' in this output",
                           differs < n_given ? language->words.texts[given[differs]] : "the end",
                           differs < n ? language->words.texts[right[differs]] : "the end");
}

AmbitStatus ambit_phrases_check(const AmbitLanguage *language, const AmbitSentence *sentence,
                                size_t *word, AmbitError *error)
{
    const Lexicon *l = language->state;
    const AmbitTexts *texts = &language->words;
    size_t n = sentence->n_input;
    Parse parse;
    *word = n ? n - 1 : 0;
    if (n == 0 ||
        (sentence->words[n - 1] != l->marker[0] && sentence->words[n - 1] != l->marker[1]))
        return ambit_error_set(error, AMBIT_INVALID,
                               "found '%s' as last word of the input, expected '%s' or '%s'",
                               n ? texts->texts[sentence->words[n - 1]] : "nothing",
                               texts->texts[l->marker[0]], texts->texts[l->marker[1]]);
    if (n > 1)
        *word = n - 2;
    if (n == 1 || sentence->words[n - 2] != l->stop)
        return ambit_error_set(error, AMBIT_INVALID, "found '%s' before the marker, expected '.'",
                               n > 1 ? texts->texts[sentence->words[n - 2]] : "nothing");
    AmbitStatus status = parse_words(language, sentence->words, n - 2, &parse, word, error);
    return status ? status : check_output(language, sentence, word, error);
}

size_t ambit_phrases_copy(const AmbitSentence *sentence, int32_t *output)
{
    memcpy(output, sentence->words, (sentence->n_input - 1) * sizeof *output);
    return sentence->n_input - 1;
}

size_t ambit_phrases_category(const AmbitLanguage *language, const AmbitSentence *sentence)
{
    return (size_t)ambit_phrases_parse_checked(language, sentence).subject.shape - SHAPE_BARE;
}

/* A tree that grows. */
typedef struct Tree {
    AmbitSpan *spans;
    size_t count;
    bool auxiliaries;
} Tree;

static void add_span(Tree *tree, size_t first, size_t end)
{
    if (end - first > 1)
        tree->spans[tree->count++] = (AmbitSpan){first, end - 1};
}

/* [aux V], [aux [V NP]], or without auxiliaries V, [V NP]. */
static void add_verb_phrase(Tree *tree, size_t first, size_t end)
{
    add_span(tree, first, end);
    if (tree->auxiliaries)
        add_span(tree, first + 1, end);
}

/* [Det N], [[Det N] [Prep [Det N]]], [[Det N] [who VP]], [[Det N] [who [[Det N] VP]]]. */
static void add_phrase(Tree *tree, const Phrase *p)
{
    size_t after = p->head + 1; // preposition or relative pronoun
    add_span(tree, p->first, p->end);
    if (p->shape == SHAPE_BARE)
        return;
    add_span(tree, p->first, after);
    add_span(tree, after, p->end);
    if (p->shape == SHAPE_OBJECT_CLAUSE) {
        add_span(tree, after + 1, p->end);
        add_span(tree, p->inner - 1, p->inner + 1);
    }
    if (p->verb)
        add_verb_phrase(tree, p->verb, p->end);
    if (p->inner && p->shape != SHAPE_OBJECT_CLAUSE)
        add_span(tree, p->inner - 1, p->inner + 1);
}

size_t ambit_phrases_tree(const AmbitLanguage *language, const AmbitSentence *sentence,
                          AmbitSpan *spans, size_t *n_words)
{
    const Lexicon *l = language->state;
    Parse parse = ambit_phrases_parse_checked(language, sentence);
    Tree tree = {spans, 0, l->auxiliaries};
    add_span(&tree, 0, parse.end);
    add_phrase(&tree, &parse.subject);
    add_verb_phrase(&tree, parse.verb[parse.main], parse.end);
    if (parse.object.shape != SHAPE_NONE)
        add_phrase(&tree, &parse.object);
    *n_words = parse.end;
    return tree.count;
}
