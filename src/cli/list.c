// SPDX-License-Identifier: MIT
// `ambit list`: the names in each registry, and the parameters of one entry.
#include "../config/registry.h"
#include "ambit/corpus.h"
#include "ambit/memory.h"
#include "cli.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

static const char *const registry_names[] = {"families", "prompts",  "languages", "predictors",
                                             "probes",   "settings", NULL};

enum { INDENT = 2, OWN_LINE = 6 };

static size_t wider(size_t columns, const char *text)
{
    size_t width = ambit_show_text_width(text);
    return width > columns ? width : columns;
}

/* Prints a cell of a row behind a gap, unless it is empty, and returns the gap before the next. */
static size_t print_cell(size_t gap, const char *text, size_t columns)
{
    if (!*text)
        return gap + columns + 2;
    printf("%*s%s", (int)gap, "", text);
    return columns - ambit_show_text_width(text) + 2;
}

/* Ends a row by text that begins behind a gap, at column `at`; too near to the right edge it gets
 * lines of its own. */
static void print_last(size_t gap, const char *text, size_t at)
{
    bool below = at > AMBIT_SHOW_WIDTH / 2;
    printf("%s%*s", below ? "\n" : "", (int)(below ? OWN_LINE : gap), "");
    ambit_show_wrapped(stdout, text, below ? OWN_LINE : at);
}

/* What a predictor answers, or the inputs of a family. */
static const char *kind_of(const ConfigEntry *entry)
{
    return entry->answers ? entry->answers : entry->inputs ? entry->inputs : "";
}

