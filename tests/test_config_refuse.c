// SPDX-License-Identifier: MIT
// Configurations that are wrong. Each is refused with an exact message, which names file, line and
// key, what was found and what is allowed. Run in tests/, for the files in data/config/.
#include "testing.h"

#include "refusals.h"
#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODEL "model: {n_positions: 11, n_dims: 5, n_embd: 8, n_layer: 1, n_head: 2}\n"
#define TASK "training: {task: linear_regression}\n"

static void test_yaml(void **state)
{
    static const Refusal refusals[] = {
        {"out_dir: [a, b\nmodel: 3\n", "x.yaml:3: flow sequence without a closing bracket"},
        {"out_dir: a\nseed: 1\nout_dir: b\n", "x.yaml:3: found a second key out_dir; remove one"},
        {"seed: 1\n---\nseed: 2\n", "x.yaml: found a second document (---), allowed one"},
        {"- a\n", "x.yaml:1: found a list, allowed a mapping of keys to values"},
        {"out_dir: *nowhere\n",
         "x.yaml:1: an alias to no anchor; write &NAME before the value meant"},
        {"out_dir: \"a\\0b\"\n", "x.yaml:1: found a NUL character, allowed text"},
        {"? [a]\n: b\n", "x.yaml:1: found a key that is no plain text, allowed is KEY: value"},
        {"seed: 1\nout_dir: \xff\n", "x.yaml:2: found byte 0xff, allowed UTF-8 text"},
        {MODEL TASK,
         "x.yaml:1: out_dir: missing, needs text (folder that run folders are made in)"},
        {NULL, NULL}};
    (void)state;
    assert_all_refused(refusals);
}

static void test_keys(void **state)
{
    static const Refusal refusals[] = {
        {"outdir: runs\n" MODEL TASK,
         "x.yaml:1: outdir: unknown key, did you mean out_dir? allowed: out_dir, "
         "test_run, seed, model, training, wandb, evaluation"},
        {"out_dir: runs\nmodel:\n  n_pos: 11\n  n_positions: 11\n  n_dims: 5\n  n_embd: 8\n"
         "  n_layer: 1\n  n_head: 2\n" TASK,
         "x.yaml:3: model.n_pos: unknown key*"},
        {"out_dir: runs\nmodel: {n_positions: 11, n_dims: 5, n_embdd: 8, n_layer: 1, n_head: "
         "2}\n" TASK,
         "x.yaml:2: model.n_embdd: unknown key, did you mean n_embd? allowed: *"},
        {"out_dir: runs\nmodel: {n_positions: 11, n_embd: 8, n_layer: 1, n_head: 2}\n" TASK,
         "x.yaml:2: model.n_dims: missing, needs integer in 1…4096 (dims of an input)"},
        {"out_dir: runs\nmodel: gpt2\n", "x.yaml:2: model: found gpt2, allowed a mapping"},
        {HEAD "training: {task: linear_regression, lanes: 3, shards: 3}\n",
         "x.yaml:3: training.lanes: is the old name of shards; give one of the two"},
        {HEAD "training:\n  batchsize: 3\n  task: linear_regression\n",
         "x.yaml:4: training.batchsize: unknown key, did you mean batch_size? allowed: *"},
        {HEAD "training:\n  task: linear_regression\n  task_kwargs: {scal: 2}\n",
         "x.yaml:5: training.task_kwargs.scal: unknown key, did you mean scale? allowed: *"},
        {HEAD "training:\n  task: linear_regression\n  curriculum:\n    dim: {}\n",
         "x.yaml:6: training.curriculum.dim: unknown key, did you mean dims? allowed: coordinates, "
         "positions, dims, points"},
        {TRAINING "wandb: {nam: a}\n", "x.yaml:4: wandb.nam: unknown key, did you mean name? "
                                       "allowed: name, log_every_steps, project, entity, notes"},
        {TRAINING "evaluation: {prompts: 3}\n",
         "x.yaml:4: evaluation.prompts: unknown key, did you mean n_prompts? allowed: *"},
        {NULL, NULL}};
    (void)state;
    assert_all_refused(refusals);
}

