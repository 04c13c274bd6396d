// SPDX-License-Identifier: MIT
// Config tree: nodes, merging, and errors that name file, line and path.
#include "tree.h"

#include "ambit/memory.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char ambit_config_command_line[] = "command line";

enum { MOST_BYTES = 1 << 25, MESSAGE = 1024, PATH = 512 };

typedef struct ConfigBlock {
    struct ConfigBlock *next;
} ConfigBlock;

void ambit_config_tree_free(ConfigTree *tree)
{
    while (tree->blocks) {
        ConfigBlock *next = tree->blocks->next;
        ambit_free(tree->blocks);
        tree->blocks = next;
    }
}

static AmbitStatus tree_alloc(ConfigTree *tree, void **memory, size_t size, const ConfigNode *place,
                              AmbitError *error)
{
    if (size > MOST_BYTES || tree->n_bytes + size > MOST_BYTES)
        return ambit_config_error(error, place, NULL,
                                  "takes more than %d MiB once anchors and inherited files are "
                                  "resolved; use fewer aliases",
                                  MOST_BYTES >> 20);
    ConfigBlock *block = ambit_alloc(1, sizeof *block + size);
    if (!block)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the configuration");
    tree->n_bytes += sizeof *block + size;
    block->next = tree->blocks;
    tree->blocks = block;
    *memory = block + 1;
    return AMBIT_OK;
}

AmbitStatus ambit_config_text(ConfigTree *tree, const char **copy, const char *text, size_t length,
                              const ConfigNode *place, AmbitError *error)
{
    void *memory = NULL;
    AmbitStatus status = tree_alloc(tree, &memory, length + 1, place, error);
    if (status)
        return status;
    memcpy(memory, text, length);
    *copy = memory;
    return AMBIT_OK;
}

AmbitStatus ambit_config_node(ConfigTree *tree, ConfigNode **node, ConfigKind kind,
                              const ConfigNode *place, AmbitError *error)
{
    const ConfigNode fresh = {
        .kind = kind, .file = place->file, .layer = place->layer, .line = place->line};
    void *memory = NULL;
    AmbitStatus status = tree_alloc(tree, &memory, sizeof fresh, &fresh, error);
    if (status)
        return status;
    *node = memory;
    **node = fresh;
    return AMBIT_OK;
}

void ambit_config_append(ConfigNode *parent, const char *key, ConfigNode *child)
{
    ConfigNode **end = parent->last ? &parent->last->next : &parent->first;
    *end = parent->last = child;
    child->next = NULL;
    child->parent = parent;
    child->key = key;
}

void ambit_config_remove(ConfigNode *parent, ConfigNode *child)
{
    ConfigNode *before = NULL;
    for (ConfigNode *c = parent->first; c != child; c = c->next)
        before = c;
    *(before ? &before->next : &parent->first) = child->next;
    if (parent->last == child)
        parent->last = before;
    child->next = child->parent = NULL;
}

ConfigNode *ambit_config_find(const ConfigNode *mapping, const char *key)
{
    if (mapping->kind != CONFIG_MAPPING)
        return NULL;
    ConfigNode *child = mapping->first;
    while (child && strcmp(child->key, key) != 0)
        child = child->next;
    return child;
}

ConfigNode *ambit_config_item(const ConfigNode *sequence, size_t index)
{
    ConfigNode *child = sequence->first;
    while (child && index-- > 0)
        child = child->next;
    return child;
}

size_t ambit_config_count(const ConfigNode *node)
{
    size_t count = 0;
    for (const ConfigNode *child = node->first; child; child = child->next)
        count++;
    return count;
}

static void remove_key(ConfigNode *mapping, const char *key)
{
    ConfigNode *child = ambit_config_find(mapping, key);
    if (child)
        ambit_config_remove(mapping, child);
}

void ambit_config_merge(ConfigNode *base, ConfigNode *over)
{
    if (ambit_config_find(over, "task"))
        remove_key(base, "tasks");
    if (ambit_config_find(over, "tasks")) {
        remove_key(base, "task");
        remove_key(base, "task_kwargs");
    }
    base->file = over->file;
    base->layer = over->layer;
    base->line = over->line;
    while (over->first) {
        ConfigNode *child = over->first;
        ambit_config_remove(over, child);
        ConfigNode *old = ambit_config_find(base, child->key);
        if (old && old->kind == CONFIG_MAPPING && child->kind == CONFIG_MAPPING) {
            ambit_config_merge(old, child);
            continue;
        }
        if (old)
            ambit_config_remove(base, old);
        ambit_config_append(base, child->key, child);
    }
}

size_t ambit_config_path(const ConfigNode *node, char *path, size_t size)
{
    if (!node->parent)
        return 0;
    size_t used = ambit_config_path(node->parent, path, size);
    if (used >= size)
        return used;
    if (node->key)
        return used +
               (size_t)snprintf(path + used, size - used, "%s%s", used ? "." : "", node->key);
    size_t index = 0;
    for (const ConfigNode *item = node->parent->first; item != node; item = item->next)
        index++;
    return used + (size_t)snprintf(path + used, size - used, "[%zu]", index);
}

AmbitStatus ambit_config_error(AmbitError *error, const ConfigNode *node, const char *key,
                               const char *format, ...)
{
    char message[MESSAGE], path[PATH] = "", line[16] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const ConfigNode *child = key ? ambit_config_find(node, key) : NULL;
    const ConfigNode *place = child ? child : node;
    size_t used = ambit_config_path(place, path, sizeof path);
    if (key && !child && used < sizeof path)
        snprintf(path + used, sizeof path - used, "%s%s", used ? "." : "", key);
    if (place->line > 0)
        snprintf(line, sizeof line, ":%d", place->line);
    AmbitStatus status =
        ambit_error_set(error, AMBIT_INVALID, "%s%s: %s%s%s%s", place->file, line,
                        *path && place->line <= 0 ? "--" : "", path, *path ? ": " : "", message);
    if (error) // a file has fewer lines than bytes
        error->place = (long long)place->layer * CONFIG_MOST_BYTES + place->line;
    return status;
}

AmbitStatus ambit_config_refuse(AmbitError *error, const ConfigNode *node, const char *allowed)
{
    char found[80];
    ambit_config_found(node, found, sizeof found);
    return ambit_config_error(error, node, NULL, "found %s, allowed %s", found, allowed);
}

void ambit_config_found(const ConfigNode *node, char *text, size_t size)
{
    static const char *const kinds[] = {"nothing", "", "a list", "a mapping"};
    const char *quote = node->quoted ? "\"" : "";
    if (node->kind == CONFIG_SCALAR)
        snprintf(text, size, "%s%.60s%s", quote, node->text, quote);
    else if (node->kind == CONFIG_SEQUENCE && !node->first)
        snprintf(text, size, "an empty list");
    else if (node->kind == CONFIG_MAPPING && !node->first)
        snprintf(text, size, "an empty mapping");
    else
        snprintf(text, size, "%s", kinds[node->kind]);
}
