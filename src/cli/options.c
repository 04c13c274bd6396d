// SPDX-License-Identifier: MIT
// Parses command lines. One table holds every option of the program; a command names the options
// that it takes.
#include "cli.h"
#include "team.h"

#include "ambit/file.h"
#include "ambit/grid.h"
#include "ambit/memory.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The command line as a shell takes it. */
static char *join(int argc, char **argv)
{
    size_t size = strlen(ambit_cli_program) + 1;
    for (int i = 0; i < argc; i++)
        size += 4 * strlen(argv[i]) + 4; // in quotes, after a space
    char *text = ambit_alloc(size, 1);
    if (!text)
        return NULL;
    char *end = stpcpy(text, ambit_cli_program);
    for (int i = 0; i < argc; i++) {
        *end++ = ' ';
        ambit_shell_word(argv[i], end, size - (size_t)(end - text));
        end += strlen(end);
    }
    return text;
}

typedef enum OptionType { SWITCH, TEXT, TEXTS, COUNT, INDEX } OptionType;

typedef struct Option {
    OptionType type;   // of the field: bool, const char *, AmbitRepeated, size_t from 1 on, int64_t
                       // from 0 on
    size_t offset;     // of the field in AmbitOptions
    long long largest; // of a number
    AmbitTerm term;    // value and help apply to commands whose row gives none
} Option;

static const Option table[] = {
    {TEXT, offsetof(AmbitOptions, output), 0, {.name = "-o"}},
    {TEXT, offsetof(AmbitOptions, figures), 0, {.name = "--figures"}},
    {TEXTS, offsetof(AmbitOptions, beside), 0, {.name = "--beside"}},
    {TEXT, offsetof(AmbitOptions, difference), 0, {.name = "--difference"}},
    {TEXT,
     offsetof(AmbitOptions, kernels),
     0,
     {"--kernels", "LEVEL", "see ambit help pretrain; default: auto"}},
    {COUNT,
     offsetof(AmbitOptions, n_threads),
     1024,
     {"--threads", "N", "threads (the numbers do not depend on it); default: all"}},
    {COUNT, offsetof(AmbitOptions, bandwidth), 1 << 20, {.name = "--bandwidth"}},
    {INDEX, offsetof(AmbitOptions, k), 1 << 20, {.name = "--k"}},
    {SWITCH, offsetof(AmbitOptions, resume), 0, {.name = "--resume"}},
    {SWITCH, offsetof(AmbitOptions, dry_run), 0, {.name = "--dry-run"}},
    {SWITCH,
     offsetof(AmbitOptions, quiet),
     0,
     {"--quiet", NULL, "neither progress nor notes; warnings and errors remain"}},
    {SWITCH, offsetof(AmbitOptions, more), 0, {.name = "--more"}},
    {SWITCH, offsetof(AmbitOptions, replace), 0, {.name = "--replace"}},
    {SWITCH, offsetof(AmbitOptions, prompts), 0, {.name = "--prompts"}},
    {SWITCH, offsetof(AmbitOptions, corpus), 0, {.name = "--corpus"}},
    {SWITCH, offsetof(AmbitOptions, raw), 0, {.name = "--raw"}},
    {SWITCH, offsetof(AmbitOptions, json), 0, {.name = "--json"}},
    {INDEX, offsetof(AmbitOptions, task), AMBIT_MOST_TASKS - 1, {.name = "--task"}},
    {SWITCH, offsetof(AmbitOptions, all), 0, {.name = "--all"}},
    {SWITCH, offsetof(AmbitOptions, failed), 0, {.name = "--failed"}},
    {SWITCH, offsetof(AmbitOptions, missing), 0, {.name = "--missing"}},
};

/* Returns the row of an option that a command takes. */
static const Option *find_row(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].term.name, name) == 0)
            return &table[i];
    assert(!"a command takes an option that the table lacks");
    return NULL;
}

bool ambit_cli_option(const AmbitCommand *command, size_t i, AmbitTerm *term)
{
    size_t count = 0;
    while (command->options && command->options[count].name)
        count++;
    if (i > count || (i == count && !command->setting))
        return false;
    if (i == count)
        *term = (AmbitTerm){"--key.sub=value", NULL, command->setting};
    else if (command->options[i].help)
        *term = command->options[i];
    else
        *term = find_row(command->options[i].name)->term;
    return true;
}

static AmbitStatus read_number(const char *name, const char *text, long long low, long long high,
                               long long *number, AmbitError *error)
{
    char *end;
    errno = 0;
    *number = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno || *number < low || *number > high)
        return ambit_error_set(error, AMBIT_INVALID,
                               "%s: found '%s', allowed are whole numbers from %lld to %lld", name,
                               text, low, high);
    return AMBIT_OK;
}

