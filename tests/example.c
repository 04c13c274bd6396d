// SPDX-License-Identifier: MIT
// libambit on one page: ten training steps, then the model and least squares on the same prompts.
#include <ambit/evaluation.h>
#include <ambit/head.h>
#include <ambit/prompt_training.h>
#include <ambit/trainer.h>
#include <err.h>
#include <gsl/gsl_errno.h>
#include <stdio.h>

enum { DIMS = 5, POINTS = 11 };
static AmbitError e;

static void must(AmbitStatus status)
{
    if (status)
        errx(1, "%s", e.message);
}

int main(void)
{
    gsl_set_error_handler_off();
    AmbitTarget target = {.name = "linear"};
    AmbitFamily *family;
    must(ambit_family_create(&family, ambit_family_type_find("linear_regression"), DIMS, &e));
    must(ambit_family_finish(family, &e));
    must(ambit_mixture_create(&target.mixture, &e));
    must(ambit_mixture_add(target.mixture, family, "linear", 1, &e));
    const AmbitPromptDistributionType *standard = ambit_prompt_distribution_type_find("standard");
    must(ambit_prompt_distribution_create(&target.distribution, standard, DIMS, &e));
    must(ambit_prompt_distribution_finish(target.distribution, (AmbitKey){0}, &e));

    const AmbitPromptSource drawn = {target.mixture, target.distribution, 0, false};
    const AmbitPromptTraining prompts = ambit_prompt_training(&drawn, POINTS);
    const AmbitSource source = ambit_prompt_training_source(&prompts);
    const AmbitModelSettings model = {
        .trunk = {2 * POINTS, 32, 2, 2, 128, AMBIT_POSITIONS_LEARNED, 0.1},
        .head = ambit_regression_head(DIMS)};
    AmbitTrainingSettings training = {0};
    ambit_parameters_default(ambit_training_parameters, &training);
    AmbitKernels kernels;
    AmbitTrainer *trainer;
    AmbitStepReport report;
    must(ambit_kernels_select(&kernels, "auto", &e));
    must(ambit_trainer_create(&trainer, &model, &training, &kernels, &source, 1, &e));
    for (int i = 0; i < 10; i++)
        must(ambit_trainer_step(trainer, &report, &e));
    printf("loss %.2f after step %d\n", report.loss, (int)report.step);
    AmbitPredictor *p[2];
    const AmbitModel *trained = ambit_trainer_state(trainer).model;
    must(ambit_predictor_transformer_create(&p[0], trained, &kernels, "model", &e));
    must(ambit_predictor_create(&p[1], ambit_predictor_type_find("least_squares"), &e));
    must(ambit_predictor_finish(p[1], &e));
    AmbitEvaluationSettings asked = {0};
    ambit_parameters_default(ambit_evaluation_parameters, &asked);
    asked.n_points = POINTS;
    const AmbitEvaluation evaluation = {.predictors = p, .n_predictors = 2, .settings = &asked};
    AmbitTargetResult *result;
    must(ambit_evaluate_target(&result, &target, &evaluation, &e));
    for (int c = 0; c < 2; c++)
        printf("%s: %.3f of the zero predictor's error after %d examples\n", p[c]->label,
               result->mean[(c + 1) * POINTS - 1], POINTS - 1);
}
