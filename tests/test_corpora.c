// SPDX-License-Identifier: MIT
// Drawn corpora against counts of the published files. Bounds on statistics are such that a new
// seed would break one with probability 10⁻⁶, with the counts of the files taken as exact.
#include "testing.h"

#include "language_fixtures.h"
#include <gsl/gsl_cdf.h>
#include <stdio.h>
#include <string.h>

enum { NONE, BARE, PP, SRCI, ORC, SRCT, N_SHAPES }; // what stands on subject or object
enum { LONGEST = 64 };

/* Counts of sentences by class, subject and object. */
typedef struct Counts {
    double cells[2][N_SHAPES][N_SHAPES];
} Counts;

/* Returns what a noun phrase is at the start of tags, and its length. */
static int phrase_shape(const char *tags, bool auxiliaries, size_t *length)
{
    static const char *const with[] = {"DNRDNAV", "DNRAVDN", "DNRAV", "DNPDN", "DN"};
    static const char *const without[] = {"DNRDNV", "DNRVDN", "DNRV", "DNPDN", "DN"};
    static const int shapes[] = {ORC, SRCT, SRCI, PP, BARE};
    for (size_t i = 0; i < 5; i++) {
        const char *pattern = auxiliaries ? with[i] : without[i];
        *length = strlen(pattern);
        if (strncmp(tags, pattern, *length) == 0)
            return shapes[i];
    }
    *length = 0;
    return NONE;
}

static void count_sentence(Counts *counts, const AmbitLanguage *l, const AmbitSentence *s)
{
    char tags[LONGEST] = "";
    bool auxiliaries = strcmp(l->type->name, "question_formation") == 0;
    size_t subject_length, object_length;
    for (size_t i = 0; i + 2 < s->n_input; i++)
        tags[i] = l->tags[s->words[i]];
    int subject = phrase_shape(tags, auxiliaries, &subject_length);
    const char *after = tags + subject_length;
    const char *verb = auxiliaries ? "AV" : "V";
    assert_int_equal(strncmp(after, verb, strlen(verb)), 0);
    after += strlen(verb);
    int object = phrase_shape(after, auxiliaries, &object_length);
    assert_int_equal(after[object_length], '\0');
    counts->cells[l->type->class_label(l, s)][subject][object]++;
}

static Counts count_split(const AmbitCorpus *corpus, AmbitSplitName name)
{
    Counts counts = {{{{0}}}};
    const AmbitSplit *split = &corpus->splits[name];
    for (size_t i = 0; i < split->n_sentences; i++) {
        const AmbitSentence s = ambit_split_sentence(split, i);
        count_sentence(&counts, corpus->language, &s);
    }
    return counts;
}

static size_t n_patterns(const Counts *counts)
{
    size_t n = 0;
    for (int s = 0; s < N_SHAPES; s++)
        for (int o = 0; o < N_SHAPES; o++)
            n += counts->cells[0][s][o] + counts->cells[1][s][o] > 0;
    return n;
}

/* Asserts that counts are a sample of what the published counts are, too. */
static void assert_sampled(const char *name, const Counts *found, const Counts *published)
{
    enum { N = 2 * N_SHAPES * N_SHAPES };
    double shares[N], total = 0;
    size_t n_cells = 0;
    for (size_t i = 0; i < N; i++)
        total += (&published->cells[0][0][0])[i];
    for (size_t i = 0; i < N; i++) {
        shares[i] = (&published->cells[0][0][0])[i] / total;
        n_cells += shares[i] > 0;
    }
    double statistic = chi_square(&found->cells[0][0][0], shares, N);
    double p = gsl_cdf_chisq_Q(statistic, (double)(n_cells - 1));
    print_message("%s: chi-square %.1f of %zu cells, p = %.2g\n", name, statistic, n_cells, p);
    assert_true(p > 1e-6);
}

/* Declarations with a clause on the subject are known by their sums only. */
#define CLAUSE(n)                                                                                  \
    {                                                                                              \
        397. * (n) / 1832, 413. * (n) / 1832, 450. * (n) / 1832, 274. * (n) / 1832,                \
            155. * (n) / 1832, 143. * (n) / 1832                                                   \
    }
