// SPDX-License-Identifier: MIT
// Predictors of sentences: greedy continuations are those that reading every beginning anew gives,
// and an n-gram model's probabilities are those computed by hand.
#include "testing.h"

#include "../src/predict/reader.h"
#include "language_fixtures.h"

#include "ambit/head.h"
#include "ambit/memory.h"
#include "ambit/trainer.h"

#include <string.h>

enum { COUNT = 6, LONGEST_OUTPUT = 12 };

static AmbitModelSettings small(const AmbitCorpus *corpus, double range)
{
    AmbitModelSettings settings;
    ambit_parameters_default(ambit_model_parameters, &settings);
    settings.head = ambit_language_head(ambit_language_size(corpus->language) + 2, false);
    settings.trunk.n_context = (int64_t)corpus->longest + 1;
    settings.trunk.n_embd = 32;
    settings.trunk.n_layer = 2;
    settings.trunk.n_head = 2;
    settings.trunk.initializer_range = range;
    return settings;
}

static AmbitPredictor *transformer_of(const AmbitModel *model)
{
    AmbitError error = {0};
    AmbitKernels kernels;
    AmbitPredictor *predictor = NULL;
    AmbitStatus status = ambit_kernels_select(&kernels, "reference", &error);
    if (!status)
        status =
            ambit_predictor_transformer_create(&predictor, model, &kernels, "transformer", &error);
    if (status)
        fail_msg("%s", error.message);
    return predictor;
}

static AmbitPredictor *named(const char *name)
{
    AmbitError error = {0};
    AmbitPredictor *predictor = NULL;
    AmbitStatus status =
        ambit_predictor_create(&predictor, ambit_predictor_type_find(name), &error);
    if (!status)
        status = ambit_predictor_finish(predictor, &error);
    if (status)
        fail_msg("%s", error.message);
    return predictor;
}

/* A reader with the workspace of a predictor. */
typedef struct Reading {
    const AmbitPredictor *predictor;
    AmbitReader *reader;
    void *workspace;
} Reading;

static Reading open_reading(const AmbitCorpus *corpus, AmbitPredictor *predictor, size_t count)
{
    Reading reading = {.predictor = predictor};
    AmbitError error = {0};
    const AmbitReaderSizes sizes = {count, corpus->longest, LONGEST_OUTPUT};
    const AmbitBatchSizes batch = ambit_reader_batch_sizes(&sizes);
    const AmbitSentenceAnswers *answers = predictor->type->sentences;
    AmbitStatus status = answers->bind(predictor, corpus, &error);
    if (!status)
        status = ambit_reader_create(&reading.reader, corpus->language, &sizes, &error);
    if (!status && answers->workspace_create)
        status = answers->workspace_create(predictor, &batch, &reading.workspace, &error);
    if (status)
        fail_msg("%s", error.message);
    return reading;
}

static void close_reading(Reading *reading)
{
    if (reading->workspace)
        reading->predictor->type->sentences->workspace_destroy(reading->workspace);
    ambit_reader_destroy(&reading->reader);
}

/* What reading each beginning anew gives: the plain definition. Returns the number of words. */
static size_t continue_plainly(const Reading *reading, const AmbitCorpus *corpus,
                               const AmbitSentence *sentence, int32_t *words, bool *ended)
{
    const size_t n_words = (size_t)ambit_language_size(corpus->language) + 2;
    size_t n = 0, input = sentence->n_input;
    memcpy(words, sentence->words, input * sizeof *words);
    for (*ended = false;; n++) {
        const AmbitSentence beginning = {words, input + n, input};
        ambit_reader_read(reading->reader, reading->predictor, reading->workspace, &beginning, 1);
        int32_t word =
            ambit_most_likely(ambit_reader_log_p(reading->reader, 0, input + n), n_words);
        *ended = word == ambit_language_size(corpus->language);
        if (*ended || n == LONGEST_OUTPUT || input + n == corpus->longest)
            return n;
        words[input + n] = word;
    }
}

