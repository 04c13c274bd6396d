// SPDX-License-Identifier: MIT
// Dyck's sentences and splits against figures of the published files (Murty et al. 2305.18741),
// which a corpus of 200,000 training sentences reproduces.
#include "testing.h"

#include "ambit/memory.h"
#include "language_fixtures.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SENTENCES = 200000, HELD_OUT = 20000 };

/* Drawn once for all tests. */
static AmbitCorpus *corpus;

static int draw_corpus(void **state)
{
    (void)state;
    clock_t start = clock();
    corpus = make_corpus("dyck", SENTENCES, HELD_OUT, HELD_OUT, 1);
    print_message("drawn in %.2f s of CPU time\n", (double)(clock() - start) / CLOCKS_PER_SEC);
    return 0;
}

static int free_corpus(void **state)
{
    (void)state;
    ambit_corpus_destroy(&corpus);
    return 0;
}

static size_t length(const AmbitSplit *split, size_t i)
{
    return split->offset[i + 1] - split->offset[i];
}

static double mean_length(AmbitSplitName name)
{
    const AmbitSplit *split = &corpus->splits[name];
    return (double)split->offset[split->n_sentences] / (double)split->n_sentences;
}

/* Of the sampler's automaton the probabilities follow by recursion over depth and length; the mean
 * is 50 and 37,500 of 200,000 have length 4. Each bound fails with probability 10⁻⁶. */
static void lengths_of_training(void **state)
{
    (void)state;
    static const struct {
        size_t length;
        double below; // probability of this length or less
    } exact[] = {{4, 0.1875},   {6, 0.29688},   {14, 0.50250},
                 {58, 0.75134}, {216, 0.95094}, {372, 0.99005}};
    const AmbitSplit *split = &corpus->splits[AMBIT_SPLIT_TRAIN];
    double deep = 0, squares = 0, mean = mean_length(AMBIT_SPLIT_TRAIN);
    for (size_t k = 0; k < sizeof exact / sizeof *exact; k++) {
        double count = 0, p = exact[k].below;
        for (size_t i = 0; i < SENTENCES; i++)
            count += length(split, i) <= exact[k].length;
        print_message("train, length up to %zu: %.4f, exactly %.4f\n", exact[k].length,
                      count / SENTENCES, p);
        assert_true(fabs(count / SENTENCES - p) <= 1e-5 + 4.9 * sqrt(p * (1 - p) / SENTENCES));
    }
    for (size_t i = 0; i < SENTENCES; i++) {
        const AmbitSentence s = ambit_split_sentence(split, i);
        deep += corpus->language->type->category(corpus->language, &s) == 9;
        squares += (double)s.n_words * (double)s.n_words;
    }
    double error = sqrt((squares / SENTENCES - mean * mean) / SENTENCES);
    print_message("train: mean length %.2f ± %.2f, exactly 50, most %zu; %.3f reach depth 10\n",
                  mean, error, split->longest, deep / SENTENCES);
    assert_true(fabs(mean - 50) <= 4.9 * error);
    assert_true(split->longest > 1000);
    assert_true(fabs(deep / SENTENCES - 0.23) < 0.005 + 4.9 * sqrt(.23 * .77 / SENTENCES));
}

/* The published file has 20,000 sentences, too: the difference of two shares p has the standard
 * deviation √(2p/20,000); five of them, and 0.0005 for rounding. */
