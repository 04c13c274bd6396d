// SPDX-License-Identifier: MIT
// Measures of the inside of a language model, against sums over a transformer written from the
// formulas.
#include "testing.h"

#include "language_fixtures.h"
#include "plain_transformer.h"

#include "ambit/evaluation.h"
#include "ambit/head.h"
#include "ambit/memory.h"
#include "ambit/tree.h"

#include <string.h>

enum { WIDTH = 16, LAYERS = 2, HEADS = 2, SENTENCES = 80, MOST = 32, STEPS = 2 };
enum { TRANSFORMER, UNIFORM, PREDICTORS };
enum { ALL = 15 }; // probes

typedef struct Bench {
    AmbitCorpus *corpus;
    AmbitModel *model;
    AmbitPredictor *predictors[PREDICTORS];
    AmbitEvaluationSettings settings;
    AmbitTarget target;
} Bench;

static void check(AmbitStatus status, const AmbitError *error)
{
    if (status)
        fail_msg("%s", error->message);
}

static void open_model(Bench *bench)
{
    AmbitError error = {0};
    AmbitModelSettings settings;
    AmbitKernels kernels;
    ambit_parameters_default(ambit_model_parameters, &settings);
    settings.head = ambit_language_head(ambit_language_size(bench->corpus->language) + 2, false);
    settings.trunk.n_context = (int64_t)bench->corpus->longest + 1;
    settings.trunk.n_embd = WIDTH;
    settings.trunk.n_layer = LAYERS;
    settings.trunk.n_head = HEADS;
    settings.trunk.norm = AMBIT_NORM_POST;
    settings.trunk.activation = AMBIT_ACTIVATION_RELU;
    settings.trunk.attention_bias = false;
    settings.trunk.initializer_range = 0.4;
    check(ambit_model_create(&bench->model, &settings, &error), &error);
    ambit_model_initialize(bench->model, 1);
    check(ambit_kernels_select(&kernels, "baseline", &error), &error);
    check(ambit_predictor_transformer_create(&bench->predictors[TRANSFORMER], bench->model,
                                             &kernels, "transformer", &error),
          &error);
    check(ambit_predictor_create(&bench->predictors[UNIFORM], ambit_predictor_type_find("uniform"),
                                 &error),
          &error);
    check(ambit_predictor_finish(bench->predictors[UNIFORM], &error), &error);
}

static Bench open_bench(const char *language)
{
    Bench bench = {.corpus = make_corpus(language, SENTENCES, 10, 10, 1)};
    ambit_parameters_default(ambit_sentence_evaluation_parameters, &bench.settings);
    bench.settings.bootstrap = 5;
    bench.target = (AmbitTarget){
        .name = "train", .corpus = bench.corpus, .split = AMBIT_SPLIT_TRAIN, .probes = ALL};
    open_model(&bench);
    return bench;
}

static void close_bench(Bench *bench)
{
    for (size_t p = 0; p < PREDICTORS; p++)
        ambit_predictor_destroy(&bench->predictors[p]);
    ambit_model_destroy(&bench->model);
    ambit_corpus_destroy(&bench->corpus);
}

static AmbitStatus set_step(void *context, size_t index, AmbitError *error)
{
    Bench *bench = context;
    (void)error;
    ambit_model_initialize(bench->model, 1 + index);
    ambit_predictor_transformer_update(bench->predictors[TRANSFORMER], 1);
    return AMBIT_OK;
}

static AmbitTargetResult *evaluate(Bench *bench, size_t n_threads)
{
    static const int64_t steps[STEPS] = {10, 20};
    const AmbitEvaluation evaluation = {.predictors = bench->predictors,
                                        .n_predictors = PREDICTORS,
                                        .settings = &bench->settings,
                                        .n_threads = n_threads,
                                        .steps = steps,
                                        .n_steps = STEPS,
                                        .n_varying = 1,
                                        .set_step = set_step,
                                        .step_context = bench};
    AmbitError error = {0};
    AmbitTargetResult *result = NULL;
    check(ambit_evaluate_target(&result, &bench->target, &evaluation, &error), &error);
    return result;
}

/* The values of an array at the first step, which begin with the transformer's. */
static const AmbitResultArray *find(const AmbitTargetResult *r, const char *name)
{
    const AmbitResultArray *array = ambit_result_find(r, name);
    if (!array)
        fail_msg("no array %s", name);
    return array;
}

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-5 * (1 + fabs(b));
}

/* Next measured sentence of the training split after `i`, behind the start symbol; 0: none. */
static size_t measured(const Bench *bench, size_t i, int32_t *id, AmbitSpan *gold)
{
    const AmbitLanguage *language = bench->corpus->language;
    const AmbitSentence s = ambit_split_sentence(&bench->corpus->splits[AMBIT_SPLIT_TRAIN], i);
    size_t n = 0;
    if (!language->type->questions(language, &s, NULL))
        return 0;
    language->type->tree(language, &s, gold, &n);
    id[0] = ambit_language_size(language) + 1;
    memcpy(id + 1, s.words, n * sizeof *id);
    return n;
}