static const Counts questions_in_domain = {
    {{{0}, {28, 778, 840, 517, 241, 260}, {320, 318, 315, 209, 107, 101}},
     {{0},
      {32, 772, 811, 518, 280, 288},
      {346, 303, 351, 203, 110, 120},
      CLAUSE(469),
      CLAUSE(905),
      CLAUSE(458)}}};
#define OBJECTS(n)                                                                                 \
    {                                                                                              \
        5921. * (n), 2002. * (n), 2077. * (n)                                                      \
    }
static const Counts questions_unseen = {
    {{[SRCI] = OBJECTS(3204), [ORC] = OBJECTS(3333), [SRCT] = OBJECTS(3463)}}};
static const Counts tense_in_domain = {{{{0},
                                         {272, 493, 530, 163, 166, 168},
                                         {269, 240, 266, 83, 91, 80},
                                         {173, 184, 175, 62, 63, 52},
                                         {81, 83, 89, 21, 22, 26},
                                         {81, 78, 88, 23, 24, 28}},
                                        {{0},
                                         {260, 522, 471, 175, 172, 161},
                                         {549, 482, 517, 173, 165, 173},
                                         {154, 151, 169, 64, 58, 60},
                                         {165, 190, 149, 58, 49, 72},
                                         {176, 157, 155, 66, 52, 61}}}};
static const Counts tense_unseen = {{{[PP] = {1537, 1521, 1467, 477, 513, 530},
                                      [ORC] = {524, 527, 502, 148, 137, 167},
                                      [SRCT] = {475, 490, 492, 172, 157, 164}}}};

static void shares_of_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const Counts *seen, *unseen;
        size_t patterns;
    } cases[] = {{"question_formation", &questions_in_domain, &questions_unseen, 9},
                 {"tense_inflection", &tense_in_domain, &tense_unseen, 18}};
    for (size_t i = 0; i < 2; i++) {
        AmbitCorpus *corpus = make_corpus(cases[i].name, 10000, 0, 10000, 11);
        const Counts seen = count_split(corpus, AMBIT_SPLIT_TRAIN);
        const Counts unseen = count_split(corpus, AMBIT_SPLIT_GENERALIZATION);
        assert_sampled(cases[i].name, &seen, cases[i].seen);
        assert_sampled(cases[i].name, &unseen, cases[i].unseen);
        assert_int_equal(n_patterns(&seen), 30);
        assert_int_equal(n_patterns(&unseen), cases[i].patterns);
        ambit_corpus_destroy(&corpus);
    }
}

/* Asserts a mean of lengths known to 0.05. */
static void assert_lengths(const AmbitCorpus *corpus, AmbitSplitName name, double mean,
                           size_t longest)
{
    const AmbitSplit *split = &corpus->splits[name];
    double n = (double)split->n_sentences, sum = 0, squares = 0;
    for (size_t i = 0; i < split->n_sentences; i++) {
        double length = (double)ambit_split_sentence(split, i).n_words;
        sum += length;
        squares += length * length;
    }
    double found = sum / n, error = sqrt((squares / n - found * found) / n);
    print_message("%s %s: mean length %.2f ± %.2f, published %.1f; longest %zu\n",
                  corpus->language->type->name, ambit_split_names[name], found, error, mean,
                  split->longest);
    assert_true(fabs(found - mean) <= 0.05 + 4.9 * error);
    assert_int_equal(split->longest, longest);
}

static void lengths(void **state)
{
    (void)state;
    AmbitCorpus *corpus = make_corpus("question_formation", 10000, 0, 10000, 4);
    assert_lengths(corpus, AMBIT_SPLIT_TRAIN, 22.4, 35);
    assert_lengths(corpus, AMBIT_SPLIT_GENERALIZATION, 22.6, 31);
    ambit_corpus_destroy(&corpus);
    corpus = make_corpus("tense_inflection", 10000, 0, 10000, 4);
    assert_lengths(corpus, AMBIT_SPLIT_TRAIN, 19.4, 29);
    assert_lengths(corpus, AMBIT_SPLIT_GENERALIZATION, 21.9, 29);
    ambit_corpus_destroy(&corpus);
}

/* How often a rule is right at the first kind of question, at every question, and outputs the whole
 * sentence. */
