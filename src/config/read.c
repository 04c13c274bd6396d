// SPDX-License-Identifier: MIT
// Fills a settings struct from a YAML mapping by its parameter table, and refuses what the table
// does not allow.
#include "read.h"

#include "ambit/memory.h"
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_KEYS = 128, LIST = 600, MOST_NAME = 255 };

AmbitStatus ambit_config_note(const ConfigReader *reader, const char *format, ...)
{
    AmbitConfig *config = reader->config;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    char **notes = ambit_alloc(config->n_notes + 1, sizeof *notes);
    char *note = ambit_strdup(text);
    if (!notes || !note) {
        ambit_free(notes);
        ambit_free(note);
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for notes");
    }
    for (size_t i = 0; i < config->n_notes; i++)
        notes[i] = config->notes[i];
    ambit_free(config->notes);
    config->notes = notes;
    config->notes[config->n_notes++] = note;
    return AMBIT_OK;
}

AmbitStatus ambit_config_section(const ConfigReader *reader, ConfigNode *parent, const char *key,
                                 ConfigNode **section)
{
    *section = ambit_config_find(parent, key);
    if (!*section) {
        AmbitStatus status =
            ambit_config_node(reader->tree, section, CONFIG_MAPPING, parent, reader->error);
        if (!status)
            ambit_config_append(parent, key, *section);
        return status;
    }
    if ((*section)->kind == CONFIG_NULL)
        (*section)->kind = CONFIG_MAPPING;
    if ((*section)->kind == CONFIG_MAPPING)
        return AMBIT_OK;
    return ambit_config_refuse(reader->error, *section, "a mapping");
}

