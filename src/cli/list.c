// SPDX-License-Identifier: MIT
// `ambit list`: the names in each registry, and the parameters of one entry.
#include "../config/registry.h"
#include "cli.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

static const char *const registry_names[] = {"families", "prompts",  "predictors",
                                             "probes",   "settings", NULL};

static size_t wider(size_t columns, const char *text)
{
    size_t width = ambit_show_text_width(text);
    return width > columns ? width : columns;
}

static void print_padded(const char *text, size_t columns)
{
    printf("%s%*s", text, (int)(columns - ambit_show_text_width(text) + 2), "");
}

static void list_registry(ConfigRegistry registry)
{
    size_t columns = 0;
    ConfigEntry entry;
    for (size_t i = 0; (entry = ambit_config_registry_entry(registry, i)).name; i++)
        columns = wider(columns, entry.name);
    printf("%s\n", registry_names[registry]);
    for (size_t i = 0; (entry = ambit_config_registry_entry(registry, i)).name; i++) {
        printf("  ");
        print_padded(entry.name, columns);
        printf("%s\n", entry.summary);
    }
}

static void default_text(const AmbitParameter *parameter, char *text, size_t size)
{
    if (parameter->required)
        snprintf(text, size, "required");
    else if (parameter->type == AMBIT_BOOL)
        snprintf(text, size, "%s", parameter->fallback != 0 ? "true" : "false");
    else if (parameter->type == AMBIT_CHOICE)
        snprintf(text, size, "%s", parameter->choices[(int)parameter->fallback]);
    else if (parameter->type == AMBIT_INT && parameter->fallback < parameter->minimum)
        snprintf(text, size, "null");
    else if (parameter->type == AMBIT_INT || parameter->type == AMBIT_REAL)
        ambit_real_text(parameter->fallback, text, size);
    else
        snprintf(text, size, "empty");
}

static void list_parameters(const AmbitParameter *table)
{
    char allowed[256], fallback[64];
    size_t columns[3] = {strlen("parameter"), strlen("allowed"), strlen("default")};
    for (const AmbitParameter *p = table; p->name; p++) {
        ambit_parameter_describe(p, allowed, sizeof allowed);
        default_text(p, fallback, sizeof fallback);
        columns[0] = wider(columns[0], p->name);
        columns[1] = wider(columns[1], allowed);
        columns[2] = wider(columns[2], fallback);
    }
    printf("\n  ");
    print_padded("parameter", columns[0]);
    print_padded("allowed", columns[1]);
    print_padded("default", columns[2]);
    printf("meaning\n");
    for (const AmbitParameter *p = table; p->name; p++) {
        ambit_parameter_describe(p, allowed, sizeof allowed);
        default_text(p, fallback, sizeof fallback);
        printf("  ");
        print_padded(p->name, columns[0]);
        print_padded(allowed, columns[1]);
        print_padded(fallback, columns[2]);
        printf("%s\n", p->help ? p->help : "");
    }
}

static int list_entry(ConfigRegistry registry, const char *name)
{
    const char *names[CONFIG_MOST_NAMES];
    ambit_config_registry_names(registry, names);
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        ConfigEntry entry = ambit_config_registry_entry(registry, i);
        printf("%s\n  %s\n", entry.name, entry.summary);
        if (entry.source)
            printf("  source: %s\n", entry.source);
        if (entry.parameters && entry.parameters->name)
            list_parameters(entry.parameters);
        else
            printf("  no parameters\n");
        return 0;
    }
    AmbitError error;
    const char *nearest = ambit_nearest_name(name, names);
    return ambit_cli_fail(ambit_error_set(&error, AMBIT_INVALID,
                                          "list: found %s, none of the %s%s%s%s; see ambit list %s",
                                          name, registry_names[registry],
                                          nearest ? "; did you mean " : "", nearest ? nearest : "",
                                          nearest ? "?" : "", registry_names[registry]),
                          &error);
}

static int list(const AmbitOptions *options)
{
    AmbitError error;
    const char *kind = options->n_positional ? options->positional[0] : NULL;
    bool known = !kind;
    for (int r = CONFIG_FAMILIES; r <= CONFIG_SETTINGS; r++) {
        if (kind && strcmp(kind, registry_names[r]) != 0)
            continue;
        if (options->n_positional > 1)
            return list_entry((ConfigRegistry)r, options->positional[1]);
        list_registry((ConfigRegistry)r);
        known = true;
    }
    if (known)
        return 0;
    return ambit_cli_fail(ambit_error_set(&error, AMBIT_INVALID,
                                          "list: there are families, prompts, predictors, "
                                          "probes and settings, found '%s'",
                                          kind),
                          &error);
}

static const char about[] =
    "Lists the names that a config may use. With NAME, lists the parameters of that entry: "
    "allowed values, default and meaning.";

static const char examples[] = "  ambit list\n"
                               "  ambit list families sparse_linear_regression\n"
                               "  ambit list prompts skewed\n"
                               "  ambit list settings training\n";

const AmbitCommand ambit_command_list = {
    .name = "list",
    .usage = "[families|prompts|predictors|probes|settings [NAME]]",
    .summary = "what a config may name, with parameters, defaults and ranges",
    .about = about,
    .words = registry_names,
    .examples = examples,
    .most = 2,
    .run = list};
