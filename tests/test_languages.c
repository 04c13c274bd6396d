// SPDX-License-Identifier: MIT
// Languages against the published data sets (McCoy, Frank & Linzen 2020; Murty et al. 2305.18741):
// vocabulary, shares of patterns, constraints, rules and trees.
#include "testing.h"

#include "ambit/memory.h"
#include "language_fixtures.h"
#include <stdio.h>
#include <string.h>

enum { LONGEST = 64 };

/* Asserts what a rule outputs for a sentence. */
static void assert_answer(const AmbitLanguage *language, const char *sentence, AmbitRule rule,
                          const char *expected)
{
    int32_t words[LONGEST], output[LONGEST];
    char text[1024];
    const AmbitSentence s = sentence_of(language, sentence, words);
    const AmbitSentence answer = {output, language->type->answer(language, &s, rule, output), 0};
    assert_string_equal(sentence_text(language, &answer, text, sizeof text), expected);
}

/* Asserts that a sentence is refused for a word. */
static void assert_wrong(const AmbitLanguage *language, const char *sentence, size_t at,
                         const char *message)
{
    int32_t words[LONGEST];
    size_t word = 999;
    AmbitError error = {.message = ""};
    const AmbitSentence s = sentence_of(language, sentence, words);
    assert_int_equal(language->type->check(language, &s, &word, &error),
                     *message ? AMBIT_INVALID : AMBIT_OK);
    assert_string_equal(error.message, message);
    if (*message)
        assert_int_equal(word, at);
}

#define NEWT "some newt who doesn't sleep does amuse the yaks near my zebra"

static void question_rules(void **state)
{
    (void)state;
    AmbitLanguage *l = make_language("question_formation", NULL);
    const char *quest = NEWT " . quest\tdoes some newt who doesn't sleep amuse the yaks near my "
                             "zebra ?";
    AmbitQuestion question;
    int32_t words[LONGEST];
    const AmbitSentence s = sentence_of(l, quest, words);
    assert_int_equal(l->words.count, 68);
    assert_int_equal(l->type->questions(l, &s, &question), 1);
    assert_int_equal(question.position, 14);
    assert_int_equal(question.distance, 4); // from newt to does
    assert_int_equal(question.n_candidates, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(l->tags[question.candidates[i]], 'A');
    assert_answer(l, quest, AMBIT_RULE_HIERARCHICAL,
                  "does some newt who doesn't sleep amuse the yaks near my zebra ?");
    assert_answer(l, quest, AMBIT_RULE_LINEAR,
                  "doesn't some newt who sleep does amuse the yaks near my zebra ?");
    assert_answer(l, quest, AMBIT_RULE_LAST_AUXILIARY,
                  "does some newt who doesn't sleep amuse the yaks near my zebra ?");
    assert_answer(l, quest, AMBIT_RULE_FIRST_NOUN, "");
    assert_answer(l, NEWT " . decl\t" NEWT " .", AMBIT_RULE_LINEAR, NEWT " .");
    assert_wrong(l, quest, 0, "");
    assert_wrong(l, NEWT " . decl\t" NEWT " .", 0, "");
    assert_wrong(l, "the newt do sleep . decl\tthe newt do sleep .", 2,
                 "found 'do', expected does or doesn't, since the subject is singular");
    assert_wrong(l, "the newt does amuse . decl\tthe newt does amuse .", 4,
                 "found '.', expected a determiner");
    assert_wrong(l, "the newt does sleep . quest\tdoes the newts sleep ?", 8,
                 "found 'newts', expected 'newt' in this output");
    assert_wrong(l, "the newt does sleep .\tdoes the newt sleep ?", 4,
                 "found '.' as last word of the input, expected 'quest' or 'decl'");
    ambit_language_destroy(&l);
}

static void tense_rules(void **state)
{
    (void)state;
    AmbitLanguage *l = make_language("tense_inflection", NULL);
    AmbitQuestion q[3];
    int32_t words[LONGEST];
    const char *present = "my newts who the yak amused read . PRESENT\tmy newts who the yak amuses "
                          "read .";
    assert_int_equal(l->words.count, 98);
    assert_answer(l, present, AMBIT_RULE_HIERARCHICAL, "my newts who the yak amuses read .");
    assert_answer(l, present, AMBIT_RULE_LINEAR, "my newts who the yak amuses reads .");
    assert_answer(l, present, AMBIT_RULE_FIRST_NOUN, "my newts who the yak amuse read .");
    assert_answer(l, present, AMBIT_RULE_LAST_AUXILIARY, "");
    const AmbitSentence s = sentence_of(l, present, words);
    assert_int_equal(l->type->questions(l, &s, q), 2);
    assert_string_equal(l->type->kinds[q[0].kind], "other verb");
    assert_string_equal(l->type->kinds[q[1].kind], "main verb");
    assert_int_equal(q[1].position, 15);
    assert_int_equal(q[1].distance, 5);
    assert_int_equal(q[0].n_candidates, 3);
    assert_int_equal(q[1].n_candidates, 2); // the past of read is read
    assert_string_equal(l->words.texts[q[1].by_rule[AMBIT_RULE_LINEAR]], "reads");
    assert_wrong(l, present, 0, "");
    assert_wrong(l, "the newt reads . PAST\tthe newt reads .", 2,
                 "found 'reads', expected a verb in the past");
    assert_wrong(l, "the newt who the yak slept ate . PAST\tthe", 5,
                 "found 'slept', expected a verb that takes an object");
    assert_wrong(l, "the newt ate . PRESENT\tthe newt eat .", 7,
                 "found 'eat', expected 'eats' in this output");
    assert_wrong(l, "the newt near the yaks ate . PRESENT\tthe newt near the yaks eat .", 0, "");
    ambit_language_destroy(&l);
}

/* Asserts that the tree of a sentence has these spans, in order. */
static void assert_tree(const AmbitLanguage *language, const char *sentence, const char *expected)
{
    int32_t words[LONGEST];
    AmbitSpan spans[LONGEST];
    char text[1024] = "";
    size_t n_words, used = 0;
    const AmbitSentence s = sentence_of(language, sentence, words);
    size_t n = language->type->tree(language, &s, spans, &n_words);
    assert_int_equal(n, n_words - 1);
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%zu-%zu", i ? " " : "",
                                 spans[i].first, spans[i].last);
    assert_string_equal(text, expected);
}

