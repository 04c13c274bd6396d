// SPDX-License-Identifier: MIT
// Grids: reads the axes of a config's `grid`.
#include "grid.h"

#include "layers.h"
#include "sections.h"

#include "ambit/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char name_key[] = "name";

static AmbitStatus no_memory(AmbitError *error)
{
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a grid");
}

static bool parse_number(const ConfigNode *node, double *value)
{
    char *end;
    if (node->kind != CONFIG_SCALAR || node->quoted ||
        node->text[strspn(node->text, "0123456789+-.eE")])
        return false;
    *value = strtod(node->text, &end);
    return *node->text && *end == '\0';
}

/* A value of a list as the file has it, or the name of a variant. */
static const char *text_of(const ConfigNode *value)
{
    if (value->key)
        return value->key;
    return value->kind == CONFIG_NULL ? "null" : value->text;
}

/* A value as folder names hold it: numbers in their shortest form, other texts with "_" for what
 * shells and file systems take amiss. */
static char *label_of(const ConfigNode *node)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-";
    char number[32];
    double value;
    if (parse_number(node, &value)) {
        ambit_real_text(value, number, sizeof number);
        return ambit_strdup(number);
    }
    char *label = ambit_strdup(text_of(node));
    for (char *c = label; c && *c; c++)
        if (!strchr(plain, *c))
            *c = '_';
    return label;
}

/* The name given, or the last part of the first key. An axis of variants has its name for a key. */
static AmbitStatus name_axis(AmbitGrid *grid, AmbitGridAxis *axis, const ConfigNode *node,
                             AmbitError *error)
{
    static const char *const taken[] = {
        "step", "predictor", "prompt", "example", "k",    "metric",  "class",    "error",
        "flag", "mean",      "median", "low",     "high", "seconds", "examples", "normalizer"};
    const ConfigReader reader = {.tree = &grid->layers->tree, .error = error};
    const ConfigNode *given = ambit_config_find(node, name_key);
    const ConfigNode *first = ambit_config_variants(node) ? NULL : ambit_config_axis_key(node, 0);
    if (given && given->kind != CONFIG_SCALAR)
        return ambit_config_refuse(error, given, "a name");
    const char *key = first ? first->key : given->text, *dot = strrchr(key, '.'),
               *name = given ? given->text
                       : dot ? dot + 1
                             : key;
    axis->name = ambit_strdup(name);
    axis->key = ambit_strdup(key);
    if (!axis->name || !axis->key)
        return no_memory(error);
    AmbitStatus status = ambit_config_check_plain(&reader, node, name_key, name);
    for (size_t i = 0; !status && i < sizeof taken / sizeof *taken; i++)
        if (strcmp(name, taken[i]) == 0)
            status =
                ambit_config_error(error, node, name_key,
                                   "found %s, which results use; give the axis another name", name);
    for (const AmbitGridAxis *other = grid->axes; !status && other != axis; other++)
        if (strcmp(other->name, name) == 0)
            status = ambit_config_error(error, node, name_key,
                                        "two axes are called %s; give one of them a name", name);
    return status;
}

typedef struct Labelled {
    const char *label;
    const ConfigNode *value;
    size_t at;
} Labelled;

