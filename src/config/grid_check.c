// SPDX-License-Identifier: MIT
// Checks the axes of a grid: their form, and that no two settings of a task contradict each other.
#include "grid.h"

#include <stdlib.h>
#include <string.h>

static const char name_key[] = "name";

/* Whether one path leads to the other, or to a part of it: "model" and "model.n_layer". */
static bool overlap(const char *a, size_t length_a, const char *b, size_t length_b)
{
    size_t shorter = length_a < length_b ? length_a : length_b;
    const char *longer = length_a < length_b ? b : a;
    return strncmp(a, b, shorter) == 0 && (length_a == length_b || strchr(".[", longer[shorter]));
}

/* The first key in a mapping of settings, up to `end`, that sets `path` or a part of it. */
static const ConfigNode *find_setter(const ConfigNode *settings, const ConfigNode *end,
                                     const char *path, size_t length)
{
    for (const ConfigNode *key = settings->first; key && key != end; key = key->next)
        if (strcmp(key->key, name_key) != 0 && overlap(key->key, strlen(key->key), path, length))
            return key;
    return NULL;
}

/* The same of an axis and all its variants. */
static const ConfigNode *find_in_axis(const ConfigNode *axis, const char *path, size_t length)
{
    const ConfigNode *variants = ambit_config_variants(axis), *found = NULL;
    if (!variants)
        return find_setter(axis, NULL, path, length);
    for (const ConfigNode *v = variants->first; v && !found; v = v->next)
        found = find_setter(v, NULL, path, length);
    return found;
}

/* Refuses keys that name folders, and keys that an earlier one of the axis or variant, or of
 * another axis, sets, too. */
static AmbitStatus check_key(const ConfigGrid *layers, const ConfigNode *axis,
                             const ConfigNode *key, AmbitError *error)
{
    char path[256];
    size_t length = strlen(key->key);
    if (strncmp(key->key, "grid", 4) == 0 && strchr(".[", key->key[4]))
        return ambit_config_error(error, key, NULL,
                                  "is the list of axes itself, allowed are settings of one run");
    if (strcmp(key->key, "out_dir") == 0 || strcmp(key->key, "wandb.name") == 0 ||
        (strcmp(key->key, "wandb") == 0 && ambit_config_find(key, "name")))
        return ambit_config_error(error, key, NULL,
                                  "names the run folder, which follows from the values of the "
                                  "grid; leave it out");
    const ConfigNode *found = find_setter(key->parent, key, key->key, length);
    for (const ConfigNode *other = layers->axes->first; other != axis && !found;
         other = other->next)
        found = find_in_axis(other, key->key, length);
    if (!found)
        return AMBIT_OK;
    ambit_config_path(found, path, sizeof path);
    return ambit_config_error(error, key, NULL, "is set by %s already; leave one of them out",
                              path);
}

static AmbitStatus check_values(const ConfigNode *key, size_t length, AmbitError *error)
{
    if (key->kind != CONFIG_SEQUENCE || !key->first)
        return ambit_config_refuse(error, key,
                                   key->kind == CONFIG_MAPPING
                                       ? "a list of values, or a mapping under `variants`"
                                       : "a list of values");
    if (ambit_config_count(key) != length)
        return ambit_config_error(error, key, NULL,
                                  "found %zu values, allowed are %zu, as many as the axis' first "
                                  "key has, since its keys advance together",
                                  ambit_config_count(key), length);
    for (const ConfigNode *value = key->first; value; value = value->next)
        if (value->kind != CONFIG_SCALAR && value->kind != CONFIG_NULL)
            return ambit_config_refuse(error, value, "one value, not a list or mapping");
    return AMBIT_OK;
}

static AmbitStatus check_lists(const ConfigGrid *layers, const ConfigNode *axis, AmbitError *error)
{
    const ConfigNode *key = ambit_config_axis_key(axis, 0);
    if (!key)
        return ambit_config_error(error, axis, NULL, "found no key, allowed is KEY: [VALUE, …]");
    size_t length = ambit_config_count(key);
    AmbitStatus status = AMBIT_OK;
    for (size_t i = 0; !status && (key = ambit_config_axis_key(axis, i)); i++) {
        status = check_key(layers, axis, key, error);
        if (!status)
            status = check_values(key, length, error);
    }
    return status;
}

static AmbitStatus check_variants(const ConfigGrid *layers, const ConfigNode *axis,
                                  const ConfigNode *variants, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    if (variants->kind != CONFIG_MAPPING || !variants->first)
        return ambit_config_refuse(error, variants, "a mapping of names to settings");
    if (!ambit_config_find(axis, name_key))
        return ambit_config_error(error, axis, name_key, "missing: an axis of variants needs one");
    for (const ConfigNode *key = axis->first; key; key = key->next)
        if (key != variants && strcmp(key->key, name_key) != 0)
            return ambit_config_error(error, key, NULL,
                                      "stands beside variants; put it into them, or in an axis of "
                                      "its own");
    for (const ConfigNode *v = variants->first; v && !status; v = v->next) {
        if (v->kind != CONFIG_MAPPING)
            return ambit_config_refuse(error, v, "settings, such as {training.clip: 1}, or {}");
        for (const ConfigNode *key = v->first; key && !status; key = key->next)
            status = check_key(layers, axis, key, error);
    }
    return status;
}

AmbitStatus ambit_grid_check_axis(const ConfigGrid *layers, const ConfigNode *axis,
                                  AmbitError *error)
{
    if (axis->kind != CONFIG_MAPPING)
        return ambit_config_refuse(error, axis, "a mapping of dotted keys to lists of values");
    const ConfigNode *variants = ambit_config_variants(axis);
    return variants ? check_variants(layers, axis, variants, error)
                    : check_lists(layers, axis, error);
}

AmbitStatus ambit_grid_check_overrides(const ConfigGrid *layers, char *const *overrides,
                                       size_t n_overrides, AmbitError *error)
{
    char path[256];
    for (size_t i = 0; i < n_overrides; i++) {
        size_t length = strcspn(overrides[i], "=");
        length -= length && overrides[i][length - 1] == ':';
        for (const ConfigNode *axis = layers->axes->first; axis; axis = axis->next) {
            const ConfigNode *found = find_in_axis(axis, overrides[i], length);
            if (!found)
                continue;
            ambit_config_path(found, path, sizeof path);
            return ambit_error_set(error, AMBIT_INVALID,
                                   "command line: --%s: is set by %s of the grid; for other values "
                                   "change the file",
                                   overrides[i], path);
        }
    }
    return AMBIT_OK;
}
