// SPDX-License-Identifier: MIT
// Families in configurations: every family that is written reads back equal; combinations that make
// no sense are refused with file and line; Garg et al.'s num_tasks and num_training_examples; the
// loss of every class.
#include "testing.h"

#include "ambit/config.h"
#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <string.h>

static const char head[] =
    "out_dir: runs\n"
    "model: {n_positions: 11, n_dims: %d, n_embd: 8, n_layer: 1, n_head: 2}\n";

static AmbitStatus load(AmbitConfig **config, int dims, const char *text, AmbitError *error)
{
    char all[2048];
    size_t used = (size_t)snprintf(all, sizeof all, head, dims);
    snprintf(all + used, sizeof all - used, "%s", text);
    return ambit_config_load_text(config, all, "x.yaml", NULL, NULL, 0, error);
}

static AmbitConfig *load_right(int dims, const char *text)
{
    AmbitConfig *config;
    AmbitError error;
    if (load(&config, dims, text, &error))
        fail_msg("%s: %s", text, error.message);
    return config;
}

static void assert_fixed_point(const AmbitConfig *config)
{
    AmbitConfig *again;
    AmbitError error;
    if (ambit_config_load_text(&again, config->resolved, "x.yaml", NULL, NULL, 0, &error))
        fail_msg("%s", error.message);
    assert_string_equal(again->resolved, config->resolved);
    ambit_config_destroy(&again);
}

static void every_family_reads_back_to_itself(void **state)
{
    (void)state;
    for (const AmbitFamilyType *const *type = ambit_family_types(); *type; type++) {
        char text[512], parts[256] = "";
        for (const AmbitParameter *p = (*type)->parameters; p->name; p++)
            if (p->type == AMBIT_FAMILIES)
                snprintf(parts, sizeof parts, "families: [{name: linear_regression}%s]",
                         p->minimum < 2 ? "" : ", {name: sinusoid}");
        bool sized = strcmp((*type)->name, "pool") == 0;
        snprintf(text, sizeof text, "training: {task: %s, task_kwargs: {%s%s}}\n", (*type)->name,
                 sized ? "size: 3, " : "", parts);
        bool sparse = strcmp((*type)->name, "sparse_linear_regression") == 0;
        AmbitConfig *config = load_right(sparse ? 4 : 1, text);
        assert_string_equal(config->mixture->families[0]->type->name, (*type)->name);
        assert_fixed_point(config);
        ambit_config_destroy(&config);
    }
}

typedef struct Refusal {
    int dims;
    const char *text, *message;
} Refusal;

#define TASK(name, kwargs) "training:\n  task: " name "\n  task_kwargs:\n" kwargs
#define PARTS(list) "    families: [" list "]\n"
#define WHERE(key) "x.yaml:6: training.task_kwargs." key ": "