AmbitStatus ambit_config_unknown_word(const ConfigReader *reader, const ConfigNode *node,
                                      const char *finding, const char *word,
                                      const char *const *names)
{
    char list[LIST] = "nothing";
    size_t used = 0;
    for (size_t i = 0; names[i] && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    const char *nearest = ambit_nearest_name(word, names);
    return ambit_config_error(reader->error, node, NULL, "%s%s%s%s allowed: %s", finding,
                              nearest ? ", did you mean " : "", nearest ? nearest : "",
                              nearest ? "?" : ";", list);
}

static bool is_parameter(const AmbitParameter *const *tables, const char *key)
{
    for (; *tables; tables++)
        for (const AmbitParameter *p = *tables; p->name; p++)
            if (strcmp(p->name, key) == 0 || (p->alias && strcmp(p->alias, key) == 0))
                return true;
    return false;
}

AmbitStatus ambit_config_check_keys(const ConfigReader *reader, const ConfigNode *mapping,
                                    const AmbitParameter *const *tables, const char *const *others)
{
    const char *names[MOST_KEYS + 1];
    size_t count = 0;
    for (const AmbitParameter *const *table = tables; *table; table++)
        for (const AmbitParameter *p = *table; p->name && count < MOST_KEYS; p++)
            names[count++] = p->name;
    for (; others && *others && count < MOST_KEYS; others++)
        names[count++] = *others;
    names[count] = NULL;
    if (mapping->kind != CONFIG_MAPPING)
        return ambit_config_refuse(reader->error, mapping, "a mapping");
    AmbitStatus status = AMBIT_OK;
    for (ConfigNode *child = mapping->first; child && !status; child = child->next) {
        size_t i = 0;
        while (names[i] && strcmp(names[i], child->key) != 0)
            i++;
        if (names[i] || is_parameter(tables, child->key))
            continue;
        reader->tree->has_unknown_key = true;
        status = ambit_config_keep(
            reader, ambit_config_unknown_word(reader, child, "unknown key", child->key, names));
        const char *meant = ambit_nearest_name(child->key, names);
        if (meant && is_parameter(tables, meant) && !ambit_config_find(mapping, meant))
            child->key = meant;
    }
    return status;
}

AmbitStatus ambit_config_refuse_value(const ConfigReader *reader, const ConfigNode *node,
                                      const AmbitParameter *parameter)
{
    char allowed[256];
    ambit_parameter_describe(parameter, allowed, sizeof allowed);
    return ambit_config_refuse(reader->error, node, allowed);
}

static bool parse_bool(const ConfigNode *node, bool *value)
{
    static const char *const words[] = {"false", "False", "FALSE", "true", "True", "TRUE"};
    for (size_t i = 0; !node->quoted && i < 6; i++)
        if (strcmp(node->text, words[i]) == 0) {
            *value = i >= 3;
            return true;
        }
    return false;
}

static bool parse_int(const ConfigNode *node, int64_t *value)
{
    const char *digits = node->text + (node->text[0] == '-' || node->text[0] == '+');
    if (node->quoted || !*digits || digits[strspn(digits, "0123456789")])
        return false;
    errno = 0;
    *value = strtoll(node->text, NULL, 10);
    return errno == 0;
}

static bool parse_real(const ConfigNode *node, double *value)
{
    char *end;
    if (node->quoted || !strpbrk(node->text, "0123456789") ||
        node->text[strspn(node->text, "0123456789+-.eE")])
        return false;
    *value = strtod(node->text, &end);
    return *end == '\0';
}

static bool parse_choice(const ConfigNode *node, const AmbitParameter *parameter, int *value)
{
    for (int i = 0; parameter->choices[i]; i++)
        if (strcmp(node->text, parameter->choices[i]) == 0) {
            *value = i;
            return true;
        }
    return false;
}

static AmbitStatus read_choice(const ConfigReader *reader, const ConfigNode *node,
                               const AmbitParameter *parameter, int *field)
{
    char found[80];
    if (parse_choice(node, parameter, field))
        return AMBIT_OK;
    snprintf(found, sizeof found, "found %.60s", node->text);
    return ambit_config_unknown_word(reader, node, found, node->text, parameter->choices);
}

static AmbitStatus read_text(const ConfigReader *reader, const ConfigNode *node,
                             const AmbitParameter *parameter, char **field)
{
    if (parameter->required && !*node->text)
        return ambit_config_error(reader->error, node, NULL, "found empty text, allowed text");
    char *text = ambit_strdup(node->text);
    if (!text)
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for %s", parameter->name);
    ambit_free(*field);
    *field = text;
    return AMBIT_OK;
}

static AmbitStatus read_reals(const ConfigReader *reader, const ConfigNode *node,
                              const AmbitParameter *parameter, AmbitDoubles *field)
{
    ambit_free(field->values);
    *field = (AmbitDoubles){ambit_alloc(ambit_config_count(node), sizeof(double)), 0};
    if (!field->values)
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for %s", parameter->name);
    AmbitParameter element = *parameter;
    element.type = AMBIT_REAL;
    for (const ConfigNode *item = node->first; item; item = item->next) {
        AmbitStatus status =
            ambit_config_read_value(reader, item, &element, &field->values[field->count++]);
        if (status)
            return status;
    }
    return AMBIT_OK;
}

/* Reads a list of texts; a single text is a list of one, null an empty list. */
static AmbitStatus read_texts(const ConfigReader *reader, const ConfigNode *node,
                              const AmbitParameter *parameter, AmbitTexts *field)
{
    bool list = node->kind == CONFIG_SEQUENCE;
    bool none = node->kind == CONFIG_NULL || (!list && !*node->text);
    const AmbitParameter element = {.name = parameter->name, .type = AMBIT_TEXT, .required = true};
    AmbitTexts texts = {ambit_alloc(list ? ambit_config_count(node) : 1, sizeof *texts.texts), 0};
    AmbitStatus status = AMBIT_OK;
    if (!texts.texts)
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for %s", parameter->name);
    if (!list && !none)
        status = ambit_config_read_value(reader, node, &element, &texts.texts[texts.count++]);
    for (const ConfigNode *item = list ? node->first : NULL; item && !status; item = item->next)
        status = ambit_config_read_value(reader, item, &element, &texts.texts[texts.count++]);
    const AmbitParameter whole[] = {{.name = parameter->name, .type = AMBIT_TEXTS}, {0}};
    ambit_parameters_free(whole, status ? &texts : field);
    if (!status)
        *field = texts;
    return status;
}

static AmbitStatus read_scalar(const ConfigReader *reader, const ConfigNode *node,
                               const AmbitParameter *parameter, void *field)
{
    bool good = false;
    int64_t integer;
    double real;
    switch (parameter->type) {
    case AMBIT_BOOL:
        good = parse_bool(node, field);
        break;
    case AMBIT_INT:
        good = parse_int(node, &integer) && ambit_parameter_in_range(parameter, (double)integer);
        if (good)
            *(int64_t *)field = integer;
        break;
    case AMBIT_REAL:
        good = parse_real(node, &real) && ambit_parameter_in_range(parameter, real);
        if (good)
            *(double *)field = real;
        break;
    case AMBIT_TEXT:
        return read_text(reader, node, parameter, field);
    case AMBIT_CHOICE:
        return read_choice(reader, node, parameter, field);
    default: // lists
        break;
    }
    return good ? AMBIT_OK : ambit_config_refuse_value(reader, node, parameter);
}

AmbitStatus ambit_config_read_value(const ConfigReader *reader, const ConfigNode *node,
                                    const AmbitParameter *parameter, void *field)
{
    if (parameter->type == AMBIT_TEXTS && node->kind != CONFIG_MAPPING)
        return read_texts(reader, node, parameter, field);
    if (node->kind == CONFIG_SCALAR)
        return read_scalar(reader, node, parameter, field);
    if (node->kind == CONFIG_NULL && parameter->type == AMBIT_TEXT && !parameter->required)
        return AMBIT_OK;
    if (node->kind == CONFIG_SEQUENCE && parameter->type == AMBIT_REALS)
        return read_reals(reader, node, parameter, field);
    return ambit_config_refuse_value(reader, node, parameter);
}

/* Finds the value of a parameter under its name or its alias. If two layers use different
 * spellings, the later layer counts. */
static AmbitStatus find_value(const ConfigReader *reader, const ConfigNode *mapping,
                              const AmbitParameter *parameter, const ConfigNode **node)
{
    *node = ambit_config_find(mapping, parameter->name);
    const ConfigNode *old = parameter->alias ? ambit_config_find(mapping, parameter->alias) : NULL;
    if (!old)
        return AMBIT_OK;
    if (*node && strcmp((*node)->file, old->file) == 0)
        return ambit_config_error(reader->error, old, NULL,
                                  "is the old name of %s; give one of the two", parameter->name);
    bool new_is_later = false; // merging moves what a later layer sets to the end
    for (const ConfigNode *child = old; child; child = child->next)
        new_is_later |= child == *node;
    if (!new_is_later)
        *node = old;
    if (parameter->alias_stays ||
        (reader->other_file && strcmp(old->file, reader->other_file) == 0))
        return AMBIT_OK;
    char path[256];
    ambit_config_path(old, path, sizeof path);
    return ambit_config_note(reader, "%s: the name is now %s; the old one still works", path,
                             parameter->name);
}

static AmbitStatus read_parameter(const ConfigReader *reader, const ConfigNode *mapping,
                                  const AmbitParameter *p, void *field)
{
    const ConfigNode *node;
    char allowed[256];
    AmbitStatus status = find_value(reader, mapping, p, &node);
    if (status || (!node && !p->required) || (node && p->type == AMBIT_FAMILIES))
        return status;
    if (node)
        return ambit_config_read_value(reader, node, p, field);
    ambit_parameter_describe(p, allowed, sizeof allowed);
    return ambit_config_error(reader->error, mapping, p->name, "missing, needs %s (%s)", allowed,
                              p->help ? p->help : "no help");
}

/* Gives a required field that has no value a harmless one, so that the rest can be looked at. */
static AmbitStatus stand_in(const ConfigReader *reader, const AmbitParameter *p, void *field)
{
    enum { MIDDLING = 64 };
    double number = fmax(fmin(MIDDLING, p->maximum), p->minimum);
    char **text = field;
    if (!p->required)
        return AMBIT_OK;
    if (p->type == AMBIT_INT)
        *(int64_t *)field = (int64_t)number;
    else if (p->type == AMBIT_REAL)
        *(double *)field = number;
    else if (p->type == AMBIT_TEXT && !*text && !(*text = ambit_strdup("x")))
        return ambit_error_set(reader->error, AMBIT_NO_MEMORY, "no memory for %s", p->name);
    return AMBIT_OK;
}

AmbitStatus ambit_config_read_table(const ConfigReader *reader, const ConfigNode *mapping,
                                    const AmbitParameter *table, void *settings)
{
    AmbitStatus status = AMBIT_OK;
    for (const AmbitParameter *p = table; p->name && !status; p++) {
        void *field = (char *)settings + p->offset;
        status = read_parameter(reader, mapping, p, field);
        if (status == AMBIT_INVALID) {
            status = ambit_config_keep(reader, status);
            if (!status)
                status = stand_in(reader, p, field);
        }
    }
    return status;
}

AmbitStatus ambit_config_read_kwargs(const ConfigReader *reader, ConfigNode *entry, const char *key,
                                     const AmbitParameter *table, void *settings,
                                     ConfigNode **kwargs)
{
    const AmbitParameter *const tables[] = {table, NULL};
    AmbitStatus status = ambit_config_section(reader, entry, key, kwargs);
    if (!status)
        status = ambit_config_check_keys(reader, *kwargs, tables, NULL);
    return status ? status : ambit_config_read_table(reader, *kwargs, table, settings);
}

AmbitStatus ambit_config_check_list(const ConfigReader *reader, const ConfigNode *node)
{
    if (node->kind == CONFIG_SEQUENCE && node->first)
        return AMBIT_OK;
    return ambit_config_refuse(reader->error, node, "a list with an item or more");
}

AmbitStatus ambit_config_check_plain(const ConfigReader *reader, const ConfigNode *entry,
                                     const char *key, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    if (strlen(text) > MOST_NAME)
        return ambit_config_error(reader->error, entry, key,
                                  "found %zu letters, allowed are %d: \"%.20s…\"", strlen(text),
                                  MOST_NAME, text);
    if (*text && !text[strspn(text, plain)] && text[strspn(text, ".")])
        return AMBIT_OK;
    return ambit_config_error(reader->error, entry, key,
                              "found \"%.60s\", allowed letters, digits, _, . and -", text);
}

AmbitStatus ambit_config_locate(const ConfigReader *reader, AmbitStatus status,
                                const ConfigNode *mapping)
{
    if (status != AMBIT_INVALID)
        return status;
    const AmbitError inner = *reader->error;
    bool keyed = mapping->kind == CONFIG_MAPPING && *inner.parameter;
    return ambit_config_error(reader->error, mapping, keyed ? inner.parameter : NULL, "%s",
                              inner.message);
}