static void test_values(void **state)
{
    static const Refusal refusals[] = {
        {"out_dir:\n" MODEL TASK, "x.yaml:1: out_dir: found nothing, allowed text"},
        {"out_dir: ''\n" MODEL TASK, "x.yaml:1: out_dir: found empty text, allowed text"},
        {"out_dir: a\ntest_run: yes\n" MODEL TASK,
         "x.yaml:2: test_run: found yes, allowed true or false"},
        {"out_dir: a\nseed: 1.5\n" MODEL TASK,
         "x.yaml:2: seed: found 1.5, allowed integer in 0…9007199254740992"},
        {"out_dir: a\nseed: \"1\"\n" MODEL TASK,
         "x.yaml:2: seed: found \"1\", allowed integer in 0…9007199254740992"},
        {"out_dir: a\nseed: 99999999999999999999\n" MODEL TASK,
         "x.yaml:2: seed: found 99999999999999999999, allowed integer in 0…9007199254740992"},
        {"out_dir: a\nmodel: {n_positions: 0, n_dims: 5, n_embd: 8, n_layer: 1, n_head: 2}\n" TASK,
         "x.yaml:2: model.n_positions: found 0, allowed integer in 1…8192"},
        {"out_dir: a\nmodel: {family: lstm, n_positions: 9, n_dims: 5, n_embd: 8, n_layer: 1, "
         "n_head: 2}\n" TASK,
         "x.yaml:2: model.family: found lstm, which is not available; allowed is gpt2"},
        {"out_dir: a\nmodel: {family: gpt, n_positions: 9, n_dims: 5, n_embd: 8, n_layer: 1, "
         "n_head: 2}\n" TASK,
         "x.yaml:2: model.family: found gpt, did you mean gpt2? allowed: gpt2"},
        {"out_dir: a\nmodel: {n_positions: 11, n_dims: 5, n_embd: 9, n_layer: 1, n_head: 2}\n" TASK,
         "x.yaml:2: model.n_head: found 2, which does not divide n_embd 9; choose a divisor"},
        {HEAD "training: {task: linear_regression, learning_rate: fast}\n",
         "x.yaml:3: training.learning_rate: found fast, allowed real > 0 and ≤ 10"},
        {HEAD "training: {task: linear_regression, learning_rate: 1e-}\n",
         "x.yaml:3: training.learning_rate: found 1e-, allowed real > 0 and ≤ 10"},
        {HEAD "training: {task: linear_regression, learning_rate: .nan}\n",
         "x.yaml:3: training.learning_rate: found .nan, allowed real > 0 and ≤ 10"},
        {HEAD "training: {task: linear_regression, learning_rate: [1]}\n",
         "x.yaml:3: training.learning_rate: found a list, allowed real > 0 and ≤ 10"},
        {TRAINING "wandb: {name: a/b}\n", "x.yaml:4: wandb.name: found \"a/b\", allowed the name "
                                          "of a folder (no /, no . in front)"},
        {TRAINING "evaluation:\n  n_prompts: 8\n  n_points: 12\n",
         "x.yaml:6: evaluation.n_points: found 12, allowed at most model.n_positions, 11"},
        {NULL, NULL}};
    (void)state;
    assert_all_refused(refusals);
}

