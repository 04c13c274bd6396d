// SPDX-License-Identifier: MIT
// Layers of a configuration: inherited files, then the file itself, then settings from the command
// line. Each layer is merged over the earlier ones (by the rules of the quinine library, which Garg
// et al.'s files expect).
#include "layers.h"
#include "parse.h"

#include "ambit/file.h"
#include "ambit/memory.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_LEVELS = 4, MOST_FILES = 64 };

/* The chain of files being loaded, innermost first. `place` is the item of `inherit` that named the
 * file. */
typedef struct Loading {
    const struct Loading *outer;
    const char *path, *real_path; // real_path: NULL for text that comes from no file
    const ConfigNode *place;
} Loading;

/* Reports an error at the place that named the file, or about the file itself if the user named it.
 */
static AmbitStatus file_error(const Loading *loading, const char *finding, const char *detail,
                              AmbitError *error)
{
    if (loading->place)
        return ambit_config_error(error, loading->place, NULL, "%s %s%s", loading->path, finding,
                                  detail);
    return ambit_error_set(error, AMBIT_INVALID, "%s: %s%s", loading->path, finding, detail);
}

bool ambit_config_is_from_shell(const char *path)
{
    return strncmp(path, "/dev/fd/", strlen("/dev/fd/")) == 0 || strcmp(path, "/dev/stdin") == 0;
}

/* The end of a file's name; that of YAML is the same in either spelling. */
static const char *ending(const char *name)
{
    const char *end = strrchr(name, '.');
    return end && strcmp(end, ".yml") == 0 ? ".yaml" : end;
}

/* Whether the names of two files end alike, and differ little before the end. */
static bool is_near(const char *name, const char *other)
{
    const char *end = strrchr(name, '.'), *other_end = strrchr(other, '.');
    char stem[NAME_MAX + 1], other_stem[NAME_MAX + 1];
    if (!end || !other_end || strcmp(ending(name), ending(other)) != 0 || end - name > NAME_MAX)
        return false;
    snprintf(stem, sizeof stem, "%.*s", (int)(end - name), name);
    snprintf(other_stem, sizeof other_stem, "%.*s", (int)(other_end - other), other);
    return ambit_nearest_name(stem, (const char *const[]){other_stem, NULL});
}

/* Finds a file in the folder of `path` whose name is nearly that of the path, the first such by
 * name, and writes it as `text` has the path. It is not the file that names the path. */
static bool similar_layer(const Loading *loading, char *similar, size_t size)
{
    const char *text = loading->place->text, *path = loading->path;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *own = strrchr(loading->place->file, '/');
    own = own ? own + 1 : loading->place->file;
    char *folder = ambit_strdup(slash ? path : "."), found[NAME_MAX + 1] = "";
    if (folder && slash)
        folder[slash - path + 1] = '\0';
    DIR *stream = folder ? opendir(folder) : NULL;
    for (struct dirent *entry; stream && (entry = readdir(stream));)
        if (is_near(name, entry->d_name) && strcmp(entry->d_name, own) != 0 &&
            (!*found || strcmp(entry->d_name, found) < 0))
            snprintf(found, sizeof found, "%s", entry->d_name);
    if (stream)
        closedir(stream);
    ambit_free(folder);
    snprintf(similar, size, "%.*s%s", (int)(strlen(text) - strlen(name)), text, found);
    return *found;
}

/* Reports an inherited file that is not there, with the path of one that is: above the folder of
 * the file that names it, or in the folder that the command was given in. */
static AmbitStatus missing_layer(const Loading *loading, AmbitError *error)
{
    const char *text = loading->place->text, *slash = strrchr(loading->place->file, '/');
    int folder = slash ? (int)(slash - loading->place->file) + 1 : 0;
    char path[PATH_MAX], up[16] = "";
    for (int levels = 1; *text != '/' && levels <= MOST_LEVELS; levels++) {
        strcat(up, "../");
        snprintf(path, sizeof path, "%.*s%s%s", folder, loading->place->file, up, text);
        if (access(path, R_OK) == 0)
            return ambit_config_error(
                error, loading->place, NULL,
                "%s is not there; paths start at the folder of this file: did "
                "you mean %s%s?",
                loading->path, up, text);
    }
    if (similar_layer(loading, path, sizeof path))
        return ambit_config_error(error, loading->place, NULL, "%s is not there; did you mean %s?",
                                  loading->path, path);
    return file_error(
        loading, "is not there; paths start at the folder of the file that names them", "", error);
}

