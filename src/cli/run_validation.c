// SPDX-License-Identifier: MIT
// Scores the model that is being trained on the splits of its corpus that it is not trained on.
#include "run.h"

#include "ambit/memory.h"

#include <math.h>

struct AmbitRunValidator {
    AmbitPredictor *predictor;
    AmbitEvaluationSettings settings;
    const AmbitCorpus *corpus;
    size_t n_threads;
};

AmbitStatus ambit_run_validator_create(AmbitRunValidator **validator, const AmbitConfig *config,
                                       const AmbitModel *model, const AmbitKernels *kernels,
                                       size_t n_threads, AmbitError *error)
{
    const AmbitSentenceSettings *sentences = &config->sentences;
    AmbitRunValidator *v = *validator = ambit_alloc(1, sizeof *v);
    if (!v)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for validation");
    v->corpus = sentences->corpus;
    v->n_threads = n_threads;
    ambit_parameters_default(ambit_sentence_evaluation_parameters, &v->settings);
    v->settings.n_examples = v->settings.batch_size = sentences->validate_examples;
    v->settings.bootstrap = 1; // intervals are not read
    if (sentences->language)   // accuracy is of answers, and no output need be continued
        v->settings.longest_output = 1;
    AmbitStatus status =
        ambit_predictor_transformer_create(&v->predictor, model, kernels, "transformer", error);
    if (status)
        ambit_run_validator_destroy(validator);
    return status;
}

void ambit_run_validator_destroy(AmbitRunValidator **validator)
{
    AmbitRunValidator *v = *validator;
    if (!v)
        return;
    ambit_predictor_destroy(&v->predictor);
    ambit_parameters_free(ambit_sentence_evaluation_parameters, &v->settings);
    ambit_free(v);
    *validator = NULL;
}

static AmbitStatus score(const AmbitRunValidator *v, AmbitSplitName split, AmbitScores *scores,
                         AmbitError *error)
{
    AmbitTarget target = {
        .name = (char *)ambit_split_names[split], .corpus = v->corpus, .split = split};
    const AmbitEvaluation evaluation = {.predictors = &v->predictor,
                                        .n_predictors = 1,
                                        .settings = &v->settings,
                                        .n_threads = v->n_threads};
    AmbitTargetResult *result = NULL;
    AmbitStatus status = ambit_evaluate_target(&result, &target, &evaluation, error);
    if (status)
        return status;
    const AmbitResultArray *loss = ambit_result_find(result, "mean_loss");
    *scores = (AmbitScores){.loss = loss ? loss->values[0] : NAN,
                            .accuracy = result->n_queries ? result->mean[0] : NAN};
    ambit_target_result_destroy(&result);
    return AMBIT_OK;
}

AmbitStatus ambit_run_validate(AmbitRunValidator *validator, AmbitValidation *validation,
                               AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    ambit_predictor_transformer_update(validator->predictor, validator->n_threads);
    for (size_t s = 0; s < AMBIT_N_SPLITS && !status; s++) {
        validation->splits[s] = (AmbitScores){NAN, NAN};
        if (s != AMBIT_SPLIT_TRAIN && validator->corpus->splits[s].n_sentences > 0)
            status = score(validator, (AmbitSplitName)s, &validation->splits[s], error);
    }
    return status;
}