static void question_trees(void **state)
{
    (void)state;
    AmbitLanguage *l = make_language("question_formation", NULL);
    assert_tree(l, "the newt does sleep . decl\t.", "0-3 0-1 2-3");
    assert_tree(l, NEWT " . decl\t.", "0-11 0-4 0-1 2-4 3-4 5-11 6-11 7-11 7-8 9-11 10-11");
    assert_tree(l, "the newt that the yak does amuse does sleep . decl\t.",
                "0-8 0-6 0-1 2-6 3-6 3-4 5-6 7-8");
    assert_tree(l, "the newt that does amuse the yak does sleep . decl\t.",
                "0-8 0-6 0-1 2-6 3-6 4-6 5-6 7-8");
    ambit_language_destroy(&l);
}

static void tense_trees(void **state)
{
    (void)state;
    AmbitLanguage *l = make_language("tense_inflection", NULL);
    assert_tree(l, "the newt slept . PAST\t.", "0-2 0-1");
    assert_tree(l, "the newt who the yak amused ate . PAST\t.", "0-6 0-5 0-1 2-5 3-5 3-4");
    assert_tree(l, "the newt who amused the yak accepted my zebras by her yaks . PAST\t.",
                "0-11 0-5 0-1 2-5 3-5 4-5 6-11 7-11 7-8 9-11 10-11");
    ambit_language_destroy(&l);
}

/* Every sentence of every split is one of the language and has a tree; the linear rule is right in
 * domain and wrong elsewhere. */
static void all_sentences_are_right(const char *name)
{
    AmbitCorpus *corpus = make_corpus(name, 9000, 1000, 10000, 3);
    const AmbitLanguage *l = corpus->language;
    for (size_t s = 0; s < AMBIT_N_SPLITS; s++)
        for (size_t i = 0; i < corpus->splits[s].n_sentences; i++) {
            AmbitSpan spans[LONGEST];
            AmbitQuestion questions[3];
            size_t n, word;
            const AmbitSentence sentence = ambit_split_sentence(&corpus->splits[s], i);
            assert_int_equal(l->type->check(l, &sentence, &word, NULL), AMBIT_OK);
            size_t n_spans = l->type->tree(l, &sentence, spans, &n);
            assert_int_equal(n_spans + 1, n);
            size_t n_questions = l->type->questions(l, &sentence, questions);
            for (size_t q = 0; q < n_questions; q++) {
                int32_t right = sentence.words[questions[q].position];
                bool linear = questions[q].by_rule[AMBIT_RULE_LINEAR] == right;
                bool unseen = s == AMBIT_SPLIT_GENERALIZATION;
                assert_int_equal(questions[q].by_rule[AMBIT_RULE_HIERARCHICAL], right);
                assert_int_equal(linear, !unseen || questions[q].kind != 0);
            }
        }
    ambit_corpus_destroy(&corpus);
}

/* Each generalization question has two auxiliaries of the same number, one of them negated. */
static void questions_of_generalization(void **state)
{
    (void)state;
    AmbitCorpus *corpus = make_corpus("question_formation", 1, 0, 10000, 3);
    const AmbitLanguage *l = corpus->language;
    for (size_t i = 0; i < 10000; i++) {
        const AmbitSentence s =
            ambit_split_sentence(&corpus->splits[AMBIT_SPLIT_GENERALIZATION], i);
        const char *found[3];
        size_t n = 0;
        assert_string_equal(l->words.texts[s.words[s.n_input - 1]], "quest");
        for (size_t k = 0; k < s.n_input && n < 3; k++)
            if (l->tags[s.words[k]] == 'A')
                found[n++] = l->words.texts[s.words[k]];
        assert_int_equal(n, 2);
        assert_int_equal(strstr(found[0], "does") != NULL, strstr(found[1], "does") != NULL);
        assert_int_not_equal(strstr(found[0], "n't") != NULL, strstr(found[1], "n't") != NULL);
    }
    ambit_corpus_destroy(&corpus);
}

static void all_questions_are_right(void **state)
{
    (void)state;
    all_sentences_are_right("question_formation");
}

static void all_tenses_are_right(void **state)
{
    (void)state;
    all_sentences_are_right("tense_inflection");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(question_rules),
                                       cmocka_unit_test(question_trees),
                                       cmocka_unit_test(tense_rules),
                                       cmocka_unit_test(tense_trees),
                                       cmocka_unit_test(all_questions_are_right),
                                       cmocka_unit_test(questions_of_generalization),
                                       cmocka_unit_test(all_tenses_are_right)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
