// SPDX-License-Identifier: MIT
// Command lines. Every option of the program is in one list; a command names those it takes.
#include "cli.h"

#include "ambit/lanes.h"
#include "ambit/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *join(int argc, char **argv)
{
    size_t size = sizeof "ambit";
    for (int i = 0; i < argc; i++)
        size += strlen(argv[i]) + 1;
    char *text = ambit_alloc(size, 1);
    if (!text)
        return NULL;
    char *end = stpcpy(text, "ambit");
    for (int i = 0; i < argc; i++) {
        *end++ = ' ';
        end = stpcpy(end, argv[i]);
    }
    return text;
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

/* The flag of this name, or NULL. */
static bool *flag_of(AmbitOptions *options, const char *name)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--resume", &options->resume},   {"--dry-run", &options->dry_run},
                 {"--quiet", &options->quiet},     {"--more", &options->more},
                 {"--prompts", &options->prompts}, {"--raw", &options->raw},
                 {"--json", &options->json}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(name, flags[i].name) == 0)
            return flags[i].flag;
    return NULL;
}

static AmbitStatus set_value(AmbitOptions *options, const char *name, const char *value,
                             AmbitError *error)
{
    long long number;
    AmbitStatus status = AMBIT_OK;
    if (!*value)
        status = ambit_error_set(error, AMBIT_INVALID,
                                 "%s: the value is missing; give it as in %s VALUE", name, name);
    else if (strcmp(name, "--threads") == 0) {
        status = read_number(name, value, 1, 1024, &number, error);
        options->n_threads = (size_t)number;
    } else if (strcmp(name, "--k") == 0) {
        status = read_number(name, value, 0, 1 << 20, &number, error);
        options->k = number;
    } else if (strcmp(name, "--kernels") == 0)
        options->kernels = value;
    else if (strcmp(name, "--figures") == 0)
        options->figures = value;
    else
        options->output = value; // -o
    return status;
}

/* The option of the command that `word` is, alone or followed by "=VALUE"; NULL if none is. */
static const char *find_option(const AmbitCommand *command, const char *word)
{
    for (const char *const *name = command->options; *name; name++) {
        size_t length = strlen(*name);
        if (strncmp(word, *name, length) == 0 && (word[length] == '=' || word[length] == '\0'))
            return *name;
    }
    return NULL;
}

static AmbitStatus unknown_option(const AmbitCommand *command, const char *word, AmbitError *error)
{
    const char *nearest = ambit_nearest_name(word, command->options);
    return ambit_error_set(
        error, AMBIT_INVALID, "%s has no option '%s'%s%s%s%s; see ambit %s --help", command->name,
        word, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "",
        command->takes_settings ? "; settings of the config are given as --key.sub=value" : "",
        command->name);
}

/* Takes argv[*i], and the value after it if it is an option that wants one. */
static AmbitStatus take_word(AmbitOptions *options, const AmbitCommand *command, int argc,
                             char **argv, int *i, AmbitError *error)
{
    char *word = argv[*i];
    if (word[0] != '-') {
        options->positional[options->n_positional++] = word;
        return AMBIT_OK;
    }
    const char *name = find_option(command, word), *equals = strchr(word, '=');
    bool *flag = name ? flag_of(options, name) : NULL;
    if (flag && !equals) {
        *flag = true;
        return AMBIT_OK;
    }
    if (name && !flag)
        return set_value(options, name,
                         equals          ? equals + 1
                         : *i + 1 < argc ? argv[++*i]
                                         : "",
                         error);
    if (!command->takes_settings || strncmp(word, "--", 2) != 0 || !equals)
        return unknown_option(command, word, error);
    options->overrides[options->n_overrides++] = word + 2;
    return AMBIT_OK;
}

AmbitStatus ambit_cli_options(AmbitOptions *options, const AmbitCommand *command, int argc,
                              char **argv, AmbitError *error)
{
    *options = (AmbitOptions){.kernels = "auto", .n_threads = ambit_hardware_threads(), .k = -1};
    options->positional = ambit_alloc((size_t)argc, sizeof *options->positional);
    options->overrides = ambit_alloc((size_t)argc, sizeof *options->overrides);
    options->command = join(argc, argv);
    if (!options->positional || !options->overrides || !options->command)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the command line");
    AmbitStatus status = AMBIT_OK;
    for (int i = 1; i < argc && !status; i++)
        status = take_word(options, command, argc, argv, &i, error);
    if (status)
        return status;
    if (options->n_positional < command->least)
        return ambit_error_set(error, AMBIT_INVALID, "%s needs more; usage: ambit %s %s",
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
    ambit_free(options->command);
}
