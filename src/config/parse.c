// SPDX-License-Identifier: MIT
// YAML text → config tree. libfyaml parses; its diagnostics become the message. Anchors are
// resolved here by copying, under the tree's bound on memory and a bound on depth.
#include "parse.h"

#include "ambit/file.h"
#include <libfyaml.h>
#include <stdio.h>
#include <string.h>

enum { DEEPEST = 32, MOST_KEYS = 4096 };

/* The source of the text and the tree that receives the nodes. */
typedef struct Conversion {
    ConfigTree *tree;
    const char *file;
    const char *text;
    size_t length;
    bool command_line; // nodes get no line numbers
    AmbitError *error;
} Conversion;

static int node_line(const Conversion *conversion, struct fy_node *node, int otherwise)
{
    struct fy_token *token = fy_node_get_scalar_token(node);
    const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;
    return conversion->command_line ? 0 : mark ? mark->line + 1 : otherwise;
}

static AmbitStatus convert(const Conversion *conversion, ConfigNode **out, struct fy_node *in,
                           int line, int depth);

/* Whether YAML 1.2 reads the unquoted word as null. */
static bool is_null_word(const char *text, size_t length)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0)
            return true;
    return false;
}

static AmbitStatus convert_scalar(const Conversion *conversion, ConfigNode *out, struct fy_node *in)
{
    size_t length = 0;
    const char *text = fy_node_get_scalar(in, &length);
    out->quoted = fy_node_get_style(in) != FYNS_PLAIN;
    out->kind = !text || (!out->quoted && is_null_word(text, length)) ? CONFIG_NULL : CONFIG_SCALAR;
    if (out->kind == CONFIG_NULL)
        return AMBIT_OK;
    if (memchr(text, 0, length))
        return ambit_config_error(conversion->error, out, NULL,
                                  "found a NUL character, allowed text");
    return ambit_config_text(conversion->tree, &out->text, text, length, out, conversion->error);
}

static AmbitStatus convert_sequence(const Conversion *conversion, ConfigNode *out,
                                    struct fy_node *in, int depth)
{
    void *place = NULL;
    struct fy_node *item;
    out->kind = CONFIG_SEQUENCE;
    while ((item = fy_node_sequence_iterate(in, &place))) {
        ConfigNode *child;
        AmbitStatus status = convert(conversion, &child, item, out->line, depth + 1);
        if (status)
            return status;
        ambit_config_append(out, NULL, child);
    }
    return AMBIT_OK;
}

static AmbitStatus convert_mapping(const Conversion *conversion, ConfigNode *out,
                                   struct fy_node *in, int depth)
{
    void *place = NULL;
    struct fy_node_pair *pair;
    out->kind = CONFIG_MAPPING;
    if (fy_node_mapping_item_count(in) > MOST_KEYS)
        return ambit_config_error(conversion->error, out, NULL,
                                  "found %d keys in one mapping, allowed are at most %d",
                                  fy_node_mapping_item_count(in), MOST_KEYS);
    while ((pair = fy_node_mapping_iterate(in, &place))) {
        struct fy_node *name = fy_node_pair_key(pair);
        int line = name ? node_line(conversion, name, out->line) : out->line;
        size_t length = 0;
        const char *text = name && fy_node_is_scalar(name) && !fy_node_is_alias(name)
                               ? fy_node_get_scalar(name, &length)
                               : NULL;
        if (!text || length == 0 || memchr(text, 0, length))
            return ambit_config_error(conversion->error, out, NULL,
                                      "found a key that is no plain text, allowed is KEY: value");
        const char *key;
        ConfigNode *child;
        AmbitStatus status =
            ambit_config_text(conversion->tree, &key, text, length, out, conversion->error);
        if (!status)
            status = convert(conversion, &child, fy_node_pair_value(pair), line, depth + 1);
        if (status)
            return status;
        if (ambit_config_find(out, key))
            return ambit_config_error(conversion->error, child, NULL,
                                      "found a second key %.60s; "
                                      "remove one",
                                      key);
        child->line = line;
        ambit_config_append(out, key, child);
    }
    return AMBIT_OK;
}

/* Converts a node and its children. Its line is that of its own text, else of its first child, else
 * `line`. */
static AmbitStatus convert(const Conversion *conversion, ConfigNode **out, struct fy_node *in,
                           int line, int depth)
{
    int own = in ? node_line(conversion, in, line) : line;
    const ConfigNode place = {
        .file = conversion->file, .layer = conversion->tree->n_layers, .line = own};
    AmbitStatus status =
        ambit_config_node(conversion->tree, out, CONFIG_NULL, &place, conversion->error);
    if (status || !in)
        return status;
    if (depth > DEEPEST)
        return ambit_config_error(conversion->error, *out, NULL,
                                  "nested deeper than %d levels; flatten it", DEEPEST);
    if (fy_node_is_alias(in)) {
        struct fy_node *meant = fy_node_resolve_alias(in);
        if (!meant)
            return ambit_config_error(conversion->error, *out, NULL,
                                      "an alias to no anchor; write &NAME before the value meant");
        return convert(conversion, out, meant, own, depth + 1);
    }
    if (fy_node_is_scalar(in))
        return convert_scalar(conversion, *out, in);
    status = fy_node_is_sequence(in) ? convert_sequence(conversion, *out, in, depth)
                                     : convert_mapping(conversion, *out, in, depth);
    if (!status && (*out)->first && (*out)->first->line > own)
        (*out)->line = (*out)->first->line;
    return status;
}

