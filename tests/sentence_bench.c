// SPDX-License-Identifier: MIT
// Evaluations of sentences by some predictors, for tests.
#include "sentence_bench.h"

#include "ambit/head.h"

#include <string.h>

void check(AmbitStatus status, const AmbitError *error)
{
    if (status)
        fail_msg("%s", error->message);
}

static void add(Bench *bench, const char *name)
{
    AmbitError error = {0};
    AmbitPredictor **predictor = &bench->predictors[bench->n_predictors++];
    if (strcmp(name, "transformer") != 0) {
        check(ambit_predictor_create(predictor, ambit_predictor_type_find(name), &error), &error);
        check(ambit_predictor_finish(*predictor, &error), &error);
        return;
    }
    AmbitKernels kernels;
    AmbitModelSettings settings;
    ambit_parameters_default(ambit_model_parameters, &settings);
    settings.head = ambit_language_head(ambit_language_size(bench->corpus->language) + 2, false);
    settings.trunk.n_context = (int64_t)bench->corpus->longest + 1;
    settings.trunk.n_embd = 16;
    settings.trunk.n_layer = settings.trunk.n_head = 1;
    settings.trunk.initializer_range = 0.2;
    check(ambit_model_create(&bench->model, &settings, &error), &error);
    ambit_model_initialize(bench->model, 1);
    check(ambit_kernels_select(&kernels, "auto", &error), &error);
    check(ambit_predictor_transformer_create(predictor, bench->model, &kernels, name, &error),
          &error);
}

Bench open_bench(AmbitCorpus *corpus, AmbitSplitName split, const char *const *names)
{
    Bench bench = {.corpus = corpus};
    ambit_parameters_default(ambit_sentence_evaluation_parameters, &bench.settings);
    bench.settings.n_examples = N;
    bench.settings.bootstrap = 50;
    bench.target =
        (AmbitTarget){.name = (char *)ambit_split_names[split], .corpus = corpus, .split = split};
    for (; *names; names++)
        add(&bench, *names);
    return bench;
}

void close_bench(Bench *bench)
{
    for (size_t p = 0; p < bench->n_predictors; p++)
        ambit_predictor_destroy(&bench->predictors[p]);
    ambit_model_destroy(&bench->model);
    ambit_corpus_destroy(&bench->corpus);
}

/* Other weights at every step, those of the second better than the others at ending sentences. */
static AmbitStatus set_step(void *context, size_t index, AmbitError *error)
{
    Bench *bench = context;
    (void)error;
    ambit_model_initialize(bench->model, 1 + index);
    ambit_predictor_transformer_update(bench->predictors[0], 1);
    return AMBIT_OK;
}

AmbitEvaluation evaluation_of(Bench *bench, size_t n_threads)
{
    return (AmbitEvaluation){.predictors = bench->predictors,
                             .n_predictors = bench->n_predictors,
                             .settings = &bench->settings,
                             .n_threads = n_threads,
                             .steps = bench->n_steps ? bench->steps : NULL,
                             .n_steps = bench->n_steps,
                             .n_varying = 1,
                             .set_step = set_step,
                             .step_context = bench};
}

AmbitTargetResult *evaluate(Bench *bench, size_t n_threads)
{
    AmbitError error = {0};
    AmbitTargetResult *result = NULL;
    const AmbitEvaluation evaluation = evaluation_of(bench, n_threads);
    check(ambit_evaluate_target(&result, &bench->target, &evaluation, &error), &error);
    return result;
}

const double *mean_of(const AmbitTargetResult *r, const char *name)
{
    const AmbitResultArray *array = ambit_result_find(r, name);
    assert_non_null(array);
    return array->values;
}

const char *const some[] = {"transformer", "n_gram",  "linear_rule", "hierarchical_rule",
                            "first_noun",  "uniform", NULL};
