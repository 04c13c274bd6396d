// SPDX-License-Identifier: MIT
// Configurations that are accepted: Garg et al.'s files, inheritance, overrides, defaults, and the
// resolved text, which resolves to itself. Run in tests/, for the files in data/config/.
#include "testing.h"

#include "ambit/config.h"
#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <string.h>

#define DATA "data/config/"

static AmbitConfig *load(const char *path, char *const *overrides, size_t n_overrides)
{
    AmbitConfig *config;
    AmbitError error;
    if (ambit_config_load(&config, path, overrides, n_overrides, &error) != AMBIT_OK)
        fail_msg("%s", error.message);
    return config;
}

static AmbitConfig *load_text(const char *text, const char *overlay)
{
    AmbitConfig *config;
    AmbitError error;
    if (ambit_config_load_text(&config, text, "resolved.yaml", overlay, NULL, 0, &error))
        fail_msg("%s", error.message);
    return config;
}

/* The resolved text loads, and resolves to itself. */
static void assert_fixed_point(const AmbitConfig *config)
{
    AmbitConfig *again = load_text(config->resolved, NULL);
    assert_string_equal(again->resolved, config->resolved);
    assert_string_equal(again->run.name, config->run.name);
    ambit_config_destroy(&again);
}

static void assert_ramp(const AmbitRamp *ramp, int start, int end, int inc, int interval)
{
    assert_int_equal(ramp->start, start);
    assert_int_equal(ramp->end, end);
    assert_int_equal(ramp->inc, inc);
    assert_int_equal(ramp->interval, interval);
}

static void test_garg_linear_regression(void **state)
{
    (void)state;
    AmbitConfig *config = load(DATA "linear_regression.yaml", NULL, 0);
    assert_string_equal(config->run.out_dir, "../models/linear_regression");
    assert_string_equal(config->run.name, "linear_regression_standard");
    assert_int_equal(config->run.log_every_steps, 100);
    assert_int_equal(config->run.save_every_steps, 1000);
    assert_int_equal(config->run.keep_every_steps, 100000);
    assert_int_equal(config->prompts.n_dims, 20);
    assert_int_equal(config->n_positions, 101);
    assert_int_equal(config->model.trunk.n_context, 202);
    assert_int_equal(config->model.trunk.n_embd, 256);
    assert_int_equal(config->model.trunk.n_layer, 12);
    assert_int_equal(config->model.trunk.n_head, 8);
    assert_int_equal(config->training.batch_size, 64);
    assert_true(config->training.learning_rate == 0.0001);
    assert_int_equal(config->training.train_steps, 500001);
    assert_ramp(&config->prompts.dims, 5, 20, 1, 2000);
    assert_ramp(&config->prompts.points, 11, 41, 2, 2000);
    assert_int_equal(config->mixture->n_classes, 1);
    assert_int_equal(config->prompts.n_classes, 1);
    assert_string_equal(config->mixture->labels[0], "linear_regression");
    assert_int_equal(config->mixture->families[0]->n_dims, 20);
    assert_int_equal(config->n_notes, 1);
    assert_string_equal(config->notes[0], "wandb.project, wandb.entity, wandb.notes: not used (of "
                                          "wandb, name and log_every_steps are)");
    assert_fixed_point(config);
    ambit_config_destroy(&config);
    assert_null(config);
}

/* Every file of theirs; where a family is not registered yet the message says so. */
static void test_garg_files(void **state)
{
    static const char *const tasks[] = {"linear_regression", "sparse_linear_regression",
                                        "relu_2nn_regression", "decision_tree", "toy"};
    (void)state;
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        char path[128], refusal[256];
        AmbitConfig *config;
        AmbitError error = {.message = ""};
        snprintf(path, sizeof path, DATA "%s.yaml", tasks[i]);
        AmbitStatus status = ambit_config_load(&config, path, NULL, 0, &error);
        if (strcmp(tasks[i], "toy") != 0 && !ambit_family_type_find(tasks[i])) {
            snprintf(refusal, sizeof refusal, "%s:5: training.task: found %s", path, tasks[i]);
            assert_int_equal(status, AMBIT_INVALID);
            assert_memory_equal(error.message, refusal, strlen(refusal));
            continue;
        }
        if (status)
            fail_msg("%s", error.message);
        assert_fixed_point(config);
        ambit_config_destroy(&config);
    }
}

