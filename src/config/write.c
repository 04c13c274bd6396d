// SPDX-License-Identifier: MIT
// Writes the complete configuration as YAML, by the tables that read it; reading the text gives the
// same configuration.
#include "sections.h"
#include "tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_table(FILE *out, int indent, const AmbitParameter *table, const void *settings);

/* Writes text in double quotes, in a form valid in both JSON and YAML. */
static void write_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (const char *c = text ? text : ""; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if ((unsigned char)*c < 0x20 || *c == 0x7f)
            fprintf(out, "\\x%02x", (unsigned char)*c);
        else
            fputc(*c, out);
    }
    fputc('"', out);
}

static void write_real(FILE *out, double value)
{
    char text[32];
    ambit_real_text(value, text, sizeof text);
    fputs(text, out);
}

static void write_reals(FILE *out, const AmbitDoubles *reals)
{
    fputc('[', out);
    for (size_t i = 0; i < reals->count; i++) {
        if (i)
            fputs(", ", out);
        write_real(out, reals->values[i]);
    }
    fputc(']', out);
}

static void write_texts(FILE *out, const AmbitTexts *list)
{
    fputc('[', out);
    for (size_t i = 0; i < list->count; i++) {
        fputs(i ? ", " : "", out);
        write_text(out, list->texts[i]);
    }
    fputc(']', out);
}

/* Writes "KEY: {}", or "KEY:" with the settings below it. */
static void write_kwargs(FILE *out, int indent, const char *key, const AmbitParameter *table,
                         const void *settings)
{
    fprintf(out, "%*s%s:%s\n", indent, "", key, table->name ? "" : " {}");
    write_table(out, indent + 2, table, settings);
}

static void write_families(FILE *out, int indent, const AmbitFamilyList *families)
{
    fputs(families->count ? "\n" : " []\n", out);
    for (size_t i = 0; i < families->count; i++) {
        const AmbitFamily *family = families->items[i];
        fprintf(out, "%*s- name: %s\n", indent, "", family->type->name);
        write_kwargs(out, indent + 2, "kwargs", family->type->parameters, family->settings);
    }
}

static void write_value(FILE *out, const AmbitParameter *parameter, const void *field)
{
    switch (parameter->type) {
    case AMBIT_BOOL:
        fputs(*(const bool *)field ? "true" : "false", out);
        break;
    case AMBIT_INT:
        fprintf(out, "%lld", (long long)*(const int64_t *)field);
        break;
    case AMBIT_REAL:
        write_real(out, *(const double *)field);
        break;
    case AMBIT_TEXT:
        write_text(out, *(char *const *)field);
        break;
    case AMBIT_CHOICE:
        fputs(parameter->choices[*(const int *)field], out);
        break;
    case AMBIT_REALS:
        write_reals(out, field);
        break;
    case AMBIT_TEXTS:
        write_texts(out, field);
        break;
    case AMBIT_FAMILIES: // over several lines
        break;
    }
}

static void write_table(FILE *out, int indent, const AmbitParameter *table, const void *settings)
{
    for (const AmbitParameter *p = table; p->name; p++) {
        const void *field = (const char *)settings + p->offset;
        if (p->type == AMBIT_TEXT && p->required == false && !*(char *const *)field)
            continue;
        fprintf(out, "%*s%s:", indent, "", p->name);
        if (p->type == AMBIT_FAMILIES) {
            write_families(out, indent, field);
            continue;
        }
        fputc(' ', out);
        write_value(out, p, field);
        fputc('\n', out);
    }
}

static void write_mixture(FILE *out, int indent, const AmbitMixture *mixture)
{
    fprintf(out, "%*stasks:\n", indent, "");
    for (size_t c = 0; c < mixture->n_classes; c++) {
        const AmbitFamily *family = mixture->families[c];
        fprintf(out, "%*s- name: %s\n%*slabel: ", indent, "", family->type->name, indent + 2, "");
        write_text(out, mixture->labels[c]);
        fprintf(out, "\n%*sweight: ", indent + 2, "");
        write_real(out, mixture->weights[c]);
        fputc('\n', out);
        write_kwargs(out, indent + 2, "kwargs", family->type->parameters, family->settings);
    }
}