typedef struct Right {
    double first, every, whole, n;
} Right;

static Right rule_right(const AmbitCorpus *corpus, AmbitSplitName name, AmbitRule rule)
{
    const AmbitSplit *split = &corpus->splits[name];
    const AmbitLanguage *l = corpus->language;
    Right right = {0};
    for (size_t i = 0; i < split->n_sentences; i++) {
        const AmbitSentence s = ambit_split_sentence(split, i);
        AmbitQuestion questions[LONGEST];
        int32_t output[LONGEST];
        size_t n = l->type->questions(l, &s, questions);
        bool first = true, every = true;
        if (n == 0 || l->type->class_label(l, &s) == 1)
            continue;
        for (size_t q = 0; q < n; q++) {
            bool is_right = questions[q].by_rule[rule] == s.words[questions[q].position];
            every = every && is_right;
            first = first && (is_right || questions[q].kind != 0);
        }
        size_t n_output = l->type->answer(l, &s, rule, output);
        right.n++;
        right.first += first;
        right.every += every;
        right.whole += n_output == s.n_words - s.n_input &&
                       memcmp(output, s.words + s.n_input, n_output * sizeof *output) == 0;
    }
    print_message("%s %s, %s: right in %.4f (all answers %.4f, whole sentences %.4f) of %.0f\n",
                  l->type->name, ambit_split_names[name], ambit_rule_names[rule],
                  right.first / right.n, right.every / right.n, right.whole / right.n, right.n);
    return right;
}

/* Asserts a share within five standard deviations of a published one. */
static void assert_share(double count, double n, double share)
{
    assert_true(fabs(count - n * share) <= 5 * sqrt(n * share * (1 - share)));
}

static void rules_of_questions(void **state)
{
    (void)state;
    AmbitCorpus *corpus = make_corpus("question_formation", 10000, 0, 10000, 5);
    Right right = rule_right(corpus, AMBIT_SPLIT_TRAIN, AMBIT_RULE_LINEAR);
    assert_true(right.first == right.n && right.whole == right.n);
    assert_share(right.n, 10000, 0.4034);
    right = rule_right(corpus, AMBIT_SPLIT_TRAIN, AMBIT_RULE_LAST_AUXILIARY);
    assert_share(right.first, right.n, 2965 / 4034.);
    right = rule_right(corpus, AMBIT_SPLIT_GENERALIZATION, AMBIT_RULE_LINEAR);
    assert_true(right.first == 0 && right.whole == 0 && right.n == 10000);
    right = rule_right(corpus, AMBIT_SPLIT_GENERALIZATION, AMBIT_RULE_HIERARCHICAL);
    assert_true(right.whole == 10000);
    right = rule_right(corpus, AMBIT_SPLIT_GENERALIZATION, AMBIT_RULE_LAST_AUXILIARY);
    assert_true(right.first == 10000 && right.whole == 10000);
    right = rule_right(corpus, AMBIT_SPLIT_GENERALIZATION, AMBIT_RULE_FIRST_NOUN);
    assert_true(right.first == 0 && right.whole == 0);
    ambit_corpus_destroy(&corpus);
}

static void rules_of_tense(void **state)
{
    (void)state;
    AmbitCorpus *corpus = make_corpus("tense_inflection", 10000, 0, 10000, 6);
    Right right = rule_right(corpus, AMBIT_SPLIT_TRAIN, AMBIT_RULE_LINEAR);
    assert_true(right.first == right.n && right.whole == right.n);
    assert_share(right.n, 10000, 0.4174);
    right = rule_right(corpus, AMBIT_SPLIT_GENERALIZATION, AMBIT_RULE_LINEAR);
    assert_true(right.first == 0 && right.n == 10000);
    right = rule_right(corpus, AMBIT_SPLIT_GENERALIZATION, AMBIT_RULE_HIERARCHICAL);
    assert_true(right.whole == 10000);
    right = rule_right(corpus, AMBIT_SPLIT_GENERALIZATION, AMBIT_RULE_FIRST_NOUN);
    assert_true(right.first == 10000 && right.whole == right.every);
    assert_share(right.whole, 10000, 0.6970);
    ambit_corpus_destroy(&corpus);
}

/* Share of the gold tree's spans that a tree has whose spans all end at the last word, or start at
 * the first. As all trees are binary, it is the F1. */
