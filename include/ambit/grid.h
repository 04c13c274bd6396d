// SPDX-License-Identifier: MIT
// Grid: one config that names many runs. Its key `grid` is a list of axes. An axis has one or more
// keys, each with a list of values; the keys of an axis advance together. Or it has `variants`:
// names, each with its own settings (ablations). There is one run for each combination of places on
// the axes. The runs are called tasks and are numbered from 0, with the last axis fastest.
#ifndef AMBIT_GRID_H
#define AMBIT_GRID_H

#include "ambit/config.h"

enum { AMBIT_MOST_GRID_AXES = 8, AMBIT_MOST_TASKS = 100000 };

/* An axis. The values of its first key, or the names of its variants, are its coordinates. */
typedef struct AmbitGridAxis {
    char *name;     // the last part of the first key, unless `name:` gives another
    char *key;      // the first key: "training.tasks[0].weight"; of variants, the axis' name
    size_t length;  // from 1 on
    char **texts;   // [length] the values as the file has them
    char **labels;  // [length] the values as they stand in folder names
    double *values; // [length]; NULL: not all are numbers
} AmbitGridAxis;

/* Everything is owned. */
typedef struct AmbitGrid {
    char *file;   // as given
    char *folder; // parent of the run folders: OUT_DIR/NAME
    char *text;   // the axes in YAML, one line
    size_t n_axes, n_tasks;
    AmbitGridAxis axes[AMBIT_MOST_GRID_AXES];
    struct ConfigGrid *layers; // the merged YAML, private
} AmbitGrid;

/* Reads a file with the key `grid` and applies overrides as ambit_config_load does. Returns
 * AMBIT_INVALID, with the place, if an axis is malformed, a key is unknown, or two tasks would
 * share a folder. Values are not checked here: ambit_grid_config refuses a task with an invalid
 * one. */
AmbitStatus ambit_grid_load(AmbitGrid **grid, const char *path, char *const *overrides,
                            size_t n_overrides, AmbitError *error);
void ambit_grid_destroy(AmbitGrid **grid);

/* Reads the config of one task; its run folder is OUT_DIR/NAME of that config. */
AmbitStatus ambit_grid_config(const AmbitGrid *grid, size_t task, AmbitConfig **config,
                              AmbitError *error);

/* Index of a task's value on an axis. */
size_t ambit_grid_place(const AmbitGrid *grid, size_t task, size_t axis);

/* Name of the task's folder in grid->folder, such as "n_layer=2,seed=1". The name depends on the
 * task's values and not on its number, so that adding values to an axis renames no folder. NULL if
 * there is no memory; free with ambit_free. */
char *ambit_grid_name(const AmbitGrid *grid, size_t task);

#endif
