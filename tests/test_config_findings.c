// SPDX-License-Identifier: MIT
// Configurations in which several settings are wrong: all are told together.
#include "testing.h"

#include "refusals.h"
#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <string.h>

/* Asserts that a message has these beginnings of lines, in this order, and no others. */
static void assert_lines(const char *message, const char *const *lines, size_t n_lines)
{
    const char *end = message;
    size_t count = 0;
    for (size_t i = 0; i < n_lines; i++) {
        const char *found = strstr(end, lines[i]);
        if (!found)
            fail_msg("%s\nis not in, or not in its order\n%s", lines[i], message);
        end = found;
    }
    for (end = message; (end = strchr(end, '\n')); end++)
        count++;
    assert_int_equal(count, n_lines);
}

/* Unknown keys, types and ranges in all sections are told together, each at its place and in the
 * order of lines; what may only follow from them is not told. */
static void test_together(void **state)
{
    static const char text[] = "out_dir: runs\n"
                               "sed: 1\n"
                               "model: {n_positions: 11, n_dims: 5, n_embed: 9, n_layer: 0, "
                               "n_head: 2}\n"
                               "training:\n"
                               "  tasks:\n"
                               "  - {name: linear_regresion, kwargs: {scal: 2}}\n"
                               "  - {name: sparse_linear_regression, weight: -1}\n"
                               "  learning_rate: fast\n"
                               "  schedule: {name: cosin}\n"
                               "wandb: {nam: a}\n"
                               "evaluation:\n"
                               "  n_prompts: 0\n"
                               "  targets:\n"
                               "  - {name: a, task: linear_regression, probes: [slise]}\n"
                               "  predictors: [least_squares, lasoo]\n"
                               "  models: [{name: b}]\n"
                               "  reference: lasso\n";
    static const char *const lines[] = {
        "13 settings are wrong:\n  x.yaml:2: sed: unknown key, did you mean seed? allowed: ",
        "\n  x.yaml:3: model.n_embed: unknown key, did you mean n_embd? allowed: family, ",
        "\n  x.yaml:3: model.n_layer: found 0, allowed integer in 1…",
        "\n  x.yaml:6: training.tasks[0].name: found linear_regresion, did you mean ",
        "\n  x.yaml:6: training.tasks[0].kwargs.scal: unknown key, did you mean scale?",
        "\n  x.yaml:7: training.tasks[1].weight: found -1, allowed real ≥ 0\n",
        "\n  x.yaml:8: training.learning_rate: found fast, allowed real > 0 and ≤ 10\n",
        "\n  x.yaml:9: training.schedule.name: found cosin, did you mean cosine? allowed: ",
        "\n  x.yaml:10: wandb.nam: unknown key, did you mean name?",
        "\n  x.yaml:12: evaluation.n_prompts: found 0, allowed integer in ",
        "\n  x.yaml:14: evaluation.targets[0].probes[0]: found slise, did you mean slice?",
        "\n  x.yaml:15: evaluation.predictors[1].name: found lasoo, did you mean lasso? allowed: ",
        "\n  x.yaml:16: evaluation.models[0].path: missing, needs text"};
    AmbitConfig *config = NULL;
    AmbitError error = {.message = ""};
    (void)state;
    assert_int_equal(ambit_config_load_text(&config, text, "x.yaml", NULL, NULL, 0, &error),
                     AMBIT_INVALID);
    assert_lines(error.message, lines, sizeof lines / sizeof *lines);
}

/* Findings in several files come by file, as these are read, and by line; settings from the command
 * line come last, as they were given. */
static void test_in_the_order_of_files(void **state)
{
    static char *overrides[] = {"seed=now", "model.n_head=many"};
    static const char *const lines[] = {
        "10 settings are wrong:\n  data/config/wrong_three_files.yaml:4: wandb.nam: ",
        "\n  data/config/wrong_three_files.yaml:5: sed: ",
        "\n  data/config/wrong_task.yaml:2: training.learning_rate: ",
        "\n  data/config/wrong_task.yaml:3: training.train_steps: ",
        "\n  data/config/wrong_task.yaml:4: training.task: ",
        "\n  data/config/wrong_model.yaml:1: evaluation.n_prompts: ",
        "\n  data/config/wrong_model.yaml:5: model.n_embed: ",
        "\n  data/config/wrong_model.yaml:6: model.n_layer: ",
        "\n  command line: --seed: ",
        "\n  command line: --model.n_head: "};
    AmbitConfig *config = NULL;
    AmbitError error = {.message = ""};
    (void)state;
    assert_int_equal(
        ambit_config_load(&config, "data/config/wrong_three_files.yaml", overrides, 2, &error),
        AMBIT_INVALID);
    assert_lines(error.message, lines, sizeof lines / sizeof *lines);
}

/* A list with an item of another kind is as if it were not there. */
static void test_a_list_is_whole(void **state)
{
    (void)state;
    assert_refused(TRAINING "evaluation: {reference: [zero, [1]]}\n",
                   "x.yaml:4: evaluation.reference[1]: found a list, allowed text");
}

/* At most twenty are told, those of the first lines. */
static void test_too_many(void **state)
{
    char text[1024] = HEAD "evaluation:\n", message[128];
    AmbitConfig *config = NULL;
    AmbitError error = {.message = ""};
    (void)state;
    for (int i = 0; i < 25; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "  unheard_of_%d: 1\n", i);
    strcat(text, "training: {task: linear_regression, train_steps: -1}\n"); // is looked at first
    assert_int_equal(ambit_config_load_text(&config, text, "x.yaml", NULL, NULL, 0, &error),
                     AMBIT_INVALID);
    snprintf(message, sizeof message, "%s", error.message + strlen(error.message) - 13);
    assert_string_equal(message, "\n  and 6 more");
    assert_memory_equal(error.message, "26 settings are wrong:\n", 23);
    assert_non_null(strstr(error.message, "evaluation.unheard_of_19: unknown key"));
    assert_null(strstr(error.message, "unheard_of_20"));
    assert_null(strstr(error.message, "train_steps"));
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_together),
        cmocka_unit_test(test_in_the_order_of_files),
        cmocka_unit_test(test_a_list_is_whole),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