static AmbitStatus set_value(AmbitOptions *options, const Option *row, const char *value,
                             AmbitError *error)
{
    const char *name = row->term.name;
    void *field = (char *)options + row->offset;
    long long number;
    if (!*value)
        return ambit_error_set(error, AMBIT_INVALID,
                               "%s: the value is missing; give it as in %s VALUE", name, name);
    if (row->type == TEXT) {
        *(const char **)field = value;
        return AMBIT_OK;
    }
    if (row->type == TEXTS) {
        AmbitRepeated *words = field;
        words->word[words->count++] = value;
        return AMBIT_OK;
    }
    AmbitStatus status = read_number(name, value, row->type == COUNT, row->largest, &number, error);
    if (row->type == COUNT && !status)
        *(size_t *)field = (size_t)number;
    else if (!status)
        *(int64_t *)field = number;
    return status;
}

/* Returns the row of the option that `word` names, alone or followed by "=VALUE", or NULL if the
 * command takes no such option. */
static const Option *find_option(const AmbitCommand *command, const char *word)
{
    for (const AmbitTerm *term = command->options; term && term->name; term++) {
        size_t length = strlen(term->name);
        if (strncmp(word, term->name, length) == 0 && (word[length] == '=' || word[length] == '\0'))
            return find_row(term->name);
    }
    return NULL;
}

static AmbitStatus unknown_option(const AmbitCommand *command, const char *word, AmbitError *error)
{
    const char *names[sizeof table / sizeof *table + 1] = {NULL};
    for (size_t i = 0; command->options && command->options[i].name; i++)
        names[i] = command->options[i].name;
    const char *nearest = ambit_nearest_name(word, names);
    return ambit_error_set(
        error, AMBIT_INVALID, "%s has no option '%s'%s%s%s%s; see ambit %s --help", command->name,
        word, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "",
        command->setting ? "; settings of the config are given as --key.sub=value" : "",
        command->name);
}

/* Takes argv[*i], and the word after it if that is the value of an option. */
static AmbitStatus take_word(AmbitOptions *options, const AmbitCommand *command, int argc,
                             char **argv, int *i, AmbitError *error)
{
    char *word = argv[*i];
    if (word[0] != '-') {
        options->positional[options->n_positional++] = word;
        return AMBIT_OK;
    }
    const Option *row = find_option(command, word);
    const char *equals = strchr(word, '=');
    if (row && row->type == SWITCH && !equals) {
        *(bool *)((char *)options + row->offset) = true;
        return AMBIT_OK;
    }
    if (row && row->type != SWITCH)
        return set_value(options, row,
                         equals          ? equals + 1
                         : *i + 1 < argc ? argv[++*i]
                                         : "",
                         error);
    if (!command->setting || strncmp(word, "--", 2) != 0 || !equals)
        return unknown_option(command, word, error);
    options->overrides[options->n_overrides++] = word + 2;
    return AMBIT_OK;
}

AmbitStatus ambit_cli_options(AmbitOptions *options, const AmbitCommand *command, int argc,
                              char **argv, AmbitError *error)
{
    *options = (AmbitOptions){.kernels = "auto",
                              .n_threads = ambit_cli_default_threads(),
                              .bandwidth = 10,
                              .k = -1,
                              .task = -1};
    options->positional = ambit_alloc((size_t)argc, sizeof *options->positional);
    options->overrides = ambit_alloc((size_t)argc, sizeof *options->overrides);
    options->beside.word = ambit_alloc((size_t)argc, sizeof *options->beside.word);
    options->command = join(argc, argv);
    if (!options->positional || !options->overrides || !options->beside.word || !options->command)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the command line");
    AmbitStatus status = AMBIT_OK;
    for (int i = 1; i < argc && !status; i++)
        status = take_word(options, command, argc, argv, &i, error);
    if (status)
        return status;
    if (options->n_positional < command->least)
        return ambit_error_set(error, AMBIT_INVALID, "%s needs more arguments; usage: ambit %s %s",
                               command->name, command->name, command->usage);
    if (options->n_positional > command->most)
        return ambit_error_set(error, AMBIT_INVALID,
                               "%s: unexpected argument '%s'; see ambit %s --help", command->name,
                               options->positional[command->most], command->name);
    return AMBIT_OK;
}

void ambit_cli_options_free(AmbitOptions *options)
{
    ambit_free(options->positional);
    ambit_free(options->overrides);
    ambit_free(options->beside.word);
    ambit_free(options->command);
}