static void branching(const AmbitCorpus *corpus, AmbitSplitName name, int class_label,
                      double right_published, double left_published)
{
    const AmbitSplit *split = &corpus->splits[name];
    double right = 0, left = 0, total = 0;
    for (size_t i = 0; i < split->n_sentences; i++) {
        const AmbitSentence s = ambit_split_sentence(split, i);
        AmbitSpan spans[LONGEST];
        size_t n_words;
        if (class_label >= 0 && split->class_label[i] != class_label)
            continue;
        size_t n = corpus->language->type->tree(corpus->language, &s, spans, &n_words);
        for (size_t k = 0; k < n; k++) {
            right += spans[k].last == n_words - 1;
            left += spans[k].first == 0;
        }
        total += (double)n;
    }
    print_message("%s %s: right-branching %.3f (published %.3f), left-branching %.3f (%.3f)\n",
                  corpus->language->type->name, ambit_split_names[name], right / total,
                  right_published, left / total, left_published);
    assert_true(fabs(right / total - right_published) <= 0.01);
    assert_true(fabs(left / total - left_published) <= 0.01);
}

static void trees_branch_as_published(void **state)
{
    (void)state;
    AmbitCorpus *corpus = make_corpus("question_formation", 10000, 0, 10000, 7);
    branching(corpus, AMBIT_SPLIT_TRAIN, 0, 0.662, 0.288);
    branching(corpus, AMBIT_SPLIT_TRAIN, -1, 0.611, 0.284);
    branching(corpus, AMBIT_SPLIT_GENERALIZATION, -1, 0.367, 0.341);
    ambit_corpus_destroy(&corpus);
    corpus = make_corpus("tense_inflection", 10000, 0, 10000, 7);
    branching(corpus, AMBIT_SPLIT_TRAIN, -1, 0.500, 0.366);
    ambit_corpus_destroy(&corpus);
}

/* Asserts that words of a tag (of the input, without verbs' other forms) are drawn evenly. */
static void assert_even(const AmbitCorpus *corpus, char tag)
{
    const AmbitLanguage *l = corpus->language;
    const AmbitSplit *split = &corpus->splits[AMBIT_SPLIT_TRAIN];
    double counts[128] = {0}, shares[128];
    size_t n = 0;
    for (size_t i = 0; i < split->n_sentences; i++) {
        const AmbitSentence s = ambit_split_sentence(split, i);
        for (size_t k = 0; k < s.n_input; k++)
            counts[s.words[k]]++;
    }
    for (size_t w = 0; w < l->words.count; w++)
        if (l->tags[w] == tag)
            counts[n++] = counts[w];
    for (size_t w = 0; w < n; w++)
        shares[w] = 1 / (double)n;
    double p = gsl_cdf_chisq_Q(chi_square(counts, shares, n), (double)(n - 1));
    print_message("%s: %zu words of tag %c, p = %.2g\n", l->type->name, n, tag, p);
    assert_true(p > 1e-6);
}

/* All words of the vocabulary occur, those of a kind equally often. */
static void words_are_drawn_evenly(void **state)
{
    (void)state;
    static const char *const names[] = {"question_formation", "tense_inflection"};
    for (size_t i = 0; i < 2; i++) {
        AmbitCorpus *corpus = make_corpus(names[i], 10000, 0, 0, 8);
        const AmbitSplit *split = &corpus->splits[AMBIT_SPLIT_TRAIN];
        bool seen[128] = {false};
        size_t n_seen = 0;
        for (size_t k = 0; k < split->offset[split->n_sentences]; k++)
            seen[split->words[k]] = true;
        for (size_t w = 0; w < 128; w++)
            n_seen += seen[w];
        assert_int_equal(n_seen, i == 0 ? 68 : 98);
        for (const char *tag = "DNPR"; *tag; tag++)
            assert_even(corpus, *tag);
        ambit_corpus_destroy(&corpus);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_of_patterns),        cmocka_unit_test(lengths),
        cmocka_unit_test(rules_of_questions),        cmocka_unit_test(rules_of_tense),
        cmocka_unit_test(trees_branch_as_published), cmocka_unit_test(words_are_drawn_evenly)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