static void validation_is_as_published(void **state)
{
    (void)state;
    static const struct {
        size_t length;
        double share;
    } published[] = {{6, .158},  {8, .188},  {10, .146}, {12, .108},
                     {14, .088}, {16, .070}, {20, .049}, {30, .010}};
    static const double depths[10] = {1274, 6255, 6032, 3775, 1805, 659, 162, 29, 6, 3};
    const AmbitSplit *split = &corpus->splits[AMBIT_SPLIT_VALIDATION];
    double by_depth[10] = {0}, far = 0, closing = 0;
    for (size_t k = 0; k < sizeof published / sizeof *published; k++) {
        double count = 0, share = published[k].share;
        for (size_t i = 0; i < HELD_OUT; i++)
            count += length(split, i) == published[k].length;
        print_message("validation, length %zu: %.3f, published %.3f\n", published[k].length,
                      count / HELD_OUT, share);
        assert_true(fabs(count / HELD_OUT - share) <= 5e-4 + 5 * sqrt(2 * share / HELD_OUT));
    }
    for (size_t i = 0; i < HELD_OUT; i++) {
        static AmbitQuestion questions[4096];
        const AmbitSentence s = ambit_split_sentence(split, i);
        size_t n = corpus->language->type->questions(corpus->language, &s, questions);
        by_depth[corpus->language->type->category(corpus->language, &s)]++;
        for (size_t q = 0; q < n; q++)
            far += questions[q].distance >= 10;
        closing += (double)n;
    }
    for (size_t d = 0; d < 10; d++) {
        print_message("validation, depth %zu: %.0f, published %.0f\n", d + 1, by_depth[d],
                      depths[d]);
        assert_true(fabs(by_depth[d] - depths[d]) <= 5 * sqrt(by_depth[d] + depths[d]));
    }
    print_message("mean length of validation %.2f (published 13.27), of generalization %.1f; %.3f "
                  "of closing brackets at least 10 words away (.07)\n",
                  mean_length(AMBIT_SPLIT_VALIDATION), mean_length(AMBIT_SPLIT_GENERALIZATION),
                  far / closing);
    assert_true(fabs(mean_length(AMBIT_SPLIT_VALIDATION) - 13.27) < 0.35);
    assert_true(mean_length(AMBIT_SPLIT_GENERALIZATION) > 100);
    assert_true(fabs(far / closing - 0.07) < 0.01);
}

/* Blocks of training as texts of opening and closing, sorted. */
typedef struct Blocks {
    char **texts;
    size_t count;
} Blocks;

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Cuts a sentence at its returns to depth 0, by another way than the language does. */
static size_t blocks_of(const AmbitSentence *s, char **texts)
{
    size_t n = 0, first = 0;
    int depth = 0;
    for (size_t i = 0; i < s->n_words; i++) {
        depth += s->words[i] < 20 ? 1 : -1;
        if (depth > 0)
            continue;
        texts[n] = ambit_alloc(i - first + 2, 1);
        for (size_t k = first; k <= i; k++)
            texts[n][k - first] = s->words[k] < 20 ? '(' : ')';
        n++;
        first = i + 1;
    }
    return n;
}

static size_t n_unseen(const Blocks *seen, const AmbitSentence *s)
{
    char *texts[2048];
    size_t n = blocks_of(s, texts), unseen = 0;
    for (size_t i = 0; i < n; i++) {
        unseen += !bsearch(&texts[i], seen->texts, seen->count, sizeof *seen->texts, by_text);
        ambit_free(texts[i]);
    }
    return unseen;
}

/* On a smaller corpus: the texts of all blocks are compared. */
static void splits_by_structure(void **state)
{
    (void)state;
    AmbitCorpus *small = make_corpus("dyck", 20000, 2000, 2000, 2);
    const AmbitSplit *train = &small->splits[AMBIT_SPLIT_TRAIN];
    Blocks seen = {ambit_alloc(train->offset[20000], sizeof *seen.texts), 0};
    for (size_t i = 0; i < 20000; i++) {
        const AmbitSentence s = ambit_split_sentence(train, i);
        seen.count += blocks_of(&s, seen.texts + seen.count);
    }
    qsort(seen.texts, seen.count, sizeof *seen.texts, by_text);
    for (size_t i = 0; i < 2000; i++) {
        const AmbitSentence old = ambit_split_sentence(&small->splits[AMBIT_SPLIT_VALIDATION], i);
        const AmbitSentence new =
            ambit_split_sentence(&small->splits[AMBIT_SPLIT_GENERALIZATION], i);
        assert_int_equal(n_unseen(&seen, &old), 0);
        assert_true(n_unseen(&seen, &new) > 0);
        for (size_t k = 0; k < 20000; k++) // validation sentences are not in training
            assert_false(length(train, k) == old.n_words &&
                         memcmp(train->words + train->offset[k], old.words,
                                old.n_words * sizeof *old.words) == 0);
    }
    for (size_t i = 0; i < seen.count; i++)
        ambit_free(seen.texts[i]);
    ambit_free(seen.texts);
    ambit_corpus_destroy(&small);
}