/* Reads to the end, or past what a config may have, into a text that grows; free *text. Returns
 * false without memory. */
static bool read_growing(FILE *stream, char **text, size_t *length)
{
    for (size_t room = 8192; *length == (*text ? room / 2 - 1 : 0); room *= 2) {
        char *more = *length > CONFIG_MOST_BYTES ? NULL : realloc(*text, room);
        if (!more)
            return *length > CONFIG_MOST_BYTES;
        *text = more;
        *length += fread(more + *length, 1, room - 1 - *length, stream);
        more[*length] = '\0';
    }
    return true;
}

static const char hdf[4] = "\211HDF";

static AmbitStatus read_bytes(const Loading *loading, char **text, size_t *length,
                              AmbitError *error)
{
    FILE *stream = ambit_config_is_from_shell(loading->path) ? fopen(loading->path, "rbe")
                                                             : ambit_file_open(loading->path);
    if (!stream && errno == ENOENT && loading->place)
        return missing_layer(loading, error);
    if (!stream)
        return file_error(loading, "cannot be opened: ", ambit_system_text(errno), error);
    bool enough = read_growing(stream, text, length);
    int failure = ferror(stream) ? errno : 0;
    fclose(stream);
    if (!enough)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory to read %s", loading->path);
    if (failure)
        return file_error(loading, "cannot be read: ", ambit_system_text(failure), error);
    if (*length >= sizeof hdf && memcmp(*text, hdf, sizeof hdf) == 0)
        return file_error(loading,
                          "is an HDF5 file, such as a checkpoint; give a config, or the folder of "
                          "its run",
                          "", error);
    if (*length > CONFIG_MOST_BYTES)
        return file_error(loading, "is larger than 1 MiB; is it a config?", "", error);
    return AMBIT_OK;
}

static AmbitStatus load_layers(ConfigTree *tree, ConfigNode **root, const char *text, size_t length,
                               const Loading *loading, AmbitError *error);

static AmbitStatus load_path(ConfigTree *tree, ConfigNode **root, const char *path,
                             const ConfigNode *place, const Loading *outer, AmbitError *error)
{
    Loading loading = {outer, path, NULL, place};
    size_t length = 0;
    if (++tree->n_layers > MOST_FILES)
        return file_error(&loading, "is one file too many, allowed 64", "", error);
    char *text = NULL, *real_path = realpath(path, NULL);
    loading.real_path = real_path;
    AmbitStatus status = read_bytes(&loading, &text, &length, error);
    for (const Loading *l = outer; !status && real_path && l; l = l->outer)
        if (l->real_path && strcmp(l->real_path, real_path) == 0)
            status = file_error(&loading, "inherits itself; break the circle", "", error);
    if (!status)
        status = load_layers(tree, root, text, length, &loading, error);
    free(real_path);
    free(text);
    return status;
}

/* Resolves the path in `item` relative to the folder of the file that holds it. */
static AmbitStatus relative_path(ConfigTree *tree, const char **path, const ConfigNode *item,
                                 AmbitError *error)
{
    const char *slash = strrchr(item->file, '/');
    int folder = slash && item->text[0] != '/' ? (int)(slash - item->file) + 1 : 0;
    char *text;
    int length = asprintf(&text, "%.*s%s", folder, item->file, item->text);
    if (length < 0)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    AmbitStatus status = ambit_config_text(tree, path, text, (size_t)length, item, error);
    free(text);
    return status;
}

static AmbitStatus inherit_one(ConfigTree *tree, ConfigNode *base, const ConfigNode *item,
                               const Loading *loading, AmbitError *error)
{
    const char *path;
    ConfigNode *layer;
    if (item->kind != CONFIG_SCALAR)
        return ambit_config_refuse(error, item, "the path of a YAML file");
    AmbitStatus status = relative_path(tree, &path, item, error);
    if (!status)
        status = load_path(tree, &layer, path, item, loading, error);
    if (!status)
        ambit_config_merge(base, layer);
    return status;
}

