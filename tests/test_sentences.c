// SPDX-License-Identifier: MIT
// Evaluation on sentences: what rules score where, what is undefined, and that threads change no
// bit.
#include "testing.h"

#include "language_fixtures.h"
#include "sentence_bench.h"

#include <string.h>

static size_t metric_of(const AmbitTargetResult *r, const char *name)
{
    for (size_t q = 0; q < r->n_queries; q++)
        if (strcmp(r->axes[AMBIT_AXIS_QUERY].labels[q], name) == 0)
            return q;
    fail_msg("no metric %s", name);
    return 0;
}

static double accuracy(const AmbitTargetResult *r, size_t column, const char *metric)
{
    return r->mean[column * r->n_queries + metric_of(r, metric)];
}

static const char *const rules[] = {"linear_rule",    "hierarchical_rule", "first_noun",
                                    "last_auxiliary", "uniform",           NULL};
enum { LINEAR, HIERARCHICAL, FIRST_NOUN, LAST_AUXILIARY, UNIFORM };

/* Facts of McCoy et al.'s generalisation sets: the linear rule is always wrong about the first
 * auxiliary, and the last auxiliary is always right. */
static void rules_of_questions(void **state)
{
    (void)state;
    Bench bench = open_bench(make_corpus("question_formation", 10, 10, 90, 1),
                             AMBIT_SPLIT_GENERALIZATION, rules);
    AmbitTargetResult *r = evaluate(&bench, 1);
    assert_int_equal(r->n_examples, N);
    static const char *const metrics[] = {"first_auxiliary", "first_auxiliary_of_all_words",
                                          "output_by_tags", "output"};
    for (size_t i = 0; i < 4; i++) {
        assert_true(accuracy(r, LINEAR, metrics[i]) == 0.0);
        assert_true(accuracy(r, HIERARCHICAL, metrics[i]) == 1.0);
        assert_true(accuracy(r, LAST_AUXILIARY, metrics[i]) == 1.0);
        assert_true(isnan(accuracy(r, FIRST_NOUN, metrics[i]))); // it says nothing of auxiliaries
    }
    assert_true(accuracy(r, LINEAR, "as_linear_rule") == 1.0);
    assert_true(accuracy(r, HIERARCHICAL, "as_linear_rule") == 0.0);
    assert_true(accuracy(r, UNIFORM, "first_auxiliary") == 0.25);
    assert_true(fabs(accuracy(r, UNIFORM, "first_auxiliary_of_all_words") - 1.0 / 70) < 1e-12);
    assert_true(isnan(accuracy(r, UNIFORM, "output"))); // it continues nothing
    double loss = mean_of(r, "mean_loss")[UNIFORM];
    assert_true(fabs(loss - log(70)) < 1e-12 && mean_of(r, "mean_log_odds")[UNIFORM] == 0.0);
    assert_true(isnan(mean_of(r, "mean_loss")[LINEAR]));
    size_t at = FIRST_NOUN * N * r->n_queries;
    assert_true(isnan(r->error[at]) && r->flag[at] == AMBIT_FLAG_NO_ANSWER);
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

/* Agreement with the first noun is right about main verbs, and wrong about others. */
static void rules_of_tenses(void **state)
{
    (void)state;
    Bench bench = open_bench(make_corpus("tense_inflection", 10, 10, 90, 1),
                             AMBIT_SPLIT_GENERALIZATION, rules);
    AmbitTargetResult *r = evaluate(&bench, 1);
    assert_true(accuracy(r, LINEAR, "main_verb") == 0.0);
    assert_true(accuracy(r, LINEAR, "output_by_tags") == 0.0);
    assert_true(accuracy(r, HIERARCHICAL, "output") == 1.0);
    assert_true(accuracy(r, FIRST_NOUN, "main_verb") == 1.0);
    assert_true(accuracy(r, FIRST_NOUN, "output_by_tags") == 1.0);
    double every = accuracy(r, FIRST_NOUN, "every_question"),
           whole = accuracy(r, FIRST_NOUN, "output");
    assert_true(whole > 0.4 && whole < every && every < 1.0);
    assert_true(isnan(accuracy(r, LAST_AUXILIARY, "main_verb")));
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

/* In domain the rules agree, so that nothing is asked where they differ; declarations are not asked
 * for an auxiliary. */
static void what_is_not_asked_is_undefined(void **state)
{
    (void)state;
    Bench bench =
        open_bench(make_corpus("question_formation", 10, 200, 5, 1), AMBIT_SPLIT_VALIDATION, rules);
    bench.settings.n_examples = 1000; // all
    AmbitTargetResult *r = evaluate(&bench, 1);
    assert_int_equal(r->n_examples, 200);
    size_t first = metric_of(r, "first_auxiliary"), asked = 0;
    const double *weight = mean_of(r, "n_questions");
    for (size_t n = 0; n < r->n_examples; n++) {
        double outcome = r->error[(HIERARCHICAL * r->n_examples + n) * r->n_queries + first];
        size_t flag = r->flag[(HIERARCHICAL * r->n_examples + n) * r->n_queries + first];
        const AmbitSentence s =
            ambit_split_sentence(&bench.corpus->splits[AMBIT_SPLIT_VALIDATION], n);
        bool question = bench.corpus->language->type->class_label(bench.corpus->language, &s) == 0;
        assert_true(weight[n * r->n_queries + first] == (question ? 1.0 : 0.0));
        assert_true(question ? outcome == 1.0 : isnan(outcome));
        assert_int_equal(flag, 0);
        asked += question;
    }
    assert_true(asked > 50 && asked < 110);
    assert_true(isnan(accuracy(r, LINEAR, "as_linear_rule")));
    assert_true(isnan(mean_of(r, "mean_log_odds")[UNIFORM]));
    assert_true(accuracy(r, LINEAR, "output") == 1.0);
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

/* All brackets of a string are asked at once; the far ones count apart. */
static void brackets_are_weighed_by_their_number(void **state)
{
    (void)state;
    Bench bench =
        open_bench(make_corpus("dyck", 2000, 20, 80, 1), AMBIT_SPLIT_GENERALIZATION, rules);
    AmbitTargetResult *r = evaluate(&bench, 1);
    const char *near = r->axes[AMBIT_AXIS_QUERY].labels[0];
    assert_string_equal(r->axes[AMBIT_AXIS_QUERY].labels[1] + 4, near); // "far_…"
    size_t queries = r->n_queries;
    const double *weight = mean_of(r, "n_questions");
    double all = 0, far = 0, right = 0;
    for (size_t n = 0; n < N; n++) {
        const AmbitSentence s =
            ambit_split_sentence(&bench.corpus->splits[AMBIT_SPLIT_GENERALIZATION],
                                 (size_t)r->axes[AMBIT_AXIS_EXAMPLE].values[n]);
        assert_true(weight[n * queries] == (double)s.n_words / 2);
        all += weight[n * queries];
        far += weight[n * queries + 1];
        right += weight[n * queries] * r->error[(LINEAR * N + n) * queries];
    }
    assert_true(far > 0 && far < all);
    assert_true(fabs(accuracy(r, LINEAR, near) - right / all) < 1e-12);
    assert_true(accuracy(r, HIERARCHICAL, near) == 1.0);
    assert_true(fabs(accuracy(r, UNIFORM, near) - 0.05) < 1e-12);
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

static void assert_same_array(const AmbitTargetResult *r, const AmbitResultArray *a,
                              const AmbitResultArray *b)
{
    size_t count = a->count * (a->measure.fixed ? 1 : ambit_result_n_conditions(r));
    if (a->values)
        assert_memory_equal(a->values, b->values, count * sizeof *a->values);
    for (size_t i = 0; a->texts && i < count; i++)
        assert_true(a->texts[i] ? strcmp(a->texts[i], b->texts[i]) == 0 : !b->texts[i]);
}

static void threads_and_batches_change_no_bit(void **state)
{
    (void)state;
    static char *references[] = {"hierarchical_rule", "uniform"};
    Bench bench =
        open_bench(make_corpus("tense_inflection", 300, 80, 20, 3), AMBIT_SPLIT_VALIDATION, some);
    bench.settings.references = (AmbitTexts){references, 2};
    bench.settings.keep_outputs = true;
    bench.steps[1] = 10;
    bench.steps[2] = 20;
    bench.n_steps = 3;
    AmbitTargetResult *one = evaluate(&bench, 1);
    bench.settings.batch_size = 16;
    AmbitTargetResult *more = evaluate(&bench, 3);
    size_t curves = one->n_steps * one->n_columns * one->n_queries;
    assert_memory_equal(one->error, more->error, curves * N * sizeof(double));
    assert_memory_equal(one->flag, more->flag, curves * N);
    assert_memory_equal(one->mean, more->mean, curves * sizeof(double));
    assert_memory_equal(one->low, more->low, curves * sizeof(double));
    assert_memory_equal(one->high, more->high, curves * sizeof(double));
    assert_int_equal(one->n_arrays, more->n_arrays);
    for (size_t i = 0; i < one->n_arrays; i++)
        assert_same_array(one, &one->arrays[i], &more->arrays[i]);
    ambit_target_result_destroy(&more);

    // What does not vary with the step is there at every step.
    size_t all = one->n_columns * N;
    const AmbitResultArray *output = ambit_result_find(one, "output");
    const AmbitResultArray *loss = ambit_result_find(one, "loss");
    for (size_t i = N; i < all; i++) {
        const char *at_first = output->texts[i], *at_last = output->texts[2 * all + i];
        assert_true(at_first ? strcmp(at_first, at_last) == 0 : !at_last);
        double before = loss->values[i], after = loss->values[2 * all + i];
        assert_true(isnan(before) ? isnan(after) : before == after);
    }
    assert_true(loss->values[0] != loss->values[all]);
    ambit_target_result_destroy(&one);
    close_bench(&bench);
}

/* Outputs are given up once they are wrong, unless they are kept: no number depends on it. */
static void keeping_outputs_changes_no_outcome(void **state)
{
    (void)state;
    static const char *const languages[] = {"tense_inflection", "question_formation"};
    for (size_t i = 0; i < 2; i++) {
        Bench bench = open_bench(make_corpus(languages[i], 200, 8, 8, 3), AMBIT_SPLIT_TRAIN, some);
        *(int64_t *)bench.predictors[1]->settings = 12; // order: it knows training by heart
        AmbitTargetResult *lost = evaluate(&bench, 2);
        bench.settings.keep_outputs = true;
        AmbitTargetResult *kept = evaluate(&bench, 2);
        assert_memory_equal(lost->error, kept->error,
                            kept->n_columns * N * kept->n_queries * sizeof(double));
        double right = accuracy(kept, 1, "output_by_tags");
        assert_true(right > 0.2 && accuracy(kept, 0, "output_by_tags") == 0.0);
        ambit_target_result_destroy(&lost);
        ambit_target_result_destroy(&kept);
        close_bench(&bench);
    }
}

/* An evaluation that is stopped says where. */
static bool stop_at_once(void *context, size_t done, size_t total, const double *seconds)
{
    (void)seconds;
    (void)context, (void)done, (void)total;
    return false;
}

static void a_stopped_evaluation_has_no_result(void **state)
{
    (void)state;
    AmbitError error = {0};
    AmbitTargetResult *result = NULL;
    Bench bench =
        open_bench(make_corpus("tense_inflection", 30, 80, 20, 3), AMBIT_SPLIT_VALIDATION, some);
    AmbitEvaluation evaluation = evaluation_of(&bench, 2);
    evaluation.progress = stop_at_once;
    bench.settings.batch_size = 16;
    assert_int_equal(ambit_evaluate_target(&result, &bench.target, &evaluation, &error),
                     AMBIT_INTERRUPTED);
    assert_string_equal(error.message,
                        "stopped in target validation after 16 of 60 sentences; evaluate again");
    assert_null(result);
    close_bench(&bench);
}

/* The stops are those of the curves, and undefined for what has no loss. */
static void stops_are_read_off_the_curves(void **state)
{
    (void)state;
    Bench bench =
        open_bench(make_corpus("tense_inflection", 300, 80, 20, 3), AMBIT_SPLIT_VALIDATION, some);
    bench.steps[1] = 10;
    bench.steps[2] = 20;
    bench.n_steps = 3;
    AmbitTargetResult *r = evaluate(&bench, 1);
    const double *loss = mean_of(r, "mean_loss"), *stop = mean_of(r, "stop_step");
    size_t columns = r->n_columns, least = 0, best = 0;
    for (size_t i = 1; i < 3; i++) {
        least = loss[i * columns] < loss[least * columns] ? i : least;
        best =
            r->mean[i * columns * r->n_queries] > r->mean[best * columns * r->n_queries] ? i : best;
    }
    assert_int_equal(ambit_stop_index(r, 0, AMBIT_STOP_LEAST_LOSS), least);
    assert_int_equal(ambit_stop_index(r, 0, AMBIT_STOP_BEST_ACCURACY), best);
    assert_int_equal(ambit_stop_index(r, 0, AMBIT_STOP_END), 2);
    assert_true(stop[AMBIT_STOP_LEAST_LOSS * columns] == (double)bench.steps[least]);
    assert_true(stop[AMBIT_STOP_BEST_ACCURACY * columns] == (double)bench.steps[best]);
    assert_true(stop[AMBIT_STOP_END * columns + 2] == 20.0);
    assert_true(stop[AMBIT_STOP_BEST_ACCURACY * columns + 2] == 0.0); // the first of equals
    assert_true(isnan(stop[AMBIT_STOP_LEAST_LOSS * columns + 2]));
    ambit_target_result_destroy(&r);
    bench.n_steps = 0;
    r = evaluate(&bench, 1);
    assert_null(ambit_result_find(r, "stop_step"));
    assert_true(ambit_stop_index(r, 0, AMBIT_STOP_END) == SIZE_MAX);
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

/* Every category's accuracy, weighed by its questions, is that of all. */
static void categories_add_up(void **state)
{
    (void)state;
    Bench bench =
        open_bench(make_corpus("tense_inflection", 300, 80, 20, 3), AMBIT_SPLIT_VALIDATION, some);
    AmbitTargetResult *r = evaluate(&bench, 2);
    const AmbitResultArray *category = ambit_result_find(r, "example_category");
    const AmbitTexts *names = &bench.corpus->language->categories;
    const double *weight = mean_of(r, "n_questions");
    const double *by_category = mean_of(r, "category_accuracy");
    for (size_t q = 0; q < r->n_queries; q++) {
        double sum = 0, count = 0;
        for (size_t k = 0; k < names->count; k++) {
            double here = 0, right = 0;
            for (size_t n = 0; n < N; n++) {
                double outcome = r->error[n * r->n_queries + q];
                if (strcmp(category->texts[n], names->texts[k]) != 0 || isnan(outcome))
                    continue;
                here += weight[n * r->n_queries + q];
                right += weight[n * r->n_queries + q] * outcome;
            }
            double value = by_category[k * r->n_columns * r->n_queries + q];
            assert_true(here == 0 ? isnan(value) : fabs(value - right / here) < 1e-12);
            sum += here > 0 ? here * value : 0;
            count += here;
        }
        assert_true(count > 0 ? fabs(sum / count - r->mean[q]) < 1e-12 : isnan(r->mean[q]));
    }
    ambit_target_result_destroy(&r);
    close_bench(&bench);
}

static void refuse(Bench *bench, const char *finding)
{
    AmbitError error = {0};
    const AmbitEvaluation evaluation = evaluation_of(bench, 1);
    assert_int_equal(ambit_evaluate_check(&bench->target, &evaluation, &error), AMBIT_INVALID);
    if (!strstr(error.message, finding))
        fail_msg("'%s' lacks '%s'", error.message, finding);
    close_bench(bench);
}

static void what_cannot_be_asked_is_refused(void **state)
{
    (void)state;
    static const char *const none[] = {"uniform", NULL}, *const zero[] = {"zero", NULL},
                             *const model[] = {"transformer", NULL};
    Bench bench =
        open_bench(make_corpus("tense_inflection", 9, 9, 0, 3), AMBIT_SPLIT_GENERALIZATION, none);
    refuse(&bench, "target generalization: the corpus has no sentences for generalization");
    bench = open_bench(make_corpus("tense_inflection", 9, 9, 0, 3), AMBIT_SPLIT_VALIDATION, zero);
    refuse(&bench, "target validation: zero answers prompts, not sentences");
    bench = open_bench(make_corpus("tense_inflection", 9, 9, 0, 3), AMBIT_SPLIT_VALIDATION, none);
    bench.target.sweep = (char *)"weight";
    refuse(&bench, "target validation has sentences, and with them neither");
    bench = open_bench(make_corpus("tense_inflection", 9, 9, 0, 3), AMBIT_SPLIT_VALIDATION, model);
    ambit_corpus_destroy(&bench.corpus);
    bench.target.corpus = bench.corpus = make_corpus("question_formation", 9, 9, 0, 3);
    refuse(&bench, "transformer: the model knows 100 words, the corpus has 70");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_of_questions),
        cmocka_unit_test(rules_of_tenses),
        cmocka_unit_test(what_is_not_asked_is_undefined),
        cmocka_unit_test(brackets_are_weighed_by_their_number),
        cmocka_unit_test(threads_and_batches_change_no_bit),
        cmocka_unit_test(keeping_outputs_changes_no_outcome),
        cmocka_unit_test(a_stopped_evaluation_has_no_result),
        cmocka_unit_test(stops_are_read_off_the_curves),
        cmocka_unit_test(categories_add_up),
        cmocka_unit_test(what_cannot_be_asked_is_refused),
    };
    return cmocka_run_group_tests_name("sentences", tests, NULL, NULL);
}
