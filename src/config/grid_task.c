// SPDX-License-Identifier: MIT
// The tasks of a grid: their places on the axes, names and configs. A task's config is a copy of
// the merged YAML in which the task's values are set, so that errors name the line of a value.
#include "grid.h"

#include "layers.h"
#include "sections.h"

#include "ambit/memory.h"
#include <stdio.h>
#include <string.h>

enum { MOST_NAME = 200, DEEPEST = 64 };

const ConfigNode *ambit_config_variants(const ConfigNode *axis)
{
    return ambit_config_find(axis, "variants");
}

const ConfigNode *ambit_config_axis_key(const ConfigNode *axis, size_t i)
{
    const ConfigNode *key = axis->first;
    while (key && (strcmp(key->key, "name") == 0 || i-- > 0))
        key = key->next;
    return key;
}

static AmbitStatus no_memory(AmbitError *error)
{
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a task of a grid");
}

size_t ambit_grid_place(const AmbitGrid *grid, size_t task, size_t axis)
{
    for (size_t a = grid->n_axes; --a > axis;)
        task /= grid->axes[a].length;
    return task % grid->axes[axis].length;
}

char *ambit_grid_name(const AmbitGrid *grid, size_t task)
{
    size_t size = 1, used = 0;
    for (size_t a = 0; a < grid->n_axes; a++)
        size += strlen(grid->axes[a].name) +
                strlen(grid->axes[a].labels[ambit_grid_place(grid, task, a)]) + 2;
    char *name = ambit_alloc(size, 1);
    for (size_t a = 0; name && a < grid->n_axes; a++)
        used +=
            (size_t)snprintf(name + used, size - used, "%s%s=%s", a ? "," : "", grid->axes[a].name,
                             grid->axes[a].labels[ambit_grid_place(grid, task, a)]);
    return name;
}

/* Copies a node with all below it but `left_out`. Texts are shared: the grid outlives the copy. */
static AmbitStatus copy_node(ConfigTree *tree, ConfigNode **copy, const ConfigNode *node,
                             const ConfigNode *left_out, int depth, AmbitError *error)
{
    AmbitStatus status =
        depth > DEEPEST
            ? ambit_config_error(error, node, NULL, "nested deeper than %d levels", DEEPEST)
            : ambit_config_node(tree, copy, node->kind, node, error);
    if (status)
        return status;
    (*copy)->text = node->text;
    (*copy)->quoted = node->quoted;
    for (const ConfigNode *child = node->first; child && !status; child = child->next) {
        ConfigNode *below;
        if (child == left_out)
            continue;
        status = copy_node(tree, &below, child, left_out, depth + 1, error);
        if (!status)
            ambit_config_append(*copy, child->key, below);
    }
    return status;
}

static AmbitStatus set_copy(ConfigTree *tree, ConfigNode *root, const char *key,
                            const ConfigNode *value, AmbitError *error)
{
    ConfigNode *copy;
    AmbitStatus status = copy_node(tree, &copy, value, NULL, 0, error);
    return status ? status : ambit_config_set(tree, root, key, copy, error);
}

/* Sets the keys of one axis to the task's values, or those of its variant. */
static AmbitStatus set_axis(const AmbitGrid *grid, size_t task, size_t axis, ConfigTree *tree,
                            ConfigNode *root, AmbitError *error)
{
    const ConfigNode *node = ambit_config_item(grid->layers->axes, axis), *key;
    const ConfigNode **own = grid->layers->values[axis] + ambit_grid_place(grid, task, axis);
    AmbitStatus status = AMBIT_OK;
    if (ambit_config_variants(node)) {
        for (key = own[0]->first; key && !status; key = key->next)
            status = set_copy(tree, root, key->key, key, error);
        return status;
    }
    for (size_t i = 0; !status && (key = ambit_config_axis_key(node, i)); i++)
        status = set_copy(tree, root, key->key, own[i * grid->axes[axis].length], error);
    return status;
}

/* Sets a text of the config that the grid decides. */
static AmbitStatus set_text(const AmbitGrid *grid, const char *key, const char *text,
                            ConfigTree *tree, ConfigNode *root, AmbitError *error)
{
    ConfigNode *value;
    AmbitStatus status = ambit_config_node(tree, &value, CONFIG_SCALAR, grid->layers->axes, error);
    if (status)
        return status;
    value->quoted = true;
    status = ambit_config_text(tree, &value->text, text, strlen(text), value, error);
    return status ? status : ambit_config_set(tree, root, key, value, error);
}

AmbitStatus ambit_grid_read_task(const AmbitGrid *grid, size_t task, AmbitConfig **config,
                                 bool *unknown, AmbitError *error)
{
    ConfigTree tree = {0};
    ConfigNode *root;
    char *name = ambit_grid_name(grid, task);
    AmbitStatus status = name ? AMBIT_OK : no_memory(error);
    if (!status && strlen(name) > MOST_NAME)
        status = ambit_config_error(error, grid->layers->axes, NULL,
                                    "makes a folder name of %zu letters, allowed are %d: %.40s…; "
                                    "give axes or variants shorter names",
                                    strlen(name), MOST_NAME, name);
    if (!status)
        status = copy_node(&tree, &root, grid->layers->root, grid->layers->axes, 0, error);
    for (size_t a = 0; a < grid->n_axes && !status; a++)
        status = set_axis(grid, task, a, &tree, root, error);
    if (!status)
        status = set_text(grid, "out_dir", grid->folder, &tree, root, error);
    if (!status)
        status = set_text(grid, "wandb.name", name, &tree, root, error);
    if (!status)
        status = ambit_config_read_root(&tree, root, config, error);
    *unknown = status == AMBIT_INVALID && tree.has_unknown_key;
    ambit_config_tree_free(&tree);
    ambit_free(name);
    return status;
}

AmbitStatus ambit_grid_config(const AmbitGrid *grid, size_t task, AmbitConfig **config,
                              AmbitError *error)
{
    AmbitError unheard;
    bool unknown;
    *config = NULL;
    return ambit_grid_read_task(grid, task, config, &unknown, error ? error : &unheard);
}
