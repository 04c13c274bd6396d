// SPDX-License-Identifier: MIT
// Writes the complete configuration as YAML, by the tables that read it; reading the text gives the
// same configuration.
#include "half.h"
#include "sections.h"
#include "tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes text in double quotes, in a form valid in both JSON and YAML. */
void ambit_config_write_text(FILE *out, const char *text)
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

void ambit_config_write_real(FILE *out, double value)
{
    char text[32];
    ambit_real_text(value, text, sizeof text);
    fputs(text, out);
}

void ambit_config_write_reals(FILE *out, const AmbitDoubles *reals)
{
    fputc('[', out);
    for (size_t i = 0; i < reals->count; i++) {
        if (i)
            fputs(", ", out);
        ambit_config_write_real(out, reals->values[i]);
    }
    fputc(']', out);
}

static void write_texts(FILE *out, const AmbitTexts *list)
{
    fputc('[', out);
    for (size_t i = 0; i < list->count; i++) {
        fputs(i ? ", " : "", out);
        ambit_config_write_text(out, list->texts[i]);
    }
    fputc(']', out);
}

/* Writes "KEY: {}", or "KEY:" with the settings below it. */
void ambit_config_write_kwargs(FILE *out, int indent, const char *key, const AmbitParameter *table,
                               const void *settings)
{
    fprintf(out, "%*s%s:%s\n", indent, "", key, table->name ? "" : " {}");
    ambit_config_write_table(out, indent + 2, table, settings);
}

static void write_families(FILE *out, int indent, const AmbitFamilyList *families)
{
    fputs(families->count ? "\n" : " []\n", out);
    for (size_t i = 0; i < families->count; i++) {
        const AmbitFamily *family = families->items[i];
        fprintf(out, "%*s- name: %s\n", indent, "", family->type->name);
        ambit_config_write_kwargs(out, indent + 2, "kwargs", family->type->parameters,
                                  family->settings);
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
        ambit_config_write_real(out, *(const double *)field);
        break;
    case AMBIT_TEXT:
        ambit_config_write_text(out, *(char *const *)field);
        break;
    case AMBIT_CHOICE:
        fputs(parameter->choices[*(const int *)field], out);
        break;
    case AMBIT_REALS:
        ambit_config_write_reals(out, field);
        break;
    case AMBIT_TEXTS:
        write_texts(out, field);
        break;
    case AMBIT_FAMILIES: // over several lines
        break;
    }
}

static bool is_default(const AmbitParameter *parameter, const void *field)
{
    switch (parameter->type) {
    case AMBIT_BOOL:
        return *(const bool *)field == (parameter->fallback != 0);
    case AMBIT_INT:
        return (double)*(const int64_t *)field == parameter->fallback;
    case AMBIT_REAL:
        return *(const double *)field == parameter->fallback;
    case AMBIT_CHOICE:
        return *(const int *)field == (int)parameter->fallback;
    default:
        return false;
    }
}

void ambit_config_write_table(FILE *out, int indent, const AmbitParameter *table,
                              const void *settings)
{
    for (const AmbitParameter *p = table; p->name; p++) {
        const void *field = (const char *)settings + p->offset;
        if (p->type == AMBIT_TEXT && p->required == false && !*(char *const *)field)
            continue;
        if (p->omit_default && is_default(p, field))
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

static void write_models(FILE *out, const AmbitConfig *config)
{
    fputs(config->n_models ? "  models:\n" : "", out);
    for (size_t m = 0; m < config->n_models; m++) {
        fprintf(out, "  - name: %s\n    path: ", config->models[m].name);
        ambit_config_write_text(out, config->models[m].path);
        fputc('\n', out);
    }
}

void ambit_config_write_predictors(FILE *out, const AmbitConfig *config)
{
    fputs("  predictors:\n", out);
    if (config->wants_transformer)
        fputs("  - name: transformer\n", out);
    for (size_t i = 0; i < config->n_predictors; i++) {
        const AmbitPredictor *predictor = config->predictors[i];
        fprintf(out, "  - name: %s\n    label: ", predictor->type->name);
        ambit_config_write_text(out, predictor->label);
        fputc('\n', out);
        ambit_config_write_kwargs(out, 4, "kwargs", predictor->type->parameters,
                                  predictor->settings);
    }
    write_models(out, config);
}

static void write_all(FILE *out, const AmbitParameter *none, const void *whole)
{
    const AmbitConfig *config = whole;
    const ConfigHalf *half = config->half;
    (void)none;
    ambit_config_write_table(out, 0, ambit_config_top_parameters, &config->run);
    fputs("model:\n", out);
    if (!half->is_default)
        fprintf(out, "  head: %s\n", half->head->name);
    ambit_config_write_table(out, 2, half->context, config);
    ambit_config_write_table(out, 2, half->head->parameters, &config->model.head.settings);
    ambit_config_write_table(out, 2, ambit_model_parameters, &config->model);
    if (half->write_sections)
        half->write_sections(out, config);
    half->write_training(out, config);
    ambit_config_write_kwargs(out, 0, "wandb", ambit_config_logging_parameters, &config->run);
    half->write_evaluation(out, config);
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

/* What decides the examples that an evaluation draws. */
static void write_examples(FILE *out, const AmbitParameter *none, const void *whole)
{
    const AmbitConfig *config = whole;
    const ConfigHalf *half = config->half;
    (void)none;
    ambit_config_write_table(out, 0, half->context, config);
    ambit_config_write_table(out, 0, half->head->parameters, &config->model.head.settings);
    if (half->write_sections)
        half->write_sections(out, config);
    half->write_evaluation(out, config);
}

AmbitStatus ambit_config_evaluation_text(const AmbitConfig *config, char **text, AmbitError *error)
{
    return to_text(write_examples, NULL, config, text, error);
}

AmbitStatus ambit_config_write(const AmbitConfig *config, char **text, AmbitError *error)
{
    return to_text(write_all, NULL, config, text, error);
}
