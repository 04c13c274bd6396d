// SPDX-License-Identifier: MIT
// Writes what a config of regression on prompts has by itself: mixture, curriculum, targets.
#include "sections.h"
#include "tables.h"

#include <stdio.h>

static void write_mixture(FILE *out, int indent, const AmbitMixture *mixture)
{
    fprintf(out, "%*stasks:\n", indent, "");
    for (size_t c = 0; c < mixture->n_classes; c++) {
        const AmbitFamily *family = mixture->families[c];
        fprintf(out, "%*s- name: %s\n%*slabel: ", indent, "", family->type->name, indent + 2, "");
        ambit_config_write_text(out, mixture->labels[c]);
        fprintf(out, "\n%*sweight: ", indent + 2, "");
        ambit_config_write_real(out, mixture->weights[c]);
        fputc('\n', out);
        ambit_config_write_kwargs(out, indent + 2, "kwargs", family->type->parameters,
                                  family->settings);
    }
}

void ambit_config_write_prompt_training(FILE *out, const AmbitConfig *config)
{
    const AmbitTrainingSettings *training = &config->training;
    fputs("training:\n", out);
    write_mixture(out, 2, config->mixture);
    fputs("  data: gaussian\n", out);
    if (config->n_training_examples)
        fprintf(out, "  num_training_examples: %lld\n", (long long)config->n_training_examples);
    if (config->distinct_tasks)
        fputs("  distinct_tasks: true\n", out);
    ambit_config_write_table(out, 2, ambit_training_parameters, training);
    ambit_config_write_table(out, 2, ambit_prompt_training_parameters, &config->prompts);
    ambit_config_write_table(out, 2, ambit_config_saving_parameters, &config->run);
    ambit_config_write_kwargs(out, 2, "schedule", ambit_schedule_parameters, &training->schedule);
    fputs("  curriculum:\n", out);
    ambit_config_write_table(out, 4, ambit_curriculum_parameters, &config->prompts);
    ambit_config_write_kwargs(out, 4, "dims", ambit_ramp_parameters, &config->prompts.dims);
    ambit_config_write_kwargs(out, 4, "points", ambit_ramp_parameters, &config->prompts.points);
}

static void write_target(FILE *out, const AmbitTarget *target)
{
    const AmbitPromptDistribution *distribution = target->distribution;
    fputs("  - name: ", out);
    ambit_config_write_text(out, target->name);
    fputc('\n', out);
    write_mixture(out, 4, target->mixture);
    fprintf(out, "    prompts: %s\n", distribution->type->name);
    ambit_config_write_kwargs(out, 4, "prompt_kwargs", distribution->type->parameters,
                              distribution->settings);
    if (target->sweep) {
        fprintf(out, "    sweep:\n      %s: ", target->sweep);
        ambit_config_write_reals(out, &target->sweep_values);
        fputc('\n', out);
    }
    ambit_config_write_probes(out, false, target);
}

void ambit_config_write_prompt_evaluation(FILE *out, const AmbitConfig *config)
{
    ambit_config_write_kwargs(out, 0, "evaluation", ambit_evaluation_parameters,
                              &config->evaluation);
    fputs("  targets:\n", out);
    for (size_t t = 0; t < config->n_targets; t++)
        write_target(out, &config->targets[t]);
    ambit_config_write_predictors(out, config);
}