static void list_registry(ConfigRegistry registry)
{
    size_t columns = 0, kinds = 0, oracles = 0;
    ConfigEntry entry;
    for (size_t i = 0; (entry = ambit_config_registry_entry(registry, i)).name; i++) {
        columns = wider(columns, entry.name);
        kinds = wider(kinds, kind_of(&entry));
        oracles = wider(oracles, entry.oracle ? entry.oracle : "");
    }
    size_t at = INDENT + columns + 2 + (kinds ? kinds + 2 : 0) + (oracles ? oracles + 2 : 0);
    printf("%s\n", registry_names[registry]);
    for (size_t i = 0; (entry = ambit_config_registry_entry(registry, i)).name; i++) {
        size_t gap = print_cell(INDENT, entry.name, columns);
        if (kinds)
            gap = print_cell(gap, kind_of(&entry), kinds);
        if (oracles)
            gap = print_cell(gap, entry.oracle ? entry.oracle : "", oracles);
        print_last(gap, entry.summary, at);
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

static void print_parameter(const char *name, const char *allowed, const char *fallback,
                            const char *meaning, const size_t columns[3])
{
    size_t gap = print_cell(INDENT, name, columns[0]);
    gap = print_cell(gap, allowed, columns[1]);
    gap = print_cell(gap, fallback, columns[2]);
    print_last(gap, meaning, INDENT + columns[0] + columns[1] + columns[2] + 6);
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
    printf("\n");
    print_parameter("parameter", "allowed", "default", "meaning", columns);
    for (const AmbitParameter *p = table; p->name; p++) {
        ambit_parameter_describe(p, allowed, sizeof allowed);
        default_text(p, fallback, sizeof fallback);
        print_parameter(p->name, allowed, fallback, p->help ? p->help : "", columns);
    }
}

static void print_names(const char *title, const char *const *names, size_t count)
{
    printf("  %s", title);
    for (size_t i = 0; i < count && names[i]; i++)
        printf("%s %s", i ? "," : "", names[i]);
    printf("\n");
}

static void print_words(const AmbitLanguage *language, const int32_t *words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++)
        printf(" %s", language->words.texts[words[i]]);
}

static void print_tree(const AmbitLanguage *language, const AmbitSentence *s)
{
    AmbitSpan *spans = ambit_alloc(s->n_words, sizeof *spans);
    size_t n_words = 0;
    size_t n_spans = spans ? language->type->tree(language, s, spans, &n_words) : 0;
    printf("    tree:");
    for (size_t i = 0; i < n_words; i++) {
        printf(" ");
        for (size_t k = 0; k < n_spans; k++)
            printf("%s", spans[k].first == i ? "(" : "");
        printf("%s", language->words.texts[s->words[i]]);
        for (size_t k = 0; k < n_spans; k++)
            printf("%s", spans[k].last == i ? ")" : "");
    }
    printf("\n");
    ambit_free(spans);
}

static void print_rules(const AmbitLanguage *language, const AmbitSentence *s)
{
    int32_t *output = ambit_alloc(s->n_words, sizeof *output);
    for (int rule = 0; output && rule < AMBIT_N_RULES; rule++) {
        size_t n = language->type->answer(language, s, (AmbitRule)rule, output);
        if (n == 0)
            continue;
        printf("    %s:", ambit_rule_names[rule]);
        print_words(language, output, n);
        printf("\n");
    }
    ambit_free(output);
}

/* Prints the shortest sentence of a class in a split, if there is one. */
static void print_example(const AmbitCorpus *corpus, AmbitSplitName name, int class_label)
{
    const AmbitLanguage *l = corpus->language;
    const AmbitSplit *split = &corpus->splits[name];
    AmbitSentence shortest = {.n_words = SIZE_MAX};
    for (size_t i = 0; i < split->n_sentences; i++) {
        const AmbitSentence s = ambit_split_sentence(split, i);
        if (split->class_label[i] == class_label && s.n_words < shortest.n_words)
            shortest = s;
    }
    if (shortest.n_words == SIZE_MAX)
        return;
    printf("  %s:", ambit_split_names[name]);
    print_words(l, shortest.words, shortest.n_input);
    printf("%s", shortest.n_input ? " →" : "");
    print_words(l, shortest.words + shortest.n_input, shortest.n_words - shortest.n_input);
    printf("\n");
    if (l->type->tree)
        print_tree(l, &shortest);
    if (l->type->answer && name == AMBIT_SPLIT_GENERALIZATION)
        print_rules(l, &shortest);
}

/* Draws a few sentences of a language and shows what the language knows of them. */
static AmbitStatus list_language(const AmbitLanguageType *type, AmbitError *error)
{
    const AmbitCorpusSettings settings = {.n_sentences = {20, 0, 5}, .seed = 3};
    AmbitLanguage *language = NULL;
    AmbitCorpus *corpus = NULL;
    AmbitStatus status = ambit_language_create(&language, type, error);
    if (!status)
        status = ambit_language_finish(language, error);
    if (status)
        ambit_language_destroy(&language);
    else
        status = ambit_corpus_draw(&corpus, language, &settings, error);
    if (status)
        return status;
    printf("\n  %zu words\n", language->words.count);
    print_names("losses by:", type->classes, SIZE_MAX);
    print_names("accuracy of:", type->kinds, SIZE_MAX);
    print_names("broken down by:", (const char *const *)language->categories.texts,
                language->categories.count);
    for (int split = 0; split < AMBIT_N_SPLITS; split++)
        for (size_t c = 0; c < corpus->n_classes; c++)
            print_example(corpus, (AmbitSplitName)split, (int)c);
    ambit_corpus_destroy(&corpus);
    return AMBIT_OK;
}

static int list_entry(ConfigRegistry registry, const char *name)
{
    const char *names[CONFIG_MOST_NAMES];
    AmbitError error;
    ambit_config_registry_names(registry, names);
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        ConfigEntry entry = ambit_config_registry_entry(registry, i);
        printf("%s\n", entry.name);
        ambit_show_paragraph(stdout, entry.summary);
        if (entry.answers)
            printf("  answers: %s\n",
                   strcmp(entry.answers, "both") == 0 ? "prompts and sentences" : entry.answers);
        if (entry.inputs)
            printf("  inputs: %s\n  bayes: %s\n", entry.inputs,
                   entry.oracle ? "yes (ambit list predictors bayes)" : "no");
        if (entry.source) {
            printf("  source: ");
            ambit_show_wrapped(stdout, entry.source, INDENT + strlen("source: "));
        }
        if (entry.parameters && entry.parameters->name)
            list_parameters(entry.parameters);
        else
            printf("  no parameters\n");
        AmbitStatus status = registry == CONFIG_LANGUAGES
                                 ? list_language(ambit_language_types()[i], &error)
                                 : AMBIT_OK;
        return status ? ambit_cli_fail(status, &error) : 0;
    }
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
                                          "list: there are families, prompts, languages, "
                                          "predictors, probes and settings, found '%s'",
                                          kind),
                          &error);
}

static const char about[] =
    "Lists the names that a config may use. With NAME, lists the parameters of that entry: "
    "allowed values, default and meaning.";

static const char examples[] = "  ambit list\n"
                               "  ambit list families sparse_linear_regression\n"
                               "  ambit list prompts skewed\n"
                               "  ambit list languages tense_inflection\n"
                               "  ambit list settings training\n";

const AmbitCommand ambit_command_list = {
    .name = "list",
    .usage = "[families|prompts|languages|predictors|probes|settings [NAME]]",
    .summary = "what a config may name, with parameters, defaults and ranges",
    .about = about,
    .words = registry_names,
    .examples = examples,
    .most = 2,
    .run = list};
