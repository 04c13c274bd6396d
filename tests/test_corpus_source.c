// SPDX-License-Identifier: MIT
// The source of a corpus: epochs, purity, what is scored; and what the keys of a corpus change.
#include "testing.h"

#include "ambit/memory.h"
#include "language_fixtures.h"
#include <string.h>

enum { BATCH = 16 };

static AmbitCorpusTraining *make_training(const AmbitCorpus *corpus, AmbitLossOn loss_on,
                                          uint64_t order, uint64_t dropout)
{
    AmbitCorpusTraining *training;
    assert_int_equal(
        ambit_corpus_training_create(&training, corpus, loss_on, BATCH, order, dropout, NULL),
        AMBIT_OK);
    return training;
}

/* Steps 0 … go through all sentences once, then through all again in another order. */
static void epochs_are_permutations(void **state)
{
    (void)state;
    enum { N = 1000 };
    AmbitCorpus *corpus = make_corpus("tense_inflection", N, 0, 0, 0);
    AmbitCorpusTraining *training = make_training(corpus, AMBIT_LOSS_ON_ALL, 5, 0);
    AmbitCorpusTraining *other = make_training(corpus, AMBIT_LOSS_ON_ALL, 6, 0);
    const AmbitSource source = ambit_corpus_source(training);
    size_t order[2][N], same_epochs = 0, same_seeds = 0;
    for (size_t number = 0; number < 2 * N; number++) {
        int64_t step = (int64_t)(number / BATCH);
        double epoch;
        size_t i = ambit_corpus_training_sentence(training, step, number % BATCH);
        order[number / N][number % N] = i;
        same_seeds += i == ambit_corpus_training_sentence(other, step, number % BATCH);
        source.type->column_values(source.state, step, &epoch);
        if (number % BATCH == 0)
            assert_true(epoch == (double)(number / N));
    }
    for (size_t e = 0; e < 2; e++) {
        bool seen[N] = {false};
        for (size_t i = 0; i < N; i++) {
            assert_false(seen[order[e][i]]);
            seen[order[e][i]] = true;
        }
    }
    for (size_t i = 0; i < N; i++)
        same_epochs += order[0][i] == order[1][i];
    // Independent permutations agree in one place on average: 12 or more have probability 10⁻⁹.
    assert_true(same_epochs < 12);
    assert_true(same_seeds < 24);
    ambit_corpus_training_destroy(&other);
    ambit_corpus_training_destroy(&training);
    ambit_corpus_destroy(&corpus);
}

/* Asserts that sequence b of a batch is sentence s, and counts its scored rows from *scored on. */
static void assert_sequence(const AmbitBatch *batch, size_t b, const AmbitLanguage *l,
                            const AmbitSentence *s, AmbitLossOn loss_on, size_t *scored)
{
    size_t first = batch->offset[b];
    AmbitQuestion questions[64];
    size_t n_questions = l->type->questions(l, s, questions), n = 0;
    assert_int_equal(batch->offset[b + 1] - first, s->n_words + 1);
    assert_int_equal(batch->prefix[b], s->n_words + 1);
    assert_int_equal(batch->class_label[b], l->type->class_label(l, s));
    for (size_t i = 0; i <= s->n_words; i++) {
        int32_t next = i < s->n_words ? s->words[i] : (int32_t)l->words.count;
        bool asked =
            loss_on == AMBIT_LOSS_ON_ALL || (loss_on == AMBIT_LOSS_ON_OUTPUT && i >= s->n_input);
        assert_int_equal(batch->position[first + i], i);
        assert_int_equal(batch->id[first + i], i ? s->words[i - 1] : (int32_t)l->words.count + 1);
        if (loss_on == AMBIT_LOSS_ON_ANSWER && n < n_questions && questions[n].position == i)
            asked = true, n++;
        if (!asked)
            continue;
        assert_int_equal(batch->scored ? batch->scored[*scored] : *scored, first + i);
        assert_int_equal(batch->target_id[*scored], next);
        assert_true(batch->weight[*scored] == 1);
        ++*scored;
    }
}

/* Draws steps at once and in shards: the same sequences, as many scored rows as said before, within
 * the sizes that memory is made for. */