/* The file's own values win over what it inherits, later files over earlier ones, and mappings are
 * merged key by key. */
static void test_inherit_order(void **state)
{
    (void)state;
    AmbitConfig *config = load(DATA "mixture.yaml", NULL, 0);
    assert_int_equal(config->model.trunk.n_embd, 64); // models/tiny.yaml over models/standard.yaml
    assert_int_equal(config->prompts.n_dims, 20);     // base.yaml
    assert_int_equal(config->run.log_every_steps, 100); // wandb.yaml, two levels down
    assert_string_equal(config->run.name, "mixture");   // the file's stem
    assert_int_equal(config->run.seed, 7);
    assert_int_equal(config->training.seed, 7);
    ambit_config_destroy(&config);
}

static void test_mixture_and_evaluation(void **state)
{
    (void)state;
    AmbitConfig *config = load(DATA "mixture.yaml", NULL, 0);
    assert_int_equal(config->mixture->n_classes, 2);
    assert_string_equal(config->mixture->labels[1], "sparse");
    assert_true(config->mixture->weights[1] == 1.5);
    assert_true(ambit_family_second_moment(config->mixture->families[1], 20) == 2.0);
    assert_int_equal(config->training.schedule.name, AMBIT_SCHEDULE_INVERSE_SQRT);
    assert_int_equal(config->training.schedule.warmup_steps, 5000);
    assert_int_equal(config->evaluation.n_examples, 64);
    assert_int_equal(config->n_targets, 4);
    assert_null(config->targets[0].sweep);
    assert_string_equal(config->targets[1].sweep, "sparsity");
    assert_int_equal(config->targets[1].sweep_values.count, 3);
    assert_true(config->targets[1].sweep_values.values[2] == 20);
    assert_string_equal(config->targets[2].mixture->families[0]->type->name, "convex");
    assert_true(config->targets[2].sweep_values.values[1] == 0.1);
    assert_string_equal(config->targets[3].distribution->type->name, "skewed");
    assert_int_equal(config->targets[3].mixture->n_classes, 2);
    assert_true(config->wants_transformer);
    assert_int_equal(config->n_predictors, 4);
    assert_string_equal(config->predictors[1]->label, "lasso_fine");
    assert_int_equal(config->predictors[1]->n_columns, 2);
    assert_fixed_point(config);
    ambit_config_destroy(&config);
}

static void test_overrides(void **state)
{
    (void)state;
    char *const overrides[] = {"training.curriculum.points.end=31",
                               "training.tasks[1].weight=0.25",
                               "training.tasks[0]={name: linear_regression, label: other}",
                               "evaluation.targets[1].sweep={sparsity: [4, 5]}",
                               "model={n_layer: 2}",
                               "out_dir=\"a \\\" b\"",
                               "wandb.name=",
                               "test_run=false"};
    AmbitConfig *config = load(DATA "mixture.yaml", overrides, 8);
    assert_ramp(&config->prompts.points, 11, 31, 2, 2000);
    assert_true(config->mixture->weights[1] == 0.25);
    assert_string_equal(config->mixture->labels[0], "other");
    assert_int_equal(config->targets[1].sweep_values.count, 2);
    assert_true(config->targets[1].sweep_values.values[1] == 5);
    assert_int_equal(config->model.trunk.n_layer, 2);
    assert_int_equal(config->model.trunk.n_embd, 64);
    assert_string_equal(config->run.out_dir, "a \" b");
    assert_string_equal(config->run.name, "mixture");
    assert_fixed_point(config);
    ambit_config_destroy(&config);
}