/* Merges what `inherit` lists, in order, into `root`. */
static AmbitStatus inherit_all(ConfigTree *tree, ConfigNode *root, const ConfigNode *inherit,
                               const Loading *loading, AmbitError *error)
{
    if (inherit->kind == CONFIG_SCALAR)
        return inherit_one(tree, root, inherit, loading, error);
    if (inherit->kind == CONFIG_MAPPING)
        return ambit_config_refuse(error, inherit, "a list of YAML files");
    AmbitStatus status = AMBIT_OK;
    for (ConfigNode *item = inherit->first; item && !status; item = item->next)
        status = inherit_one(tree, root, item, loading, error);
    return status;
}

/* Merges the inherited files and then the text itself into *root. */
static AmbitStatus load_layers(ConfigTree *tree, ConfigNode **root, const char *text, size_t length,
                               const Loading *loading, AmbitError *error)
{
    const char *file;
    ConfigNode *own;
    ConfigNode place = {.file = loading->path, .layer = tree->n_layers, .line = 1};
    AmbitStatus status =
        ambit_config_text(tree, &file, loading->path, strlen(loading->path), &place, error);
    if (!status)
        status = ambit_config_parse(tree, &own, text, length, file, error);
    place.file = file;
    if (!status)
        status = ambit_config_node(tree, root, CONFIG_MAPPING, &place, error);
    if (status)
        return status;
    if (own->kind == CONFIG_NULL)
        own->kind = CONFIG_MAPPING;
    if (own->kind != CONFIG_MAPPING)
        return ambit_config_refuse(error, own, "a mapping of keys to values");
    ConfigNode *inherit = ambit_config_find(own, "inherit");
    if (inherit && !loading->real_path)
        return ambit_config_refuse(
            error, inherit, "no `inherit`: what another program put into a file names none here");
    if (inherit) {
        status = inherit_all(tree, *root, inherit, loading, error);
        ambit_config_remove(own, inherit);
    }
    if (!status)
        ambit_config_merge(*root, own);
    return status;
}

AmbitStatus ambit_config_load_file(ConfigTree *tree, ConfigNode **root, const char *path,
                                   AmbitError *error)
{
    return load_path(tree, root, path, NULL, NULL, error);
}

AmbitStatus ambit_config_load_string(ConfigTree *tree, ConfigNode **root, const char *text,
                                     const char *name, AmbitError *error)
{
    const Loading loading = {.path = name};
    return load_layers(tree, root, text, strlen(text), &loading, error);
}

/* Finds the child of a mapping under `key`, or creates it at `place`. */
static AmbitStatus step_to_key(ConfigTree *tree, ConfigNode *parent, const char *key,
                               const ConfigNode *place, ConfigNode **child, AmbitError *error)
{
    const char *copy;
    if (parent->kind == CONFIG_NULL)
        parent->kind = CONFIG_MAPPING;
    if (parent->kind == CONFIG_SEQUENCE && key[strspn(key, "0123456789")] == '\0')
        return ambit_config_error(error, parent, NULL,
                                  "found a list, whose item %s is called %s[%s]", key,
                                  parent->key ? parent->key : "", key);
    if (parent->kind != CONFIG_MAPPING)
        return ambit_config_refuse(error, parent, "a mapping, if keys of it are set");
    *child = ambit_config_find(parent, key);
    if (*child)
        return AMBIT_OK;
    AmbitStatus status = ambit_config_text(tree, &copy, key, strlen(key), place, error);
    if (!status)
        status = ambit_config_node(tree, child, CONFIG_NULL, place, error);
    if (!status)
        ambit_config_append(parent, copy, *child);
    return status;
}

/* Finds the list item that a step such as "[3]" names, to be set to `value`. */
static AmbitStatus step_to_item(const ConfigNode *parent, const char *step, const ConfigNode *value,
                                ConfigNode **child, AmbitError *error)
{
    char *end, path[256];
    unsigned long index = strtoul(step + 1, &end, 10);
    bool good = parent->kind == CONFIG_SEQUENCE && end != step + 1 && strcmp(end, "]") == 0;
    *child = good ? ambit_config_item(parent, index) : NULL;
    if (*child)
        return AMBIT_OK;
    if (value->line == 0)
        return ambit_config_error(error, parent, NULL, "has no item %s to set", step);
    ambit_config_path(parent, path, sizeof path);
    return ambit_config_error(error, value, NULL, "%s has no item %s to set", path, step);
}