/* Counts the sentences that are continued rightly, and those that end. */
static void assert_greedy(const AmbitCorpus *corpus, AmbitPredictor *predictor, size_t *n_right,
                          size_t *n_ended)
{
    const AmbitSplit *split = &corpus->splits[AMBIT_SPLIT_VALIDATION];
    Reading many = open_reading(corpus, predictor, COUNT);
    Reading one = open_reading(corpus, predictor, 1);
    int32_t *words = ambit_alloc(corpus->longest, sizeof *words);
    AmbitSentence sentences[COUNT];
    for (size_t first = 0; first + COUNT <= split->n_sentences; first += COUNT) {
        for (size_t b = 0; b < COUNT; b++)
            sentences[b] = ambit_split_sentence(split, first + b);
        ambit_reader_read(many.reader, predictor, many.workspace, sentences, COUNT);
        ambit_reader_continue(many.reader, predictor, many.workspace, NULL, NULL);
        for (size_t b = 0; b < COUNT; b++) {
            const AmbitContinuation found = ambit_reader_continuation(many.reader, b);
            size_t input = sentences[b].n_input, right = sentences[b].n_words - input;
            bool ended;
            size_t n = continue_plainly(&one, corpus, &sentences[b], words, &ended);
            assert_int_equal(found.n_words, n);
            assert_int_equal(found.ended, ended);
            assert_memory_equal(found.words, words + input, n * sizeof *words);
            *n_ended += ended;
            *n_right += ended && n == right &&
                        memcmp(words + input, sentences[b].words + input, n * sizeof *words) == 0;
        }
    }
    ambit_free(words);
    close_reading(&many);
    close_reading(&one);
}

/* Random weights, some so large that the model says little but the same word. */
static void random_weights_continue_as_defined(void **state)
{
    (void)state;
    static const double ranges[] = {0.02, 0.1, 0.3};
    AmbitCorpus *corpus = make_corpus("tense_inflection", 10, 24, 0, 5);
    size_t n_right = 0, n_ended = 0;
    for (size_t i = 0; i < 3; i++)
        for (uint64_t seed = 0; seed < 3; seed++) {
            AmbitModel *model = NULL;
            const AmbitModelSettings settings = small(corpus, ranges[i]);
            assert_int_equal(ambit_model_create(&model, &settings, NULL), AMBIT_OK);
            ambit_model_initialize(model, seed);
            AmbitPredictor *predictor = transformer_of(model);
            assert_greedy(corpus, predictor, &n_right, &n_ended);
            ambit_predictor_destroy(&predictor);
            ambit_model_destroy(&model);
        }
    ambit_corpus_destroy(&corpus);
}

/* A model that has learned to end sentences, and to repeat some. */
static void trained_weights_continue_as_defined(void **state)
{
    (void)state;
    AmbitCorpus *corpus = make_corpus("question_formation", 400, 48, 0, 6);
    AmbitCorpusTraining *training = NULL;
    AmbitTrainingSettings settings;
    AmbitTrainer *trainer = NULL;
    AmbitKernels kernels;
    AmbitStepReport report;
    size_t n_right = 0, n_ended = 0;
    ambit_parameters_default(ambit_training_parameters, &settings);
    ambit_parameters_default(ambit_schedule_parameters, &settings.schedule);
    settings.batch_size = 16;
    settings.train_steps = 150;
    settings.learning_rate = 3e-3;
    settings.shards = 4;
    assert_int_equal(
        ambit_corpus_training_create(&training, corpus, AMBIT_LOSS_ON_ALL, 16, 1, 2, NULL),
        AMBIT_OK);
    const AmbitSource source = ambit_corpus_source(training);
    const AmbitModelSettings model = small(corpus, 0.05);
    assert_int_equal(ambit_kernels_select(&kernels, "auto", NULL), AMBIT_OK);
    assert_int_equal(ambit_trainer_create(&trainer, &model, &settings, &kernels, &source, 2, NULL),
                     AMBIT_OK);
    for (int step = 0; step < 150; step++)
        assert_int_equal(ambit_trainer_step(trainer, &report, NULL), AMBIT_OK);
    AmbitPredictor *predictor = transformer_of(ambit_trainer_state(trainer).model);
    assert_greedy(corpus, predictor, &n_right, &n_ended);
    assert_true(n_ended > 10);
    ambit_predictor_destroy(&predictor);
    ambit_trainer_destroy(&trainer);
    ambit_corpus_training_destroy(&training);
    ambit_corpus_destroy(&corpus);
}

/* An n-gram model is right now and then, so that the first guess is the continuation. */
static void n_grams_continue_as_defined(void **state)
{
    (void)state;
    AmbitCorpus *corpus = make_corpus("tense_inflection", 5000, 48, 0, 7);
    AmbitPredictor *predictor = named("n_gram");
    size_t n_right = 0, n_ended = 0;
    assert_greedy(corpus, predictor, &n_right, &n_ended);
    assert_true(n_ended > 10);
    ambit_predictor_destroy(&predictor);
    ambit_corpus_destroy(&corpus);
}