static void test_training(void **state)
{
    static const Refusal refusals[] = {
        {HEAD "training:\n  resume_id: abc\n  task: linear_regression\n",
         "x.yaml:4: training.resume_id: found abc, but allowed is null; continue a run with `ambit "
         "pretrain --resume -o RUN_DIR`"},
        {HEAD "training:\n  data: uniform\n  task: linear_regression\n",
         "x.yaml:4: training.data: found uniform; allowed: gaussian"},
        {HEAD "training:\n  schedule: {name: cosin}\n  task: linear_regression\n",
         "x.yaml:4: training.schedule.name: found cosin, did you mean cosine? allowed: constant, "
         "inverse_sqrt, linear, cosine"},
        {HEAD "training:\n  curriculum:\n    points: {start: 5, end: 12, inc: 1, interval: 10}\n  "
              "task: linear_regression\n",
         "x.yaml:5: training.curriculum.points.end: found 12, allowed at most model.n_positions, "
         "11"},
        {HEAD "training:\n  curriculum:\n    dims:\n      start: 1\n      end: 6\n  task: "
              "linear_regression\n",
         "x.yaml:7: training.curriculum.dims.end: found 6, allowed at most model.n_dims, 5"},
        {HEAD "training:\n  curriculum:\n    dims: {start: 4, end: 3}\n  task: linear_regression\n",
         "x.yaml:5: training.curriculum.dims.start: found 4, allowed at most its end, 3"},
        {HEAD
         "training:\n  curriculum:\n    dims: {start: 2, end: 4, pause_at: 5, pause_steps: 9}\n  "
         "task: linear_regression\n",
         "x.yaml:5: training.curriculum.dims.pause_at: found 5, allowed with pause_steps are 2 to "
         "4"},
        {HEAD "training:\n  curriculum:\n    coordinates: last\n  task: linear_regression\n",
         "x.yaml:5: training.curriculum.coordinates: found last; allowed: first, random"},
        {HEAD "training:\n  curriculum: {coordinates: random}\n  num_tasks: 9\n  task: "
              "linear_regression\n",
         "x.yaml:4: training.curriculum.coordinates: found random, allowed with class "
         "linear_regression, a pool of functions, is first"},
        {HEAD "training:\n  curriculum: {coordinates: random}\n  num_training_examples: 999\n  "
              "task: linear_regression\n",
         "x.yaml:4: training.curriculum.coordinates: found random, allowed with "
         "num_training_examples is first"},
        {HEAD "training:\n  curriculum: {positions: random}\n  num_training_examples: 999\n  "
              "task: linear_regression\n",
         "x.yaml:4: training.curriculum.positions: found random, allowed with "
         "num_training_examples is first"},
        {HEAD "training:\n  curriculum:\n    dims: {start: 4}\n  task: linear_regression\n",
         "x.yaml:5: training.curriculum.dims.end: missing, needs integer in 1…1048576 (largest "
         "value)"},
        {NULL, NULL}};
    (void)state;
    assert_all_refused(refusals);
}

static void test_mixtures(void **state)
{
    static const Refusal refusals[] = {
        {HEAD, "x.yaml:1: training.task: missing, needs one of *"},
        {HEAD "training: {task: linear_regresion}\n",
         "x.yaml:3: training.task: found linear_regresion, did you mean linear_regression? "
         "allowed: *"},
        {HEAD "training:\n  task: linear_regression\n  tasks:\n  - name: linear_regression\n",
         "x.yaml:5: training.tasks: found next to task, allowed is one of task (with task_kwargs) "
         "and tasks"},
        {HEAD "training:\n  tasks: []\n",
         "x.yaml:4: training.tasks: found an empty list, allowed a list with an item or more"},
        {HEAD "training:\n  tasks: linear_regression\n",
         "x.yaml:4: training.tasks: found linear_regression, allowed a list with an item or more"},
        {HEAD "training:\n  tasks:\n  - linear_regression\n",
         "x.yaml:5: training.tasks[0]: found linear_regression, allowed a mapping"},
        {HEAD "training:\n  tasks:\n  - name: linear_regression\n    weight: -1\n",
         "x.yaml:6: training.tasks[0].weight: found -1, allowed real ≥ 0"},
        {HEAD "training:\n  tasks:\n  - name: linear_regression\n    weight: 0\n",
         "x.yaml:4: training.tasks: found only weights of 0, allowed is at least one above 0"},
        {HEAD "training:\n  tasks:\n  - name: linear_regression\n    weight: .inf\n",
         "x.yaml:6: training.tasks[0].weight: found .inf, allowed real ≥ 0"},
        {HEAD "training:\n  tasks:\n  - name: linear_regression\n    weight: 1e999\n",
         "x.yaml:6: training.tasks[0].weight: found 1e999, allowed real ≥ 0"},
        {HEAD "training:\n  tasks:\n  - {name: linear_regression, weight: 1e308}\n"
              "  - {name: linear_regression, label: b, weight: 1e308}\n",
         "x.yaml:6: training.tasks[1]: class b: the sum of the weights overflows; give smaller "
         "ones"},
        {HEAD "training:\n  tasks:\n  - name: linear_regression\n  - name: linear_regression\n",
         "x.yaml:6: training.tasks[1].label: linear_regression stands for class 1 already; give "
         "each class its own label"},
        {HEAD "training:\n  tasks:\n  - name: linear_regression\n    label: a b\n",
         "x.yaml:6: training.tasks[0].label: found \"a b\", allowed letters, digits, _, . and -"},
        {HEAD "training:\n  tasks:\n  - name: linear_regression\n"
              "  - name: sparse_linear_regression\n    kwargs:\n      sparsity: 30\n",
         "x.yaml:8: training.tasks[1].kwargs.sparsity: sparsity is 30, but inputs have 5 dims; "
         "give at most 5"},
        {HEAD "training:\n  task: convex\n  task_kwargs:\n    families:\n"
              "    - name: linear_regression\n",
         "x.yaml:6: training.task_kwargs.families: found 1 families, allowed list of 2 families"},
        {HEAD "training:\n  task: convex\n  task_kwargs:\n    families:\n"
              "    - name: linear_regression\n    - name: sparse_linear_regression\n"
              "      kwargs: {sparsity: 6}\n",
         "x.yaml:9: training.task_kwargs.families[1].kwargs.sparsity: sparsity is 6, but inputs "
         "have 5 dims; give at most 5"},
        {NULL, NULL}};
    (void)state;
    assert_all_refused(refusals);
}