/* `task` on the command line takes the place of `tasks` in the file. */
static void test_task_replaces_tasks(void **state)
{
    (void)state;
    char *const overrides[] = {"training.task=sparse_linear_regression"};
    AmbitConfig *config = load(DATA "mixture.yaml", overrides, 1);
    assert_int_equal(config->mixture->n_classes, 1);
    assert_string_equal(config->mixture->labels[0], "sparse_linear_regression");
    ambit_config_destroy(&config);
}

static void test_test_run(void **state)
{
    (void)state;
    char *const overrides[] = {"test_run=True"};
    AmbitConfig *config = load(DATA "linear_regression.yaml", overrides, 1);
    assert_true(config->run.test_run);
    assert_int_equal(config->training.train_steps, 100);
    assert_ramp(&config->prompts.dims, 20, 20, 1, 2000);
    assert_ramp(&config->prompts.points, 41, 41, 2, 2000);
    assert_fixed_point(config);
    ambit_config_destroy(&config);
}

/* A hold without effect or without end is said, beside the note on wandb; a sound one is not. */
static void test_hold_is_noted(void **state)
{
    (void)state;
    static const struct {
        const char *schedule, *note;
    } cases[] = {{"training.schedule={name: linear, hold_steps: 9}", NULL},
                 {"training.schedule={name: constant, hold_steps: 9}",
                  "training.schedule.hold_steps: linear and cosine alone use it"},
                 {"training.schedule={name: cosine, warmup_steps: 1, hold_steps: 500000}",
                  "training.schedule: warm-up and hold take all steps; the rate never falls"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char override[128];
        char *const overrides[] = {override};
        snprintf(override, sizeof override, "%s", cases[i].schedule);
        AmbitConfig *config = load(DATA "linear_regression.yaml", overrides, 1);
        bool said = false;
        for (size_t n = 0; n < config->n_notes; n++)
            said = said || (cases[i].note && strcmp(config->notes[n], cases[i].note) == 0);
        assert_int_equal(config->n_notes, cases[i].note ? 2 : 1);
        assert_true(said == (cases[i].note != NULL));
        ambit_config_destroy(&config);
    }
}

static void test_defaults(void **state)
{
    static const char text[] = "out_dir: runs\n"
                               "model: {n_positions: 11, n_dims: 5, n_embd: 8, n_layer: 1, "
                               "n_head: 2}\n"
                               "training: {task: linear_regression, task_kwargs:}\n";
    (void)state;
    AmbitConfig *config = load_text(text, NULL);
    assert_true(config->training.learning_rate == 3e-4);
    assert_int_equal(config->training.schedule.name, AMBIT_SCHEDULE_CONSTANT);
    assert_int_equal(config->prompts.dims.start, 5);
    assert_int_equal(config->prompts.dims.end, 5);
    assert_int_equal(config->prompts.points.start, 11);
    assert_int_equal(config->prompts.points.end, 11);
    assert_int_equal(config->run.keep_every_steps, -1);
    assert_string_equal(config->run.name, "resolved");
    assert_int_equal(config->n_targets, 1);
    assert_string_equal(config->targets[0].name, "linear_regression");
    assert_string_equal(config->targets[0].distribution->type->name, "standard");
    assert_true(config->wants_transformer);
    assert_int_equal(config->n_predictors, 3);
    assert_string_equal(config->predictors[0]->type->name, "least_squares");
    assert_string_equal(config->predictors[1]->type->name, "lasso");
    assert_string_equal(config->predictors[2]->type->name, "zero");
    assert_int_equal(config->n_notes, 0);
    assert_fixed_point(config);
    ambit_config_destroy(&config);
}

/* A checkpoint's text with a file over it, as `ambit evaluate RUN CONFIG.yaml` has it. */
static void test_overlay(void **state)
{
    (void)state;
    AmbitConfig *config = load(DATA "mixture.yaml", NULL, 0);
    AmbitConfig *over = load_text(config->resolved, DATA "overlay.yaml");
    assert_int_equal(over->evaluation.n_examples, 16);
    assert_int_equal(over->evaluation.n_points, 41);
    assert_int_equal(over->n_targets, 4);
    assert_false(over->wants_transformer);
    assert_int_equal(over->n_predictors, 1);
    assert_string_equal(over->run.name, "mixture");
    assert_fixed_point(over);
    ambit_config_destroy(&over);
    ambit_config_destroy(&config);
}

/* Reals keep every bit through the resolved text, anchors are resolved, and combinations nest. */
static void test_exact_and_nested(void **state)
{
    static const char text[] =
        "out_dir: \"tab\\there\"\n"
        "model: {n_positions: 11, n_dims: 5, n_embd: 8, n_layer: 1, n_head: 2}\n"
        "training:\n"
        "  learning_rate: 1.2345678901234568e-05\n"
        "  epsilon: 1e-300\n"
        "  task: convex\n"
        "  task_kwargs:\n"
        "    alpha: 0.30000000000000004\n"
        "    families:\n"
        "    - &dense {name: linear_regression, kwargs: {scale: 0.1}}\n"
        "    - name: convex\n"
        "      kwargs: {families: [*dense, *dense]}\n";
    (void)state;
    AmbitConfig *config = load_text(text, NULL);
    assert_true(config->training.learning_rate == 1.2345678901234568e-05);
    assert_non_null(strstr(config->resolved, "learning_rate: 1.2345678901234568e-05\n"));
    assert_non_null(strstr(config->resolved, "epsilon: 1e-300\n"));
    assert_non_null(strstr(config->resolved, "alpha: 0.30000000000000004\n"));
    assert_non_null(strstr(config->resolved, "scale: 0.1\n"));
    assert_string_equal(config->run.out_dir, "tab\there");
    assert_fixed_point(config);
    ambit_config_destroy(&config);
}

/* The old name of a key is read, the later layer counts, and a note tells whoever wrote it. */
static void test_alias(void **state)
{
    static const struct {
        const char *text, *override; // of training
        int64_t shards;
        bool noted;
    } cases[] = {{"lanes: 5", NULL, 5, false},
                 {"lanes: 5", "training.shards=3", 3, false},
                 {"shards: 5", "training.lanes=3", 3, true},
                 {"lanes: 5", "training.lanes=3", 3, true}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256], override[64];
        char *overrides[] = {override};
        AmbitConfig *config;
        AmbitError error;
        snprintf(
            text, sizeof text,
            "out_dir: runs\nmodel: {n_dims: 2, n_positions: 4, n_embd: 4, n_layer: 1, n_head: 1}\n"
            "training: {task: linear_regression, %s}\n",
            cases[i].text);
        snprintf(override, sizeof override, "%s", cases[i].override ? cases[i].override : "");
        if (ambit_config_load_text(&config, text, "x.yaml", NULL, overrides,
                                   cases[i].override != NULL, &error))
            fail_msg("%s", error.message);
        assert_int_equal(config->training.shards, cases[i].shards);
        assert_non_null(strstr(config->resolved, "  shards: "));
        assert_int_equal(config->n_notes, cases[i].noted);
        if (cases[i].noted)
            assert_string_equal(config->notes[0],
                                "training.lanes: the name is now shards; the old one still works");
        ambit_config_destroy(&config);
    }
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_garg_linear_regression),
        cmocka_unit_test(test_garg_files),
        cmocka_unit_test(test_inherit_order),
        cmocka_unit_test(test_mixture_and_evaluation),
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_task_replaces_tasks),
        cmocka_unit_test(test_test_run),
        cmocka_unit_test(test_hold_is_noted),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_overlay),
        cmocka_unit_test(test_exact_and_nested),
        cmocka_unit_test(test_alias),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