static void senseless_families_are_refused(void **state)
{
    static const Refusal refusals[] = {
        {5, TASK("noise", PARTS("{name: linear_classification}")),
         WHERE("families") "part 1, linear_classification, has labels -1 and 1: noise would not "
                           "leave them so"},
        {5, TASK("rescale", PARTS("{name: linear_classification}")),
         WHERE("families") "part 1, linear_classification, has labels -1 and 1: a factor would not "
                           "leave them so"},
        {5, TASK("noise", "    noise_std: -1\n" PARTS("{name: linear_regression}")),
         WHERE("noise_std") "found -1, allowed real ≥ 0"},
        {5, TASK("rescale", "    factor: 0\n" PARTS("{name: linear_regression}")),
         WHERE("factor") "factor is 0, which leaves nothing to learn; give another"},
        {5, TASK("pool", "    size: 0\n" PARTS("{name: linear_regression}")),
         WHERE("size") "found 0, allowed integer in 1…16777216"},
        {5, TASK("pool", PARTS("{name: linear_regression}")),
         "x.yaml:5: training.task_kwargs.size: missing, needs integer in 1…16777216 (number of "
         "functions)"},
        {1, TASK("product", PARTS("{name: linear_regression}, {name: fourier_series}")),
         WHERE("families") "the inputs of linear_regression and of fourier_series follow different "
                           "distributions; a product needs families with the same"},
        {1,
         TASK("convex",
              PARTS("{name: fourier_series, kwargs: {L: 5}}, {name: fourier_series, kwargs: "
                    "{L: 4}}")),
         WHERE("families") "the inputs of fourier_series and of fourier_series follow different "
                           "distributions; a convex needs families with the same"},
        {5,
         TASK("product", PARTS("{name: noisy_linear_regression, kwargs: {noise_std: 1}}, {name: "
                               "linear_regression}")),
         WHERE("families") "part 1, noisy_linear_regression, has label noise: put noise around the "
                           "product instead"},
        {5, TASK("product", PARTS("{name: linear_regression}")),
         WHERE("families") "found 1 families, allowed list of 2 families"},
        {5, TASK("composition", PARTS("{name: linear_regression}, {name: linear_regression}")),
         "x.yaml:5: training.task_kwargs: composition feeds the one output of a function to "
         "another, so it has 1 dim, but inputs have 5; give model.n_dims 1"},
        {5, "training: {task: sinusoid}\n",
         "x.yaml:3: training.task_kwargs: sinusoid has 1 dim, but inputs have 5, the same for all "
         "classes; give model.n_dims 1, which most families take too (ambit list families)"},
        {5, "training: {task: low_rank}\n",
         "x.yaml:3: training.task_kwargs: low_rank takes inputs that are square matrices, but 5 "
         "dims are not a square; give model.n_dims 1, 4, 9, 16, 25, …"},
        {4, TASK("low_rank", "    rank: 3\n"),
         WHERE("rank") "rank is 3, but the matrix is 2 x 2; give at most 2"},
        {2, TASK("monomials", "    size: 4\n"),
         WHERE("size") "size is 4, but 2 dims have 3 monomials of degree 2; give at most 3"},
        {1, TASK("sine_phase", "    phase_low: 4\n"),
         WHERE("phase_low") "phase_low is 4, above the other end of its range, 3.14159; give at "
                            "most that"},
        {5, TASK("noisy_linear_regression", "    renormalize_ys: true\n    normalize: true\n"),
         WHERE("renormalize_ys") "renormalize_ys and normalize ask for different second moments (D "
                                 "and "
                                 "scale^2); set one of them"},
        {5, "training:\n  num_training_examples: 63\n  task: linear_regression\n",
         "x.yaml:4: training.num_training_examples: found 63, allowed at least "
         "training.batch_size, 64, since the prompts of a batch are distinct"},
        {5, "training:\n  num_tasks: 0\n  task: linear_regression\n",
         "x.yaml:4: training.num_tasks: found 0, allowed integer in 1…16777216"},
        {0, NULL, NULL}};
    (void)state;
    for (const Refusal *r = refusals; r->text; r++) {
        AmbitConfig *config = NULL;
        AmbitError error = {.message = ""};
        assert_int_equal(load(&config, r->dims, r->text, &error), AMBIT_INVALID);
        assert_string_equal(error.message, r->message);
        assert_null(config);
    }
}

/* A setting of a family under its earlier name. */
static void earlier_names(void **state)
{
    (void)state;
    AmbitConfig *config = load_right(4, "training: {task: rescale, task_kwargs: {unit_power: true, "
                                        "families: [{name: linear_regression}]}}\n");
    assert_true(fabs(ambit_mixture_second_moment(config->mixture, 4) - 1) < 1e-12);
    assert_non_null(strstr(config->resolved, "unit_second_moment: true\n"));
    ambit_config_destroy(&config);
}

static void finite_sets(void **state)
{
    (void)state;
    AmbitConfig *config =
        load_right(4, "seed: 9\ntraining:\n  num_tasks: 10\n  num_training_examples: 64\n  tasks: "
                      "[{name: linear_regression}, {name: linear_classification}]\n");
    AmbitPrior pool = {0};
    assert_int_equal(config->n_training_examples, 64);
    for (size_t c = 0; c < 2; c++) {
        pool = ambit_family_prior(config->mixture->families[c]);
        assert_int_equal(pool.kind, AMBIT_PRIOR_FINITE);
        assert_int_equal(pool.n_functions, 10);
    }
    assert_string_equal(pool.parts[0]->type->name, "linear_classification");
    assert_string_equal(config->mixture->labels[1], "linear_classification");
    assert_int_equal(config->losses[0], AMBIT_LOSS_SQUARED);
    assert_int_equal(config->losses[1], AMBIT_LOSS_LOGISTIC);
    assert_non_null(strstr(config->resolved, "pool_seed: 9\n"));
    assert_non_null(strstr(config->resolved, "pool_seed: 10\n"));
    assert_non_null(strstr(config->resolved, "num_training_examples: 64\n"));
    assert_fixed_point(config);
    ambit_config_destroy(&config);
    config = load_right(4, "training: {task: linear_regression, num_tasks: null, "
                           "num_training_examples: null}\n");
    assert_int_equal(config->n_training_examples, 0);
    assert_int_not_equal(ambit_family_prior(config->mixture->families[0]).kind, AMBIT_PRIOR_FINITE);
    ambit_config_destroy(&config);
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_family_reads_back_to_itself),
        cmocka_unit_test(senseless_families_are_refused),
        cmocka_unit_test(earlier_names),
        cmocka_unit_test(finite_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