/* Whether a line, counted from 1, has a key like "tasks[0].weight", which YAML reads inside of
 * braces only if it is quoted. */
static bool has_item_key(const Conversion *conversion, int line)
{
    const char *text = conversion->text, *end = text + conversion->length;
    for (; text < end && line > 1; text++)
        line -= *text == '\n';
    for (; text < end && *text != '\n'; text++) {
        if (*text != '[')
            continue;
        const char *last = text + 1;
        while (last < end && *last >= '0' && *last <= '9')
            last++;
        if (last > text + 1 && end - last >= 2 && *last == ']' &&
            (last[1] == '.' || last[1] == ':'))
            return true;
    }
    return false;
}

/* Reports the first diagnostic that was collected, as "FILE:LINE: MESSAGE". */
static AmbitStatus syntax_error(const Conversion *conversion, struct fy_diag *diag)
{
    void *place = NULL;
    const struct fy_diag_error *found = fy_diag_errors_iterate(diag, &place);
    if (!found)
        return AMBIT_OK;
    char line[16] = "";
    if (!conversion->command_line)
        snprintf(line, sizeof line, ":%d", found->line);
    return ambit_error_set(
        conversion->error, AMBIT_INVALID, "%s%s: %s%s", conversion->file, line, found->msg,
        has_item_key(conversion, found->line)
            ? "; quote a key that has [ ] inside of braces: {\"tasks[0].weight\": …}"
            : "");
}

/* Refuses text that is not UTF-8: libfyaml takes some invalid bytes for the end of the text and
 * would silently drop the rest. */
static AmbitStatus check_encoding(const Conversion *conversion, const char *text, size_t length)
{
    ConfigNode place = {.file = conversion->file, .line = conversion->command_line ? 0 : 1};
    for (size_t i = 0, size; i < length; i += size) {
        size = ambit_utf8_size(text + i, length - i);
        if (size == 0)
            return ambit_config_error(conversion->error, &place, NULL,
                                      "found byte 0x%02x, allowed UTF-8 text",
                                      (unsigned char)text[i]);
        if (text[i] == '\n' && !conversion->command_line)
            place.line++;
    }
    return AMBIT_OK;
}

/* Refuses a directive that libfyaml does not know: it then finds no document, as in an empty file.
 */
static AmbitStatus check_unread(const Conversion *conversion)
{
    ConfigNode place = {.file = conversion->file, .line = conversion->command_line ? 0 : 1};
    const char *text = conversion->text, *end = text + conversion->length;
    while (text < end) {
        const char *next = memchr(text, '\n', (size_t)(end - text));
        int length = (int)((next ? next : end) - text);
        if (length && *text == '%')
            return ambit_config_error(conversion->error, &place, NULL,
                                      "found \"%.*s\", which the YAML library does not read; a "
                                      "config needs no directive",
                                      length < 40 ? length : 40, text);
        place.line++;
        text = next ? next + 1 : end;
    }
    return AMBIT_OK;
}

/* Converts the only document of a parser. */
static AmbitStatus convert_document(const Conversion *conversion, ConfigNode **root,
                                    struct fy_parser *parser, struct fy_diag *diag)
{
    struct fy_document *document = fy_parse_load_document(parser), *second = NULL;
    AmbitStatus status = syntax_error(conversion, diag);
    struct fy_node *in = document ? fy_document_root(document) : NULL;
    if (!status && !document)
        status = check_unread(conversion);
    if (!status)
        status = convert(conversion, root, in, 1, 0);
    if (!status && document && (second = fy_parse_load_document(parser)))
        status =
            ambit_error_set(conversion->error, AMBIT_INVALID,
                            "%s: found a second document (---), allowed one", conversion->file);
    if (!status)
        status = syntax_error(conversion, diag);
    if (second)
        fy_parse_document_destroy(parser, second);
    if (document)
        fy_parse_document_destroy(parser, document);
    return status;
}

AmbitStatus ambit_config_parse(ConfigTree *tree, ConfigNode **root, const char *text, size_t length,
                               const char *file, AmbitError *error)
{
    Conversion conversion = {tree, file, text, length, file == ambit_config_command_line, error};
    AmbitStatus status = check_encoding(&conversion, text, length);
    if (status)
        return status;
    struct fy_diag_cfg quiet;
    fy_diag_cfg_default(&quiet);
    quiet.fp = NULL;
    struct fy_diag *diag = fy_diag_create(&quiet);
    struct fy_parse_cfg settings = {.flags = FYPCF_QUIET | FYPCF_ALLOW_DUPLICATE_KEYS,
                                    .diag = diag};
    struct fy_parser *parser = diag ? fy_parser_create(&settings) : NULL;
    status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory to parse %s", file);
    if (parser) {
        fy_diag_set_collect_errors(diag, true);
        if (fy_parser_set_string(parser, text, length) == 0)
            status = convert_document(&conversion, root, parser, diag);
        fy_parser_destroy(parser);
    }
    if (diag)
        fy_diag_destroy(diag);
    return status;
}