/* A default that does not fit is located at what lacks it. */
static void test_default_that_does_not_fit(void **state)
{
    (void)state;
    assert_refused("out_dir: runs\n"
                   "model: {n_positions: 11, n_dims: 2, n_embd: 8, n_layer: 1, n_head: 2}\n"
                   "training:\n"
                   "  task: sparse_linear_regression\n",
                   "x.yaml:3: training.task_kwargs.sparsity: sparsity is 3, but inputs have 2 "
                   "dims; give at most 2");
}

static void assert_file_refused(const char *path, char *const *overrides, const char *message)
{
    AmbitConfig *config = NULL;
    AmbitError error = {.message = ""};
    AmbitStatus status = ambit_config_load(&config, path, overrides, overrides ? 1 : 0, &error);
    assert_message(&error, message);
    assert_int_equal(status, AMBIT_INVALID);
    assert_null(config);
}

/* Names become groups in HDF5 files, and what a config grows to must be read again. */
static void test_sizes(void **state)
{
    enum { LONG = 300, MANY = 4000, LINE = 256 };
    char name[LONG + 1] = "", text[LONG + 400];
    char *many = malloc((size_t)MANY * LINE);
    (void)state;
    assert_non_null(many);
    memset(name, 'a', LONG);
    snprintf(text, sizeof text,
             TRAINING "evaluation: {targets: [{name: %s, task: linear_regression}]}\n", name);
    assert_refused(text,
                   "x.yaml:4: evaluation.targets[0].name: found 300 letters, allowed are 255: "
                   "\"aaaaaaaaaaaaaaaaaaaa…\"");
    size_t used = (size_t)sprintf(many, TRAINING "evaluation:\n  targets:\n");
    for (int i = 0; i < MANY; i++)
        used += (size_t)snprintf(
            many + used, LINE,
            "  - {name: t%d, task: convex, task_kwargs: "
            "{families: [{name: relu_2nn_regression}, {name: relu_2nn_regression}]}}\n",
            i);
    assert_refused(many, "x.yaml: with all defaults it takes *");
    free(many);
}

static void test_inherit(void **state)
{
    (void)state;
    assert_file_refused(
        "data/config/nowhere.yaml", NULL,
        "data/config/nowhere.yaml: cannot be opened: No such file or directory; check the path");
    assert_file_refused("data/config", NULL,
                        "data/config: cannot be opened: Is a directory; give the name of a file");
    assert_file_refused("data/config/missing_parent.yaml", NULL,
                        "data/config/missing_parent.yaml:4: inherit[1]: "
                        "data/config/models/huge.yaml is not there; paths start at the folder of "
                        "the file that names them");
    assert_file_refused("data/config/misspelt_parent.yaml", NULL,
                        "data/config/misspelt_parent.yaml:2: inherit[0]: "
                        "data/config/models/standart.yaml is not there; did you mean "
                        "models/standard.yaml?");
    assert_file_refused("data/config/circle_a.yaml", NULL,
                        "data/config/circle_b.yaml:4: inherit[1]: data/config/circle_a.yaml "
                        "inherits itself; break the circle");
    // what stands in a checkpoint or in weights is text, not a file
    assert_refused("inherit: [data/config/parent.yaml]\n",
                   "x.yaml:1: inherit: found a list, allowed no `inherit`: what another program "
                   "put into a file names none here");
    assert_file_refused("data/config/inherit_mapping.yaml", NULL,
                        "data/config/inherit_mapping.yaml:1: inherit: found a mapping, allowed a "
                        "list of YAML files");
    assert_file_refused("data/config/inherit_list.yaml", NULL,
                        "data/config/inherit_list.yaml:1: inherit[0]: found a list, allowed the "
                        "path of a YAML file");
}