static void write_training(FILE *out, const AmbitConfig *config)
{
    const AmbitTrainingSettings *training = &config->training;
    fputs("training:\n", out);
    write_mixture(out, 2, config->mixture);
    fputs("  data: gaussian\n", out);
    if (config->n_training_examples)
        fprintf(out, "  num_training_examples: %lld\n", (long long)config->n_training_examples);
    if (config->distinct_tasks)
        fputs("  distinct_tasks: true\n", out);
    write_table(out, 2, ambit_training_parameters, training);
    write_table(out, 2, ambit_prompt_training_parameters, &config->prompts);
    write_table(out, 2, ambit_config_saving_parameters, &config->run);
    write_kwargs(out, 2, "schedule", ambit_schedule_parameters, &training->schedule);
    fputs("  curriculum:\n", out);
    write_kwargs(out, 4, "dims", ambit_ramp_parameters, &config->prompts.dims);
    write_kwargs(out, 4, "points", ambit_ramp_parameters, &config->prompts.points);
}

static void write_target(FILE *out, const AmbitTarget *target)
{
    const AmbitPromptDistribution *distribution = target->distribution;
    fputs("  - name: ", out);
    write_text(out, target->name);
    fputc('\n', out);
    write_mixture(out, 4, target->mixture);
    fprintf(out, "    prompts: %s\n", distribution->type->name);
    write_kwargs(out, 4, "prompt_kwargs", distribution->type->parameters, distribution->settings);
    if (target->sweep) {
        fprintf(out, "    sweep:\n      %s: ", target->sweep);
        write_reals(out, &target->sweep_values);
        fputc('\n', out);
    }
    if (target->probes) {
        fputs("    probes: [", out);
        const char *between = "";
        for (size_t i = 0; ambit_probe_types()[i]; i++)
            if (target->probes & 1u << i) {
                fprintf(out, "%s%s", between, ambit_probe_name(ambit_probe_types()[i]));
                between = ", ";
            }
        fputs("]\n", out);
    }
}

static void write_models(FILE *out, const AmbitConfig *config)
{
    fputs(config->n_models ? "  models:\n" : "", out);
    for (size_t m = 0; m < config->n_models; m++) {
        fprintf(out, "  - name: %s\n    path: ", config->models[m].name);
        write_text(out, config->models[m].path);
        fputc('\n', out);
    }
}

static void write_predictors(FILE *out, const AmbitConfig *config)
{
    fputs("  predictors:\n", out);
    if (config->wants_transformer)
        fputs("  - name: transformer\n", out);
    for (size_t i = 0; i < config->n_predictors; i++) {
        const AmbitPredictor *predictor = config->predictors[i];
        fprintf(out, "  - name: %s\n    label: ", predictor->type->name);
        write_text(out, predictor->label);
        fputc('\n', out);
        write_kwargs(out, 4, "kwargs", predictor->type->parameters, predictor->settings);
    }
}

static void write_all(FILE *out, const AmbitParameter *none, const void *whole)
{
    const AmbitConfig *config = whole;
    (void)none;
    write_table(out, 0, ambit_config_top_parameters, &config->run);
    fputs("model:\n", out);
    write_table(out, 2, ambit_config_context_parameters, config);
    write_table(out, 2, config->model.head.type->parameters, &config->model.head.settings);
    write_table(out, 2, ambit_model_parameters, &config->model);
    write_training(out, config);
    write_kwargs(out, 0, "wandb", ambit_config_logging_parameters, &config->run);
    write_kwargs(out, 0, "evaluation", ambit_evaluation_parameters, &config->evaluation);
    fputs("  targets:\n", out);
    for (size_t t = 0; t < config->n_targets; t++)
        write_target(out, &config->targets[t]);
    write_predictors(out, config);
    write_models(out, config);
}

/* Collects the output of `write` in a text. */
static AmbitStatus
to_text(void (*write)(FILE *out, const AmbitParameter *parameter, const void *what),
        const AmbitParameter *parameter, const void *what, char **text, AmbitError *error)
{
    size_t size;
    *text = NULL;
    FILE *out = open_memstream(text, &size);
    if (!out)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a configuration's text");
    write(out, parameter, what);
    int failed = ferror(out);
    if (fclose(out) == 0 && !failed)
        return AMBIT_OK;
    free(*text);
    *text = NULL;
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a configuration's text");
}

AmbitStatus ambit_config_value_text(const AmbitParameter *parameter, const void *field, char **text,
                                    AmbitError *error)
{
    return to_text(write_value, parameter, field, text, error);
}

AmbitStatus ambit_config_write(const AmbitConfig *config, char **text, AmbitError *error)
{
    return to_text(write_all, NULL, config, text, error);
}