static void assert_draws(const char *name, AmbitLossOn loss_on)
{
    AmbitCorpus *corpus = make_corpus(name, 100, 0, 0, 1);
    AmbitCorpusTraining *training = make_training(corpus, loss_on, 2, 77);
    const AmbitSource source = ambit_corpus_source(training);
    const AmbitSplit *split = &corpus->splits[AMBIT_SPLIT_TRAIN];
    void *workspace;
    assert_int_equal(source.type->workspace_create(source.state, BATCH, &workspace, NULL),
                     AMBIT_OK);
    for (int64_t step = 0; step < 40; step++) {
        size_t total = 0;
        for (size_t first = 0, n; first < BATCH; first += n) {
            AmbitKey key = {9, (uint64_t)step, AMBIT_TRAINING};
            AmbitBatch batch;
            n = step % 2 ? 5 : BATCH;
            n = n < BATCH - first ? n : BATCH - first;
            AmbitBatchSizes sizes = source.type->sizes(source.state, n);
            source.type->draw(source.state, key, first, n, workspace, &batch);
            assert_int_equal(batch.n_sequences, n);
            assert_true(ambit_batch_rows(&batch) <= sizes.n_rows);
            assert_true(ambit_batch_scored(&batch) <= sizes.n_scored);
            assert_true(batch.key.seed == 77 && batch.key.step == (uint64_t)step);
            assert_int_equal(batch.first, first);
            size_t scored = 0;
            for (size_t b = 0; b < n; b++) {
                size_t i = ambit_corpus_training_sentence(training, step, first + b);
                const AmbitSentence s = ambit_split_sentence(split, i);
                assert_true(s.n_words + 1 <= sizes.longest);
                assert_sequence(&batch, b, corpus->language, &s, loss_on, &scored);
            }
            assert_int_equal(ambit_batch_scored(&batch), scored);
            total += scored;
        }
        assert_int_equal(source.type->n_scored(source.state, step, BATCH), total);
        assert_true(total > 0);
    }
    source.type->workspace_destroy(workspace);
    ambit_corpus_training_destroy(&training);
    ambit_corpus_destroy(&corpus);
}

static void draws_are_pure(void **state)
{
    (void)state;
    for (int loss_on = AMBIT_LOSS_ON_ALL; loss_on <= AMBIT_LOSS_ON_ANSWER; loss_on++) {
        assert_draws("question_formation", (AmbitLossOn)loss_on);
        assert_draws("tense_inflection", (AmbitLossOn)loss_on);
    }
}

/* The largest batch is as large as sizes say, also where an epoch ends inside. */
static void sizes_cover_epochs(void **state)
{
    (void)state;
    AmbitCorpus *corpus = make_corpus("question_formation", 3, 0, 0, 0);
    AmbitCorpusTraining *training = make_training(corpus, AMBIT_LOSS_ON_ALL, 0, 0);
    const AmbitSource source = ambit_corpus_source(training);
    for (size_t n = 1; n <= 12; n++) {
        size_t most = source.type->sizes(source.state, n).n_rows;
        for (int64_t step = 0; step < 200; step++)
            assert_true(source.type->n_scored(source.state, step, n) <= most);
        assert_true(most <= n * source.type->sizes(source.state, 1).n_rows);
    }
    ambit_corpus_training_destroy(&training);
    ambit_corpus_destroy(&corpus);
}

static bool same_sentences(const AmbitSplit *a, const AmbitSplit *b, size_t n)
{
    return memcmp(a->offset, b->offset, (n + 1) * sizeof *a->offset) == 0 &&
           memcmp(a->words, b->words, a->offset[n] * sizeof *a->words) == 0;
}