static double entropy(const double *p, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum -= p[i] > 0 ? p[i] * log(p[i]) : 0;
    return sum;
}

static void sparsity_is_minus_the_entropy(void **state)
{
    (void)state;
    Bench bench = open_bench("question_formation");
    AmbitTargetResult *r = evaluate(&bench, 2);
    int32_t id[MOST];
    AmbitSpan gold[MOST];
    bool all[MOST];
    double states[MOST * WIDTH], p[LAYERS * HEADS * MOST * MOST], layer[LAYERS] = {0};
    double released = 0, queries = 0, count = 0;
    memset(all, 1, sizeof all);
    ambit_model_initialize(bench.model, 1);
    for (size_t i = 0; i < SENTENCES; i++) {
        size_t n = measured(&bench, i, id, gold), rows = n + 1;
        if (!n)
            continue;
        plain_states(bench.model, id, rows, all, states, p);
        for (size_t l = 0; l < LAYERS; l++)
            for (size_t t = 1; t < rows; t++) {
                const double *a = p + ((l * HEADS) * rows + t) * rows, *b = a + rows * rows;
                double mean[MOST];
                for (size_t s = 0; s < rows; s++)
                    mean[s] = (a[s] + b[s]) / 2;
                layer[l] -= entropy(a, rows) + entropy(b, rows);
                released -= entropy(mean, rows) / LAYERS;
            }
        queries += (double)n;
        count++;
    }
    assert_true(count > 20 && count < SENTENCES);
    for (size_t l = 0; l < LAYERS; l++)
        assert_true(
            is_near(find(r, "layer_attention_sparsity")->values[l], layer[l] / queries / HEADS));
    assert_true(is_near(find(r, "attention_sparsity")->values[TRANSFORMER],
                        (layer[0] + layer[1]) / queries / HEADS / LAYERS));
    assert_true(
        is_near(find(r, "released_attention_sparsity")->values[TRANSFORMER], released / count));
    assert_true(isnan(find(r, "attention_sparsity")->values[UNIFORM]));
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

static void norms_are_sums_of_squares(void **state)
{
    (void)state;
    Bench bench = open_bench("tense_inflection");
    AmbitTargetResult *r = evaluate(&bench, 1);
    double all = 0, second = 0, count = 0;
    ambit_model_initialize(bench.model, 1);
    for (size_t i = 0; i < ambit_model_n_tensors(bench.model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(bench.model, i);
        const AmbitReal *value = ambit_model_block_const(bench.model) + tensor->offset;
        bool of_second = strncmp(tensor->name, "_backbone.h.1.", 14) == 0;
        for (size_t j = 0; j < tensor->count; j++) {
            all += pow((double)value[j], 2);
            second += of_second ? pow((double)value[j], 2) : 0;
        }
        count += of_second ? (double)tensor->count : 0;
    }
    assert_true(is_near(find(r, "weight_norm")->values[TRANSFORMER], sqrt(all)));
    assert_true(is_near(find(r, "layer_weight_norm")->values[1], sqrt(second)));
    assert_true(is_near(find(r, "layer_weight_rms")->values[1], sqrt(second / count)));
    assert_true(isnan(find(r, "weight_norm")->values[UNIFORM]));
    double later = find(r, "weight_norm")->values[PREDICTORS + TRANSFORMER];
    assert_true(later > 0 && !is_near(later, sqrt(all)));
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

/* Sums by length add up, exact trees have the largest score against random trees, and trees that
 * need no model match gold trees as 2305.18741's data have it (.662 and .288 of all its questions;
 * here within .05, six standard errors). */
static void trees_of_questions(void **state)
{
    (void)state;
    Bench bench = open_bench("question_formation");
    AmbitTargetResult *r = evaluate(&bench, 2);
    const AmbitResultArray *by_length = find(r, "t_score_by_length");
    const double *count = find(r, "n_tree_sentences")->values, *score = find(r, "t_score")->values;
    size_t lengths = by_length->count / PREDICTORS / 2;
    for (size_t projection = 0; projection < 2; projection++) {
        double sum = 0, sentences = 0;
        for (size_t n = 0; n < lengths; n++) {
            if (count[n] > 0)
                sum += count[n] * by_length->values[projection * lengths + n];
            sentences += count[n];
        }
        assert_true(sentences > 20 && is_near(score[projection], sum / sentences));
    }
    const double *trees = find(r, "t_score_trees")->values;
    assert_true(trees[1] >= trees[0] && trees[0] > 0);
    assert_true(isnan(trees[2]) && isnan(score[2])); // of the predictor that is no model
    const double *baseline = find(r, "t_parseval_baseline")->values;
    assert_true(fabs(baseline[0] - 0.662) <= 0.05 && fabs(baseline[1] - 0.288) <= 0.05);
    double parseval = find(r, "t_parseval")->values[1];
    assert_true(parseval > 0 && parseval < 1);
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

/* The spans of a text in brackets, in the order in which they end; returns their number. */
static size_t spans_of(const char *text, AmbitSpan *spans)
{
    size_t open[MOST], n_open = 0, n = 0, word = 0;
    for (; *text; text++) {
        word += *text == ' ';
        if (*text == '(')
            open[n_open++] = word;
        if (*text == ')') {
            assert_true(n_open > 0);
            spans[n++] = (AmbitSpan){open[--n_open], word};
        }
    }
    assert_int_equal(n_open, 0);
    return n;
}

static void written_trees_have_their_words_in_brackets(void **state)
{
    (void)state;
    Bench bench = open_bench("question_formation");
    AmbitTargetResult *r = evaluate(&bench, 1);
    int32_t id[MOST];
    AmbitSpan gold[MOST], written[MOST];
    size_t i = 0, n = 0, matches = 0;
    while (!(n = measured(&bench, i, id, gold)))
        i++;
    const char *text = find(r, "gold_tree")->texts[0], *tree = find(r, "tree")->texts[0];
    assert_non_null(strstr(text, bench.corpus->language->words.texts[id[1]]));
    assert_int_equal(spans_of(text, written), n - 1);
    for (size_t a = 0; a + 1 < n; a++)
        for (size_t b = 0; b + 1 < n; b++)
            matches += written[a].first == gold[b].first && written[a].last == gold[b].last;
    assert_int_equal(matches, n - 1);
    assert_int_equal(spans_of(tree, written), n - 1);
    assert_null(find(r, "tree")->texts[find(r, "tree")->count / PREDICTORS]); // of no model
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

/* With the rows of c_proj that read the second head of the first layer set to 0 by hand. */
static void silent_heads_add_nothing(void **state)
{
    (void)state;
    Bench bench = open_bench("tense_inflection");
    AmbitTargetResult *r = evaluate(&bench, 2);
    const AmbitResultArray *silent = find(r, "silent_head_accuracy");
    double without = silent->values[1], with = r->mean[0];
    assert_true(silent->count == PREDICTORS * LAYERS * HEADS);
    assert_true(isnan(silent->values[LAYERS * HEADS])); // of the predictor that is no model
    ambit_target_result_destroy(&r);
    const AmbitEvaluation evaluation = {.predictors = bench.predictors,
                                        .n_predictors = PREDICTORS,
                                        .settings = &bench.settings,
                                        .n_threads = 1};
    AmbitError error = {0};
    ambit_model_initialize(bench.model, 1);
    for (size_t i = 0; i < ambit_model_n_tensors(bench.model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(bench.model, i);
        size_t half = tensor->count / HEADS;
        if (strcmp(tensor->name, "_backbone.h.0.attn.c_proj.weight") == 0)
            memset(ambit_model_block(bench.model) + tensor->offset + half, 0,
                   half * sizeof(AmbitReal));
    }
    ambit_predictor_transformer_update(bench.predictors[TRANSFORMER], 1);
    bench.target.probes = 0;
    check(ambit_evaluate_target(&r, &bench.target, &evaluation, &error), &error);
    assert_true(r->mean[0] == without && without != with);
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    static const char *const languages[] = {"question_formation", "dyck", "tense_inflection"};
    for (size_t i = 0; i < 3; i++) {
        Bench bench = open_bench(languages[i]);
        bench.settings.n_probed = 30;
        AmbitTargetResult *one = evaluate(&bench, 1);
        for (size_t n_threads = 2; n_threads <= 7; n_threads += 5) {
            AmbitTargetResult *many = evaluate(&bench, n_threads);
            for (size_t a = 0; a < one->n_arrays; a++) {
                const AmbitResultArray *x = &one->arrays[a], *y = &many->arrays[a];
                if (x->values)
                    assert_memory_equal(x->values, y->values,
                                        x->count * (x->measure.fixed ? 1 : STEPS) *
                                            sizeof *x->values);
            }
            ambit_target_result_destroy(&many);
        }
        ambit_target_result_destroy(&one);
        close_bench(&bench);
    }
}

static void long_sentences_are_left_out(void **state)
{
    (void)state;
    Bench bench = open_bench("dyck");
    bench.settings.longest_probed = 6;
    AmbitTargetResult *r = evaluate(&bench, 1);
    assert_int_equal(find(r, "n_tree_sentences")->count, 6);
    assert_true(isnan(find(r, "t_parseval")->values[0])); // no gold trees
    assert_true(find(r, "t_score")->values[0] > 0);
    ambit_target_result_destroy(&r);
    bench.settings.longest_probed = 2;
    AmbitError error = {0};
    const AmbitEvaluation evaluation = {.predictors = bench.predictors,
                                        .n_predictors = PREDICTORS,
                                        .settings = &bench.settings,
                                        .n_threads = 1};
    assert_int_equal(ambit_evaluate_target(&r, &bench.target, &evaluation, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "probe_longest"));
    close_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sparsity_is_minus_the_entropy),
        cmocka_unit_test(norms_are_sums_of_squares),
        cmocka_unit_test(trees_of_questions),
        cmocka_unit_test(written_trees_have_their_words_in_brackets),
        cmocka_unit_test(silent_heads_add_nothing),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(long_sentences_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