static void sentences_and_questions(void **state)
{
    (void)state;
    const AmbitLanguage *l = corpus->language;
    int32_t words[16];
    AmbitQuestion q[16];
    AmbitError error;
    size_t word;
    assert_int_equal(l->words.count, 40);
    AmbitSentence s = sentence_of(l, "(a (b b) (t t) a) (c c)", words);
    assert_int_equal(l->type->check(l, &s, &word, NULL), AMBIT_OK);
    assert_int_equal(l->type->questions(l, &s, NULL), 4);
    assert_int_equal(l->type->questions(l, &s, q), 4);
    assert_int_equal(q[2].position, 5);
    assert_int_equal(q[2].distance, 5);
    assert_int_equal(q[2].n_candidates, 20);
    assert_string_equal(l->words.texts[q[2].candidates[19]], "t)");
    assert_string_equal(l->words.texts[q[2].by_rule[AMBIT_RULE_HIERARCHICAL]], "a)");
    assert_string_equal(l->words.texts[q[2].by_rule[AMBIT_RULE_LINEAR]], "t)");
    assert_int_equal(q[2].by_rule[AMBIT_RULE_FIRST_NOUN], -1);
    assert_int_equal(l->type->category(l, &s), 1);

    static const struct {
        const char *text, *message;
        size_t word;
    } wrong[] = {{"(a (b a) b)", "found 'a)', expected 'b)'", 2},
                 {"(a a) b)", "found 'b)', but no bracket is open", 2},
                 {"(a (b b)", "found the end, expected 'a)'", 3},
                 {"(a (a (a (a (a (a (a (a (a (a (a",
                  "found '(a' inside 10 open brackets, allowed depth "
                  "is 10",
                  10}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        s = sentence_of(l, wrong[i].text, words);
        assert_int_equal(l->type->check(l, &s, &word, &error), AMBIT_INVALID);
        assert_string_equal(error.message, wrong[i].message);
        assert_int_equal(word, wrong[i].word);
    }
}

/* One type of bracket, one deep: there is no new structure. */
static void shallow(void *settings)
{
    int64_t *numbers = settings;
    numbers[0] = numbers[1] = 1;
}

static void too_few_structures(void **state)
{
    (void)state;
    AmbitCorpus *none;
    AmbitError error;
    const AmbitCorpusSettings settings = {.n_sentences = {100, 0, 5}};
    assert_int_equal(ambit_corpus_draw(&none, make_language("dyck", shallow), &settings, &error),
                     AMBIT_INVALID);
    assert_null(none);
    assert_string_equal(error.parameter, "generalization");
    assert_string_equal(error.message,
                        "corpus.generalization: found 0 of 5 sentences with a structure that train "
                        "lacks, then none in 10000 draws; give at most 0, or a smaller train");
    const AmbitCorpusSettings rules = {.n_sentences = {100, 0, 0}, .linear_only = 1};
    assert_int_equal(ambit_corpus_draw(&none, make_language("dyck", NULL), &rules, &error),
                     AMBIT_INVALID);
    assert_string_equal(error.parameter, "linear_only");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_of_training), cmocka_unit_test(validation_is_as_published),
        cmocka_unit_test(splits_by_structure), cmocka_unit_test(sentences_and_questions),
        cmocka_unit_test(too_few_structures)};
    return cmocka_run_group_tests(tests, draw_corpus, free_corpus);
}