/* Replaces `node` by `value`; a mapping is merged into a mapping. */
static AmbitStatus replace(ConfigTree *tree, ConfigNode *node, ConfigNode *value, AmbitError *error)
{
    ConfigNode *parent = node->parent, *over;
    if (!node->key) { // an item of a list: it keeps its place
        value->parent = parent;
        value->next = node->next;
        for (ConfigNode **link = &parent->first; *link; link = &(*link)->next)
            if (*link == node)
                *link = value;
        if (parent->last == node)
            parent->last = value;
        return AMBIT_OK;
    }
    AmbitStatus status = ambit_config_node(tree, &over, CONFIG_MAPPING, parent, error);
    if (status)
        return status;
    ambit_config_append(over, node->key, value);
    ambit_config_merge(parent, over);
    return AMBIT_OK;
}

/* Cuts the next step off a path such as "a.b[1].c". */
static void next_step(const char **path, char *step, size_t size)
{
    size_t length = (*path)[0] == '[' ? 1 + strcspn(*path + 1, ".[") : strcspn(*path, ".[");
    snprintf(step, size, "%.*s", (int)length, *path);
    *path += length;
    if (**path == '.')
        (*path)++;
}

/* Parses the value set for `path`; the message of a syntax error names the path. */
static AmbitStatus parse_setting(ConfigTree *tree, ConfigNode **value, const char *path,
                                 const char *text, AmbitError *error)
{
    AmbitStatus status =
        ambit_config_parse(tree, value, text, strlen(text), ambit_config_command_line, error);
    if (status != AMBIT_INVALID)
        return status;
    const AmbitError inner = *error;
    return ambit_error_set(error, status, "%s: --%.80s%s", ambit_config_command_line, path,
                           inner.message + strlen(ambit_config_command_line));
}

AmbitStatus ambit_config_set(ConfigTree *tree, ConfigNode *root, const char *path,
                             ConfigNode *value, AmbitError *error)
{
    const char *whole = path;
    ConfigNode *node = root;
    AmbitStatus status = AMBIT_OK;
    while (!status && *path) {
        char step[128];
        next_step(&path, step, sizeof step);
        if (!*step && value->line > 0)
            status = ambit_config_error(error, value, NULL, "%.80s: an empty key", whole);
        else if (!*step)
            status = ambit_error_set(error, AMBIT_INVALID, "%s: --%.80s: an empty key",
                                     ambit_config_command_line, whole);
        else if (*step == '[')
            status = step_to_item(node, step, value, &node, error);
        else
            status = step_to_key(tree, node, step, value, &node, error);
    }
    return status ? status : replace(tree, node, value, error);
}

AmbitStatus ambit_config_override(ConfigTree *tree, ConfigNode *root, const char *setting,
                                  AmbitError *error)
{
    const ConfigNode place = {.file = ambit_config_command_line, .layer = ++tree->n_layers};
    const char *equals = strchr(setting, '='), *path;
    ConfigNode *value, *nothing;
    bool replaces = equals && equals > setting + 1 && equals[-1] == ':';
    if (!equals || equals == setting || equals[-1] == '.')
        return ambit_error_set(error, AMBIT_INVALID,
                               "command line: --%.80s: allowed is --key.subkey=value", setting);
    AmbitStatus status = ambit_config_text(tree, &path, setting,
                                           (size_t)(equals - setting) - replaces, &place, error);
    if (!status)
        status = parse_setting(tree, &value, path, equals + 1, error);
    if (!status && replaces) // a mapping is merged into a mapping, but not into nothing
        status = ambit_config_node(tree, &nothing, CONFIG_NULL, &place, error);
    if (!status && replaces)
        status = ambit_config_set(tree, root, path, nothing, error);
    return status ? status : ambit_config_set(tree, root, path, value, error);
}