static void corpora_by_seed_and_size(void **state)
{
    (void)state;
    AmbitCorpus *small = make_corpus("tense_inflection", 500, 1000, 200, 8);
    AmbitCorpus *large = make_corpus("tense_inflection", 20000, 1000, 200, 8);
    AmbitCorpus *other = make_corpus("tense_inflection", 500, 1000, 200, 9);
    for (size_t s = 0; s < AMBIT_N_SPLITS; s++) {
        size_t n = small->splits[s].n_sentences;
        assert_true(same_sentences(&small->splits[s], &large->splits[s], n));
        assert_false(same_sentences(&small->splits[s], &other->splits[s], n));
    }
    assert_int_equal(small->longest, larger((double)small->splits[0].longest,
                                            larger((double)small->splits[1].longest,
                                                   (double)small->splits[2].longest)));
    ambit_corpus_destroy(&small);
    ambit_corpus_destroy(&large);
    ambit_corpus_destroy(&other);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Asserts that no two inputs of all splits are the same but for their markers. */
static void assert_distinct(const AmbitCorpus *corpus)
{
    size_t n = 0, total = 0;
    for (size_t s = 0; s < AMBIT_N_SPLITS; s++)
        total += corpus->splits[s].n_sentences;
    char **texts = ambit_alloc(total, sizeof *texts);
    for (size_t s = 0; s < AMBIT_N_SPLITS; s++)
        for (size_t i = 0; i < corpus->splits[s].n_sentences; i++) {
            AmbitSentence sentence = ambit_split_sentence(&corpus->splits[s], i);
            sentence.n_words = sentence.n_input - 1;
            texts[n] = ambit_alloc(512, 1);
            sentence_text(corpus->language, &sentence, texts[n++], 512);
        }
    qsort(texts, n, sizeof *texts, by_text);
    for (size_t i = 1; i < n; i++)
        assert_string_not_equal(texts[i - 1], texts[i]);
    for (size_t i = 0; i < n; i++)
        ambit_free(texts[i]);
    ambit_free(texts);
}

/* Of the published sizes; the shortest sentences of tense_inflection run out. */
static void no_input_twice(void **state)
{
    (void)state;
    AmbitCorpus *corpus = make_corpus("question_formation", 100000, 1000, 10000, 2);
    assert_distinct(corpus);
    ambit_corpus_destroy(&corpus);
    corpus = make_corpus("tense_inflection", 100000, 1000, 10000, 2);
    assert_distinct(corpus);
    ambit_corpus_destroy(&corpus);
}

/* The settings of question_formation and tense_inflection. */
typedef struct Settings {
    double identity, identity_clauses;
    int64_t patterns;
} Settings;

static void half_identity(void *settings)
{
    *(Settings *)settings = (Settings){0.5, 0.1, 30};
}

static void no_identity_three_patterns(void *settings)
{
    *(Settings *)settings = (Settings){0, 0.3, 3};
}

static void one_pattern(void *settings)
{
    *(Settings *)settings = (Settings){0.5, 0, 1};
}

static void clauses_without_patterns(void *settings)
{
    *(Settings *)settings = (Settings){0.5, 0.3, 1};
}

/* Counts declarations, those with a clause on the subject, and kinds of tag sequences. */
static void count(const AmbitCorpus *corpus, double *declarations, double *clauses, size_t *kinds)
{
    const AmbitLanguage *l = corpus->language;
    const AmbitSplit *split = &corpus->splits[AMBIT_SPLIT_TRAIN];
    static char patterns[64][64];
    *declarations = *clauses = 0;
    *kinds = 0;
    for (size_t i = 0; i < split->n_sentences; i++) {
        const AmbitSentence s = ambit_split_sentence(split, i);
        char tags[64] = "";
        bool identity = split->class_label[i] == 1;
        *declarations += identity;
        *clauses += identity && l->type->category(l, &s) >= 2;
        for (size_t k = 0; k + 1 < s.n_input; k++)
            tags[k] = l->tags[s.words[k]];
        size_t at = 0;
        while (at < *kinds && strcmp(patterns[at], tags) != 0)
            at++;
        if (at == *kinds)
            strcpy(patterns[(*kinds)++], tags);
    }
}

static void keys_of_languages(void **state)
{
    (void)state;
    static void (*const sets[])(void *) = {half_identity, no_identity_three_patterns, one_pattern};
    static const double shares[][2] = {{0.5, 0.05}, {0, 0}, {0.5, 0}};
    static const size_t patterns[] = {30, 3, 1};
    const AmbitCorpusSettings settings = {.n_sentences = {20000, 0, 10}};
    for (size_t i = 0; i < 3; i++) {
        AmbitCorpus *corpus;
        double declarations, clauses;
        size_t kinds;
        assert_int_equal(ambit_corpus_draw(&corpus, make_language("question_formation", sets[i]),
                                           &settings, NULL),
                         AMBIT_OK);
        count(corpus, &declarations, &clauses, &kinds);
        assert_int_equal(kinds, patterns[i]); // 5 standard deviations of 20,000 halves: 354
        assert_true(fabs(declarations - 20000 * shares[i][0]) <= 360 * (shares[i][0] > 0));
        assert_true(fabs(clauses - 20000 * shares[i][1]) <= 160 * (shares[i][1] > 0));
        ambit_corpus_destroy(&corpus);
    }
    AmbitLanguage *none;
    AmbitError error;
    assert_int_equal(
        ambit_language_create(&none, ambit_language_type_find("tense_inflection"), NULL), AMBIT_OK);
    clauses_without_patterns(none->settings);
    assert_int_equal(ambit_language_finish(none, &error), AMBIT_INVALID);
    assert_string_equal(error.parameter, "identity_clauses");
    assert_string_equal(error.message,
                        "found 0.3, but the 1 most frequent patterns have no relative clause on "
                        "the subject; give 0, or at least 7 patterns");
    ambit_language_destroy(&none);
}

/* Sentences that only one rule explains come after the others, which do not change. */
static void added_sentences(void **state)
{
    (void)state;
    const AmbitCorpusSettings settings = {
        .n_sentences = {500, 100, 200}, .seed = 8, .hierarchical_only = 300, .linear_only = 200};
    AmbitCorpus *plain = make_corpus("question_formation", 500, 100, 200, 8), *more;
    assert_int_equal(
        ambit_corpus_draw(&more, make_language("question_formation", NULL), &settings, NULL),
        AMBIT_OK);
    const AmbitSplit *train = &more->splits[AMBIT_SPLIT_TRAIN];
    assert_int_equal(train->n_sentences, 1000);
    assert_true(same_sentences(&plain->splits[AMBIT_SPLIT_TRAIN], train, 500));
    for (size_t i = 500; i < 1000; i++) {
        const AmbitSentence s = ambit_split_sentence(train, i);
        AmbitQuestion question;
        size_t word;
        AmbitRule right = i < 800 ? AMBIT_RULE_HIERARCHICAL : AMBIT_RULE_LINEAR;
        assert_int_equal(more->language->type->questions(more->language, &s, &question), 1);
        assert_int_equal(question.by_rule[right], s.words[s.n_input]);
        assert_int_not_equal(question.by_rule[AMBIT_RULE_LINEAR],
                             question.by_rule[AMBIT_RULE_HIERARCHICAL]);
        assert_int_equal(more->language->type->check(more->language, &s, &word, NULL), AMBIT_OK);
    }
    assert_distinct(more);
    ambit_corpus_destroy(&plain);
    ambit_corpus_destroy(&more);
}

/* A declaration alone has no answer. */
static void nothing_to_train(void **state)
{
    (void)state;
    AmbitCorpus *corpus = make_corpus("question_formation", 1, 0, 0, 0);
    AmbitCorpusTraining *training;
    AmbitError error;
    for (int64_t seed = 0; corpus->splits[0].class_label[0] == 0; seed++) {
        ambit_corpus_destroy(&corpus);
        corpus = make_corpus("question_formation", 1, 0, 0, seed);
    }
    assert_int_equal(
        ambit_corpus_training_create(&training, corpus, AMBIT_LOSS_ON_ANSWER, 1, 0, 0, &error),
        AMBIT_INVALID);
    assert_null(training);
    assert_string_equal(error.parameter, "loss_on");
    ambit_corpus_destroy(&corpus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epochs_are_permutations), cmocka_unit_test(draws_are_pure),
        cmocka_unit_test(sizes_cover_epochs),      cmocka_unit_test(corpora_by_seed_and_size),
        cmocka_unit_test(no_input_twice),          cmocka_unit_test(keys_of_languages),
        cmocka_unit_test(added_sentences),         cmocka_unit_test(nothing_to_train)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