/* Where the output is that of the sentence, reading it was enough. */
static void what_is_known_takes_no_pass(void **state)
{
    (void)state;
    AmbitCorpus *corpus = make_corpus("tense_inflection", 60, 0, 0, 7);
    const AmbitSplit *split = &corpus->splits[AMBIT_SPLIT_TRAIN];
    AmbitPredictor *predictor = named("n_gram");
    *(int64_t *)predictor->settings = 12;
    Reading reading = open_reading(corpus, predictor, 1);
    size_t n_known = 0, n_other = 0;
    for (size_t i = 0; i < split->n_sentences; i++) {
        const AmbitSentence sentence = ambit_split_sentence(split, i);
        size_t n_output = sentence.n_words - sentence.n_input;
        ambit_reader_read(reading.reader, predictor, NULL, &sentence, 1);
        ambit_reader_continue(reading.reader, predictor, NULL, NULL, NULL);
        const AmbitContinuation found = ambit_reader_continuation(reading.reader, 0);
        bool known = found.ended && found.n_words == n_output &&
                     memcmp(found.words, sentence.words + sentence.n_input,
                            n_output * sizeof *found.words) == 0;
        assert_true(!known || ambit_reader_n_passes(reading.reader) == 0);
        n_known += known;
        n_other += !known;
    }
    assert_true(n_known > 10 && n_other > 0);
    close_reading(&reading);
    ambit_predictor_destroy(&predictor);
    ambit_corpus_destroy(&corpus);
}

/* The probabilities after a history [n], from the sentences `a b` and `a a`. Bigrams, discount
 * 4 / (4 + 2·1): of `a`, which three words follow once each, ⅓ of ⅓ each, and ⅔ of the unigrams. Of
 * these a and the end follow two different words, b one: discount 1 / (1 + 2·2) of five. */
static void n_grams_by_hand(void **state)
{
    (void)state;
    enum { A, B, END, START, V };
    static char *texts[] = {"a", "b"};
    static size_t offset[] = {0, 2, 4}, rows[] = {0, 2}, prefix[] = {2};
    static int32_t words[] = {A, B, A, A}, ids[] = {START, A};
    static uint32_t n_input[] = {0, 0};
    static const double expected[V] = {1.0 / 9 + 0.4 * 2 / 3, 1.0 / 9 + 0.2 * 2 / 3,
                                       1.0 / 9 + 0.4 * 2 / 3, 0.0};
    AmbitLanguage language = {.words = {texts, 2}};
    const AmbitCorpus corpus = {.language = &language,
                                .splits = {{2, offset, words, n_input, NULL, 2}}};
    const AmbitBatch batch = {.n_sequences = 1, .offset = rows, .prefix = prefix, .id = ids};
    double log_p[2 * V], sum = 0;
    AmbitError error = {0};
    AmbitPredictor *predictor = named("n_gram");
    *(int64_t *)predictor->settings = 2; // the one setting: order
    assert_int_equal(predictor->type->sentences->bind(predictor, &corpus, &error), AMBIT_OK);
    predictor->type->sentences->log_probability(predictor, &batch, NULL, log_p);
    for (size_t v = 0; v < V; v++) {
        assert_true(fabs(exp(log_p[V + v]) - expected[v]) < 1e-12);
        sum += exp(log_p[v]);
    }
    assert_true(fabs(sum - 1) < 1e-12 && exp(log_p[A]) > 0.75); // sentences begin with a
    *(int64_t *)predictor->settings = 3; // what begins a sentence has nothing before it to count
    assert_int_equal(predictor->type->sentences->bind(predictor, &corpus, &error), AMBIT_OK);
    predictor->type->sentences->log_probability(predictor, &batch, NULL, log_p);
    for (size_t row = 0; row < 2; row++) {
        sum = 0;
        for (size_t v = 0; v < V; v++)
            sum += exp(log_p[row * V + v]);
        assert_true(fabs(sum - 1) < 1e-12);
    }
    ambit_predictor_destroy(&predictor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_weights_continue_as_defined),
        cmocka_unit_test(trained_weights_continue_as_defined),
        cmocka_unit_test(n_grams_continue_as_defined),
        cmocka_unit_test(what_is_known_takes_no_pass),
        cmocka_unit_test(n_grams_by_hand),
    };
    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
