// SPDX-License-Identifier: MIT
// What reading the axes of a grid and reading its tasks share.
#ifndef AMBIT_CONFIG_GRID_H
#define AMBIT_CONFIG_GRID_H

#include "ambit/grid.h"
#include "tree.h"

typedef struct ConfigGrid {
    ConfigTree tree;
    ConfigNode *root, *axes; // the merged config, and the list under its key `grid`
    const ConfigNode **values[AMBIT_MOST_GRID_AXES]; // of an axis, [n_keys][length]; of variants,
                                                     // [length] mappings of dotted keys
} ConfigGrid;

/* The variants of an axis; NULL: it has lists of values. */
const ConfigNode *ambit_config_variants(const ConfigNode *axis);

/* The i-th key of an axis of lists, without `name`; NULL past the end. */
const ConfigNode *ambit_config_axis_key(const ConfigNode *axis, size_t i);

/* Refuses a malformed axis, and keys that earlier axes set, too. */
AmbitStatus ambit_grid_check_axis(const ConfigGrid *layers, const ConfigNode *axis,
                                  AmbitError *error);

/* Refuses settings from the command line that an axis would replace. */
AmbitStatus ambit_grid_check_overrides(const ConfigGrid *layers, char *const *overrides,
                                       size_t n_overrides, AmbitError *error);

/* Sets grid->text. */
AmbitStatus ambit_grid_write(AmbitGrid *grid, AmbitError *error);

/* Merges a task's values into a copy of the config and reads it. *unknown: the fault is a key that
 * no config may have. */
AmbitStatus ambit_grid_read_task(const AmbitGrid *grid, size_t task, AmbitConfig **config,
                                 bool *unknown, AmbitError *error);

#endif
