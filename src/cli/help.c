// SPDX-License-Identifier: MIT
// Help of the program and of every command: as pages of 80 columns, and as JSON, from which
// documents.py makes the manual page and the shell's completion.
#include "cli.h"
#include "show.h"

#include "ambit/store.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

enum { TERM_COLUMN = 2, HELP_COLUMN = 21 };

static const char about[] = "how far does in-context learning reach beyond what was pretrained on?";

void ambit_cli_print_usage(FILE *to, const AmbitCommand *const *commands)
{
    fprintf(to, "ambit: %s\n\n", about);
    for (; *commands; commands++)
        fprintf(to, "  ambit %-9s %s\n                  %s\n", (*commands)->name,
                (*commands)->usage, (*commands)->summary);
    fprintf(to, "\n`ambit COMMAND --help` says more. Try ./experiments/quickstart.sh first.\n");
}

/* Prints words up to the end of the paragraph, the first at column `at`, further lines from column
 * `indent` on. Returns where the next paragraph begins. */
static const char *print_wrapped(const char *text, size_t at, size_t indent)
{
    for (bool first = true; *text && *text != '\n'; first = false) {
        size_t length = strcspn(text, " \n");
        char word[AMBIT_SHOW_WIDTH];
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        size_t columns = ambit_show_text_width(word);
        if (!first && at + 1 + columns > AMBIT_SHOW_WIDTH) {
            printf("\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            putchar(' ');
            at++;
        }
        fputs(word, stdout);
        at += columns;
        text += length + (text[length] == ' ');
    }
    putchar('\n');
    return text + strspn(text, "\n");
}

static void print_term(const AmbitTerm *term)
{
    size_t columns = TERM_COLUMN + ambit_show_text_width(term->name);
    printf("%*s%s", TERM_COLUMN, "", term->name);
    if (term->value) {
        printf(" %s", term->value);
        columns += 1 + ambit_show_text_width(term->value);
    }
    if (columns + 2 > HELP_COLUMN) {
        putchar('\n');
        columns = 0;
    }
    printf("%*s", (int)(HELP_COLUMN - columns), "");
    print_wrapped(term->help, HELP_COLUMN, HELP_COLUMN);
}

void ambit_cli_print_help(const AmbitCommand *command)
{
    printf("usage: ambit %s %s\n", command->name, command->usage);
    for (const char *text = command->about; *text;) {
        putchar('\n');
        text = print_wrapped(text, 0, 0);
    }
    for (const AmbitTable *table = command->tables; table && table->terms; table++) {
        printf(table->title ? "\n%s\n" : "\n", table->title);
        for (const AmbitTerm *term = table->terms; term->name; term++)
            print_term(term);
    }
    AmbitTerm option;
    for (size_t i = 0; ambit_cli_option(command, i, &option); i++) {
        if (i == 0)
            printf("\nOptions\n");
        print_term(&option);
    }
    printf("\nExamples\n%s", command->examples);
}

static void add_term(cJSON *list, const AmbitTerm *term)
{
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "name", term->name);
    if (term->value)
        cJSON_AddStringToObject(item, "value", term->value);
    cJSON_AddStringToObject(item, "help", term->help);
    cJSON_AddItemToArray(list, item);
}

static cJSON *describe(const AmbitCommand *command)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", command->name);
    cJSON_AddStringToObject(object, "usage", command->usage);
    cJSON_AddStringToObject(object, "summary", command->summary);
    cJSON_AddStringToObject(object, "about", command->about);
    cJSON_AddStringToObject(object, "examples", command->examples);
    cJSON *words = cJSON_AddArrayToObject(object, "words");
    for (const char *const *word = command->words; word && *word; word++)
        cJSON_AddItemToArray(words, cJSON_CreateString(*word));
    cJSON *tables = cJSON_AddArrayToObject(object, "tables");
    for (const AmbitTable *table = command->tables; table && table->terms; table++) {
        cJSON *item = cJSON_CreateObject();
        if (table->title)
            cJSON_AddStringToObject(item, "title", table->title);
        cJSON *terms = cJSON_AddArrayToObject(item, "terms");
        for (const AmbitTerm *term = table->terms; term->name; term++)
            add_term(terms, term);
        cJSON_AddItemToArray(tables, item);
    }
    cJSON *options = cJSON_AddArrayToObject(object, "options");
    AmbitTerm option;
    for (size_t i = 0; ambit_cli_option(command, i, &option); i++)
        add_term(options, &option);
    return object;
}

AmbitStatus ambit_cli_print_json(const AmbitCommand *const *commands)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "about", about);
    cJSON_AddStringToObject(object, "version", ambit_code_version());
    cJSON *list = cJSON_AddArrayToObject(object, "commands");
    for (; *commands; commands++)
        cJSON_AddItemToArray(list, describe(*commands));
    char *text = cJSON_Print(object);
    if (text)
        printf("%s\n", text);
    cJSON_free(text);
    cJSON_Delete(object);
    return text ? AMBIT_OK : AMBIT_NO_MEMORY;
}