static int compare_labels(const void *a, const void *b)
{
    const Labelled *x = a, *y = b;
    int order = strcmp(x->label, y->label);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* Refuses the first value that would give the folder of an earlier one. */
static AmbitStatus check_labels(const AmbitGridAxis *axis, const ConfigNode *values,
                                AmbitError *error)
{
    Labelled *sorted = ambit_alloc(axis->length, sizeof *sorted);
    const Labelled *found = NULL;
    const ConfigNode *value = values->first;
    if (!sorted)
        return no_memory(error);
    for (size_t i = 0; i < axis->length; i++, value = value->next)
        sorted[i] = (Labelled){axis->labels[i], value, i};
    qsort(sorted, axis->length, sizeof *sorted, compare_labels);
    for (size_t i = 1; i < axis->length; i++)
        if (strcmp(sorted[i - 1].label, sorted[i].label) == 0 &&
            !(found && found->at < sorted[i].at))
            found = &sorted[i];
    AmbitStatus status =
        found
            ? ambit_config_error(error, found->value, NULL,
                                 "\"%.60s\" and \"%.60s\" are both %.60s in a folder's name: two "
                                 "tasks would share a folder; the names of variants, or the values "
                                 "of an axis' first key, must differ",
                                 text_of(found[-1].value), text_of(found->value), found->label)
            : AMBIT_OK;
    ambit_free(sorted);
    return status;
}

/* Reads the coordinates: the values of the first key, or the variants. */
static AmbitStatus read_values(AmbitGridAxis *axis, const ConfigNode *values, AmbitError *error)
{
    bool numbers = true;
    size_t length = ambit_config_count(values);
    axis->texts = ambit_alloc(length, sizeof *axis->texts);
    axis->labels = ambit_alloc(length, sizeof *axis->labels);
    axis->values = ambit_alloc(length, sizeof *axis->values);
    if (!axis->texts || !axis->labels || !axis->values)
        return no_memory(error);
    for (const ConfigNode *value = values->first; value; value = value->next) {
        size_t at = axis->length++;
        numbers &= parse_number(value, &axis->values[at]);
        axis->texts[at] = ambit_strdup(text_of(value));
        axis->labels[at] = label_of(value);
        if (!axis->texts[at] || !axis->labels[at])
            return no_memory(error);
    }
    if (!numbers) {
        ambit_free(axis->values);
        axis->values = NULL;
    }
    return check_labels(axis, values, error);
}

/* The i-th list of values of an axis, or its variants for i = 0; NULL past the end. */
static const ConfigNode *values_of(const ConfigNode *axis, size_t i)
{
    const ConfigNode *variants = ambit_config_variants(axis);
    return !variants ? ambit_config_axis_key(axis, i) : i == 0 ? variants : NULL;
}

/* Lists the values of an axis, so that a task finds its own without a walk. */
static AmbitStatus list_values(AmbitGrid *grid, size_t axis, const ConfigNode *node,
                               AmbitError *error)
{
    size_t n_lists = 0, at = 0;
    while (values_of(node, n_lists))
        n_lists++;
    const ConfigNode **values = ambit_alloc(n_lists * grid->axes[axis].length, sizeof *values);
    grid->layers->values[axis] = values;
    if (!values)
        return no_memory(error);
    for (size_t i = 0; i < n_lists; i++)
        for (const ConfigNode *value = values_of(node, i)->first; value; value = value->next)
            values[at++] = value;
    return AMBIT_OK;
}

static AmbitStatus read_axis(AmbitGrid *grid, const ConfigNode *node, AmbitError *error)
{
    if (grid->n_axes == AMBIT_MOST_GRID_AXES)
        return ambit_config_error(error, node, NULL, "is one axis too many, allowed are %d",
                                  AMBIT_MOST_GRID_AXES);
    AmbitStatus status = ambit_grid_check_axis(grid->layers, node, error);
    if (status)
        return status;
    AmbitGridAxis *axis = &grid->axes[grid->n_axes++];
    status = name_axis(grid, axis, node, error);
    if (!status)
        status = read_values(axis, values_of(node, 0), error);
    if (!status && axis->length > AMBIT_MOST_TASKS / grid->n_tasks)
        status = ambit_config_error(error, node, NULL, "makes more than %d tasks; split the file",
                                    AMBIT_MOST_TASKS);
    if (!status)
        status = list_values(grid, grid->n_axes - 1, node, error);
    if (!status)
        grid->n_tasks *= axis->length;
    return status;
}

/* Takes the list under `grid` out of the config. */
static AmbitStatus read_axes(AmbitGrid *grid, AmbitError *error)
{
    ConfigGrid *layers = grid->layers;
    layers->axes = ambit_config_find(layers->root, "grid");
    if (!layers->axes || layers->axes->kind == CONFIG_NULL)
        return ambit_config_error(error, layers->root, "grid",
                                  "missing: a list of axes such as {seed: [1, 2, 3]}; a file "
                                  "without it is one run, for `ambit pretrain`");
    if (layers->axes->kind != CONFIG_SEQUENCE || !layers->axes->first)
        return ambit_config_refuse(error, layers->axes, "a list of axes such as {seed: [1, 2, 3]}");
    AmbitStatus status = AMBIT_OK;
    grid->n_tasks = 1;
    for (const ConfigNode *node = layers->axes->first; node && !status; node = node->next)
        status = read_axis(grid, node, error);
    return status;
}

/* OUT_DIR/NAME, as the config without the grid would have it. */
static AmbitStatus name_folder(AmbitGrid *grid, AmbitError *error)
{
    ConfigNode *root = grid->layers->root;
    const ConfigNode *out_dir = ambit_config_find(root, "out_dir");
    const ConfigNode *wandb = ambit_config_find(root, "wandb");
    const ConfigNode *given = wandb ? ambit_config_find(wandb, "name") : NULL;
    if (!out_dir || out_dir->kind != CONFIG_SCALAR || !*out_dir->text)
        return ambit_config_error(error, root, "out_dir",
                                  "missing, needs text (folder that run "
                                  "folders are made in)");
    char *name = given && given->kind == CONFIG_SCALAR && *given->text
                     ? ambit_strdup(given->text)
                     : ambit_config_stem(root->file);
    size_t size = name ? strlen(out_dir->text) + strlen(name) + 2 : 0;
    grid->folder = name ? ambit_alloc(size, 1) : NULL;
    if (grid->folder)
        snprintf(grid->folder, size, "%s/%s", out_dir->text, name);
    ambit_free(name);
    return grid->folder ? AMBIT_OK : no_memory(error);
}

/* Refuses unknown keys. Tasks of one variant have the same keys, so that the first config without
 * fault ends the search among them. */
static AmbitStatus check_variant_keys(const AmbitGrid *grid, size_t axis, size_t place,
                                      AmbitError *error)
{
    bool variants = ambit_config_variants(ambit_config_item(grid->layers->axes, axis));
    for (size_t task = 0; task < grid->n_tasks; task++) {
        AmbitConfig *config = NULL;
        bool unknown;
        if (variants && ambit_grid_place(grid, task, axis) != place)
            continue;
        AmbitStatus status = ambit_grid_read_task(grid, task, &config, &unknown, error);
        ambit_config_destroy(&config);
        if (status != AMBIT_INVALID || unknown)
            return status;
    }
    *error = (AmbitError){.message = ""};
    return AMBIT_OK;
}

static AmbitStatus check_keys(const AmbitGrid *grid, AmbitError *error)
{
    AmbitStatus status = check_variant_keys(grid, 0, 0, error);
    for (size_t a = 0; a < grid->n_axes; a++)
        if (ambit_config_variants(ambit_config_item(grid->layers->axes, a)))
            for (size_t place = 0; place < grid->axes[a].length && !status; place++)
                status = check_variant_keys(grid, a, place, error);
    return status;
}

AmbitStatus ambit_grid_load(AmbitGrid **pointer, const char *path, char *const *overrides,
                            size_t n_overrides, AmbitError *error)
{
    AmbitGrid *grid = *pointer = ambit_alloc(1, sizeof *grid);
    AmbitError unheard = {0};
    error = error ? error : &unheard;
    if (!grid)
        return no_memory(error);
    ConfigGrid *layers = grid->layers = ambit_alloc(1, sizeof *layers);
    grid->file = ambit_strdup(path);
    AmbitStatus status = layers && grid->file ? AMBIT_OK : no_memory(error);
    if (!status)
        status = ambit_config_load_file(&layers->tree, &layers->root, path, error);
    for (size_t i = 0; i < n_overrides && !status; i++)
        status = ambit_config_override(&layers->tree, layers->root, overrides[i], error);
    if (!status)
        status = read_axes(grid, error);
    if (!status)
        status = ambit_grid_check_overrides(grid->layers, overrides, n_overrides, error);
    if (!status)
        status = name_folder(grid, error);
    if (!status)
        status = ambit_grid_write(grid, error);
    if (!status)
        status = check_keys(grid, error);
    if (status)
        ambit_grid_destroy(pointer);
    return status;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts && i < count; i++)
        ambit_free(texts[i]);
    ambit_free(texts);
}

void ambit_grid_destroy(AmbitGrid **pointer)
{
    AmbitGrid *grid = *pointer;
    if (!grid)
        return;
    for (size_t a = 0; a < grid->n_axes; a++) {
        AmbitGridAxis *axis = &grid->axes[a];
        free_texts(axis->texts, axis->length);
        free_texts(axis->labels, axis->length);
        ambit_free(axis->values);
        ambit_free(axis->name);
        ambit_free(axis->key);
    }
    for (size_t a = 0; grid->layers && a < AMBIT_MOST_GRID_AXES; a++)
        ambit_free(grid->layers->values[a]);
    if (grid->layers)
        ambit_config_tree_free(&grid->layers->tree);
    ambit_free(grid->layers);
    ambit_free(grid->folder);
    free(grid->text);
    ambit_free(grid->file);
    ambit_free(grid);
    *pointer = NULL;
}
