// SPDX-License-Identifier: MIT
// Evaluations that are wrong: targets, predictors and settings of measures are refused with exact
// messages.
#include "testing.h"

#include "refusals.h"
#include <gsl/gsl_errno.h>

static void test_targets(void **state)
{
#define TARGET TRAINING "evaluation:\n  targets:\n  - name: a\n    task: sparse_linear_regression\n"
    static const Refusal refusals[] = {
        {TRAINING "evaluation: {targets: []}\n",
         "x.yaml:4: evaluation.targets: found an empty list, allowed a list with an item or more"},
        {TRAINING "evaluation:\n  targets:\n  - task: linear_regression\n",
         "x.yaml:6: evaluation.targets[0].name: missing, needs text (its group in the results)"},
        {TRAINING "evaluation:\n  targets:\n  - {name: a/b, task: linear_regression}\n",
         "x.yaml:6: evaluation.targets[0].name: found \"a/b\", allowed letters, digits, _, . and "
         "-"},
        {TRAINING "evaluation:\n  targets:\n  - {name: .., task: linear_regression}\n",
         "x.yaml:6: evaluation.targets[0].name: found \"..\", allowed letters, digits, _, . and "
         "-"},
        {TARGET "  - name: a\n    task: linear_regression\n",
         "x.yaml:8: evaluation.targets[1].name: a stands for target 1 already; give each its own "
         "name"},
        {TARGET "    prompts: skewd\n",
         "x.yaml:8: evaluation.targets[0].prompts: found skewd, did you mean skewed? allowed: *"},
        {TARGET "    prompt_kwargs: {omega: 1}\n",
         "x.yaml:8: evaluation.targets[0].prompt_kwargs.omega: unknown key; allowed: nothing"},
        {TARGET "    sweep: {scale: [1], sparsity: [1]}\n",
         "x.yaml:8: evaluation.targets[0].sweep: found 2 parameters, allowed 1"},
        {TARGET "    sweep: {spars: [1]}\n",
         "x.yaml:8: evaluation.targets[0].sweep.spars: not a number of the family*"},
        {TARGET "    sweep: {sparsity: []}\n",
         "x.yaml:8: evaluation.targets[0].sweep.sparsity: found an empty list, allowed a list with "
         "an item or more"},
        {TARGET "    sweep: {sparsity: [1, 2.5]}\n",
         "x.yaml:8: evaluation.targets[0].sweep.sparsity[1]: found 2.5, allowed integer ≥ 1"},
        {TARGET "    sweep:\n      sparsity:\n      - 1\n      - 30\n",
         "x.yaml:11: evaluation.targets[0].sweep.sparsity[1]: sparsity is 30, but inputs have 5 "
         "dims; give at most 5"},
        {TRAINING
         "evaluation:\n  targets:\n  - name: a\n    tasks:\n    - name: linear_regression\n"
         "    - name: sparse_linear_regression\n    sweep: {scale: [1]}\n",
         "x.yaml:10: evaluation.targets[0].sweep.scale: not a number of the mixture or the prompts;"
         " allowed: weight, tasks[0].scale, tasks[1].scale, tasks[1].sparsity"},
        {TRAINING
         "evaluation:\n  targets:\n  - name: a\n    tasks:\n    - name: linear_regression\n"
         "    - name: sparse_linear_regression\n    sweep: {\"tasks[1].sparsity\": [1, 6]}\n",
         "x.yaml:10: evaluation.targets[0].sweep.tasks[1].sparsity[1]: sparsity is 6, *"},
        {TRAINING
         "evaluation:\n  targets:\n  - name: a\n    tasks:\n    - name: linear_regression\n"
         "    - name: sparse_linear_regression\n    sweep: {weight: [0.5, 1.5]}\n",
         "x.yaml:10: evaluation.targets[0].sweep.weight[1]: found 1.5, allowed real in 0…1"},
        {TARGET "    prompts: skewed\n    sweep: {prompts.skw: [0.5]}\n",
         "x.yaml:9: evaluation.targets[0].sweep.prompts.skw: not a number of *"},
        {TARGET "    probes: [slices]\n",
         "x.yaml:8: evaluation.targets[0].probes[0]: found slices, did you mean slice? allowed: "
         "implied_weights, gradient_alignment, slice"},
        {NULL, NULL}};
#undef TARGET
    (void)state;
    assert_all_refused(refusals);
}

static void test_predictors(void **state)
{
    static const Refusal refusals[] = {
        {TRAINING "evaluation: {predictors: []}\n",
         "x.yaml:4: evaluation.predictors: found an empty list, allowed a list with an item or "
         "more"},
        {TRAINING "evaluation:\n  predictors: [lasso, leastsquares]\n",
         "x.yaml:5: evaluation.predictors[1].name: found leastsquares, did you mean "
         "least_squares? allowed: transformer, *"},
        {TRAINING "evaluation:\n  predictors: [zero, zero]\n",
         "x.yaml:5: evaluation.predictors[1]: zero stands in the list already; give each "
         "predictor its own label"},
        {TRAINING "evaluation:\n  predictors: [transformer, {name: zero, label: transformer}]\n",
         "x.yaml:5: evaluation.predictors[1]: transformer stands in the list already; give each "
         "predictor its own label"},
        {TRAINING "evaluation:\n  predictors: [{name: transformer, label: a}]\n",
         "x.yaml:5: evaluation.predictors[0].label: unknown key; allowed: name"},
        {TRAINING "evaluation:\n  predictors: [{name: lasso, kwargs: {penaltys: [1]}}]\n",
         "x.yaml:5: evaluation.predictors[0].kwargs.penaltys: unknown key, did you mean penalties? "
         "allowed: *"},
        {TRAINING "evaluation:\n  predictors: [{name: lasso, kwargs: {alphas: [1, 0]}}]\n",
         "x.yaml:5: evaluation.predictors[0].kwargs.alphas[1]: found 0, allowed real > 0"},
        {TRAINING "evaluation:\n  predictors: [{name: zero, label: ''}]\n",
         "x.yaml:5: evaluation.predictors[0].label: found \"\", allowed letters, digits, _, . and "
         "-"},
        {NULL, NULL}};
    (void)state;
    assert_all_refused(refusals);
}

static void test_measurements(void **state)
{
#define EVALUATION TRAINING "evaluation:\n"
    static const Refusal refusals[] = {
        {EVALUATION "  reference: lest_squares\n",
         "x.yaml:5: evaluation.reference: lest_squares is not a predictor of this evaluation, did "
         "you mean "
         "least_squares? allowed: *"},
        {EVALUATION "  models:\n  - {name: zero, path: runs/a}\n",
         "x.yaml:6: evaluation.models[0].name: zero stands among the predictors already; give each "
         "its own name"},
        {EVALUATION
         "  probe_k: [11]\n  targets:\n  - {name: a, task: quadratic_regression, probes: "
         "[slice]}\n",
         "x.yaml:7: evaluation.targets[0]: evaluation.probe_k: probes cannot look after 11 *"},
        {EVALUATION "  targets:\n  - name: a\n    task: relu_2nn_regression\n"
                    "    probes: [gradient_alignment]\n",
         "x.yaml:8: evaluation.targets[0].probes: probe gradient_alignment needs functions wᵀx, "
         "but "
         "those of relu_2nn_regression are not; drop the probe from target a"},
        {NULL, NULL}};
#undef EVALUATION
    (void)state;
    assert_all_refused(refusals);
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_predictors),
        cmocka_unit_test(test_measurements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