static void test_overrides(void **state)
{
    static const char *const cases[][2] = {
        {"training.batchsize=3", "command line: --training.batchsize: unknown key, did you mean "
                                 "batch_size? allowed: *"},
        {"training.curriculum.points.end=999",
         "command line: --training.curriculum.points.end: found 999, allowed at most "
         "model.n_positions, 11"},
        {"training.batch_size=many",
         "command line: --training.batch_size: found many, allowed integer in 1…1048576"},
        {"training.batch_size.x=1", "data/config/toy.yaml:13: training.batch_size: found 64, "
                                    "allowed a mapping, if keys of it are set"},
        {"training.task[0]=1", "data/config/toy.yaml:10: training.task: has no item [0] to set"},
        {"training..task=1", "command line: --training..task: an empty key"},
        {"training.batch_size",
         "command line: --training.batch_size: allowed is --key.subkey=value"},
        {"=3", "command line: --=3: allowed is --key.subkey=value"},
        {"seed=[1", "command line: --seed: flow sequence without a closing bracket"},
        {"training.task_kwargs={scal: 2}",
         "command line: --training.task_kwargs.scal: unknown key, "
         "did you mean scale? allowed: *"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *override = (char *)cases[i][0];
        assert_file_refused("data/config/toy.yaml", &override, cases[i][1]);
    }
}

/* Ten aliases to ten aliases to … : refused at a bound, not expanded. */
static void test_alias_bombs(void **state)
{
    char text[4096] = "a0: &a0 [xxxxxxxxxx]\n";
    (void)state;
    for (int i = 1; i < 12; i++) {
        char line[256];
        snprintf(line, sizeof line, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i,
                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
        strcat(text, line);
    }
    assert_refused(text, "x.yaml:2: takes more than 32 MiB once anchors and inherited files are "
                         "resolved; use fewer aliases");
    assert_refused("a: &a [*a]\n", "x.yaml:1: nested deeper than 32 levels; flatten it");
}

static void test_large_text(void **state)
{
    enum { SIZE = (1 << 20) + 1 };
    char path[] = "/tmp/ambit-config-XXXXXX";
    char *text = malloc(SIZE + 1);
    int file = mkstemp(path);
    (void)state;
    assert_true(text && file >= 0);
    memset(text, ' ', SIZE);
    text[SIZE] = '\0';
    assert_int_equal(write(file, text, SIZE), SIZE);
    AmbitConfig *config = NULL;
    AmbitError error;
    assert_int_equal(ambit_config_load(&config, path, NULL, 0, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, ": is larger than 1 MiB"));
    assert_int_equal(pwrite(file, "\211HDF", 4, 0), 4);
    close(file);
    AmbitStatus status = ambit_config_load(&config, path, NULL, 0, &error);
    unlink(path);
    assert_int_equal(status, AMBIT_INVALID);
    assert_non_null(strstr(error.message, ": is an HDF5 file, such as a checkpoint; give"));
    memset(text, '[', SIZE); // as deep as it is long
    assert_refused(text, "x.yaml:1: Max depth *");
    free(text);
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yaml),       cmocka_unit_test(test_keys),
        cmocka_unit_test(test_values),     cmocka_unit_test(test_training),
        cmocka_unit_test(test_mixtures),   cmocka_unit_test(test_default_that_does_not_fit),
        cmocka_unit_test(test_inherit),    cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_overrides),  cmocka_unit_test(test_alias_bombs),
        cmocka_unit_test(test_large_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
